"""What a label file says, before it is judged: images and people as plain records in the PoseTrack skeleton."""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError, in_one_line
from core.files.replacing import replacing
from core.formats.texts.image_names import folder_of, numbers_of
from core.formats.texts.json_text import parse_json
from core.formats.texts.names import unplaced_in_words
from core.keypoints import POSETRACK
from core.poses import ByteArray, FloatArray, Visibility

MOST_PX = 1e6
"""No picture reaches further; coordinates beyond, and sizes, are left out when a file is read."""
LARGEST_NUMBER = 2**53
"""Whole numbers of files, such as track ids, are smaller: beyond it other programs' JSON readers round them."""

_ON_STEP: ContextVar[Callable[[], None] | None] = ContextVar("on_step", default=None)


@contextmanager
def heard(on_step: Callable[[], None] | None) -> Iterator[None]:
    """Within it, `on_step` is called for every piece that is read; it may raise Cancelled, which ends the reading.

    Known to the thread rather than handed down: a dozen layouts read people, each in a loop of its own, and none of
    them has to do with whether somebody still waits.
    """
    token = _ON_STEP.set(on_step)
    try:
        yield
    finally:
        _ON_STEP.reset(token)


def step() -> None:
    """One step of reading was done, see `heard`."""
    on_step = _ON_STEP.get()
    if on_step is not None:
        on_step()


class PlacedJoint(NamedTuple):
    """A joint as another program's file has it: the POSETRACK keypoint, x and y in pixels, seen or not, its score."""

    keypoint: int
    x: float
    y: float
    visibility: Visibility = Visibility.VISIBLE
    score: float = math.nan


FAR_AWAY = "that lies further away than any picture reaches"


def _are_places(values: FloatArray) -> bool:
    return bool((np.abs(values) <= MOST_PX).all())  # False for NaN


@dataclass(eq=False)
class PersonRecord:
    """One person in one image, as a file says it.

    Attributes:
        keypoints: (K, 2) x, y in pixels, NaN where the file has none.
        visibility: (K,) of Visibility.
        scores: (K,) the file's scores, NaN where it has none.
        track_id: the person's number, None where the file has none.
        score: the person's own score, None where the file has none.
        bbox_xywh: (4,) or None.
        bbox_head_xywh: (4,) or None.
        extensions: this program's own keys of the annotation, see docs/formats.md.
        kept: what else the file says of the person, to be written back; see `core.formats.kept`.
    """

    keypoints: FloatArray
    visibility: ByteArray
    scores: FloatArray
    track_id: int | None = None
    score: float | None = None
    bbox_xywh: FloatArray | None = None
    bbox_head_xywh: FloatArray | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> PersonRecord:
        """A person of whom nothing is known."""
        step()
        count = len(POSETRACK)
        return cls(np.full((count, 2), np.nan), np.zeros(count, np.uint8), np.full(count, np.nan))

    @classmethod
    def of_joints(cls, joints: Iterable[PlacedJoint], *, predicted: bool) -> PersonRecord:
        """Somebody whose joints are all a network's, or all a person's; joints without coordinates are left out."""
        person = cls.empty()
        who = ["none"] * len(POSETRACK)
        kept: list[float | None] = [None] * len(POSETRACK)
        for joint in joints:
            if not (math.isfinite(joint.x) and math.isfinite(joint.y)) or joint.visibility == Visibility.NOT_LABELLED:
                continue
            keypoint = joint.keypoint
            person.keypoints[keypoint], person.visibility[keypoint] = (joint.x, joint.y), joint.visibility
            score = joint.score if predicted and math.isfinite(joint.score) else 0.0 if predicted else 1.0
            kept[keypoint] = person.scores[keypoint] = min(max(score, 0.0), 1.0)
            who[keypoint] = "predicted" if predicted else "imported"
        person.extensions = {"provenance": who, "scores_kept": kept}
        return person

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(K,) True where the keypoint is labelled, visible or occluded."""
        return np.asarray(self.visibility != Visibility.NOT_LABELLED)

    def leave_out_far_away(self, remarks: Counter[str]) -> None:
        """Leaves out joints and boxes that lie further away than any picture reaches, and boxes of negative size."""
        far = np.asarray((np.abs(self.keypoints) > MOST_PX).any(axis=1))
        if far.any():
            remarks[f"a joint {FAR_AWAY} was left out"] += int(far.sum())
            self.keypoints[far], self.visibility[far], self.scores[far] = np.nan, Visibility.NOT_LABELLED, np.nan
        if self.bbox_xywh is not None and not (_are_places(self.bbox_xywh) and (self.bbox_xywh[2:] >= 0).all()):
            remarks[f"a box {FAR_AWAY}, or of negative size, was left out"] += 1
            self.bbox_xywh = None
        if self.bbox_head_xywh is not None and not _are_places(self.bbox_head_xywh):
            remarks[f"a head box {FAR_AWAY} was left out"] += 1
            self.bbox_head_xywh = None


@dataclass(eq=False)
class ImageRecord:
    """One image of a label file, with its people in the order of the file.

    Attributes:
        file_name: as the file says it, with forward slashes; empty where it says none.
        frame_id: the file's own number of the frame, by which frames are ordered; None where it has none.
        image_id: the file's own name or number of the image, None where it has none.
        size: (width, height) in pixels, None where the file doesn't say.
        ignore_regions: polygons (N, 2) in pixels, inside which nothing is evaluated.
        labelled: whether the file calls the image labelled; None where it doesn't say.
        reviewed: a person's word that the frame is done (this program's own key).
        frame_index: the frame's index in the source (this program's own key), None where absent.
        num_frames: the number of frames that the file says its video has, None where it doesn't say.
        name_is_made: the name is no file's: this program made it for a frame of a video.
        id_is_made: the ids are this program's own.
        kept: what else the file says of the image, to be written back; see `core.formats.kept`.
    """

    file_name: str
    frame_id: int | None = None
    image_id: int | str | None = None
    size: tuple[int, int] | None = None
    people: list[PersonRecord] = field(default_factory=list)
    ignore_regions: list[FloatArray] = field(default_factory=list)
    labelled: bool | None = None
    reviewed: bool = False
    frame_index: int | None = None
    num_frames: int | None = None
    name_is_made: bool = False
    id_is_made: bool = False
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class LabelFile:
    """A label file's images in the order of frames, and what was wrong with it.

    Attributes:
        path: where it was read from.
        format_name: "posetrack18", "posetrack17" or "coco".
        images: by rising frame_id, else by the number in their names, else in the file's order.
        remarks: how often each kind of thing had to be skipped or mended.
        kept: what else the file says of itself, to be written back; see `core.formats.kept`.
        made_ids: track ids that the file does not have, of people who are the same in every frame nevertheless.
    """

    path: Path
    format_name: str
    images: list[ImageRecord]
    remarks: Counter[str]
    kept: Mapping[str, Any] = field(default_factory=dict)
    made_ids: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Leaves out coordinates that are no places: every layout's people come through here."""
        for image in self.images:
            if image.size is not None and max(image.size) > MOST_PX:
                self.remarks["the size of an image that is larger than any picture was left out"] += 1
                image.size = None
            regions = [region for region in image.ignore_regions if _are_places(region)]
            if len(regions) < len(image.ignore_regions):
                self.remarks[f"an ignore region {FAR_AWAY} was left out"] += len(image.ignore_regions) - len(regions)
                image.ignore_regions = regions
            for person in image.people:
                person.leave_out_far_away(self.remarks)

    def sort_images(self) -> None:
        """Puts the images in the order of `frame_id`, else of the numbers in their names, else of their ids."""
        images = self.images
        if all(image.frame_id is not None for image in images):
            images.sort(key=lambda image: image.frame_id or 0)
            return
        in_names = numbers_of([image.file_name for image in images])
        image_ids = [image.image_id if isinstance(image.image_id, int) else None for image in images]
        numbers = in_names if None not in in_names else image_ids
        if None not in numbers:
            keys = [(folder_of(image.file_name), found) for image, found in zip(images, numbers, strict=True)]
            self.images = [images[place] for place in sorted(range(len(keys)), key=lambda place: keys[place])]

    def warnings(self) -> list[str]:
        """One sentence for each kind of thing that was skipped or mended."""
        return [
            in_one_line(f"{self.path.name}: {text} ({count} times)." if count > 1 else f"{self.path.name}: {text}.")
            for text, count in unplaced_in_words(self.remarks).items()
        ]


