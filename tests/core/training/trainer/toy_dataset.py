"""The paddleboarders' first frames as a small PoseTrack18, and a recipe that trains a tiny network on it."""

import json
from pathlib import Path
from typing import Any

RECIPE = """
name = "toy"
description = "A test's."
output = "{folder}/toy.pth"
work_folder = "{folder}/work"
seed = 3
backbone = "w12"
supporting_offsets = [-1, 1]
gtm_width = 8
lcm_width = 8
input_size_wh = [64, 64]
sigma = 1.0
checkpoint_every = 8
average_decay = 0.9
keep = "best"
device = "cpu"
devices = 1
log_every = 1
warm_start = ""

[network]
initialisation = "paper"

[dataset]
kind = "posetrack18"
root = "{root}"
labels = "{folder}/train.json"
split = "train"

[validation]
kind = "posetrack18"
root = "{root}"
labels = "{folder}/val.json"
split = "val"

[augmentation]
shift = 0.0
colour = 0.0
blur = 0.0
occluded = 0.0
foreign_background = 0.0

[[stages]]
name = "posetrack"
kind = "dataset"
epochs = 2
batch_size = 5
micro_batch_size = 0
learning_rate = 1e-3
backbone_learning_rate = 1e-3
optimizer = "adam"
weight_decay = 0.0
loss = "squared_error"
schedule = "multi_step"
milestones = [1]
frozen_statistics = "all"
recompute = false
gradient_clip = 5.0
beta = 0.1
precision = "float32"
"""


def write_toy(folder: Path, shared: Path, *changes: tuple[str, str]) -> Path:
    """Four frames to train on, 16 people, and two to validate on; returns the recipe, with some lines changed."""
    folder.mkdir(parents=True, exist_ok=True)
    root = shared / "data/posetrack/paddleboard"
    whole = json.loads((root / "labels_posetrack18.json").read_text())
    for name, frames in (("train", whole["images"][:4]), ("val", whole["images"][10:12])):
        ids = {frame["id"] for frame in frames}
        people = [person for person in whole["annotations"] if person["image_id"] in ids]
        part: dict[str, Any] = {**whole, "images": frames, "annotations": people}
        (folder / f"{name}.json").write_text(json.dumps(part))
    text = RECIPE.format(folder=folder.as_posix(), root=root.as_posix())
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "recipe.toml"
    path.write_text(text)
    return path
