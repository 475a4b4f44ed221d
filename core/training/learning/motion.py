"""Supervision of Theta by a motion that is known: not the paper's, which leaves Theta to the loss of the heatmaps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from core.heatmaps import STRIDE


def true_theta(motion: Tensor, crop_size_wh: tuple[int, int]) -> Tensor:
    """The Theta (Eq. 1) that undoes a motion: where the person went is where the warped feature is taken from.

    The inverse of `core.model.prediction.explanation.affines_in_crop_pixels`, which says how places are counted.

    Args:
        motion: (..., 2, 3) from the key frame's crop pixels to the neighbour's.
        crop_size_wh: width and height of the crop.

    Returns:
        (..., 2, 3), normalised to -1..1 from edge to edge of the feature map.
    """
    size = motion.new_tensor(crop_size_wh)
    unit, origin = size / 2, (size - STRIDE) / 2
    linear = motion[..., :2] * (unit[None, :] / unit[:, None])
    translation = (motion[..., :2] @ origin + motion[..., 2] - origin) / unit
    return torch.cat([linear, translation.unsqueeze(-1)], dim=-1)


def motion_loss(theta: Tensor, motion: Tensor, crop_size_wh: tuple[int, int]) -> Tensor:
    """How far from the truth Theta sends the middle of the crop and four places about it, where the person stands.

    Args:
        theta: (B, S, 2, 3) as the network gives it.
        motion: (B, S, 2, 3) in crop pixels; NaN where nobody knows: such a neighbour adds nothing.
        crop_size_wh: width and height of the crop.

    Returns:
        The mean over B and S, in feature pixels, of the smooth absolute difference in x and y.
    """
    known = motion.isfinite().all(dim=-1, keepdim=True).all(dim=-2, keepdim=True)  # (B, S, 1, 1)
    truth = true_theta(motion.nan_to_num().to(theta.dtype), crop_size_wh)
    places = theta.new_tensor([[0, 0], [-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]])
    places = torch.cat([places, places.new_ones(len(places), 1)], dim=1)  # (5, 3)
    feature_pixels = theta.new_tensor(crop_size_wh) / (2 * STRIDE)  # in one normalised unit
    found, right = (places @ affine.transpose(-1, -2) * feature_pixels for affine in (theta, truth))  # (B, S, 5, 2)
    return (F.smooth_l1_loss(found, right, reduction="none") * known).mean()
