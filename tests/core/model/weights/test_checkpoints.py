"""Public checkpoints: every layout, whose keypoints, and what a wrong file is told to look like."""

import gzip
import io
import json
import struct
import zipfile

import numpy as np
import pytest
import torch
import torchvision

from core.errors import WeightsError
from core.files.hashing import file_sha256
from core.keypoints import COCO, POSETRACK
from core.model import FamiPose, FamiPoseConfig, HRNet, load_model, load_weights
from core.model.weights import checkpoints as checkpoints_module

CONFIG = FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8)


@pytest.fixture(scope="module")
def published():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return HRNet("w12").state_dict()


def prefixed(prefix, state):
    return {prefix + name: tensor for name, tensor in state.items()}


def dcpose(state):
    """A whole DCPose network behind DataParallel, as PoseTrack17_DCPose.pth: the HRNet and a temporal part."""
    temporal = {"diff_temporal_fuse.0.weight": torch.ones(3), "masks_list.0.0.weight": torch.ones(2)}
    return {"epoch": 19, "state_dict": prefixed("module.", prefixed("rough_pose_estimation_net.", state) | temporal)}


LAYOUTS = {
    "out_model.pth": lambda state: state,
    "out_model.pth of a training": lambda state: {"state_dict": prefixed("module.", state)},
    "pretrained_coco_model.pth behind module.": lambda state: prefixed("module.", state),
    "pretrained_coco_model.pth in state_dict": lambda state: {"state_dict": state},
    "PoseTrack17_DCPose.pth": dcpose,
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_posewarper_and_dcpose_load(tmp_path, published, layout, zipped):
    path = tmp_path / "public.pth"
    torch.save(LAYOUTS[layout](published), path, _use_new_zipfile_serialization=zipped)
    model = HRNet("w12")
    assert load_weights(model, path, keypoints="posetrack") is None
    for name, tensor in published.items():
        assert torch.equal(model.state_dict()[name], tensor), name


def test_a_part_of_dcpose_that_nobody_knows_is_unexpected(tmp_path, published):
    content = dcpose(published)
    content["state_dict"]["module.surprise.weight"] = torch.ones(1)
    torch.save(content, tmp_path / "odd.pth")
    with pytest.raises(WeightsError, match=r"1 unexpected \(surprise\.weight\)"):
        load_weights(HRNet("w12"), tmp_path / "odd.pth", keypoints="posetrack")


def test_two_tensors_under_one_name_are_refused(tmp_path, published):
    torch.save({**published, "module.conv1.weight": torch.zeros(1)}, tmp_path / "twice.pth")
    with pytest.raises(WeightsError, match=r"conv1\.weight twice"):
        load_weights(HRNet("w12"), tmp_path / "twice.pth", keypoints="coco")


def id2name(skeleton, count=17):
    return {"dataset_meta": {"keypoint_id2name": dict(enumerate(skeleton.keypoint_names[:count]))}}


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"dataset_meta": {"dataset_name": "posetrack18", "sigmas": np.full(17, 0.05)}}, POSETRACK),
        ({"dataset_meta": {"dataset_name": "coco"}}, COCO),
        (id2name(POSETRACK), POSETRACK),
        (id2name(COCO), COCO),
        (id2name(POSETRACK, 2), POSETRACK),
        (
            {"config": "log_level = 'INFO'\ndataset_type = 'TopDownPoseTrack18Dataset'\nload_from='w48_coco.pth'"},
            POSETRACK,
        ),
        ({"config": "dataset_type = 'TopDownCocoDataset'"}, COCO),
    ],
)
def test_metadata_tell_whose_keypoints_they_are_and_outvote_nobody_silently(tmp_path, published, meta, expected):
    path = tmp_path / "m.pth"
    torch.save({"meta": meta, "state_dict": published}, path)
    metadata = load_weights(FamiPose(CONFIG), path)
    assert ("head_top" in metadata.trained_keypoints) == (expected is POSETRACK)
    assert ("left_ear" in metadata.trained_keypoints) == (expected is COCO)
    assert load_weights(FamiPose(CONFIG), path, keypoints=expected.name) == metadata
    other = "coco" if expected is POSETRACK else "posetrack"
    with pytest.raises(WeightsError, match=f"holds {expected.name} keypoints, not {other}"):
        load_weights(FamiPose(CONFIG), path, keypoints=other)


