"""How far a round may move the weights: no further from those before the first round than the network forgets little.

What a network knows of other people is lost with the distance that its weights travel, whatever drove them. So every
tensor stays within a ball around where it was before the project's first round; rounds that follow each other move
inside the same ball, and forgetting does not add up.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from core.keypoints import POSETRACK
from core.model.network.fami_pose import FamiPose

_LEAST = 0.01
"""Root mean square of a tensor below which it counts as of this size: what starts at zero may leave it."""

_HEADS = ("head_after.", "backbone.final_layer.")


class Ball:
    """The weights that a round may reach.

    Args:
        centre: the weights before the project's first round.
        radius: of each tensor's ball, as a part of the tensor's norm.
        new: names of keypoints that the centre never learnt: their rows in the last layers are free.
    """

    def __init__(self, centre: FamiPose, radius: float, new: Sequence[str] = ()) -> None:
        self._centre = {name: parameter.detach().clone() for name, parameter in centre.named_parameters()}
        self._radius = radius
        self._free = [POSETRACK.index(name) for name in new]

    @torch.no_grad()
    def hold(self, model: FamiPose) -> None:
        """Brings every tensor that left its ball back onto the ball's surface, in place."""
        for name, parameter in model.named_parameters():
            centre = self._centre[name]
            moved = parameter - centre
            free = moved[self._free].clone() if self._free and name.startswith(_HEADS) else None
            if free is not None:
                moved[self._free] = 0.0
            limit = self._radius * max(float(centre.norm()), _LEAST * centre.numel() ** 0.5)
            moved *= min(1.0, limit / max(float(moved.norm()), 1e-12))
            if free is not None:
                moved[self._free] = free
            parameter.copy_(centre + moved)
