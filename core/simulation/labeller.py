"""The labeller: knows the truth, drags what is further off than the limit, and accepts the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.poses import Visibility
from core.project import Project, Touched
from core.project.edits import accept_frame, move_keypoint
from core.simulation.truth import TrueClip, is_wrong


class Labeller:
    """Does to a project what a hand does to it, and counts the drags.

    Args:
        project: open for writing.
        truth: what is right.
        on_edit: hears what each edit touched.
    """

    def __init__(self, project: Project, truth: TrueClip, on_edit: Callable[[Touched], None]) -> None:
        self._project, self._truth, self._on_edit = project, truth, on_edit

    def wrong_joints(self, frame_index: int) -> int:
        """How many joints of a frame are still to be dragged."""
        frame = self._project.frame(frame_index)
        return sum(int(is_wrong(frame.pose(true.track_id), true).sum()) for true in self._truth.people[frame_index])

    def look_at(self, frame_index: int) -> int:
        """Makes a frame right and accepts it; returns the number of drags."""
        drags = 0
        frame = self._project.frame(frame_index)
        for true in self._truth.people[frame_index]:
            for keypoint in np.flatnonzero(is_wrong(frame.pose(true.track_id), true)).tolist():
                visibility = Visibility(int(true.visibility[keypoint]))
                place = true.keypoints[keypoint]
                self._on_edit(
                    move_keypoint(self._project, frame_index, true.track_id, keypoint, place, visibility=visibility)
                )
                drags += 1
        self._on_edit(accept_frame(self._project, frame_index))
        return drags
