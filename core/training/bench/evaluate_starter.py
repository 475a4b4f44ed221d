"""Measures weights on people they never saw: `python -m core.training.bench.evaluate_starter [--weights PATH]`.

Prints Markdown: PCK@0.2 of the torso, joint by joint, on the held-out tenth of the LSP Extended crops, on the
paddleboarders' video and on COCO's and MPII's samples, all with ground-truth boxes, and on the held-out fifth of
JHMDB's labelled clips with the boxes of their file; how far scores can be believed; and the time for one person and
frame.
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
from core.files.checkout import REPOSITORY, shared_path
from core.geometry import BoolArray, FloatArray
from core.judging.review import SURE_FROM
from core.keypoints import POSETRACK
from core.model.prediction.predictor import Predictor
from core.model.weights.files import load_model
from core.training.clips.real_clips import RealClips
from core.training.learning.accuracy import Accuracy
from core.training.learning.recipe import read_recipe
from core.training.measuring.labelled_people import coco_people, mpii_people, video_people
from core.training.measuring.people_sets import PeopleSet, held_out_people, measure, people_in_clips
from core.training.photographs.lspet import PersonCrops
from core.training.sources.starter_split import STARTER_PEOPLE, split_clips

STARTER = REPOSITORY / "resources/weights/starter.pth"
RECIPE = REPOSITORY / "resources/configs/starter.toml"
_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_THRESHOLDS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9)
HELD_OUT, VIDEO = "held-out LSPET", "paddleboard"


def people_sets(recipe_path: Path = RECIPE) -> list[PeopleSet]:
    """All that the starter is measured on and never trained on.

    Raises:
        TrainingError, FormatError, SourceError: where the shared data are not there.
    """
    recipe = read_recipe(recipe_path)
    crops = PersonCrops(shared_path(recipe.crops))
    split = crops.split(recipe.seed, recipe.held_out_part, recipe.calibration_part)
    clips = RealClips(shared_path(STARTER_PEOPLE) / "clips.h5")
    held_out_clips = split_clips(clips.videos, clips.has_person).held_out
    video, images = shared_path("data/posetrack/paddleboard"), shared_path("data/images")
    coco_mini = images / "coco_mini_keypoints"
    return [
        held_out_people(crops, split.held_out, HELD_OUT),
        video_people(VIDEO, video / "060470979", video / "labels_posetrack18.json"),
        coco_people("COCO mini", coco_mini / "annotations/person_keypoints_train2017.json", coco_mini / "train2017"),
        coco_people("COCO val sample", images / "mmpose_coco/test_coco.json", images / "mmpose_coco"),
        people_in_clips(clips, held_out_clips, "held-out JHMDB"),
        mpii_people("MPII sample", images / "mmpose_mpii/test_mpii.json", images / "mmpose_mpii"),
    ]


def seconds_a_person(predictor: Predictor, people: PeopleSet) -> float:
    """Steady state on a video, crops, window and decoding included."""
    frame, num_frames = people.clip(0)
    predictor.predict(people.requests[:8], frame, num_frames)
    started = time.perf_counter()
    predictor.predict(people.requests, frame, num_frames)
    return (time.perf_counter() - started) / len(people)


def table(columns: dict[str, Accuracy]) -> str:
    """A Markdown table of PCK@0.2 by joint."""
    heads = [f"{name} ({accuracy.people})" for name, accuracy in columns.items()]
    lines = ["| joint | " + " | ".join(heads) + " |", "|---|" + "---|" * len(columns)]
    names = [name for name in POSETRACK.keypoint_names if any(name in a.by_joint for a in columns.values())]
    for name in names:
        values = [f"{a.by_joint[name]:.2f}" if name in a.by_joint else "" for a in columns.values()]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(values) + " |")
    lines.append("| **mean** | " + " | ".join(f"**{a.mean:.3f}**" for a in columns.values()) + " |")
    limbs = [np.mean([value for name, value in a.by_joint.items() if name.endswith(_LIMBS)]) for a in columns.values()]
    lines.append("| mean of shoulders to ankles | " + " | ".join(f"{value:.3f}" for value in limbs) + " |")
    return "\n".join(lines)


def belief(scores: FloatArray, right: BoolArray, thresholds: Sequence[float] = _THRESHOLDS) -> str:
    """A Markdown table: of the joints with at least a score, how many there are and how many are right."""
    lines = ["| score at least | share of joints | of these right |", "|---|---|---|"]
    for threshold in thresholds:
        sure = scores >= threshold
        share = f"{right[sure].mean():.2f}" if sure.any() else "none"
        lines.append(f"| {threshold:.1f} | {sure.mean():.2f} | {share} |")
    return "\n".join(lines)


def _command_line() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=STARTER)
    arguments = parser.parse_args()
    out = sys.stdout.write
    try:
        loaded = load_model(arguments.weights)
        predictor = Predictor(loaded, "cpu")
        sets = people_sets()
        results = {people.name: measure(predictor, people) for people in sets}
        seconds = seconds_a_person(predictor, next(people for people in sets if people.name == VIDEO))
    except FamiError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    out(f"Weights {loaded.metadata.name}, SHA-256 {loaded.sha256}.\n\n{table(results)}\n")
    for name, accuracy in results.items():
        out(f"\nScores on {name}:\n\n{belief(accuracy.peaks, accuracy.right)}\n")
    for name, accuracy in results.items():
        sure = accuracy.peaks >= SURE_FROM
        out(f"\nSure on {name}: {sure.mean():.2f} of the joints, of these right: {accuracy.right[sure].mean():.2f}\n")
    out(f"\n{seconds * 1000:.0f} ms a person and frame in steady state, {torch.get_num_threads()} threads.\n")
    return 0


if __name__ == "__main__":
    sys.exit(_command_line())
