"""What the network saw and aligned, for people to look at."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import PredictionError
from core.geometry import FloatArray
from core.heatmaps import STRIDE
from core.model.device import within_memory
from core.model.network.fami_pose import FamiPose, FamiPoseOutput
from core.model.prediction.crops import RgbFrame, cut_window, window_indices
from core.model.prediction.predictor import OUT_OF_MEMORY, Predictor
from core.model.prediction.projection import coloured
from core.predictions import Explanation, Request


def explain(predictor: Predictor, request: Request, frame: Callable[[int], RgbFrame], num_frames: int) -> Explanation:
    """The crops that the network sees, its features before and after the alignment, and the alignment itself.

    The colours are three fixed directions in the space of features. Before the alignment all frames are scaled
    by the key frame; the aligned neighbours by one scale of their own, since the deformable convolution may
    strengthen features: they compare with each other, and with the key frame in form but not in strength.

    Raises:
        PredictionError: as `Predictor.predict_batches`.
    """
    indices = window_indices(request.frame_index, predictor.offsets, num_frames)
    crops = cut_window(request, frame, indices, predictor.metadata.input_size_wh)
    output = within_memory(
        lambda: predictor.forward(crops[None]), lambda: False, predictor.device, lambda: PredictionError(OUT_OF_MEMORY)
    )
    before, after = _feature_colours(output)
    model: FamiPose = predictor.model
    has_neighbours = len(indices) > 1
    theta = output.theta[0].double().cpu().numpy()
    has_gtm = has_neighbours and model.global_transformation is not None
    calibration = model.local_calibration if has_neighbours else None
    tap_weights = None
    if calibration is not None:
        norms = calibration.weight.detach().double().flatten(2).norm(dim=(0, 1)).cpu().numpy()
        tap_weights = norms / max(float(norms.sum()), 1e-12)
    return Explanation(
        request.frame_index,
        request.track_id,
        tuple(indices),
        predictor.offsets,
        crops,
        before,
        after,
        affines_in_crop_pixels(theta, predictor.metadata.input_size_wh) if has_gtm else None,
        None if calibration is None or output.offsets is None else offsets_in_crop_pixels(output.offsets[0]),
        None if calibration is None or output.modulation is None else output.modulation[0].half().cpu().numpy(),
        tap_weights,
    )


def _feature_colours(output: FamiPoseOutput) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(S+1, h, w, 3) before and after the alignment, the key frame first."""
    key = output.key_features.float()
    before = torch.cat([key, output.supporting_features[0].float()]).cpu().numpy()
    aligned = output.aligned_features[0].float().cpu().numpy()
    key_colours = coloured(before[:1], like=before[0])
    if not len(aligned):
        return key_colours, key_colours
    aligned_colours = coloured(aligned, like=np.concatenate(tuple(aligned), axis=1))
    return coloured(before, like=before[0]), np.concatenate([key_colours, aligned_colours])


def affines_in_crop_pixels(theta: FloatArray, crop_size_wh: tuple[int, int]) -> FloatArray:
    """Theta (S, 2, 3), normalised to -1..1 from edge to edge of the feature map, as affines of crop pixels.

    A feature of index j has the normalised coordinate (2 j + 1) / w - 1 and stands at crop pixel STRIDE j, so that the
    normalised origin is crop pixel (W - STRIDE) / 2 and one unit is W / 2.
    """
    size = np.array(crop_size_wh, dtype=np.float64)
    unit, origin = size / 2, (size - STRIDE) / 2
    linear = theta[:, :, :2] * (unit[:, None] / unit[None, :])
    translation = theta[:, :, 2] * unit + origin - linear @ origin
    affines: FloatArray = np.concatenate([linear, translation[:, :, None]], axis=2)
    return affines


def offsets_in_crop_pixels(offsets: Tensor) -> NDArray[np.float16]:
    """O (S, 18, h, w), y before x for each tap, in feature pixels, as (S, 9, h, w, 2) x, y in crop pixels."""
    count, channels, height, width = offsets.shape
    by_tap = offsets.float().view(count, channels // 2, 2, height, width).flip(2).permute(0, 1, 3, 4, 2)
    pixels: NDArray[np.float16] = (by_tap * STRIDE).half().cpu().numpy()
    return pixels
