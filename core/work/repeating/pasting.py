"""A pose that is copied to another frame, or onto another person."""

from __future__ import annotations

import numpy as np

from core.errors import ProjectError
from core.geometry import FloatArray
from core.poses import Pose, Provenance
from core.project import Project
from core.work.repeating.proposal import Proposal, changed


def paste(project: Project, frame_index: int, track_id: int, source: Pose, *, in_place: bool, label: str) -> Proposal:
    """Puts the labelled joints of a pose onto a person in a frame; they are the person's word, as set by hand.

    Whoever is not in the frame is added, where the pose was.

    Args:
        project: takes the pose.
        frame_index: the frame to paste in.
        track_id: whom the joints go to.
        source: the pose to paste.
        in_place: the joints keep their places, as from one frame to the next; else they move with the person's box.
        label: what the undo menu shows.

    Raises:
        ProjectError: the pose has no joint to paste.
    """
    chosen = source.placed
    if not chosen.any():
        raise ProjectError(f"Person {source.track_id} has no joint to copy there; choose a frame where joints are set.")
    before = project.frame(frame_index).pose(track_id)
    if before is None:
        box = source.bbox_xywh
        base = Pose.empty(track_id, box, Provenance.CORRECTED).replaced(bbox_head_xywh=source.bbox_head_xywh)
    else:
        base = before
    moved = in_place or before is None or min(*source.bbox_xywh[2:], *before.bbox_xywh[2:]) <= 0
    places = source.keypoints if moved else _moved(source.keypoints, source.bbox_xywh, base.bbox_xywh)
    after = base.replaced(
        keypoints=np.where(chosen[:, None], places, base.keypoints),
        visibility=np.where(chosen, source.visibility, base.visibility),
        visibility_by_hand=np.where(chosen, source.visibility_by_hand, base.visibility_by_hand),
        scores=np.where(chosen, 1.0, base.scores),
        provenance=np.where(chosen, Provenance.CORRECTED, base.provenance),
    )
    return Proposal("paste_pose", label, tuple(changed(frame_index, before, after)))


def _moved(points: FloatArray, from_xywh: FloatArray, to_xywh: FloatArray) -> FloatArray:
    """Points that move with the middle of a box, and grow with its longer side."""
    growth = to_xywh[2:].max() / from_xywh[2:].max()
    moved: FloatArray = (points - from_xywh[:2] - from_xywh[2:] / 2) * growth + to_xywh[:2] + to_xywh[2:] / 2
    return moved