@pytest.mark.parametrize(
    "meta",
    [{}, id2name(COCO, 1), {"dataset_meta": {"dataset_name": "coco_wholebody"}}, {"config": "x = 1"}, "text", None],
)
def test_where_nothing_tells_the_question_is_asked(tmp_path, published, meta):
    torch.save({"meta": meta, "state_dict": published}, tmp_path / "m.pth")
    with pytest.raises(WeightsError, match="keypoints=posetrack or coco"):
        load_weights(FamiPose(CONFIG), tmp_path / "m.pth")


def test_jhmdbs_joints_are_not_what_a_published_checkpoint_has(tmp_path, published):
    torch.save(published, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=r"17 heatmaps.*posetrack or coco"):
        load_weights(FamiPose(CONFIG), tmp_path / "w.pth", keypoints="jhmdb")


def test_keypoints_of_another_data_set_are_refused(tmp_path, published):
    meta = {"dataset_meta": {"keypoint_id2name": {0: "right_ankle", 1: "right_knee"}}}
    torch.save({"meta": meta, "state_dict": published}, tmp_path / "mpii.pth")
    for choice in ("auto", "coco"):
        with pytest.raises(WeightsError, match=r"other keypoints.*right_ankle"):
            load_weights(FamiPose(CONFIG), tmp_path / "mpii.pth", keypoints=choice)


def test_a_known_file_is_told_by_its_hash_whatever_its_name(tmp_path, published, monkeypatch):
    path = tmp_path / "renamed.pth"
    torch.save(published, path)
    known = {f"hrnet_w12_coco_256x192-{file_sha256(path)[:8]}_20200101.pth": "coco"}
    monkeypatch.setattr(checkpoints_module, "KNOWN_FILES", known)
    assert "head_top" not in load_weights(FamiPose(CONFIG), path).trained_keypoints
    with pytest.raises(WeightsError, match="holds coco keypoints, not posetrack"):
        load_weights(FamiPose(CONFIG), path, keypoints="posetrack")


def saved(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return buffer.getvalue()


def npz():
    buffer = io.BytesIO()
    np.savez(buffer, weight=np.ones(3))
    return buffer.getvalue()


def torchscript():
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)), buffer)
    return buffer.getvalue()


def safetensors():
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0\0\0\0"


NOT_WEIGHTS = {
    "a web page": lambda: b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>",
    "a safetensors file": safetensors,
    "a ZIP archive": lambda: zipped(weights_dot_pth=b"x" * 100),
    "an archive of NumPy arrays": npz,
    "a gzip archive": lambda: gzip.compress(b"x" * 100),
    "a TorchScript program": torchscript,
    "an HDF5 file": lambda: b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
    "a Git LFS pointer": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "a JSON file": lambda: b'{"weights": [1, 2, 3]}',
    "a text file": lambda: b"these are not the weights\n" * 20,
    "an empty file": lambda: b"",
}


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
@pytest.mark.parametrize("kind", NOT_WEIGHTS)
def test_a_file_that_torch_cannot_read_is_told_what_it_looks_like(tmp_path, kind):
    (tmp_path / "w.pth").write_bytes(NOT_WEIGHTS[kind]())
    with pytest.raises(WeightsError, match=f"looks like {kind}") as caught:
        load_model(tmp_path / "w.pth", keypoints="coco")
    assert "\n" not in str(caught.value)


def tensors(*names):
    return {name: torch.zeros(2) for name in names}


def hrnet_classifier():
    with torch.device("meta"):
        state = HRNet("w32").state_dict()
    state = {n: torch.zeros(t.shape) for n, t in state.items() if n.startswith(("conv1", "stage4.0"))}
    return {**state, **tensors("incre_modules.0.0.conv1.weight", "classifier.weight")}


