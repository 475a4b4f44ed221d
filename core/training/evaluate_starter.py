"""Measures weights on people they never saw: `python -m core.training.evaluate_starter [--weights PATH]`.

Prints Markdown: PCK@0.2 of the torso on the held-out tenth of the LSP Extended crops and on the paddleboarders'
video with ground-truth boxes, how far scores can be believed, and the time for one person and frame.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from core.errors import FamiError
from core.formats import posetrack18
from core.keypoints import POSETRACK
from core.model.crops import Request
from core.model.predictor import Predictor
from core.model.weights import LoadedModel, load_model
from core.poses import Pose
from core.training.accuracy import Accuracy, crop_accuracy, pck
from core.training.augmentation import AugmentationSettings
from core.training.batches import SampleSettings
from core.training.lspet import REPOSITORY, BoolArray, FloatArray, PersonCrops, shared_path
from core.training.recipe import read_recipe
from core.video import FrameCache, open_source

STARTER = REPOSITORY / "resources/weights/starter.pth"
RECIPE = REPOSITORY / "resources/configs/starter.toml"
_CACHE_BYTES = 128 * 2**20
_SURE = (0.5, 0.7, 0.8, 0.9)


def held_out_accuracy(loaded: LoadedModel) -> Accuracy:
    """PCK@0.2 on the held-out tenth of the recipe's people, each picture as its own neighbours."""
    recipe = read_recipe(RECIPE)
    crops = PersonCrops(shared_path(recipe.crops))
    split = crops.split(recipe.seed, recipe.held_out_part, recipe.calibration_part)
    settings = SampleSettings(
        loaded.metadata.input_size_wh, loaded.metadata.config.heatmap_sigma, AugmentationSettings()
    )
    return crop_accuracy(loaded.model, crops, split.held_out, settings)


def video_accuracy(loaded: LoadedModel, frames: Path, labels_path: Path) -> tuple[Accuracy, float]:
    """PCK@0.2 on a labelled video with its ground-truth boxes, and the seconds for one person and frame.

    The peaks of the result are calibrated scores.

    Args:
        loaded: the network.
        frames: a folder of images or a video.
        labels_path: PoseTrack18 labels; their images are the source's frames, in order.
    """
    labels = posetrack18.read(labels_path)
    people: list[tuple[int, Pose]] = [
        (number, pose) for number, image in enumerate(labels.images) for pose in image.poses.poses
    ]
    predictor = Predictor(loaded, "cpu")
    with open_source(frames) as source:
        cache = FrameCache(source, _CACHE_BYTES)
        requests = [Request(number, pose.track_id, pose.bbox_xywh) for number, pose in people]
        predictor.predict(requests[:1], cache.get, len(source))
        started = time.perf_counter()
        predictions = predictor.predict(requests, cache.get, len(source))
        seconds = (time.perf_counter() - started) / len(requests)
    found = np.stack([prediction.keypoints for prediction in predictions])
    scores = np.stack([prediction.scores for prediction in predictions])
    truth = np.stack([np.nan_to_num(pose.keypoints) for _, pose in people])
    labelled = np.stack([pose.labelled for _, pose in people])
    return pck(np.nan_to_num(found, nan=np.inf), np.nan_to_num(scores), truth, labelled), seconds


def table(columns: dict[str, Accuracy]) -> str:
    """A Markdown table of PCK@0.2 by joint."""
    lines = ["| joint | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    names = [name for name in POSETRACK.keypoint_names if any(name in a.by_joint for a in columns.values())]
    for name in names:
        values = [f"{a.by_joint[name]:.2f}" if name in a.by_joint else "" for a in columns.values()]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(values) + " |")
    lines.append("| **mean** | " + " | ".join(f"**{a.mean:.3f}**" for a in columns.values()) + " |")
    return "\n".join(lines)


def belief(scores: FloatArray, right: BoolArray, thresholds: Sequence[float] = _SURE) -> str:
    """A Markdown table: of the joints with at least a score, how many there are and how many are right."""
    lines = ["| score at least | share of joints | of these right |", "|---|---|---|"]
    for threshold in thresholds:
        sure = scores >= threshold
        share = f"{right[sure].mean():.2f}" if sure.any() else "none"
        lines.append(f"| {threshold:.1f} | {sure.mean():.2f} | {share} |")
    return "\n".join(lines)


def _calibrated(loaded: LoadedModel, peaks: FloatArray) -> FloatArray:
    points = loaded.metadata.calibration or ((0.0, 0.0), (1.0, 1.0))
    scores: FloatArray = np.interp(peaks, [peak for peak, _ in points], [score for _, score in points])
    return scores


def _command_line() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=STARTER)
    arguments = parser.parse_args()
    out = sys.stdout.write
    try:
        loaded = load_model(arguments.weights)
        held_out = held_out_accuracy(loaded)
        folder = shared_path("data/posetrack/paddleboard")
        video, seconds = video_accuracy(loaded, folder / "060470979", folder / "labels_posetrack18.json")
    except FamiError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    out(f"Weights {loaded.metadata.name}, SHA-256 {loaded.sha256}.\n\n")
    columns = {f"held-out LSPET ({held_out.people} people)": held_out, f"paddleboard ({video.people} poses)": video}
    out(table(columns) + "\n\nScores on held-out LSPET:\n\n")
    out(belief(_calibrated(loaded, held_out.peaks), held_out.right) + "\n\nScores on paddleboard:\n\n")
    out(belief(video.peaks, video.right) + "\n\n")
    out(f"{seconds * 1000:.0f} ms a person and frame with {torch.get_num_threads()} threads.\n")
    return 0


if __name__ == "__main__":
    sys.exit(_command_line())
