"""The motion bench's clips, and the features that a backbone sees in them, computed once and kept on disk.

Letters in shape comments: N clips, F frames of a clip (the key frame first), C channels, h w the feature map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import TrainingError
from core.files.replacing import replacing
from core.geometry import BoolArray, FloatArray
from core.heatmaps import STRIDE, gaussian_targets
from core.judging.sizes import torso_sizes
from core.model.network.backbones import SingleFrame
from core.model.prediction.crops import normalised
from core.training.clips.degradations import KINDS, Kind
from core.training.clips.synthetic_clips import ClipSampler, ClipSettings, MadeClip
from core.training.photographs.lspet import PersonCrops
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.batches import SampleSettings

DEGRADATIONS: tuple[Kind | None, ...] = (None, *KINDS)
CLEAN = "clean"
_BATCH = 16


@dataclass(frozen=True)
class ClipSpeed:
    """A kind of movement: its name and the activity of `ClipSettings`."""

    name: str
    activity: tuple[float, float]


@dataclass(frozen=True)
class Cell:
    """One kind of evaluation clip: how the key frame is degraded, None if it isn't, and how fast all moves."""

    degradation: Kind | None
    speed: str

    @property
    def name(self) -> str:
        """For people and folders."""
        return f"{self.degradation or CLEAN}-{self.speed}"


@dataclass(frozen=True)
class ClipLabels:
    """What is known of clips.

    Attributes:
        keypoints: (N, F, 17, 2) in crop pixels.
        labelled: (N, 17).
        global_motion: (N, F, 2, 3) from the key frame's crop to each frame's.
    """

    keypoints: FloatArray
    labelled: BoolArray
    global_motion: FloatArray

    @classmethod
    def of(cls, clips: list[MadeClip]) -> ClipLabels:
        """Those of some clips."""
        return cls(
            np.stack([clip.keypoints for clip in clips]),
            np.stack([clip.labelled for clip in clips]),
            np.stack([clip.global_motion for clip in clips]),
        )


