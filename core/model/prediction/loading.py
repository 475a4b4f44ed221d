"""From a weights file to a predictor for projects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.model.prediction.predictor import Predictor
from core.model.weights.files import load_model
from core.model.weights.reskeleton import in_posetrack


def load_predictor(path: Path, device: str = "auto", offsets: Sequence[int] | None = None) -> Predictor:
    """Loads weights as they predict in projects: in PoseTrack's skeleton, batch norms folded.

    Args:
        path: of the weights.
        device: "auto", "cpu", "cuda" or "cuda:N".
        offsets: the supporting frames; None takes those of the weights.

    Raises:
        WeightsError: the file cannot be loaded.
        PredictionError: there is no such device.
    """
    return Predictor(in_posetrack(load_model(path, device, folded=True)), device=device, offsets=offsets)
