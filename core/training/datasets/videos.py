"""What a data set's label files say, whatever their format: videos, their frames, the people in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from core.formats.labels import LabelImage, Labels
from core.geometry import BoolArray, FloatArray
from core.keypoints import POSETRACK, Skeleton
from core.metrics.posetrack import inside_polygon
from core.poses import Pose


@dataclass(frozen=True, eq=False)
class LabelledPerson:
    """One person in one frame.

    Attributes:
        track_id: the person's number in the video, -1 for a detection that belongs to nobody.
        bbox_xywh: (4,) the box that cuts the person out, in full-frame pixels.
        keypoints: (K, 2) x, y in full-frame pixels, anything where not labelled.
        labelled: (K,).
        score: the detector's, 1 for the ground truth.
        truth_bbox_xywh: (4,) the ground truth's box, None for a detection that belongs to nobody.
    """

    track_id: int
    bbox_xywh: FloatArray
    keypoints: FloatArray
    labelled: BoolArray
    score: float = 1.0
    truth_bbox_xywh: FloatArray | None = None


@dataclass(eq=False)
class LabelledFrame:
    """One listed frame.

    Attributes:
        file_name: as the file says it, with forward slashes.
        frame_id: the file's own number of the frame, None where it has none.
        labelled: whether the file calls the frame labelled, also with nobody in it.
        people: everybody.
        ignore_regions: polygons (N, 2) in pixels.
    """

    file_name: str
    frame_id: int | None = None
    labelled: bool = True
    people: list[LabelledPerson] = field(default_factory=list)
    ignore_regions: tuple[FloatArray, ...] = ()


@dataclass(eq=False)
class LabelledVideo:
    """The listed frames of one video, in order."""

    name: str
    frames: list[LabelledFrame]


@dataclass(eq=False)
class LabelledVideos:
    """What was read.

    Attributes:
        videos: in the order of their files.
        skeleton: of every person in them.
        remarks: how often each kind of thing had to be skipped or mended.
    """

    videos: list[LabelledVideo]
    skeleton: Skeleton = POSETRACK
    remarks: Counter[str] = field(default_factory=Counter)


def from_labels(labels: Labels, path: Path) -> list[LabelledVideo]:
    """The videos of a label file: one, or several where its images lie in several folders."""
    by_name: dict[str, list[LabelledFrame]] = {}
    for image in labels.images:
        parent = PurePosixPath(image.file_name).parent.name
        by_name.setdefault(parent or path.stem, []).append(_frame(image))
    return [LabelledVideo(name, frames) for name, frames in by_name.items()]


def _frame(image: LabelImage) -> LabelledFrame:
    people = [_person(pose) for pose in image.poses.poses]
    return LabelledFrame(image.file_name, image.frame_id, image.labelled, people, image.ignore_regions)


def _person(pose: Pose) -> LabelledPerson:
    keypoints = np.where(pose.labelled[:, None], pose.keypoints, 0.0)
    return LabelledPerson(pose.track_id, pose.bbox_xywh, keypoints, pose.labelled, 1.0, pose.bbox_xywh)


def label_files(folder_or_file: Path, split: str, suffixes: Iterable[str]) -> list[Path]:
    """The label files of a split: the file itself, those in the subfolder named like the split, or in the folder."""
    if not folder_or_file.is_dir():
        return [folder_or_file]
    inner = folder_or_file / split
    folder = inner if inner.is_dir() else folder_or_file
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def without_ignored(frame: LabelledFrame, *, for_training: bool) -> list[LabelledPerson]:
    """The frame's people less what lies in ignore regions.

    Joints in a region count as unlabelled, as in PoseTrack's evaluator. For training, nobody whose box has its
    centre in one is left: a region covers people who were not labelled, and the crop would be full of them.
    """
    if not frame.ignore_regions:
        return frame.people
    kept = []
    for person in frame.people:
        centre = person.bbox_xywh[None, :2] + person.bbox_xywh[None, 2:] / 2
        if for_training and any(inside_polygon(centre, region)[0] for region in frame.ignore_regions):
            continue
        ignored = np.any([inside_polygon(person.keypoints, region) for region in frame.ignore_regions], axis=0)
        kept.append(replace(person, labelled=person.labelled & ~ignored))
    return kept
