"""Weights files: ours come back as they were, public layouts load, and bad files cost one sentence."""

import os
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import TrainingError, WeightsError
from core.files.hashing import file_sha256
from core.judging.scoring import FEATURES, ScoreModel
from core.model import (
    FamiPose,
    FamiPoseConfig,
    HRNet,
    WeightsMetadata,
    load_model,
    load_weights,
    read_metadata,
    save_weights,
)
from core.model.weights.files import save_weights_by_hash
from core.training.trainer.trainer import write_atomically
from tests.full_disk import no_file_beyond

CONFIG = FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8, heatmap_sigma=1.5)
METADATA = WeightsMetadata(
    "small",
    CONFIG,
    (144, 192),
    trained_keypoints=("nose", "left_wrist"),
    description="For a test.",
    accuracy={"pck": 0.5},
    score_model=ScoreModel((0.5,) * len(FEATURES), (0.1,) * 17),
    flip_test=True,
    parent_sha256="ab" * 32,
)


@pytest.fixture(scope="module")
def published():
    """A state dict under the published names, of a small backbone."""
    torch.set_num_threads(1)
    return HRNet("w12").state_dict()


def test_our_file_comes_back_as_it_was_saved(tmp_path):
    model = FamiPose(replace(CONFIG, initialisation="paper"))
    metadata = replace(METADATA, config=model.config)
    digest = save_weights(tmp_path / "w.pth", model, metadata, half=False)
    loaded = load_model(tmp_path / "w.pth")
    assert loaded.metadata == metadata == read_metadata(tmp_path / "w.pth")
    assert loaded.sha256 == digest == file_sha256(tmp_path / "w.pth")
    assert not loaded.model.training
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(loaded.model.state_dict()[name], tensor, rtol=0, atol=0)


def test_half_precision_halves_the_file_and_hardly_moves_the_heatmaps(tmp_path):
    model = FamiPose(CONFIG).eval()
    torch.nn.init.normal_(model.backbone.final_layer.weight, std=0.1)
    save_weights(tmp_path / "half.pth", model, METADATA)
    save_weights(tmp_path / "full.pth", model, METADATA, half=False)
    assert (tmp_path / "half.pth").stat().st_size < 0.65 * (tmp_path / "full.pth").stat().st_size
    crops = torch.randn(3, 1, 3, 64, 48)
    with torch.inference_mode():
        expected = model(crops[0], crops[1:].transpose(0, 1)).heatmaps
        ours = load_model(tmp_path / "half.pth").model(crops[0], crops[1:].transpose(0, 1)).heatmaps
    assert (ours - expected).abs().max() < 0.02 * expected.std()


def test_on_a_full_disk_weights_and_checkpoints_cost_a_sentence(tmp_path):
    model = FamiPose(CONFIG)
    for name in ("w.pth", "checkpoint.pth"):
        (tmp_path / name).write_bytes(b"old")
    with no_file_beyond(100_000):
        with pytest.raises(WeightsError, match=r"w\.pth cannot be written, as its disk is full; free some space"):
            save_weights(tmp_path / "w.pth", model, METADATA)
        with pytest.raises(WeightsError, match="disk is full"):
            save_weights_by_hash(tmp_path, model, METADATA)
        with pytest.raises(TrainingError, match=r"checkpoint\.pth cannot be written, as its disk is full"):
            write_atomically({"state": model.state_dict()}, tmp_path / "checkpoint.pth")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"w.pth": b"old", "checkpoint.pth": b"old"}