def pose_hrnet(width, num_keypoints):
    state = HRNet("w12", num_keypoints).state_dict()
    return {**state, "final_layer.weight": torch.zeros(num_keypoints, width, 1, 1)}


def optimiser():
    module = torch.nn.Linear(2, 2)
    return torch.optim.Adam(module.parameters()).state_dict()


OTHER_NETWORKS = {
    "an HRNet that classifies pictures": hrnet_classifier,
    "a ResNet": lambda: torchvision.models.resnet18().state_dict(),
    "a pose ResNet": lambda: tensors("layer4.0.conv1.weight", "deconv_layers.0.weight", "final_layer.weight"),
    "a HigherHRNet": lambda: tensors("stage4.0.x", "final_layers.0.weight", "deconv_layers.0.0.0.weight"),
    "an HRNet that segments pictures": lambda: tensors("stage4.0.x", "last_layer.0.weight"),
    "a whole PoseWarper network": lambda: {**HRNet("w12").state_dict(), **tensors("offset_feats.0.conv1.weight")},
    "the temporal part of a DCPose network": lambda: tensors("diff_temporal_fuse.0.weight"),
    "a detector": lambda: tensors("backbone.body.conv1.weight", "rpn.head.conv.weight"),
    "a YOLO detector": lambda: tensors("model.0.conv.weight", "model.1.cv1.conv.weight"),
    "a vision transformer": lambda: tensors("backbone.blocks.0.attn.qkv.weight"),
    "a pose HRNet of width 12 for 16 keypoints": lambda: pose_hrnet(12, 16),
    "this program's own network without its description": lambda: FamiPose(CONFIG).state_dict(),
    "the state of an optimiser": optimiser,
    "the state of a learning-rate schedule": lambda: {"base_lrs": [0.1], "last_epoch": 3},
}


@pytest.mark.parametrize("kind", OTHER_NETWORKS)
def test_another_networks_file_is_told_what_it_looks_like(tmp_path, kind):
    torch.save(OTHER_NETWORKS[kind](), tmp_path / "w.pth")
    for load in (load_model, lambda path: load_weights(HRNet("w12"), path)):
        with pytest.raises(WeightsError, match=f"looks like {kind}") as caught:
            load(tmp_path / "w.pth")  # without keypoints: what the file is comes before whose keypoints it has
        assert "\n" not in str(caught.value)


def test_a_misfit_names_what_is_missing_unexpected_and_misshapen(tmp_path):
    torch.save(pose_hrnet(32, 16) | tensors("odd.weight"), tmp_path / "w.pth")
    with pytest.raises(WeightsError) as caught:
        load_weights(HRNet("w12"), tmp_path / "w.pth", keypoints="coco")
    message = str(caught.value)
    assert "1 unexpected (odd.weight)" in message
    assert "2 misshapen (final_layer.weight (16, 32, 1, 1) for (17, 12, 1, 1), final_layer.bias" in message
    torch.save(HRNet("w32").state_dict(), tmp_path / "w32.pth")
    with pytest.raises(WeightsError, match=r"a pose HRNet of width 32 for 17 keypoints.*misshapen \(transition1"):
        load_weights(HRNet("w48"), tmp_path / "w32.pth", keypoints="coco")


def test_what_a_pickled_program_would_run_is_named(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pth")
    with pytest.raises(WeightsError, match=r"more than numbers \(.*torch\.nn\.modules\.linear\.Linear"):
        load_model(tmp_path / "module.pth")


def test_a_misfit_leaves_the_network_as_it_was(tmp_path, published):
    model = HRNet("w12")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.save({**published, "odd": torch.ones(1)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError):
        load_weights(model, tmp_path / "w.pth", keypoints="coco")
    torch.save(published, tmp_path / "w.pth")
    with pytest.raises(WeightsError):
        load_weights(model, tmp_path / "w.pth")
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
