"""What the network saw and aligned, for people to look at."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import PredictionError
from core.geometry import FloatArray
from core.model.crops import Request, RgbFrame, cut_window, window_indices
from core.model.predictor import OUT_OF_MEMORY, Predictor, raise_unless_out_of_memory
from core.model.projection import coloured


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the network saw and aligned for one person in one frame. Row 0 of each array is the key frame.

    Attributes:
        frame_index: of the key frame.
        track_id: the person.
        frame_indices: (S+1) the frames that were used; a neighbour beyond the clip is its nearest frame.
        offsets: the S offsets from the key frame.
        crops: (S+1, H, W, 3) RGB.
        features_before: (S+1, h, w, 3) features before the alignment, in fixed colours.
        features_after: (S+1, h, w, 3) and after it, in the same colours.
        theta: (S, 2, 3) Eq. 1, in normalised coordinates.
    """

    frame_index: int
    track_id: int
    frame_indices: tuple[int, ...]
    offsets: tuple[int, ...]
    crops: NDArray[np.uint8]
    features_before: NDArray[np.uint8]
    features_after: NDArray[np.uint8]
    theta: FloatArray


def explain(predictor: Predictor, request: Request, frame: Callable[[int], RgbFrame], num_frames: int) -> Explanation:
    """The crops that the network sees, and its features before and after the alignment.

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
    key = output.key_features.float()
    before = torch.cat([key, output.supporting_features[0].float()]).cpu().numpy()
    aligned = output.aligned_features[0].float().cpu().numpy()
    key_colours = coloured(before[:1], like=before[0])
    aligned_colours = coloured(aligned, like=np.concatenate(tuple(aligned), axis=1))
    return Explanation(
        request.frame_index,
        request.track_id,
        tuple(indices),
        predictor.offsets,
        crops,
        coloured(before, like=before[0]),
        np.concatenate([key_colours, aligned_colours]),
        output.theta[0].double().cpu().numpy(),
    )