def test_weights_may_be_named_by_their_hash(tmp_path):
    path, digest = save_weights_by_hash(tmp_path / "new", FamiPose(CONFIG), METADATA)
    assert path.name == f"{digest}.pth" and digest == file_sha256(path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    model = FamiPose(CONFIG)
    with torch.no_grad():
        model.gain[3] = torch.nan
    with pytest.raises(WeightsError, match="gain"):
        save_weights(tmp_path / "w.pth", model, METADATA)
    assert not list(tmp_path.iterdir())


def mmpose(state, meta):
    heads = {"final_layer": "head.final_layer"}
    renamed = {
        heads.get(n.split(".")[0], "backbone." + n.split(".")[0]) + n[len(n.split(".")[0]) :]: t
        for n, t in state.items()
    }
    return {"state_dict": {**renamed, "data_preprocessor.mean": torch.zeros(3)}, "meta": meta}


LAYOUTS = {
    "release": lambda state: state,
    "release checkpoint": lambda state: {
        "epoch": 3,
        "state_dict": {"module.x": torch.ones(1)},
        "best_state_dict": state,
    },
    "release checkpoint without best": lambda state: {"state_dict": {"module." + n: t for n, t in state.items()}},
    "mmpose 1.x": lambda state: mmpose(
        state, {"dataset_meta": {"sigmas": np.full(17, 0.05), "ids": np.arange(3), "x": np.float32(2)}}
    ),
    "mmpose 0.x": lambda state: {
        n.replace("head.", "keypoint_head."): t for n, t in mmpose(state, {})["state_dict"].items()
    },
    "poseTrack17_DCPose": lambda state: {
        "state_dict": {"module.rough_pose_estimation_net." + n: t for n, t in state.items()}
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_public_layouts_load_into_an_hrnet_and_as_a_warm_start(tmp_path, published, layout):
    path = tmp_path / "public.pth"
    content = LAYOUTS[layout](published)
    torch.save({"state_dict": content} if layout == "mmpose 0.x" else content, path)
    model = FamiPose(CONFIG)
    with pytest.raises(WeightsError, match="keypoints=posetrack or coco"):
        load_weights(model, path)
    metadata = load_weights(model, path, keypoints="posetrack")
    assert "head_top" in metadata.trained_keypoints
    assert "left_ear" not in metadata.trained_keypoints
    for name, tensor in published.items():
        assert torch.equal(model.backbone.state_dict()[name], tensor), name


def test_metadata_tells_coco_whose_eyes_are_not_taken_for_the_head(tmp_path):
    w32 = HRNet("w32").state_dict()
    torch.save(mmpose(w32, {"dataset_meta": {"dataset_name": "coco"}}), tmp_path / "m_256x192.pth")
    loaded = load_model(tmp_path / "m_256x192.pth")
    assert loaded.metadata.config.backbone == "w32"
    assert loaded.metadata.input_size_wh == (192, 256)
    assert loaded.metadata.config.heatmap_sigma == 2.0
    trained = loaded.metadata.trained_keypoints
    assert "nose" in trained
    assert "left_ear" in trained
    assert not {"head_top", "head_bottom", "left_eye"} & set(trained)
    assert torch.equal(loaded.model.backbone.conv2.weight, w32["conv2.weight"])


def test_arrays_in_the_metadata_load_under_the_name_that_older_numpy_gave_their_constructor(tmp_path, published):
    meta = {"dataset_meta": {"dataset_name": "posetrack18", "sigmas": np.full(17, 0.05), "one": np.float64(2)}}
    torch.save(mmpose(published, meta), tmp_path / "new.pth")
    with zipfile.ZipFile(tmp_path / "new.pth") as new, zipfile.ZipFile(tmp_path / "old.pth", "w") as old:
        for name in new.namelist():
            content = new.read(name)
            if name.endswith("data.pkl"):
                assert b"numpy._core.multiarray\n_reconstruct" in content
                content = content.replace(b"numpy._core.", b"numpy.core.")
            old.writestr(name, content)
    for name in ("new", "old"):
        assert load_weights(FamiPose(CONFIG), tmp_path / f"{name}.pth").keypoints == "posetrack"


def test_names_that_do_not_fit_are_listed_by_kind(tmp_path, published):
    state = dict(published)
    state["odd.weight"] = state.pop("conv1.weight")
    state["final_layer.weight"] = torch.zeros(14, 12, 1, 1)
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(WeightsError) as caught:
        load_weights(HRNet("w12"), tmp_path / "odd.pth", keypoints="coco")
    message = str(caught.value)
    assert "1 missing (conv1.weight)" in message
    assert "1 unexpected (odd.weight)" in message
    assert "1 misshapen (final_layer.weight (14, 12, 1, 1) for (17, 12, 1, 1))" in message


class _RunsCode:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def test_a_file_that_would_run_code_is_not_opened(tmp_path):
    marker = tmp_path / "ran"
    for name, save in (("zip.pth", torch.save), ("plain.pth", lambda o, p: p.write_bytes(pickle.dumps(o, protocol=2)))):
        save({"state_dict": _RunsCode(str(marker))}, tmp_path / name)
        with pytest.raises(WeightsError, match="run code"):
            load_model(tmp_path / name)
    assert not marker.exists()


def test_files_that_are_no_weights_cost_one_sentence(tmp_path):
    save_weights(tmp_path / "whole.pth", FamiPose(CONFIG), METADATA)
    whole = (tmp_path / "whole.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.pth").write_text("these are not the weights\n" * 20)
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "noise.pth").write_bytes(np.random.default_rng(0).bytes(5000))
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"state_dict": {"a": 1}}, tmp_path / "numbers.pth")
    for name in ("cut", "text", "empty", "noise", "list", "numbers", "absent"):
        with pytest.raises(WeightsError) as caught:
            load_model(tmp_path / f"{name}.pth", keypoints="coco")
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(WeightsError):
        load_model(tmp_path)


def test_weights_of_another_version_or_network_say_so(tmp_path):
    save_weights(tmp_path / "w.pth", FamiPose(CONFIG), METADATA)
    content = torch.load(tmp_path / "w.pth", weights_only=True)
    torch.save({**content, "version": 99}, tmp_path / "newer.pth")
    with pytest.raises(WeightsError, match="another version"):
        read_metadata(tmp_path / "newer.pth")
    content["metadata"]["config"]["use_everything"] = True
    torch.save(content, tmp_path / "unknown.pth")
    with pytest.raises(WeightsError, match="use_everything"):
        read_metadata(tmp_path / "unknown.pth")
    content["metadata"]["config"].pop("use_everything")
    for field, value in (("keypoints", "horses"), ("input_size_wh", [96]), ("score_model", {"features": []})):
        torch.save({**content, "metadata": {**content["metadata"], field: value}}, tmp_path / "odd.pth")
        with pytest.raises(WeightsError, match="do not say what they are"):
            load_model(tmp_path / "odd.pth")
    with pytest.raises(WeightsError, match="missing"):
        load_weights(FamiPose(replace(CONFIG, lcm_blocks=3)), tmp_path / "w.pth")


def test_our_file_fills_a_bare_hrnet_with_its_backbone(tmp_path):
    model = FamiPose(CONFIG)
    save_weights(tmp_path / "w.pth", model, METADATA, half=False)
    bare = HRNet("w12")
    assert load_weights(bare, tmp_path / "w.pth") == METADATA
    torch.testing.assert_close(bare.state_dict(), model.backbone.state_dict())
