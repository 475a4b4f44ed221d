"""Joints followed by flow through the frames of a source, in both directions of time, and who is where there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.people.flow import JointStart, PersonJoint, follow_joints
from core.poses import Pose
from core.project import Project
from core.video import Source, frame_proof

AT_ONCE_BYTES = 96 * 2**20
"""Frames that are decoded together where they are wanted in falling order."""

Places = dict[PersonJoint, dict[int, FloatArray]]
"""Where joints were followed to (2,), by joint and frame index."""


class FlowReader:
    """Follows joints through a clip, and keeps the proof of every frame that it reads.

    Attributes:
        proofs: of the frames read, by frame index.
    """

    def __init__(self, source: Source, on_progress: Callable[[int, int], None], total: int) -> None:
        """Reads from a source that this thread has for itself.

        Args:
            source: the clip.
            on_progress: called with done and total frames; may raise Cancelled.
            total: the frames that will be read, each as often as it is.
        """
        self.proofs: dict[int, tuple[float, str]] = {}
        self._source = source
        self._on_progress = on_progress
        self._total = total
        self._done = 0

    def follow(self, starts: Sequence[JointStart]) -> Places:
        """Follows joints that all go in one direction, through as many frames as it takes and not one more."""
        found: Places = {}
        for stretch in _stretches(starts):
            for index, places in follow_joints(self._read(stretch), starts):
                for joint, xy in places.items():
                    found.setdefault(joint, {})[index] = xy
        return found

    def _read(self, stretch: range) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        for index, rgb in self._frames(stretch):
            if index not in self.proofs:
                self.proofs[index] = (float(self._source.timestamps[index]), frame_proof(rgb))
            yield index, rgb
            self._done += 1
            self._on_progress(self._done, self._total)

    def _frames(self, stretch: range) -> Iterable[tuple[int, NDArray[np.uint8]]]:
        if stretch.step > 0:
            yield from self._source.frames(stretch.start, stretch.stop)
            return
        width, height = self._source.size
        at_once = max(2, AT_ONCE_BYTES // max(3 * width * height, 1))
        for stop in range(stretch.start + 1, stretch.stop + 1, -at_once):
            some = list(self._source.frames(max(stop - at_once, stretch.stop + 1), stop))
            yield from reversed(some)


def num_frames(starts: Sequence[JointStart]) -> int:
    """How many frames following them reads."""
    return sum(len(stretch) for stretch in _stretches(starts))


def _stretches(starts: Sequence[JointStart]) -> list[range]:
    """The frames that are needed, in the order of travel, where they touch each other in one piece."""
    if not starts:
        return []
    step = 1 if starts[0].last_frame > starts[0].frame_index else -1
    ways = sorted((step * start.frame_index, step * start.last_frame) for start in starts)
    merged: list[list[int]] = []
    for first, last in ways:
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return [range(step * first, step * last + step, step) for first, last in merged]


def deleted(project: Project, start: int, stop: int) -> set[PersonJoint]:
    """(frame index, track id) of people whom a person deleted from the frames `start` to `stop`."""
    gone = project.deleted_boxes(start, stop)
    return {(frame_index, track_id) for frame_index, people in gone.items() for track_id in people}


def box_between(frame_index: int, poses: Mapping[int, Pose]) -> FloatArray:
    """(4,) a person's box in a frame, on the straight line between those of the nearest frames that have one."""
    known = np.array(sorted(poses))
    boxes = np.array([poses[index].bbox_xywh for index in known.tolist()])
    return np.array([np.interp(frame_index, known, boxes[:, side]) for side in range(4)])
