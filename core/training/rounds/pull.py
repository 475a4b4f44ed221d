"""What keeps a round from forgetting: the weights are drawn back to those before the project's first round.

At every step a little, and at the end about half of the way: between what was learnt and where it began lies a network
that has most of the one and lost little of the other (docs/adr/0016). Rounds that follow each other are drawn to the
same place, so that what they forget of other people does not add up.
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
        new: names of keypoints that the centre never learnt: their rows in the last layers are not drawn to what
            means nothing.
    """

    def __init__(self, centre: FamiPose, new: Sequence[str] = ()) -> None:
        self._centre = {name: parameter.detach().clone() for name, parameter in centre.named_parameters()}
        self._free = [POSETRACK.index(name) for name in new]

    @torch.no_grad()
    def draw(self, model: FamiPose, part: float) -> None:
        """Goes a part of the way back, in place.

        Args:
            model: of the centre's kind.
            part: 0 changes nothing, 1 leads to the centre.
        """
        for name, parameter in model.named_parameters():
            free = parameter[self._free].clone() if self._free and name.startswith(_HEADS) else None
            parameter.lerp_(self._centre[name], part)
            if free is not None:
                parameter[self._free] = free
