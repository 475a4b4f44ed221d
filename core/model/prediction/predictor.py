"""From frames and boxes to keypoints: NumPy outside, torch inside."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import PredictionError
from core.geometry import FloatArray, apply_affine, invert_affine
from core.heatmaps import STRIDE, decode_argmax, decode_dark, decode_quarter_shift
from core.judging.scoring import score_features
from core.keypoints import SKELETONS
from core.model.device import ALL_THREADS, available_device, has_fast_bfloat16, intra_op_threads, within_memory
from core.model.network.fami_pose import FamiPoseOutput
from core.model.prediction.crops import RecentFrames, RgbFrame, cut_window, normalised, request_affine, window_indices
from core.model.prediction.recent_features import RecentFeatures
from core.model.weights.files import LoadedModel
from core.predictions import Prediction, Request

_Part = TypeVar("_Part")
Decoding = Literal["dark", "quarter", "argmax"]
_CUDA_BATCH = 32
_CPU_BATCH = 8
_CPU_BATCH_COST = 144 * 192 * 16
"""Crop pixels times channels for which `_CPU_BATCH` people at once are well within memory."""
_SMALL_COST = 10**6
"""Crop pixels times channels below which an operation is too short to be worth a second thread (docs/adr/0011)."""


class Predictor:
    """A loaded network on a device. Several threads may use one.

    Args:
        loaded: the network; it is moved to the device, and must not change while the predictor is used.
        device: "auto", "cpu", "cuda" or "cuda:N".
        offsets: the window of neighbours, the weights' own by default.
        flip_test: average with the mirrored crop's heatmaps, in twice the time; by default what the weights say.
        decoding: "dark", "quarter" (quarter-pixel shift) or "argmax".
        batch_size: people at once; by default what suits the device. Halved when memory runs out.

    Raises:
        PredictionError: if there is no such device.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        device: str = "auto",
        offsets: Sequence[int] | None = None,
        *,
        flip_test: bool | None = None,
        decoding: Decoding = "dark",
        batch_size: int | None = None,
    ) -> None:
        self.device = available_device(device)
        self.loaded = loaded
        self.metadata = loaded.metadata
        self.offsets = tuple(loaded.metadata.config.supporting_offsets if offsets is None else offsets)
        self.flip_test = self.metadata.flip_test if flip_test is None else flip_test
        self.decoding = decoding
        self.model = loaded.model.eval().to(self.device).to(memory_format=torch.channels_last)
        self.batch_size = batch_size or self._default_batch_size()
        self.heatmap_size_wh = (self.metadata.input_size_wh[0] // STRIDE, self.metadata.input_size_wh[1] // STRIDE)
        skeleton = SKELETONS[self.metadata.keypoints]
        self._trained = np.array([name in self.metadata.trained_keypoints for name in skeleton.keypoint_names])
        self._flip_order = torch.from_numpy(skeleton.flip_order).to(self.device)
        self._is_small = self._cost() < _SMALL_COST
        self._threads = ALL_THREADS if self.device.type == "cpu" else 1
        crops_of_a_batch = self.batch_size * (1 + len(self.offsets)) * (2 if self.flip_test else 1)
        # It holds no method of this predictor: a network in a cycle would never be freed while the window runs.
        self._features = RecentFeatures(capacity=crops_of_a_batch)
        # With a gain of zero, as before any training, the neighbours change nothing and need not be computed.
        self._prediction_offsets = self.offsets if bool(self.model.gain.any()) else ()

    @property
    def calibrated(self) -> bool:
        """Whether scores are probabilities: fitted for these weights, with this window, decoding and flip test."""
        as_fitted = self.metadata.config.supporting_offsets, self.metadata.flip_test, "dark"
        return self.metadata.score_model is not None and (self.offsets, self.flip_test, self.decoding) == as_fitted

    def with_offsets(self, offsets: Sequence[int]) -> "Predictor":
        """The same network on the same device with another window; () is the single-frame network."""
        return Predictor(self.loaded, device=str(self.device), offsets=offsets)

    def _default_batch_size(self) -> int:
        if self.device.type == "cuda":
            return _CUDA_BATCH
        return min(_CPU_BATCH, max(1, _CPU_BATCH * _CPU_BATCH_COST // self._cost()))

    def _cost(self) -> int:
        """Crop pixels times channels of the highest resolution, which time and memory go with."""
        width, height = self.metadata.input_size_wh
        return width * height * self.model.backbone.num_channels

    def predict(
        self, requests: Sequence[Request], frame: Callable[[int], RgbFrame], num_frames: int
    ) -> list[Prediction]:
        """All predictions, in the order of the requests. See `predict_batches`."""
        by_request = {
            id(prediction.request): prediction
            for batch in self.predict_batches(requests, frame, num_frames)
            for prediction in batch
        }
        return [by_request[id(request)] for request in requests]

    def predict_batches(
        self, requests: Sequence[Request], frame: Callable[[int], RgbFrame], num_frames: int
    ) -> Iterator[list[Prediction]]:
        """Predicts in rising order of frames, one batch at a time; stop iterating to cancel.

        Args:
            requests: who is to be located, and where the boxes are.
            frame: gives the RGB frame (H, W, 3) uint8 of an index; called once for each frame of a window.
            num_frames: of the clip.

        Yields:
            The predictions of each batch.

        Raises:
            PredictionError: if a box has no area, or memory runs out even for one person.
        """
        offsets = self._prediction_offsets
        recent = RecentFrames(frame, capacity=max((0, *offsets)) - min((0, *offsets)) + 2)
        ordered = sorted(requests, key=lambda request: request.frame_index)
        done = 0
        while done < len(ordered):
            batch = ordered[done : done + self.batch_size]
            windows = np.stack(
                [
                    cut_window(
                        r, recent, window_indices(r.frame_index, offsets, num_frames), self.metadata.input_size_wh
                    )
                    for r in batch
                ]
            )
            heatmaps = self._heatmaps_within_memory(windows)
            done += len(heatmaps)
            yield self._decoded(batch[: len(heatmaps)], heatmaps)

    def _heatmaps_within_memory(self, windows: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Heatmaps (n, K, h, w) of as many of the windows (B, S+1, H, W, 3), from the first on, as memory holds."""

        def shrink() -> bool:
            is_smallest = self.batch_size == 1 or len(windows) == 1
            self.batch_size = max(1, min(self.batch_size, len(windows)) // 2)
            return not is_smallest

        return within_memory(
            lambda: self._heatmaps(windows[: self.batch_size]),
            shrink,
            self.device,
            lambda: PredictionError(OUT_OF_MEMORY),
        )

    def _heatmaps(self, windows: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = np.concatenate(self._shared(self._part_of_heatmaps, windows, self._threads))
        if not np.isfinite(values).all():
            raise PredictionError(
                "The network's heatmaps hold values that are not numbers; choose other weights, or predict on the cpu."
            )
        return values

    def _part_of_heatmaps(self, windows: NDArray[np.uint8], threads: int) -> NDArray[np.float32]:
        heatmaps = self.forward(windows, threads).heatmaps.float()
        if self.flip_test:
            mirrored = self.forward(np.ascontiguousarray(windows[:, :, :, ::-1]), threads).heatmaps.float()
            heatmaps = (heatmaps + self._mirrored_back(mirrored)) / 2
        values: NDArray[np.float32] = heatmaps.cpu().numpy()
        return values

    def _mirrored_back(self, heatmaps: Tensor) -> Tensor:
        """Heatmaps of mirrored crops, as of the crops.

        Heatmap pixel i is centred on crop pixel 4 i, so a mirrored map lies (4 - 1) / 4 of a pixel too far to the
        left. The public programs move it by a whole pixel, which leaves all joints an eighth of one too far right.
        """
        flipped = heatmaps.flip(3)[:, self._flip_order]
        left = torch.cat([flipped[..., :1], flipped[..., :-1]], dim=3)
        return torch.lerp(flipped, left, (STRIDE - 1) / STRIDE)

    def forward(self, windows: NDArray[np.uint8], threads: int | None = None) -> FamiPoseOutput:
        """The network on windows (B, S+1, H, W, 3), in half precision on CUDA; by default with all threads."""
        threads = threads or self._threads
        batch, frames = windows.shape[:2]
        on_cuda = self.device.type == "cuda"
        precision = torch.autocast("cuda", torch.float16) if on_cuda else nullcontext()
        with torch.inference_mode(), precision, intra_op_threads(self._for_an_operation(threads)):
            features = self._features(
                windows.reshape(-1, *windows.shape[2:]),
                lambda crops: torch.cat(self._shared(self._part_of_features, crops, threads)),
            )  # (B * (S+1), C, h, w)
            features = features.reshape(batch, frames, *features.shape[1:])
            output: FamiPoseOutput = self.model.forward_features(features[:, 0], features[:, 1:])
        return output

    def _part_of_features(self, crops: NDArray[np.uint8], threads: int) -> Tensor:
        """(n, C, h, w) of crops (n, H, W, 3)."""
        with torch.inference_mode(), intra_op_threads(self._for_an_operation(threads)), self._precision():
            features: Tensor = self.model.backbone.features(normalised(crops, self.device))
        return features if self.device.type == "cuda" else features.float()

    def _precision(self) -> AbstractContextManager[object]:
        """Half precision on CUDA; for the backbone of a small network bfloat16, where the processor has it."""
        if self.device.type == "cuda":
            return torch.autocast("cuda", torch.float16)
        if self._is_small and has_fast_bfloat16():
            return torch.autocast("cpu", torch.bfloat16)
        return nullcontext()

    def _shared(
        self, work: Callable[[NDArray[np.uint8], int], _Part], pictures: NDArray[np.uint8], threads: int
    ) -> list[_Part]:
        """What `work` makes of the pictures, in their order; a small network's in parts, each in a thread of its own.

        Threads that work apart wait for each other once; those that share every operation, at each of a thousand.
        Apart they need more memory, which large networks have not got to spare.
        """
        count = min(threads, len(pictures))
        if count == 1 or not self._is_small:
            return [work(pictures, threads)]
        with ThreadPoolExecutor(count, "predictor") as pool:
            return list(pool.map(lambda part: work(part, threads // count), np.array_split(pictures, count)))

    def _for_an_operation(self, threads: int) -> int:
        """How many of so many threads are worth being shared by one operation."""
        return 1 if self._is_small else threads

    def _decoded(self, requests: Sequence[Request], heatmaps: NDArray[np.float32]) -> list[Prediction]:
        if self.decoding == "dark":
            points, peaks = decode_dark(heatmaps, self.metadata.config.heatmap_sigma)
        else:
            points, peaks = (decode_quarter_shift if self.decoding == "quarter" else decode_argmax)(heatmaps)
        located = self._trained & (peaks > 0)
        scores = self._scores(heatmaps, points, peaks, located)
        points[~located] = np.nan
        scores[~located] = np.nan
        predictions = []
        for index, request in enumerate(requests):
            affine = invert_affine(request_affine(request, self.metadata.input_size_wh, self.heatmap_size_wh))
            keypoints = apply_affine(affine, points[index])
            predictions.append(
                Prediction(
                    request, keypoints, scores[index], heatmaps[index].astype(np.float16), affine, self.calibrated
                )
            )
        return predictions

    def _scores(
        self, heatmaps: NDArray[np.float32], points: FloatArray, peaks: FloatArray, located: NDArray[np.bool_]
    ) -> FloatArray:
        """(N, K) how likely each joint is right; the peaks where nobody fitted that for the weights."""
        model = self.metadata.score_model
        if model is None:
            return np.clip(peaks, 0.0, 1.0)
        sigma, skeleton = self.metadata.config.heatmap_sigma, SKELETONS[self.metadata.keypoints]
        return model.scores(score_features(heatmaps, points, peaks, located, sigma=sigma, skeleton=skeleton))


OUT_OF_MEMORY = "There is not enough memory to predict even one person; choose smaller weights or another device."
