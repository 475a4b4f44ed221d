"""What a network is asked of people in frames, and what it answers: values, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray, apply_affine


@dataclass(frozen=True)
class Request:
    """One person to be located in one frame: its box in full-frame pixels, left, top, width, height."""

    frame_index: int
    track_id: int
    bbox_xywh: tuple[float, float, float, float] | FloatArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says of one person in one frame.

    Attributes:
        request: what was asked.
        keypoints: (K, 2) x, y in full-frame pixels; NaN for a joint that these weights never learnt or whose heatmap
            has nothing in it.
        scores: (K,) 0 to 1, NaN where the keypoint is. How likely the joint is right, by the score model that
            the weights bring along; without one the peak itself, which orders joints but is no probability.
        heatmaps: (K, h, w) float16.
        image_from_heatmap: (2, 3) affine from heatmap to full-frame pixels.
        calibrated: whether the scores are probabilities that were measured, of these weights as they were used here.
    """

    request: Request
    keypoints: FloatArray
    scores: FloatArray
    heatmaps: NDArray[np.float16]
    image_from_heatmap: FloatArray
    calibrated: bool = False


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

    @property
    def all_offsets(self) -> tuple[int, ...]:
        """The S + 1 offsets of the rows, the key frame's 0 first."""
        return (0, *self.offsets)

    def shift_px(self, row: int) -> tuple[float, float] | None:
        """How far Theta moves the sampling point of a neighbour's middle, in pixels of the crop (x, y).

        Args:
            row: of the arrays of S + 1 rows; 0, the key frame, is not asked for.
        """
        if self.neighbour_from_key is None:
            return None
        height, width = self.crops.shape[1:3]
        middle = np.array([[(width - 1) / 2, (height - 1) / 2]])
        x, y = (apply_affine(self.neighbour_from_key[row - 1], middle) - middle)[0]
        return float(x), float(y)
