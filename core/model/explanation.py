"""What the network saw and aligned, for people to look at."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import PredictionError
from core.geometry import FloatArray
from core.heatmaps import STRIDE
from core.model.crops import Request, RgbFrame, cut_window, window_indices
from core.model.fami_pose import FamiPose, FamiPoseOutput
from core.model.predictor import OUT_OF_MEMORY, Predictor, raise_unless_out_of_memory
from core.model.projection import coloured


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the network saw and aligned for one person in one frame. Row 0 of frames is the key frame.

    Places are in pixels of the crop, whole numbers at the centres of pixels. A feature stands at `STRIDE` times its
    index: the pixel that its receptive field is centred on.

    Attributes:
        frame_index: of the key frame.
        track_id: the person.
        frame_indices: (S+1) the frames that were used; a neighbour beyond the clip is its nearest frame.
        offsets: the S offsets from the key frame.
        crops: (S+1, H, W, 3) RGB.
        features_before: (S+1, h, w, 3) features before the alignment, in fixed colours.
        features_after: (S+1, h, w, 3) and after it, in the same colours.
        neighbour_from_key: (S, 2, 3) Theta of Eq. 1 as an affine: the place in a neighbour's crop that the warped
            feature at a place of the key frame's crop is taken from. None where the network has no such step.
        tap_offsets: (S, 9, h, w, 2) O of Eq. 3 as x, y, in the key frame's coordinates, for each of the nine taps
            from the upper left to the lower right. None without local calibration.
        modulation: (S, 9, h, w) M of Eq. 3, 0 to 2; None without local calibration.
        tap_weights: (9,) the strength of each tap's kernel (Frobenius norm), of sum 1; None without local calibration.
    """

    frame_index: int
    track_id: int
    frame_indices: tuple[int, ...]
    offsets: tuple[int, ...]
    crops: NDArray[np.uint8]
    features_before: NDArray[np.uint8]
    features_after: NDArray[np.uint8]
    neighbour_from_key: FloatArray | None
    tap_offsets: NDArray[np.float16] | None
    modulation: NDArray[np.float16] | None
    tap_weights: FloatArray | None

    @property
    def num_bytes(self) -> int:
        """What it takes in memory."""
        arrays = (self.crops, self.features_before, self.features_after, self.tap_offsets, self.modulation)
        return sum(array.nbytes for array in arrays if array is not None)


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
    try:
        output = predictor.forward(crops[None])
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        raise_unless_out_of_memory(error)
        raise PredictionError(OUT_OF_MEMORY) from error
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
