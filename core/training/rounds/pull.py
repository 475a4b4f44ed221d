"""What keeps a round from forgetting: at every step the weights are drawn back to those before the first round.

Rounds that follow each other are drawn to the same place, so that what they forget of other people does not add up.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from core.keypoints import POSETRACK
from core.model.network.fami_pose import FamiPose

_HEADS = ("head_after.", "backbone.final_layer.")


class Pull:
    """Draws weights toward a centre.

    Args:
        centre: the weights before the project's first round.
        strength: the part of the way that a full step goes back.
        new: names of keypoints that the centre never learnt: their rows in the last layers are not drawn to what
            means nothing.
    """

    def __init__(self, centre: FamiPose, strength: float, new: Sequence[str] = ()) -> None:
        self._centre = {name: parameter.detach().clone() for name, parameter in centre.named_parameters()}
        self._strength = strength
        self._free = [POSETRACK.index(name) for name in new]

    @torch.no_grad()
    def draw(self, model: FamiPose, factor: float) -> None:
        """One step back, in place.

        Args:
            model: of the centre's kind.
            factor: of the strength, as of the learning rate.
        """
        for name, parameter in model.named_parameters():
            free = parameter[self._free].clone() if self._free and name.startswith(_HEADS) else None
            parameter.lerp_(self._centre[name], self._strength * factor)
            if free is not None:
                parameter[self._free] = free
