"""A project's labels as a training set for `train`: what a round would learn from, and what it would measure by."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import TrainingError
from core.files.replacing import replacing
from core.formats.exporting import export_project, name_of
from core.formats.labels import LabelImage, Labels
from core.formats.layouts.coco_like import posetrack18
from core.model.weights.files import LoadedModel, load_model
from core.model.weights.reskeleton import in_posetrack
from core.poses import FramePoses, Pose, Visibility
from core.project import Project
from core.training.rounds.corrections import corrected_poses, human_frames
from core.training.rounds.holding_out import History, divide
from core.training.rounds.report import FinetuneSettings
from core.video import open_source

RECIPE_NAME = "train.toml"


@dataclass(frozen=True)
class TrainingSet:
    """What was written.

    Attributes:
        recipe: the configuration for `train`.
        train_frames, held_out_frames: how many frames teach, and how many measure.
        num_pictures: written beside them.
    """

    recipe: Path
    train_frames: int
    held_out_frames: int
    num_pictures: int


def write_training_set(
    project_path: Path | str,
    weights_path: Path | str,
    folder: Path | str,
    settings: FinetuneSettings | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> TrainingSet:
    """Writes PoseTrack18 files with the clip's pictures, and a recipe that starts from weights.

    Only joints that a person set or accepted are in it. Frames that a round would hold out are in the part "val" and
    their neighbours in neither, so that weights that come back can be measured on them.

    Args:
        project_path: read only.
        weights_path: that training is to start from.
        folder: takes `annotations`, `images` and the recipe.
        settings: what is held out.
        on_progress: called with done and total pictures.

    Raises:
        TrainingError: too few corrected frames, or the recipe cannot be written.
        ProjectError, SourceError, WeightsError, FormatError: from what it reads and writes.
    """
    settings, folder = settings or FinetuneSettings(), Path(folder).absolute()
    loaded = in_posetrack(load_model(weights_path))
    reach = max((abs(offset) for offset in loaded.metadata.config.supporting_offsets), default=1)
    with Project.open(project_path, read_only=True) as project, open_source(project.source.path) as source:
        history = History.of([one.report for one in project.rounds()])
        parts = divide(human_frames(corrected_poses(project)), history, settings.held_out_part, reach, settings.seed)
        name = name_of(project.source.path, project.source.kind)
        first = folder / "annotations" / "train" / f"{name}.json"
        for part in ("train", "val"):
            (folder / "annotations" / part).mkdir(parents=True, exist_ok=True)
        written = export_project(project, source, "posetrack18", first, images_folder=folder, on_progress=on_progress)
        labels = posetrack18.read(first)
        people = {frame.frame_index: frame for frame in project.frames()}
    for part, frames in (("train", parts.train), ("val", parts.held_out)):
        images = [_only(image, people, frames) for image in labels.images]
        posetrack18.write(Labels(images, labels.format_name), folder / "annotations" / part / f"{name}.json", name)
    recipe = folder / RECIPE_NAME
    with replacing(recipe, TrainingError) as draft:
        draft.write_text(_recipe(name, folder, loaded, Path(weights_path).absolute()), encoding="utf-8")
    return TrainingSet(recipe, len(parts.train), len(parts.held_out), written.num_images)


def _only(image: LabelImage, people: dict[int, FramePoses], frames: Collection[int]) -> LabelImage:
    """The image with what a person said of it, where the frame is one of these; else with nobody."""
    held = people.get(image.frame_index)
    poses = () if held is None or image.frame_index not in frames else tuple(filter(None, map(_by_people, held.poses)))
    return replace(image, poses=FramePoses(image.frame_index, poses, bool(poses)), labelled=bool(poses))


def _by_people(pose: Pose) -> Pose | None:
    """The pose with the joints that a person vouches for alone; None where there are none."""
    known = pose.human & pose.placed
    for keypoint in (~known).nonzero()[0].tolist():
        pose = pose.with_keypoint(keypoint, (0.0, 0.0), Visibility.NOT_LABELLED, 0.0, pose.provenance[keypoint])
    return pose if known.any() else None


def _recipe(name: str, folder: Path, loaded: LoadedModel, weights_path: Path) -> str:
    """A configuration for `train`: twenty epochs from the weights, on this set."""
    metadata = loaded.metadata
    width, height = metadata.input_size_wh
    loss = "cross_entropy" if metadata.config.heatmap_activation == "softmax" else "squared_error"

    def text(value: object) -> str:
        return json.dumps(str(value))  # TOML's basic strings are JSON's

    def dataset(table: str, split: str) -> list[str]:
        return [
            "",
            f"[{table}]",
            'kind = "posetrack18"',
            f"root = {text(folder)}",
            f"labels = {text(folder / 'annotations')}",
            f'split = "{split}"',
        ]

    return "\n".join(
        [
            "# Made from a project's corrections: python main.py train --config THIS FILE",
            "# The weights come back with: python main.py finetune P.fami --trained WEIGHTS",
            f"name = {text(name)}",
            f"description = {text(f'{metadata.name}, trained on the corrections of {name}.')}",
            f"output = {text(folder / 'weights.pth')}",
            f"work_folder = {text(folder / 'work')}",
            "seed = 1",
            f"backbone = {text(metadata.config.backbone)}",
            f"supporting_offsets = {list(metadata.config.supporting_offsets)}",
            f"input_size_wh = [{width}, {height}]",
            f"sigma = {metadata.config.heatmap_sigma}",
            f"warm_start = {text(weights_path)}",
            'warm_start_keypoints = "posetrack"',
            "average_decay = 0.0",
            "checkpoint_every = 200",
            'keep = "best"',
            "",
            "[network]",
            f"heatmap_activation = {text(metadata.config.heatmap_activation)}",
            *dataset("dataset", "train"),
            *dataset("validation", "val"),
            "",
            "[[stages]]",
            'name = "corrections"',
            'kind = "dataset"',
            "epochs = 20",
            "batch_size = 8",
            'optimizer = "adam"',
            "learning_rate = 1e-4",
            "backbone_learning_rate = 1e-4",
            "weight_decay = 0.0",
            'schedule = "cosine"',
            f'loss = "{loss}"',
            "beta = 0.0",
            "gradient_clip = 5.0",
            'frozen_statistics = "all"',
            "",
        ]
    )
