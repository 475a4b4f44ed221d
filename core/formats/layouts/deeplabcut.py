"""DeepLabCut's tables of joints: what people labelled (by picture) and what a network predicted (by frame number)."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from core.errors import FormatError
from core.files.foreign import pandas_h5
from core.files.hdf5 import is_hdf5
from core.files.in_child import ChildError, read_in_child
from core.formats.labels import Labels
from core.formats.layouts.coco_like.annotations import written_scores
from core.formats.layouts.frame_names import name_of
from core.formats.texts.names import joint_named, note_unplaced, track_ids_named
from core.formats.texts.records import ImageRecord, LabelFile, PersonRecord, PlacedJoint, step, write_file_atomically
from core.keypoints import POSETRACK
from core.poses import Pose

LEVELS = ("scorer", "individuals", "bodyparts", "coords")
COORDS = ("x", "y", "likelihood")
SCORER = "FAMI-Pose-Review"
LONE_ID = 1
"""The number of whom a table without individuals is about."""
Column = tuple[str, str, str]
"""individual ("" where the table has none), body part, and x, y or likelihood."""


def is_table(path: Path) -> bool:
    """Whether a file is text whose first line is DeepLabCut's line of scorers, or HDF5 with one of its tables."""
    try:
        with path.open("rb") as stream:
            if stream.read(200).decode("utf-8-sig", "replace").lower().startswith("scorer"):
                return True
    except OSError:
        return False
    try:
        return is_hdf5(path) and bool(read_in_child(pandas_h5.has_table, str(path), on_wait=step))
    except ChildError:
        return False


def parse(path: Path) -> LabelFile:
    """Reads a table of joints, single or with several individuals.

    With a likelihood, joints are predicted and have it as their score; without one they are a person's word. An
    individual is the same person in every frame.

    Raises:
        FormatError: the table cannot be read, or none of its joints is known here.
    """
    columns, rows = _read_h5(path) if is_hdf5(path) else _read_csv(path)
    remarks: Counter[str] = Counter()
    parts = list(dict.fromkeys(part for _, part, _ in columns))
    joints = {part: joint for part in parts if (joint := joint_named(part)) is not None}
    if not joints:
        raise FormatError(f"{path.name} labels no joint that this program knows ({', '.join(parts[:3])}).")
    names = list(dict.fromkeys(individual for individual, _, _ in columns))
    individuals = track_ids_named(names, remarks) if any(names) else dict.fromkeys(names, LONE_ID)
    places = {column: place for place, column in enumerate(columns)}
    others = {part: [at for (_, of, coord), at in places.items() if of == part and coord == "x"] for part in parts}
    others = {part: xs for part, xs in others.items() if part not in joints}
    images = []
    for name, values in rows:
        images.append(_image(name, values, individuals, joints, places))
        for part in [part for part, xs in others.items() if any(math.isfinite(values[at]) for at in xs)]:
            note_unplaced(part, remarks)
            del others[part]
    made = frozenset() if any(names) else frozenset({LONE_ID})
    label_file = LabelFile(path, "deeplabcut", images, remarks, made_ids=made)
    label_file.sort_images()
    return label_file


def _image(
    name: str,
    values: Sequence[float],
    individuals: Mapping[str, int],
    joints: dict[str, int],
    places: dict[Column, int],
) -> ImageRecord:
    """One row: a picture's name, or the number of a frame."""
    image = ImageRecord("", frame_id=int(name)) if re.fullmatch(r"\d{1,15}", name) else ImageRecord(name)
    predicted = any(coord == "likelihood" for _, _, coord in places)

    def value(individual: str, part: str, coord: str) -> float:
        place = places.get((individual, part, coord))
        return math.nan if place is None else values[place]

    for individual, track_id in individuals.items():
        placed = (
            PlacedJoint(
                joint,
                value(individual, part, "x"),
                value(individual, part, "y"),
                score=value(individual, part, "likelihood"),
            )
            for part, joint in joints.items()
        )
        person = PersonRecord.of_joints(placed, predicted=predicted)
        person.track_id = track_id
        if person.labelled.any():
            image.people.append(person)
    return image


