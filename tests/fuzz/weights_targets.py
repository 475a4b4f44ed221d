"""Checkpoints and weights: tensors, descriptions, archives and pickles that are wrong or made to hurt."""

import io
import os
import pickle
import zipfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor

from app.weights.available import WeightsFile
from app.weights.facts import _facts_of_file
from app.weights.speeds import Speeds
from core.errors import WeightsError
from core.judging.scoring import FEATURES, ScoreModel
from core.model import FamiPose, FamiPoseConfig
from core.model.weights.files import FORMAT, VERSION, WeightsMetadata, load_model, read_metadata
from core.training.trainer import trainer
from tests.fuzz.mutations import raw_bytes
from tests.fuzz.mutations.values import NUMBERS, OTHERS, TEXTS, mutated_document
from tests.fuzz.targets import Target

_CONFIG = FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=4, lcm_width=4, lcm_blocks=1)


class _Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/fuzz-was-here",)


@cache
def _own_state() -> dict[str, Tensor]:
    torch.set_num_threads(1)
    return {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in FamiPose(_CONFIG).state_dict().items()
    }


def _own(rng: Random) -> dict[str, Any]:
    model = ScoreModel((0.5,) * len(FEATURES), (0.1,) * 17)
    metadata = WeightsMetadata("small", _CONFIG, (96, 128), accuracy={"pck": 0.5}, score_model=model).to_dict()
    if rng.random() < 0.5:
        metadata = mutated_document(_lists(metadata), rng)
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, "metadata": metadata}
    state: Any = (
        _own_state()
        if rng.random() < 0.5
        else {"gain": torch.zeros(12), "final_layer.weight": torch.zeros(17, 12, 1, 1)}
    )
    content["state_dict"] = _odd_state(dict(state), rng)
    return content


def _lists(value: Any) -> Any:
    """Tuples as lists, so that they can be changed."""
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, (list, tuple)) else value


def _public(rng: Random) -> dict[str, Any]:
    state = {
        "conv1.weight": torch.zeros(64, 3, 3, 3),
        "final_layer.weight": torch.zeros(17, rng.choice((32, 48)), 1, 1),
    }
    content: dict[str, Any] = {
        "meta": {
            "dataset_meta": {"dataset_name": "coco", "keypoint_id2name": {0: "nose"}},
            "config": "dataset_type='x'",
        },
        "state_dict": _odd_state(state, rng),
        "optimizer": {},
    }
    return mutated_document(content, rng) if rng.random() < 0.5 else content


def _odd_state(state: dict[str, Any], rng: Random) -> Any:
    for _ in range(rng.choice((0, 0, 1, 2))):
        name = rng.choice(list(state))
        action = rng.random()
        if action < 0.6:
            state[name] = _odd_tensor(rng)
        elif action < 0.7:
            state[rng.choice(TEXTS)] = state.pop(name)
        elif action < 0.85:
            state[name] = rng.choice((*NUMBERS, *OTHERS, *TEXTS))
        else:
            del state[name]
        if not state:
            break
    return state


def _odd_tensor(rng: Random) -> Tensor:
    return rng.choice(
        (
            lambda: torch.zeros(1).expand(10**12),
            lambda: torch.zeros(1).expand(17, 48, 100_000, 100_000),
            lambda: torch.full((3,), float("nan")),
            lambda: torch.zeros(0, 3),
            lambda: torch.zeros(()),
            lambda: torch.zeros(3, dtype=torch.complex64),
            lambda: torch.zeros(3, dtype=torch.bool),
            lambda: torch.zeros(17, 12, 1, 1, dtype=torch.int8),
            lambda: torch.eye(3).to_sparse(),
            lambda: torch.zeros(17, 12, 1, 1).as_strided((17, 12, 1, 1), (0, 0, 0, 0)),
            lambda: torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.quint8),
            lambda: torch.zeros(3, requires_grad=True),
            lambda: torch.empty(3, device="meta"),
            lambda: torch.zeros(1, dtype=torch.bfloat16),
        )
    )()


def _saved(content: Any, rng: Random) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=rng.random() < 0.8)
    return stream.getvalue()


def _repacked(content: bytes, rng: Random) -> bytes:
    """The archive anew, with one of its members changed: its checksums are right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        names = old.namelist()
        chosen = rng.choice([name for name in names if name.endswith((".pkl", "version", "byteorder"))] or names)
        for name in names:
            data = old.read(name)
            if name == chosen:
                data = raw_bytes.mutated(data, rng)
            kind = zipfile.ZIP_DEFLATED if rng.random() < 0.1 else zipfile.ZIP_STORED
            new.writestr(name, data, kind)
        if rng.random() < 0.1:
            new.writestr(rng.choice(("../../x", "/x", names[0])), b"x")
    return stream.getvalue()


def _checkpoint(rng: Random, folder: Path) -> Path:
    path = folder / rng.choice(("hrnet_w48_posetrack18_384x288.pth", "weights.pth"))
    content: Any = rng.choice((_own, _own, _public))(rng)
    if rng.random() < 0.06:
        content = rng.choice(
            ([1, 2], torch.zeros(3), {"state_dict": _Evil()}, {"a": {"b": _Evil()}}, {}, {1: 2}, "text")
        )
    data = _saved(content, rng)
    action = rng.random()
    if action < 0.3:
        data = raw_bytes.mutated(data, rng)
    elif action < 0.6 and data.startswith(b"PK"):
        data = _repacked(data, rng)
    elif action < 0.63:
        data = rng.choice(
            (pickle.dumps(_Evil()), b"PK\x05\x06" + bytes(18), b"PK\x03\x04", b"", b"\x80\x02.", b"\x1f\x8b")
        )
    path.write_bytes(data)
    return path


def _read_checkpoint(path: Path) -> None:
    facts = _facts_of_file(WeightsFile(path, "yours"), Speeds("cpu"))
    assert len(facts.description) < 5000
    try:
        metadata = read_metadata(path)
    except WeightsError:
        metadata = None
    if metadata is not None:
        assert all(0 < side <= 4096 for side in metadata.input_size_wh)
    load_model(path, "cpu")
    assert not Path("/tmp/fuzz-was-here").exists()


def _resumed(rng: Random, folder: Path) -> Path:
    path = folder / "stage-0.pth"
    content = {"average": {"a": torch.zeros(2)}, "accuracy": 0.5, "metric": "pck"}
    data = _saved(mutated_document(content, rng), rng)
    path.write_bytes(
        _repacked(data, rng) if data.startswith(b"PK") and rng.random() < 0.5 else raw_bytes.mutated(data, rng)
    )
    return path


def _read_resumed(path: Path) -> None:
    trainer._read(path, ("average", "accuracy"), torch.device("cpu"))


TARGETS = (
    Target("checkpoint", _checkpoint, _read_checkpoint, ci_cases=40),
    Target("training_state", _resumed, _read_resumed),
)
