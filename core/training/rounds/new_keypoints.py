"""How a round starts keypoints that the weights never learnt, without a change to those that they know."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from core.keypoints import POSETRACK
from core.model.network.fami_pose import FamiPose

_STARTS = (("head_bottom", "head_top"), ("nose", "left_ear", "right_ear"))
"""Where new keypoints start, the first place that the weights know: all of them are on the head."""

_NOTHING_LEARNT = 0.1
"""A map whose weights have less than this part of a learnt map's norm was never taught. Those of
the second starter, which knew no nose and no ears, had 0.04."""


def start_new_keypoints(model: FamiPose, new: Sequence[str], trained: Sequence[str]) -> None:
    """Starts new keypoints between the head's two ends; the heatmaps of all others stay as they are.

    The last convolution gives a new keypoint the mean of both ends' logits: as probabilities that is the product of
    both maps, whose peak lies between theirs. Where the weights know only one end, the keypoint starts there; where
    they know none, between the other keypoints of the head, and at last among all that they know.

    What the last convolution reads is not touched: any of these maps may help to locate others, such as that of a
    foreign skeleton's joint, which `in_posetrack` left in the place of one that only PoseTrack has. The new keypoint
    adds the map in its own place to what it reads only where nothing was ever learnt there: what is next to nothing
    does not move the start, and has a short way to learn.

    Args:
        model: of PoseTrack's keypoints; changed in place.
        new: names of the keypoints to be learnt.
        trained: names of those that the weights know.
    """
    known = [[name for name in start if name in trained] for start in (*_STARTS, tuple(trained))]
    starts = [POSETRACK.index(name) for name in next(filter(None, known))]
    places = [POSETRACK.index(name) for name in new]
    after, before = model.head_after, model.backbone.final_layer
    with torch.no_grad():
        row, offset = after.weight[starts].mean(dim=0), after.get_parameter("bias")[starts].mean()
        for place in places:
            after.weight[place], after.get_parameter("bias")[place] = row, offset
        strengths, middle = before.weight.flatten(1).norm(dim=1), after.weight.shape[2] // 2
        for place in places:
            if strengths[place] < _NOTHING_LEARNT * strengths[starts].mean():
                after.weight[place, place, middle, middle] += 1.0