@dataclass(frozen=True)
class FeatureClips:
    """Clips as the backbone sees them.

    Attributes:
        features: (N, F, C, h, w) float16.
        labels: of the same clips.
        offsets: the times of the frames after the key frame.
        sigma: of the targets, in heatmap pixels.
    """

    features: NDArray[np.float16]
    labels: ClipLabels
    offsets: tuple[int, ...]
    sigma: float

    def __len__(self) -> int:
        return len(self.features)

    def window(self, numbers: NDArray[np.int64], offsets: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Features of key frames (B, C, h, w) and of the frames at `offsets` (B, S, C, h, w)."""
        frames = [0, *(1 + self.offsets.index(offset) for offset in offsets)]
        chosen = torch.from_numpy(self.features[np.sort(numbers)][:, frames].astype(np.float32))
        order = torch.from_numpy(np.argsort(np.argsort(numbers)))
        chosen = chosen[order]
        return chosen[:, 0], chosen[:, 1:]

    def targets(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Gaussians (B, K, h, w) of the key frames' joints, and weights (B, K)."""
        height, width = self.features.shape[-2:]
        pairs = []
        for number in numbers:
            keypoints = self.labels.keypoints[number, 0]
            on_map = ((keypoints >= -STRIDE / 2) & (keypoints <= np.array([width, height]) * STRIDE - STRIDE / 2)).all(
                1
            )
            known = self.labels.labelled[number] & on_map
            pairs.append(gaussian_targets(keypoints, known, (width, height), self.sigma, subpixel=True))
        targets, weights = zip(*pairs, strict=True)
        return torch.from_numpy(np.stack(targets)), torch.from_numpy(np.stack(weights))


def training_settings(size_wh: tuple[int, int], sigma: float) -> SampleSettings:
    """How windows of training clips are cut."""
    augmentation = AugmentationSettings(scale_low=0.8, scale_high=1.2, half_body=0.0)
    return SampleSettings(size_wh, sigma, augmentation)


def evaluation_settings(size_wh: tuple[int, int], sigma: float) -> SampleSettings:
    """How windows of evaluation clips are cut: as prediction does, with boxes that are not quite right."""
    augmentation = AugmentationSettings(
        flip=0.0, rotated=0.0, scale_low=0.9, scale_high=1.1, shift=0.04, half_body=0.0, foreign_background=0.0
    )
    return SampleSettings(size_wh, sigma, augmentation)


def evaluation_people(crops: PersonCrops, held_out: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The first `count` held-out people, by index, of whom a torso and all but two of 14 joints are labelled."""
    torsos = torso_sizes(crops.keypoints[held_out], crops.labelled[held_out])
    usable = held_out[np.isfinite(torsos) & (torsos > 0) & (crops.labelled[held_out].sum(axis=1) >= 12)]
    chosen: NDArray[np.int64] = usable[:count]
    return chosen


def cells(speeds: tuple[ClipSpeed, ...]) -> list[Cell]:
    """All kinds of evaluation clips."""
    return [Cell(degradation, speed.name) for degradation in DEGRADATIONS for speed in speeds]


def evaluation_clips(cell: Cell, speeds: tuple[ClipSpeed, ...]) -> ClipSettings:
    """How the clips of a cell move, and what spoils their key frames.

    With the same seed, clip n shows the same person in the same window in every cell: nothing is drawn for the
    movement or the degradation before these.
    """
    activity = next(speed.activity for speed in speeds if speed.name == cell.speed)
    spoilt = cell.degradation is not None
    return ClipSettings(
        activity=activity,
        degraded=1.0 if spoilt else 0.0,
        kinds=(cell.degradation,) if cell.degradation is not None else KINDS,
        on_key=1.0,
        on_neighbours=0.0,
        passer_by=0.0,
        passing=0.0,
    )


def batched_clips(sampler: ClipSampler, count: int) -> Iterator[list[MadeClip]]:
    """Clips 0 to `count`, some at a time."""
    for start in range(0, count, _BATCH):
        yield [sampler.clip(number) for number in range(start, min(start + _BATCH, count))]


@torch.no_grad()
def store_features(
    backbone: SingleFrame, sampler: ClipSampler, count: int, folder: Path, on_clips: Callable[[int], None]
) -> None:
    """Writes the features and labels of clips 0 to `count` to a folder, unless they are there.

    Args:
        backbone: in evaluation mode.
        sampler: the clips.
        count: N.
        folder: where to; made where missing. The labels are written last, and only whole.
        on_clips: told how many clips were made, after some of them. It may raise to stop.
    """
    if (folder / "labels.npz").is_file():
        on_clips(count)
        return
    folder.mkdir(parents=True, exist_ok=True)
    features: np.memmap[Any, np.dtype[np.float16]] | None = None
    labels, start = [], 0
    for clips in batched_clips(sampler, count):
        frames = np.concatenate([clip.frames for clip in clips])
        maps = backbone.features(normalised(frames, next(backbone.parameters()).device))
        found = maps.reshape(len(clips), -1, *maps.shape[1:]).half().cpu().numpy()
        if features is None:
            shape = (count, *found.shape[1:])
            features = np.lib.format.open_memmap(folder / "features.npy", "w+", np.dtype(np.float16), shape)
        features[start : start + len(clips)] = found
        labels.append(ClipLabels.of(clips))
        start += len(clips)
        on_clips(len(clips))
    if features is not None:
        features.flush()
    with replacing(folder / "labels.npz", TrainingError) as draft:
        np.savez(
            draft,
            keypoints=np.concatenate([part.keypoints for part in labels]),
            labelled=np.concatenate([part.labelled for part in labels]),
            global_motion=np.concatenate([part.global_motion for part in labels]),
        )


def read_features(folder: Path, offsets: tuple[int, ...], sigma: float) -> FeatureClips:
    """What `store_features` wrote; features stay on disk."""
    with np.load(folder / "labels.npz", allow_pickle=False) as stored:
        labels = ClipLabels(stored["keypoints"], stored["labelled"], stored["global_motion"])
    features = np.load(folder / "features.npy", mmap_mode="r", allow_pickle=False)
    return FeatureClips(features, labels, offsets, sigma)
