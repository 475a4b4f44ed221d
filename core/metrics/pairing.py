"""Which image of predictions is which image of the ground truth: by id, frame or file name, never by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import FormatError
from core.formats import recognition
from core.formats.frames.frame_match import first_three, images_counted, were
from core.formats.frames.matching import match_frames
from core.formats.labels import from_records
from core.formats.texts.image_names import normalised, numbers_of, parts_of, without_hash, without_suffix
from core.formats.texts.records import ImageRecord, LabelFile, load_json

EMPTY_LIST_BYTES = 16
OnRemark = Callable[[str], None]
"""Called with a sentence on what was left out."""


def ignore_remark(sentence: str) -> None:
    """For whoever does not want to know."""


@dataclass(frozen=True, eq=False)
class FilePair:
    """A file of ground truth, its file of predictions, and which image is which.

    Attributes:
        truth: what the one says.
        predicted: what the other says.
        partners: for each image of the truth the place of its predictions in `predicted.images`, None if it has none.
    """

    truth: LabelFile
    predicted: LabelFile
    partners: tuple[int | None, ...]


def pair_files(gt_path: Path, pred_path: Path, on_remark: OnRemark = ignore_remark) -> FilePair:
    """Reads two files and finds which image is which: by image id, frame_id and file name, which must agree.

    Images that only the predictions have are left out. Images that they lack are frames in which nobody was found,
    where the file lists only images with people, as COCO's does.

    Raises:
        FormatError: a file cannot be read, no image pairs, ids and names contradict each other, or predictions that
            list every frame lack some with people.
    """
    truth, predicted = recognition.parse(gt_path), _predictions(pred_path)
    if not truth.images:
        return FilePair(truth, predicted, ())
    partners = _partners(truth, predicted)
    if all(partner is None for partner in partners) and predicted.images:
        raise FormatError(
            f"No image of {pred_path} is one of the ground truth {gt_path}: it has {_listed(predicted.images)}, "
            f"and the ground truth {_listed(truth.images)}; give the predictions of the same frames."
        )
    missing = [image for image, partner in zip(truth.images, partners, strict=True) if partner is None and image.people]
    if missing and predicted.format_name.startswith("posetrack"):
        raise FormatError(
            f"{pred_path} lacks {images_counted(len(missing))} of the ground truth {gt_path} ({_listed(missing)}); "
            "predictions must list every frame of the ground truth."
        )
    if missing:
        count = images_counted(len(missing))
        on_remark(f"{pred_path}: {count} of the ground truth without predictions count as empty.")
    extra = len(predicted.images) - sum(partner is not None for partner in partners)
    if extra:
        frames = f"{extra} frame" + ("" if extra == 1 else "s")
        on_remark(f"{pred_path}: {frames} that the ground truth does not list {were(extra)} left out.")
    return FilePair(truth, predicted, tuple(partners))


def _predictions(path: Path) -> LabelFile:
    """A file of predictions; an empty list of results is of somebody who found nobody."""
    if path.is_file() and path.stat().st_size <= EMPTY_LIST_BYTES and load_json(path) == []:
        return LabelFile(path, "coco", [], Counter())
    return recognition.parse(path)


def _listed(images: Sequence[ImageRecord]) -> str:
    return first_three([_name(image) for image in images])


def _name(image: ImageRecord) -> str:
    return image.file_name or f"image {image.image_id if image.image_id is not None else image.frame_id}"


def _partners(truth: LabelFile, predicted: LabelFile) -> list[int | None]:
    made = [_has_made_names(label_file) for label_file in (truth, predicted)]
    if all(made):
        ways = [_same(truth, predicted, lambda image: image.frame_index)]
    elif made[1]:
        ways = [_by_number(truth, len(predicted.images), [image.frame_index for image in predicted.images])]
    elif made[0]:
        found = _by_number(predicted, len(truth.images), [image.frame_index for image in truth.images])
        ways = [{place: key for key, place in found.items()}]
    else:
        ways = [_same(truth, predicted, lambda image: _own_id(image, image.image_id))]
        if truth.format_name == predicted.format_name == "posetrack18":
            ways.append(_same(truth, predicted, lambda image: _own_id(image, image.frame_id)))
        ways.append(_by_name(truth, predicted))
    partners: list[int | None] = []
    for place, image in enumerate(truth.images):
        candidates = {way[place] for way in ways if place in way}
        others = [predicted.images[other] for other in sorted(candidates)]
        if len(candidates) > 1 or not all(any(made) or _may_be_one(image, other) for other in others):
            raise FormatError(
                f"The ids and names of {predicted.path} and {truth.path} contradict each other: {_name(image)} "
                f"would be {' and '.join(map(_name, others))}; write the predictions with the ground truth's ids."
            )
        partners.append(next(iter(candidates), None))
    return partners


def _own_id(image: ImageRecord, value: object) -> int | None:
    """An id that says which image it is: a number, and none that this program made for a picture that had none."""
    return value if isinstance(value, int) and not image.id_is_made else None


def _has_made_names(label_file: LabelFile) -> bool:
    """Whether the names and ids are those that this program makes for the frames of a video."""
    return bool(label_file.images) and all(image.name_is_made for image in label_file.images)


def _by_number(label_file: LabelFile, num_frames: int, frame_indices: Sequence[int | None]) -> dict[int, int]:
    """The place of each image of a file among the frames that this program's own file lists."""
    last = max((index for index in frame_indices if index is not None), default=num_frames - 1)
    frames = match_frames(from_records(label_file), None, max(num_frames, last + 1)).frames
    places = {index: place for place, index in enumerate(frame_indices)}
    return {key: places[frame] for key, frame in frames.items() if frame in places}


def _same(truth: LabelFile, predicted: LabelFile, key: Callable[[ImageRecord], Hashable | None]) -> dict[int, int]:
    """The images of both files that have one key, and that alone."""
    ours, theirs = (_alone(key(image) for image in images) for images in (truth.images, predicted.images))
    return {place: theirs[found] for found, place in ours.items() if found in theirs}


def _alone(keys: Iterable[Hashable | None]) -> dict[Hashable, int]:
    """The place of each key that only one image has."""
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, []).append(place)
    return {key: same[0] for key, same in places.items() if len(same) == 1}


def _by_name(truth: LabelFile, predicted: LabelFile) -> dict[int, int]:
    """By the whole path, then the last two parts, then the last, then that without its suffix or Roboflow's hash."""

    def ending(length: int | None) -> Callable[[ImageRecord], Hashable | None]:
        return lambda image: tuple(map(normalised, parts_of(image.file_name)))[::-1][:length] or None

    def last(key: Callable[[str], str]) -> Callable[[ImageRecord], Hashable | None]:
        return lambda image: key(parts_of(image.file_name)[-1]) if parts_of(image.file_name) else None

    found: dict[int, int] = {}
    for way in (ending(None), ending(2), ending(1), last(without_suffix), last(without_hash)):
        pairs = _same(truth, predicted, way)
        taken = set(found.values())
        found |= {place: other for place, other in pairs.items() if place not in found and other not in taken}
    return found


def _may_be_one(first: ImageRecord, second: ImageRecord) -> bool:
    """Whether the names of two images, where both have one, may be of the same picture."""
    names = [parts_of(image.file_name)[-1] for image in (first, second) if parts_of(image.file_name)]
    if len(names) < 2 or without_hash(names[0]) == without_hash(names[1]):
        return True
    numbers = [numbers_of([name])[0] for name in names]
    return numbers[0] is not None and numbers[0] == numbers[1]
