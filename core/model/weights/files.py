"""Weights files: our own, with what they are and how good, and the public single-frame checkpoints.

Nothing is ever unpickled that could run code: torch's `weights_only` reader, with numpy's array constructors as the
one addition, which MMPose 1.x files need.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import WeightsError
from core.files.catalogue import LONGEST_SIDE
from core.files.hashing import file_sha256
from core.files.replacing import drafting, put_in_place, replacing
from core.judging.scoring import ScoreModel
from core.keypoints import POSETRACK, SKELETONS, Skeleton
from core.model.device import available_device
from core.model.network.backbones import SingleFrame
from core.model.network.config import BACKBONES, PYRAMIDS, FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.network.folding import fold_batch_norms
from core.model.network.hrnet import HRNet
from core.model.weights.checkpoints import (
    KeypointsChoice,
    backbone_of,
    looks_like,
    published_state_dict,
    read_checkpoint,
    recognise_keypoints,
)
from core.model.weights.contents import is_finite

FORMAT = "fami-pose-weights"
VERSION = 1
_MAX_LISTED_NAMES = 5
_LONGEST_NAME, _LONGEST_TEXT, _MOST_MEASURES = 200, 2000, 200
SMALLEST_SIDE = 8
STRIDE = 4
"""A heatmap's pixel has so many of the crop's."""


@dataclass(frozen=True)
class WeightsMetadata:
    """What a weights file is, stored in it.

    Attributes:
        name: what people see.
        config: the network that the weights are for.
        input_size_wh: width and height of the crop it was trained on.
        keypoints: name of the skeleton of its heatmaps: "posetrack", or "jhmdb" of what was trained on Sub-JHMDB.
        trained_keypoints: names of the keypoints that it learnt; the others' heatmaps mean nothing.
        description: trained on what, in a sentence or two.
        accuracy: what was measured, by name ("pck@0.2 on ...": 0.81).
        score_model: how likely a joint is right, fitted on people who were not trained on; None where nobody did, and
            scores are then the heatmaps' peaks.
        flip_test: whether predicting averages with the mirrored crop, in twice the time, unless told otherwise.
        parent_sha256: the weights that these were fine-tuned from, if any.
    """

    name: str
    config: FamiPoseConfig
    input_size_wh: tuple[int, int]
    keypoints: str = POSETRACK.name
    trained_keypoints: tuple[str, ...] = POSETRACK.keypoint_names
    description: str = ""
    accuracy: dict[str, float] = field(default_factory=dict)
    score_model: ScoreModel | None = None
    flip_test: bool = False
    parent_sha256: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as stored."""
        score_model = None if self.score_model is None else self.score_model.to_dict()
        return {**asdict(self), "config": self.config.to_dict(), "score_model": score_model}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "WeightsMetadata":
        """The metadata out of a file. Raises WeightsError where something needed is missing or cannot be."""
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        try:
            kept["config"] = FamiPoseConfig.from_dict(kept["config"])
            kept["input_size_wh"] = _crop_size(kept["input_size_wh"])
            kept["trained_keypoints"] = tuple(kept["trained_keypoints"])
            if kept.get("score_model") is not None:
                kept["score_model"] = ScoreModel.from_dict(kept["score_model"])
            metadata = cls(**kept)
            metadata.check()
            if len(SKELETONS[metadata.keypoints]) != metadata.config.num_keypoints:
                raise ValueError(f"{metadata.config.num_keypoints} heatmaps for {metadata.keypoints} keypoints")
            return metadata
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise WeightsError(f"The weights do not say what they are ({error}); fetch or train them again.") from error

    def check(self) -> None:
        """Raises ValueError where a value is of the wrong kind, or one that no network has."""
        names = (self.name, self.keypoints, *self.trained_keypoints, *self.accuracy)
        if not all(isinstance(name, str) and len(name) <= _LONGEST_NAME for name in names):
            raise ValueError(f"its names are no text of up to {_LONGEST_NAME} letters")
        if not isinstance(self.description, str) or len(self.description) > _LONGEST_TEXT:
            raise ValueError(f"its description is no text of up to {_LONGEST_TEXT} letters")
        if len(self.accuracy) > _MOST_MEASURES or not all(
            isinstance(value, (int, float)) and math.isfinite(value) for value in self.accuracy.values()
        ):
            raise ValueError("its accuracy is no number")
        if not isinstance(self.flip_test, bool) or not isinstance(self.parent_sha256, (str, NoneType)):
            raise ValueError("its settings are of the wrong kind")


