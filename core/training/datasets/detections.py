"""Boxes of a person detector in place of the ground truth's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from core.errors import FormatError, TrainingError
from core.formats import recognition
from core.formats.texts.records import PersonRecord
from core.people.assignment import pair_by_overlap
from core.training.datasets.videos import LabelledFrame, LabelledPerson, LabelledVideos, label_files

MIN_OVERLAP = 0.5
"""A detected box is a labelled person's where their intersection over union is at least this."""


def use_detected_boxes(labelled: LabelledVideos, path: Path, split: str, min_score: float) -> None:
    """Replaces the people of every labelled frame by those that a detector found.

    A detection that overlaps a labelled person takes over the labels, so that it can be trained on; the others have
    none. Frames are matched by the last two parts of their file names, or by their numbers (`image_id`).

    Args:
        labelled: changed in place; its remarks say how many frames have no detection.
        path: the detector's file, or a folder of files.
        split: a subfolder of this name is preferred.
        min_score: boxes below it are left out.

    Raises:
        TrainingError: the file cannot be read, or belongs to other frames.
    """
    by_name, by_number = _read(path, split)
    numbers = [frame.frame_id for video in labelled.videos for frame in video.frames]
    numbers_are_names = len(set(numbers)) == len(numbers)
    found = 0
    for video in labelled.videos:
        for frame in video.frames:
            if not frame.labelled:
                continue
            detected = by_name.get(_name(frame.file_name))
            if detected is None and numbers_are_names:
                detected = by_number.get(frame.frame_id)
            found += detected is not None
            if detected is None:
                labelled.remarks["a labelled frame has no detection"] += 1
            frame.people = _matched(frame, [p for p in detected or [] if _score(p) >= min_score], labelled)
    if not found:
        reason = (
            "names different frames than the labels"
            if numbers_are_names or not by_number
            else "identifies frames by numbers, which repeat from video to video in these labels"
        )
        raise TrainingError(f"The detector's file {path} {reason}; give one with file names, as PoseTrack18 has them.")


def _read(path: Path, split: str) -> tuple[dict[str, list[PersonRecord]], dict[int | None, list[PersonRecord]]]:
    """The detections by the frame's name, and by its number."""
    by_name: dict[str, list[PersonRecord]] = {}
    by_number: dict[int | None, list[PersonRecord]] = {}
    files = label_files(path, split, (".json",))
    if not files:
        raise TrainingError(f"There is no detector's file (.json) in {path}; check the path.")
    for file in files:
        try:
            images = recognition.parse(file).images
        except FormatError as error:
            raise TrainingError(str(error)) from error
        for image in images:
            people = [person for person in image.people if person.bbox_xywh is not None]
            if image.file_name:
                by_name.setdefault(_name(image.file_name), []).extend(people)
            number = image.frame_id if image.frame_id is not None else image.image_id
            if isinstance(number, int):
                by_number.setdefault(number, []).extend(people)
    return by_name, by_number


def _name(file_name: str) -> str:
    return "/".join(PurePosixPath(file_name).parts[-2:])


def _score(person: PersonRecord) -> float:
    """The box's score; where the file has none, the mean of the keypoints', or 1."""
    if person.score is not None:
        return person.score
    known = person.scores[np.isfinite(person.scores)]
    return float(known.mean()) if len(known) else 1.0


def _matched(frame: LabelledFrame, detected: Sequence[PersonRecord], labelled: LabelledVideos) -> list[LabelledPerson]:
    """The detected people of a frame, by falling score, with the labels of those that they overlap."""
    ordered = sorted(detected, key=_score, reverse=True)
    boxes = [person.bbox_xywh for person in ordered if person.bbox_xywh is not None]
    truth = [person.bbox_xywh for person in frame.people]
    owner = {found: known for known, found in pair_by_overlap(truth, boxes, MIN_OVERLAP)}
    count = len(labelled.skeleton)
    nobody = LabelledPerson(-1, np.zeros(4), np.zeros((count, 2)), np.zeros(count, bool))
    return [
        replace(frame.people[owner[i]] if i in owner else nobody, bbox_xywh=box, score=_score(ordered[i]))
        for i, box in enumerate(boxes)
    ]