def load_json(path: Path) -> Any:  # noqa: ANN401 - JSON has no one type
    """The content of a JSON file.

    Raises:
        FormatError: the file is missing, cannot be read, or is not JSON text.
    """
    if path.is_dir():
        raise FormatError(f"{path} is a folder; choose the label file in it.")
    try:
        with path.open("rb") as stream:
            content = stream.read(256)  # a video of gigabytes may be chosen by mistake
            # UTF-8, or UTF-16 and 32 as some shells write them; with a mark of the byte order or without.
            encoding = "utf-8-sig" if content.startswith(BOM_UTF8) else json.detect_encoding(content)
            start = content.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n")
            if start[:1] not in ("{", "["):
                raise FormatError(f"{path.name} is not a label file: it does not begin as JSON text does.")
            content += stream.read()
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}; check the path.") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        text = content.decode(encoding)
        document = parse_json(text, step)
        return _without_halves(document) if _HALF_OF_A_LETTER.search(text) else document
    except RecursionError as error:
        raise FormatError(
            f"{path.name} is not complete JSON text (its lists lie too deep in lists); export or download it again."
        ) from error
    except ValueError as error:  # of the text, its JSON, or a number of more digits than Python reads
        raise FormatError(f"{path.name} is not complete JSON text ({error}); export or download it again.") from error


_HALF_OF_A_LETTER = re.compile(r"\\u[dD][89a-fA-F]")


def _without_halves(value: Any) -> Any:  # noqa: ANN401 - JSON has no one type
    """The document with a mark in place of each half of a UTF-16 pair, which no file or database can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_halves(item) for item in value]
    if isinstance(value, dict):
        return {_without_halves(key): _without_halves(item) for key, item in value.items()}
    return value


def write_file_atomically(path: Path, text: str) -> None:
    """Writes a text file so that at every moment either the old or the new content is there, whole.

    Raises:
        FormatError: the file cannot be written.
    """
    with replacing(path, FormatError, make_folder=True) as draft:
        draft.write_text(text, encoding="utf-8", newline="")


def number(value: object) -> float | None:
    """A finite number, or None; a whole number of hundreds of digits is none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole_number(value: object) -> int | None:
    """A whole number below `LARGEST_NUMBER`, also where it is written as text or as 3.0, or None."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value.strip()):
        value = int(value)
    found = value if isinstance(value, int) and not isinstance(value, bool) else number(value)
    if found is None or found != int(found) or abs(found) >= LARGEST_NUMBER:
        return None
    return int(found)


def numbers(value: object, count: int) -> FloatArray | None:
    """(count,) finite numbers, or None if `value` is anything else."""
    if not isinstance(value, list) or len(value) != count:
        return None
    found = [number(item) for item in value]
    return None if None in found else np.array(found, dtype=np.float64)