def metadata_of(values: object, path: Path | str) -> WeightsMetadata:
    """The metadata in a file. Raises WeightsError, with the file's name, where something is missing or cannot be."""
    try:
        metadata = WeightsMetadata.from_dict(values if isinstance(values, Mapping) else {})
        if metadata.config.backbone not in {*BACKBONES, *PYRAMIDS}:
            raise WeightsError(f"there is no backbone {metadata.config.backbone[:40]!r}; update the program.")
        return metadata
    except WeightsError as error:
        raise WeightsError(f"{Path(path).name}: {error}") from error


def _crop_size(value: Sequence[int]) -> tuple[int, int]:
    """Width and height. Raises ValueError where they are none that a network can take."""
    width, height = value
    for side in (width, height):
        if not isinstance(side, int) or not SMALLEST_SIDE <= side <= LONGEST_SIDE or side % STRIDE:
            raise ValueError(
                f"a crop of {width}x{height}, which has to be whole numbers from {SMALLEST_SIDE} to {LONGEST_SIDE}, "
                f"and multiples of {STRIDE}"
            )
    return width, height


@dataclass(frozen=True)
class LoadedModel:
    """A network ready to predict, and what it is."""

    model: FamiPose
    metadata: WeightsMetadata
    sha256: str


def save_weights(path: Path | str, model: FamiPose, metadata: WeightsMetadata, *, half: bool = True) -> str:
    """Writes a weights file, replacing an older one only once it is complete.

    Args:
        path: where to.
        model: the network; its configuration has to be the metadata's.
        metadata: what it is.
        half: store numbers in float16, for files of half the size; the loaded network computes in float32. Weights
            beyond float16's range are refused.

    Returns:
        The file's SHA-256.

    Raises:
        WeightsError: if the weights hold numbers that are not finite, or the file cannot be written.
    """
    content = _content(model, metadata, half=half)
    with replacing(Path(path), WeightsError, make_folder=True) as draft:
        write_torch_file(content, draft)
        return file_sha256(draft)


def save_weights_by_hash(folder: Path, model: FamiPose, metadata: WeightsMetadata) -> tuple[Path, str]:
    """Writes a weights file in full precision that is named by its hash: a file of that name is always whole.

    Returns:
        The file, and its SHA-256.

    Raises:
        WeightsError: as `save_weights`.
    """
    content = _content(model, metadata, half=False)
    with drafting(folder / "weights.pth", WeightsError, make_folder=True) as draft:
        write_torch_file(content, draft)
        sha256 = file_sha256(draft)
        path = folder / f"{sha256}.pth"
        put_in_place(draft, path)
    return path, sha256


def write_torch_file(content: Mapping[str, Any], path: Path) -> None:
    """Writes a torch file through Python's own file, which says why it cannot; torch's own only that it could not.

    Raises:
        OSError, RuntimeError: it cannot be written; a RuntimeError has the OSError as its context.
    """
    with path.open("wb") as file:
        torch.save(content, file)


def _content(model: FamiPose, metadata: WeightsMetadata, *, half: bool) -> dict[str, Any]:
    """What is stored. Raises WeightsError where that would be no weights to go on with."""
    state = {name: _stored(name, tensor, half) for name, tensor in model.state_dict().items()}
    if not any(name.endswith("running_var") for name in state):
        raise WeightsError(
            "A network whose batch norms are folded is for prediction only; save the one it was made from."
        )
    return {"format": FORMAT, "version": VERSION, "metadata": metadata.to_dict(), "state_dict": state}


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    if not tensor.is_floating_point():
        return tensor
    # A running variance below float16's smallest number would become 0, and its division infinite.
    stored = tensor.half() if half and not name.endswith("running_var") else tensor.float()
    if not stored.isfinite().all():
        raise WeightsError(f"The weights are not saved: {name} holds numbers that are not finite; train again.")
    return stored


