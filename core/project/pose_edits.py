"""What a person's word makes of one pose, whether it is said of one frame or of many. Pure functions."""

from __future__ import annotations

import numpy as np

from core.geometry import BoolArray
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility


def accepted(pose: Pose, chosen: BoolArray | None = None) -> Pose:
    """Labelled joints that a machine set are now a person's word; scores stay.

    The box is accepted with them, once none is left that a machine set.

    Args:
        pose: the pose.
        chosen: (K,) which joints to accept; all by default.
    """
    machine = pose.labelled & ~pose.human
    taken = machine if chosen is None else machine & chosen
    box = pose.bbox_provenance
    keeps_box = box.is_human or box == Provenance.NONE or bool((machine & ~taken).any())
    return pose.replaced(
        provenance=np.where(taken, Provenance.ACCEPTED, pose.provenance),
        bbox_provenance=box if keeps_box else Provenance.ACCEPTED,
    )


def with_visibility(pose: Pose, chosen: BoolArray, visibility: Visibility) -> Pose:
    """Joints (K,) that have a place are visible, occluded or not labelled, as a person says.

    Without a place a joint can only be said not to be labelled. The place stays, and so does who set it.
    """
    already = (pose.visibility == visibility) & pose.visibility_by_hand
    can_be = np.isfinite(pose.keypoints).all(axis=1) | (visibility == Visibility.NOT_LABELLED)
    changed = chosen & can_be & ~already
    return pose.replaced(
        visibility=np.where(changed, visibility, pose.visibility),
        visibility_by_hand=pose.visibility_by_hand | changed,
    )


def sides_swapped(pose: Pose, chosen: BoolArray) -> Pose:
    """Left and right of the chosen joints (K,) change places, with all that is known of them.

    What a machine set is thereby accepted: its place under the other name is a person's word, which no later
    prediction swaps back. A pair of which neither is labelled stays as it is.
    """
    order = np.arange(len(pose.keypoints))
    for left, right in POSETRACK.flip_pairs:
        if (chosen[left] or chosen[right]) and (pose.labelled[left] or pose.labelled[right]):
            order[left], order[right] = right, left
    provenance = pose.provenance[order]
    by_machine = (order != np.arange(len(order))) & pose.by_machine[order]
    return pose.replaced(
        keypoints=pose.keypoints[order],
        visibility=pose.visibility[order],
        visibility_by_hand=pose.visibility_by_hand[order],
        scores=pose.scores[order],
        provenance=np.where(by_machine, Provenance.ACCEPTED, provenance),
    )
