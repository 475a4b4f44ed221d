"""What PoseTrack or a colleague would question in labels before they are handed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.geometry import pairwise_iou
from core.judging.head_boxes import head_box
from core.judging.sizes import person_size_px
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose

TWINS_WITHIN = 0.1
"""Two people's joints lie on one body whose mean distance is below this part of the smaller one's size: as near as a
joint has to be to count as right."""
_JOINTS_TO_COMPARE = 4
_TWIN_BOXES_IOU = 0.9
_TIMES_USUAL_STEP = 1.5


class Concern(StrEnum):
    """The kinds of things that are questioned. The values are titles on screen."""

    PIXELS = "Pictures that changed"
    TWINS = "Two people on one body"
    OUTSIDE = "Joints outside the picture"
    GAP = "Gaps in a track"
    NO_JOINTS = "People without joints"
    NO_HEAD = "No head box"
    UNREVIEWED = "Frames never reviewed"


_Key = tuple[Concern, tuple[int, ...], int | None]


@dataclass(frozen=True)
class Objection:
    """One thing that would be questioned, over a stretch of frames.

    Attributes:
        concern: its kind.
        first_frame: where to look first.
        last_frame: the stretch's last frame.
        sentence: what is so, in words: "#2 left wrist lies outside the picture".
        track_ids: whom it is about; empty for the whole frame.
        keypoint: the joint that it is about, None if none.
        subject: whom and what it is about, in short: "#2 left wrist".
    """

    concern: Concern
    first_frame: int
    last_frame: int
    sentence: str
    track_ids: tuple[int, ...] = ()
    keypoint: int | None = None
    subject: str = ""

    @property
    def in_short(self) -> str:
        """Where and who, under the title of its kind: "Frames 12 to 19 · #2 left wrist"."""
        one = self.first_frame == self.last_frame
        frames = f"Frame {self.first_frame}" if one else f"Frames {self.first_frame} to {self.last_frame}"
        return f"{frames} · {self.subject}" if self.subject else frames


class Objections:
    """Looks at a clip's frames one by one, by rising frame index, and says what would be questioned.

    What is so in labelled frames that follow each other is one objection.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        """Starts with a clip that holds nobody, whose picture has this size in pixels."""
        self._size_wh = size_wh
        self._open: dict[_Key, Objection] = {}
        self._closed: list[Objection] = []
        self._frames_of: dict[int, list[int]] = {}

    def look_at(self, frame: FramePoses) -> None:
        """Looks at a frame that holds somebody."""
        found = {_key(here): here for here in (*self._of_frame(frame), *_of_pairs(frame))}
        self._closed += [self._open.pop(key) for key in [*self._open] if key not in found]
        for key, here in found.items():
            before = self._open.get(key)
            self._open[key] = here if before is None else replace(before, last_frame=here.last_frame)
        for pose in frame.poses:
            self._frames_of.setdefault(pose.track_id, []).append(frame.frame_index)

    def all(self) -> list[Objection]:
        """What was found until now: kind after kind, in the order of the frames."""
        return ordered([*self._closed, *self._open.values(), *self._gaps()])

    def _of_frame(self, frame: FramePoses) -> Iterator[Objection]:
        index = frame.frame_index
        if not frame.reviewed and any(pose.by_machine.any() for pose in frame.poses):
            words = "Holds joints of the network, and nobody marked it as reviewed"
            yield Objection(Concern.UNREVIEWED, index, index, words)
        for pose in frame.poses:
            who, people = f"#{pose.track_id}", (pose.track_id,)
            if not pose.labelled.any():
                yield Objection(Concern.NO_JOINTS, index, index, f"{who} has a box and no joint", people, subject=who)
                continue
            if pose.bbox_head_xywh is None and head_box(pose) is None:
                words = f"{who} has no head box, and none can be made without head top and head bottom"
                yield Objection(Concern.NO_HEAD, index, index, words, people, subject=who)
            for keypoint in np.flatnonzero(self._outside(pose)).tolist():
                joint = f"{who} {POSETRACK.label(keypoint)}"
                words = f"{joint} lies outside the picture"
                yield Objection(Concern.OUTSIDE, index, index, words, people, keypoint, joint)

    def _outside(self, pose: Pose) -> NDArray[np.bool_]:
        width, height = self._size_wh
        x, y = pose.keypoints.T
        with np.errstate(invalid="ignore"):
            inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        outside: NDArray[np.bool_] = pose.placed & ~inside
        return outside

    def _gaps(self) -> Iterator[Objection]:
        """Where a person is missing in between: more frames than lie between their labelled frames as a rule."""
        for track_id, frames in self._frames_of.items():
            steps = np.diff(frames)
            if not len(steps):
                continue
            for place in np.flatnonzero(steps > _TIMES_USUAL_STEP * np.quantile(steps, 0.5, method="lower")).tolist():
                who = f"#{track_id}"
                words = f"{who} is missing, and is there before and after"
                yield Objection(Concern.GAP, frames[place] + 1, frames[place + 1] - 1, words, (track_id,), subject=who)


def objections(frames: Iterable[FramePoses], size_wh: tuple[int, int]) -> list[Objection]:
    """What would be questioned in frames that hold somebody, by rising frame index; see `Objections`."""
    looking = Objections(size_wh)
    for frame in frames:
        looking.look_at(frame)
    return looking.all()


def changed_pictures(frame_indices: Iterable[int]) -> list[Objection]:
    """Of the frames whose picture is not the one that labels were made on: one objection a stretch of the clip."""
    words = "The picture is not the one that labels here were made on"
    found: list[Objection] = []
    for index in sorted(frame_indices):
        if found and found[-1].last_frame == index - 1:
            found[-1] = replace(found[-1], last_frame=index)
        else:
            found.append(Objection(Concern.PIXELS, index, index, words))
    return found


def ordered(found: Iterable[Objection]) -> list[Objection]:
    """Kind after kind, in the order of the frames."""
    kinds = list(Concern)
    return sorted(found, key=lambda one: (kinds.index(one.concern), one.first_frame, one.track_ids))


def _key(objection: Objection) -> _Key:
    return objection.concern, objection.track_ids, objection.keypoint


def _of_pairs(frame: FramePoses) -> Iterator[Objection]:
    index = frame.frame_index
    for one, other in _twins(frame.poses):
        who = f"#{one} and #{other}"
        yield Objection(Concern.TWINS, index, index, f"{who} lie on one body", (one, other), subject=who)


def _twins(poses: Sequence[Pose]) -> Iterator[tuple[int, int]]:
    """The pairs of people whose joints, or boxes where joints are too few, lie on each other."""
    if len(poses) < 2:
        return
    points = np.stack([pose.keypoints for pose in poses])
    placed = np.stack([pose.placed for pose in poses])
    both = placed[:, None] & placed[None]
    apart = np.where(both, np.linalg.norm(points[:, None] - points[None], axis=3), 0.0)
    num = both.sum(axis=2)
    mean_px = apart.sum(axis=2) / np.maximum(num, 1)
    sizes = np.array([person_size_px(pose) for pose in poses])
    boxes = np.stack([pose.bbox_xywh for pose in poses])
    near = mean_px < TWINS_WITHIN * np.minimum(sizes[:, None], sizes[None])
    same_box = pairwise_iou(boxes, boxes) > _TWIN_BOXES_IOU
    for i, j in np.argwhere(np.triu(np.where(num >= _JOINTS_TO_COMPARE, near, same_box), k=1)).tolist():
        yield poses[i].track_id, poses[j].track_id