def read_metadata(path: Path | str) -> WeightsMetadata:
    """What a weights file of our own is. Raises WeightsError where it is not one."""
    return _read_own(path)[0]


def load_model(
    path: Path | str, device: str = "cpu", keypoints: KeypointsChoice = "auto", *, folded: bool = False
) -> LoadedModel:
    """The network of a weights file, ready to predict; a public checkpoint becomes a FamiPose by its warm start.

    The file's numbers are in memory once at any time: they become the network's own.

    Args:
        path: one of our own weights files, or a public HRNet-W32 or W48.
        device: where the network is to compute: "auto", "cpu", "cuda" or "cuda:N".
        keypoints: as in `load_weights`.
        folded: with batch norms folded into the convolutions before them: faster, but never to be trained or saved.

    Raises:
        WeightsError: as `load_weights`.
        PredictionError: if there is no such device.
    """
    torch_device = available_device(device)
    model, metadata = _load(path, keypoints)
    model.eval()
    if folded:
        fold_batch_norms(model)
    return LoadedModel(model.to(torch_device), metadata, file_sha256(path))


def _load(path: Path | str, keypoints: KeypointsChoice) -> tuple[FamiPose, WeightsMetadata]:
    content = read_checkpoint(path)
    if content.get("format") == FORMAT:
        metadata, state = _parse_own(content, path)
        with torch.device("meta"):  # no time and memory for initial values that are overwritten at once
            model = FamiPose(metadata.config)
        _load_strictly(model, state, path)
        return model, metadata
    state = published_state_dict(content, path)
    config = _public_config(backbone_of(state, path), path)
    with torch.device("meta"):
        backbone = HRNet(config.backbone, config.num_keypoints)
    _check_fit(backbone, state, path)
    skeleton = recognise_keypoints(content, path, keypoints)
    _load_strictly(backbone, state, path)
    return FamiPose(config, backbone), _public_metadata(path, config, skeleton)


def load_weights(
    model: SingleFrame | FamiPose, path: Path | str, keypoints: KeypointsChoice = "auto"
) -> WeightsMetadata | None:
    """Loads a weights file into a network: one of our own, or a public single-frame checkpoint.

    A single-frame checkpoint into a FamiPose is its warm start: it fills the backbone and the final layer, and the
    alignment is left as initialised. Loading is strict.

    Args:
        model: what to fill.
        path: the file.
        keypoints: the skeleton of a public checkpoint's heatmaps, which its shapes do not tell: "posetrack", "coco",
            or "auto" to go by the file's own metadata or the hash of a known file. A COCO checkpoint has its two
            eyes where we have head_bottom and head_top.

    Returns:
        What the file is. None for a public checkpoint loaded into a bare backbone, which has no metadata; into a
        FamiPose, metadata made from the model's configuration, with the keypoints that the checkpoint can locate.

    Raises:
        WeightsError: in one sentence: no such file, not a weights file, the names missing, unexpected or misshapen, or
            `keypoints` needed.
    """
    content = read_checkpoint(path, mapped=True)
    if content.get("format") == FORMAT:
        metadata, state = _parse_own(content, path)
        if not isinstance(model, FamiPose):
            state = {name.removeprefix("backbone."): t for name, t in state.items() if name.startswith("backbone.")}
        _load_strictly(model, state, path)
        return metadata
    backbone = model.backbone if isinstance(model, FamiPose) else model
    state = published_state_dict(content, path)
    _check_fit(backbone, state, path)
    skeleton = recognise_keypoints(content, path, keypoints)
    _load_strictly(backbone, state, path)
    return _public_metadata(path, model.config, skeleton) if isinstance(model, FamiPose) else None


def public_input_size_wh(path: Path | str, backbone: str) -> tuple[int, int]:
    """A public checkpoint's crop: by the file's name, which they all have it in, else as is usual for the backbone."""
    name = Path(path).name
    is_large = "384x288" in name or ("256x192" not in name and backbone == "w48")
    return (288, 384) if is_large else (192, 256)


