"""Finds people in single frames: torchvision's detectors, trained on COCO, read for their class "person" alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models.detection import (
    FasterRCNN,
    fasterrcnn_mobilenet_v3_large_fpn,
    fasterrcnn_resnet50_fpn_v2,
)
from torchvision.ops import FrozenBatchNorm2d

from core.errors import PredictionError, WeightsError
from core.model.device import available_device, within_memory
from core.model.weights.checkpoints import read_checkpoint
from core.people.tracking import PersonBox

PERSON = 1
"""COCO's number of the class "person"."""
NUM_CLASSES = 91
LEAST_SCORE = 0.25
"""Fainter boxes are of no use to linking."""
ARCHITECTURES: dict[str, Callable[..., FasterRCNN]] = {
    "fasterrcnn_mobilenet_v3_large_fpn": fasterrcnn_mobilenet_v3_large_fpn,
    "fasterrcnn_resnet50_fpn_v2": fasterrcnn_resnet50_fpn_v2,
}
_CUDA_BATCH = 4


class PersonDetector:
    """A loaded detector on a device; a `core.people.tracking.PersonBoxSource`.

    Args:
        path: a file of torchvision's weights of that architecture.
        architecture: one of `ARCHITECTURES`.
        device: "auto", "cpu", "cuda" or "cuda:N".

    Raises:
        WeightsError: in one sentence: no such file, or not these weights.
        PredictionError: there is no such device.
    """

    def __init__(self, path: Path, architecture: str, device: str = "auto") -> None:
        self.device = available_device(device)
        self.architecture = architecture
        # Sizes of their training, and thus of their published accuracy: shorter side 800, longer at most 1333 pixels.
        model = ARCHITECTURES[architecture](
            weights=None, weights_backbone=None, num_classes=NUM_CLASSES, box_score_thresh=LEAST_SCORE
        )
        _freeze_norms(model)
        state = read_checkpoint(path)
        try:
            model.load_state_dict(state)
        except (RuntimeError, TypeError, AttributeError) as error:
            raise WeightsError(
                f"{path} does not hold the person detector {architecture}; delete it, and fetch the detector again."
            ) from error
        self.model = model.eval().to(self.device)

    @property
    def method(self) -> str:
        """In a few words, for the list of runs."""
        return f"detector {self.architecture}"

    def boxes(self, frames: Iterable[tuple[int, NDArray[np.uint8]]]) -> Iterator[tuple[int, list[PersonBox]]]:
        """The people found in each frame, best first.

        Args:
            frames: (frame_index, (H, W, 3) RGB) in order.

        Yields:
            (frame_index, boxes); boxes are cut at the picture's edge.

        Raises:
            PredictionError: memory ran out.
        """
        remaining = iter(frames)
        while batch := list(islice(remaining, _CUDA_BATCH if self.device.type == "cuda" else 1)):
            for (frame_index, _), found in zip(batch, self._detect([rgb for _, rgb in batch]), strict=True):
                yield frame_index, found

    def _detect(self, pictures: list[NDArray[np.uint8]]) -> list[list[PersonBox]]:
        with torch.inference_mode():
            outputs: list[dict[str, Tensor]] = within_memory(
                lambda: self.model([self._as_tensor(rgb) for rgb in pictures]),
                lambda: False,
                self.device,
                lambda: PredictionError(
                    "There is not enough memory to find people; close other programs, or draw the boxes by hand."
                ),
            )
        return [_people(output) for output in outputs]

    def _as_tensor(self, rgb: NDArray[np.uint8]) -> Tensor:
        """(3, H, W) from 0 to 1."""
        return torch.from_numpy(np.ascontiguousarray(rgb)).to(self.device).permute(2, 0, 1).float() / 255


def _people(output: dict[str, Tensor]) -> list[PersonBox]:
    xyxy = output["boxes"].double().cpu().numpy()
    scores = output["scores"].double().cpu().numpy()
    xywh = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    chosen = (output["labels"].cpu().numpy() == PERSON) & (xywh[:, 2:] > 0).all(axis=1)
    return [PersonBox(box, float(score)) for box, score in zip(xywh[chosen], scores[chosen], strict=True)]


def _freeze_norms(module: nn.Module) -> None:
    """Fixed normalisation in place of batch statistics: equal when predicting, and as the published files were saved.

    torchvision does so itself only where it fetches the weights itself.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, FrozenBatchNorm2d(child.num_features, eps=child.eps))
        else:
            _freeze_norms(child)
