"""The single-frame networks by name: what a FamiPose can be built around.

Letters in shape comments stand in core/model/__init__.py.
"""

from core.errors import WeightsError
from core.model.network.config import BACKBONES, PYRAMIDS
from core.model.network.hrnet import HRNet
from core.model.network.pyramid import PyramidNet

SingleFrame = HRNet | PyramidNet
"""Both have `features`, `final_layer`, `num_channels` and `num_keypoints`."""


def new_backbone(name: str, num_keypoints: int) -> SingleFrame:
    """A new network, with random weights.

    Args:
        name: in `core.model.network.config.BACKBONES` or `PYRAMIDS`.
        num_keypoints: K.

    Raises:
        WeightsError: for a name that is none.
    """
    if name in PYRAMIDS:
        return PyramidNet(name, num_keypoints)
    if name in BACKBONES:
        return HRNet(name, num_keypoints)
    raise WeightsError(f"There is no backbone {name!r}; choose one of {', '.join([*BACKBONES, *PYRAMIDS])}.")