def _read_csv(path: Path) -> tuple[list[Column], Iterator[tuple[str, list[float]]]]:
    try:
        lines = []
        for line in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))):
            step()
            lines.append(line)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{path.name} is not a complete table ({error}); export it again.") from error
    head = {
        line[0].strip().lower(): line for line in lines[: len(LEVELS)] if line and line[0].strip().lower() in LEVELS
    }
    if not {"scorer", "bodyparts", "coords"} <= set(head):
        raise FormatError(
            f"{path.name} is not a DeepLabCut table: its first lines are not scorer, bodyparts and coords."
        )
    coords = [word.strip().lower() for word in head["coords"]]
    first = next((place for place, word in enumerate(coords) if word == "x"), 0)
    if not first or any(len(line) != len(coords) for line in head.values()):
        raise FormatError(f"{path.name} is not a DeepLabCut table: its header names no coordinates; export it again.")
    individuals = head.get("individuals", [""] * len(coords))
    columns = list(zip(individuals[first:], head["bodyparts"][first:], coords[first:], strict=True))
    body = [line for line in lines[len(head) :] if any(line)]
    if any(len(line) != len(coords) for line in body):
        raise FormatError(f"{path.name} is cut off: a line of it is shorter than its header; export it again.")

    def rows() -> Iterator[tuple[str, list[float]]]:
        for line in body:
            yield (
                "/".join(word.strip() for word in line[:first] if word.strip()),
                [_number(word) for word in line[first:]],
            )

    return columns, rows()


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _read_h5(path: Path) -> tuple[list[Column], Iterator[tuple[str, list[float]]]]:
    try:
        named, labels, values = read_in_child(pandas_h5.plain_table, str(path), on_wait=step)
    except ChildError as error:
        raise FormatError(f"The table in {path.name} cannot be read ({error}); use the CSV file beside it.") from error
    if any(len(names) not in (3, 4) for names in named):
        raise FormatError(
            f"{path.name} is not a DeepLabCut table: its columns are not scorers, body parts and coordinates."
        )
    columns = [("" if len(names) == 3 else names[1], names[-2], names[-1].lower()) for names in named]
    return columns, zip(labels, values, strict=True)


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes what a network's analysis of a video has as its CSV: a row a frame, x, y and likelihood of each joint.

    A row is called by the number of the frame; of a folder of images by the name of the picture.

    A joint that a person set has likelihood 1, one that is not labelled is empty. The table has a row of individuals,
    named by their track ids, but where person 1 is alone: whoever a table without it is about is 1 when it is read.
    Boxes, occlusion and who set a joint have no place there.

    Args:
        labels: what to write.
        path: of the CSV file.
        source_name: of the clip.

    Raises:
        FormatError: the file cannot be written.
    """
    ids = sorted({pose.track_id for image in labels.images for pose in image.poses.poses})
    has_individuals = ids != [LONE_ID]
    columns = [(track_id, part, coord) for track_id in ids for part in POSETRACK.keypoint_names for coord in COORDS]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["scorer"] + [SCORER] * len(columns))
    if has_individuals:
        table.writerow(["individuals"] + [f"person{track_id}" for track_id, _, _ in columns])
    table.writerow(["bodyparts"] + [part for _, part, _ in columns])
    table.writerow(["coords"] + [coord for _, _, coord in columns])
    for image in labels.images:
        row: list[object] = []
        for track_id in ids:
            row += _cells(image.poses.pose(track_id))
        name, name_is_made = name_of(image, source_name)
        table.writerow([image.frame_index if name_is_made else name, *row])
    write_file_atomically(Path(path), text.getvalue())


def _cells(pose: Pose | None) -> list[object]:
    """x, y and likelihood of each joint."""
    if pose is None:
        return [""] * (len(COORDS) * len(POSETRACK))
    scores = written_scores(pose)
    cells: list[object] = []
    for keypoint, (x, y) in enumerate(pose.keypoints.tolist()):
        placed = bool(pose.labelled[keypoint]) and math.isfinite(x) and math.isfinite(y)
        cells += [x, y, float(scores[keypoint])] if placed else [""] * len(COORDS)
    return cells
