"""Weights that want to run something, lie of their size, or describe a network that nothing can run."""

import io
import zipfile
from dataclasses import replace

import pytest
import torch

from core.errors import WeightsError
from core.model import FamiPose, FamiPoseConfig
from core.model.weights import contents
from core.model.weights.checkpoints import read_checkpoint
from core.model.weights.files import FORMAT, VERSION, WeightsMetadata, load_model, read_metadata

CONFIG = FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=4, lcm_width=4, lcm_blocks=1)
METADATA = WeightsMetadata("small", CONFIG, (96, 128))


def saved(path, content):
    torch.save(content, path)
    return path


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("zipped", [True, False])
def test_what_would_run_is_not_opened(tmp_path, zipped):
    path, made = tmp_path / "w.pth", tmp_path / "made"
    torch.save({"state_dict": Runs(made)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match=r"w\.pth .* could run code"):
        read_checkpoint(path)
    assert not made.exists()


def endless():
    value = []
    for _ in range(60):
        value = [value, value]
    return value


BOMBS = {
    "a tensor larger than its numbers": lambda: torch.zeros(1).expand(10**12),
    "a sparse tensor": lambda: torch.eye(3).to_sparse(),
    "a tensor without numbers": lambda: torch.empty(5, device="meta"),
    "lists in lists": endless,
}


@pytest.mark.parametrize("what", BOMBS)
def test_bombs_are_refused_before_anything_is_computed(tmp_path, what):
    for content in ({"state_dict": {"a": BOMBS[what]()}}, {"meta": {"config": BOMBS[what]()}}):
        with pytest.raises(WeightsError, match=r"w\.pth cannot be read as weights"):
            read_checkpoint(saved(tmp_path / "w.pth", content))


def test_a_packed_archive_is_refused(tmp_path):
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(10**6)}, stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(WeightsError, match="packed archive"):
        read_checkpoint(tmp_path / "w.pth")


@pytest.mark.parametrize(
    "changes",
    [
        *({"input_size_wh": size} for size in ([0, 0], [1, 1], [10**5, 10**5], [-48, 64], [48.7, 64], [46, 64], "ab")),
        {"name": 5}, {"description": ["x"]}, {"accuracy": {"pck": float("nan")}}, {"accuracy": [1]}, {"flip_test": 3},
        {"trained_keypoints": [1, 2]}, {"keypoints": []}, {"parent_sha256": 7}, {"score_model": {"features": 3}},
        {"config": {"supporting_offsets": [0.5]}}, {"config": {"supporting_offsets": list(range(1, 200))}},
        {"config": {"supporting_offsets": [], "gtm_width": 10**9}},
        {"config": {"supporting_offsets": [], "num_keypoints": -1}},
        {"config": {"supporting_offsets": [], "heatmap_sigma": float("inf")}}, {"config": 5},
        {"config": {"supporting_offsets": [], "backbone": "w99"}},
    ],
)  # fmt: skip
def test_a_description_of_what_cannot_be_is_refused_with_the_file_s_name(tmp_path, changes):
    content = {"format": FORMAT, "version": VERSION, "metadata": METADATA.to_dict() | changes, "state_dict": {}}
    with pytest.raises(WeightsError, match=r"w\.pth"):
        read_metadata(saved(tmp_path / "w.pth", content))


def test_weights_without_an_end_or_of_another_kind_are_not_loaded(tmp_path):
    state = FamiPose(CONFIG).state_dict()
    content = {"format": FORMAT, "version": VERSION, "metadata": METADATA.to_dict()}
    assert load_model(saved(tmp_path / "w.pth", content | {"state_dict": dict(state)})).metadata.name == "small"
    for odd in (torch.full_like(state["gain"], torch.nan), torch.zeros_like(state["gain"], dtype=torch.int8)):
        with pytest.raises(WeightsError, match=r"w\.pth .*gain"):
            load_model(saved(tmp_path / "w.pth", content | {"state_dict": {**state, "gain": odd}}))
    with pytest.raises(WeightsError, match=r"w\.pth lacks its tensors"):
        load_model(saved(tmp_path / "w.pth", content | {"state_dict": {"gain": 5}}))


def test_numbers_whose_sum_is_none_are_finite_all_the_same():
    assert contents.is_finite(torch.full((3,), 3e38)) and not contents.is_finite(torch.tensor([1.0, torch.inf]))


def test_configurations_of_the_paper_are_within_the_bounds():
    assert replace(CONFIG, backbone="w48", gtm_width=64).gtm_width == 64