def _public_config(backbone: str, path: Path | str) -> FamiPoseConfig:
    is_large = public_input_size_wh(path, backbone) == (288, 384)
    return FamiPoseConfig(backbone, heatmap_sigma=3.0 if is_large else 2.0)


def _public_metadata(path: Path | str, config: FamiPoseConfig, skeleton: Skeleton) -> WeightsMetadata:
    """What a public checkpoint is; its trained keypoints are the ones of ours that its data set labels."""
    unlabelled = ("left_ear", "right_ear") if skeleton.name == POSETRACK.name else ()
    labelled = [name for name in skeleton.keypoint_names if name not in unlabelled]
    return WeightsMetadata(
        name=Path(path).stem,
        config=config,
        input_size_wh=public_input_size_wh(path, config.backbone),
        trained_keypoints=tuple(name for name in POSETRACK.keypoint_names if name in labelled),
        description=f"Public single-frame HRNet checkpoint trained on {skeleton.name} keypoints.",
    )


def _read_own(path: Path | str) -> tuple[WeightsMetadata, dict[str, Tensor]]:
    content = read_checkpoint(path)
    if content.get("format") != FORMAT:
        raise WeightsError(
            f"{path} is a public checkpoint or another program's file, not one of this program's weights; "
            "import it first (python main.py weights import)."
        )
    return _parse_own(content, path)


def _parse_own(content: dict[str, Any], path: Path | str) -> tuple[WeightsMetadata, dict[str, Tensor]]:
    if content.get("version") != VERSION:
        raise WeightsError(f"{path} was written by another version of this program; update the program.")
    state, values = content.pop("state_dict", None), content.get("metadata")
    if not isinstance(values, Mapping) or not _are_tensors(state):
        raise WeightsError(f"{path} lacks its tensors or its description; fetch or train it again.")
    return metadata_of(values, path), dict(state)


def _are_tensors(state: object) -> bool:
    return isinstance(state, Mapping) and all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in state.items()
    )


def _check_fit(model: nn.Module, state: Mapping[str, Tensor], path: Path | str) -> None:
    """Raises WeightsError where names and shapes are not exactly the model's, naming what differs."""
    expected = model.state_dict()
    problems = {
        "missing": [name for name in expected if name not in state],
        "unexpected": [name for name in state if name not in expected],
        "misshapen": [
            f"{name} {tuple(state[name].shape)} for {tuple(tensor.shape)}"
            for name, tensor in expected.items()
            if name in state and state[name].shape != tensor.shape
        ],
        "not of numbers": [
            name
            for name, tensor in expected.items()
            if name in state and state[name].is_floating_point() != tensor.is_floating_point()
        ],
    }
    described = [f"{len(names)} {kind} ({_shortened(names)})" for kind, names in problems.items() if names]
    if described:
        raise WeightsError(
            f"{path} does not fit this network{looks_like(state)}: {'; '.join(described)}; choose weights of its kind."
        )


def _load_strictly(model: nn.Module, state: dict[str, Tensor], path: Path | str) -> None:
    """Fills a model with a state dict that fits it; a model without memory of its own (on meta) takes the tensors."""
    _check_fit(model, state, path)
    endless = [name for name, tensor in state.items() if tensor.is_floating_point() and not is_finite(tensor)]
    if endless:
        raise WeightsError(f"{path} holds numbers that are not finite ({_shortened(endless)}); get or train it again.")
    if not next(model.parameters()).is_meta:
        model.load_state_dict(state)
        return
    for name, tensor in state.items():
        if tensor.is_floating_point():
            state[name] = tensor.float()  # one by one, so that half and single precision are not both held
    model.load_state_dict(state, assign=True)


def _shortened(names: list[str]) -> str:
    rest = len(names) - _MAX_LISTED_NAMES
    return ", ".join(names[:_MAX_LISTED_NAMES]) + (f" and {rest} more" if rest > 0 else "")
