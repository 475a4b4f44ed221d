"""Public checkpoints: how each source's file becomes a state dict under the published names."""

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy._core.multiarray import _reconstruct, scalar
from torch import Tensor

from core.errors import KeypointsUnknownError, WeightsError
from core.files.hashing import file_sha256
from core.keypoints import COCO, POSETRACK, SKELETONS, Skeleton
from core.model.weights.contents import check_archive, check_values
from core.model.weights.file_kinds import kind_of_content, kind_of_file, kind_of_network, objects_in

KeypointsChoice = Literal["auto", "posetrack", "coco"]

KNOWN_FILES = {
    "hrnet_w48_posetrack18_384x288-5fd6d3ff_20211130.pth": "posetrack",
    "hrnet_w32_posetrack18_256x192-1ee951c4_20201028.pth": "posetrack",
    "hrnet_w32_posetrack18_384x288-806f00a3_20211130.pth": "posetrack",
    "hrnet_w48_posetrack18_256x192-b5d9b3f1_20211130.pth": "posetrack",
    "hrnet_w48_coco_384x288-314c8528_20200708.pth": "coco",
    "hrnet_w32_coco_256x192-c78dce93_20200708.pth": "coco",
}
"""Public files and their skeletons. The eight hex digits before the date begin the file's SHA-256."""

_PUBLISHED_KEYPOINTS = (POSETRACK.name, COCO.name)
PUBLISHED_BACKBONES = ("w32", "w48")

# What numpy arrays in MMPose 1.x's `meta` are made with: constructors of plain arrays, which can run nothing.
_NUMPY_CONSTRUCTORS: list[Any] = [
    _reconstruct,
    (_reconstruct, "numpy.core.multiarray._reconstruct"),
    scalar,
    (scalar, "numpy.core.multiarray.scalar"),
    np.ndarray,
    np.dtype,
    *{type(np.dtype(kind)) for kind in ("?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "U1")},
]
_DCPOSE_SINGLE_FRAME = "rough_pose_estimation_net."
_DCPOSE_TEMPORAL = (
    "diff_temporal_fuse.",
    "support_temporal_fuse.",
    "offset_mask_combine_conv.",
    "offsets_list.",
    "masks_list.",
    "modulated_deform_conv_list.",
)
"""What a whole DCPose network has besides its single-frame part."""
_PREFIXES = ("module.", _DCPOSE_SINGLE_FRAME, "backbone.")
_DROPPED = ("data_preprocessor.",)
_RENAMED = {"keypoint_head.final_layer.": "final_layer.", "head.final_layer.": "final_layer."}


def read_checkpoint(path: Path | str, *, mapped: bool = False, device: torch.device | str = "cpu") -> dict[str, Any]:
    """The dictionary in a torch file, without running anything in it.

    Args:
        path: the file.
        mapped: leave the numbers in the file, for tensors that are copied out of it at once; files older than
            torch's ZIP format are read all the same.
        device: where tensors are put, once they are known to be what they say.

    Raises:
        WeightsError: where the file is missing, truncated, not a torch file, or one that would run code.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"There is no weights file at {path}; check its path, or list the available weights.")
    kind = kind_of_file(path)
    if kind is not None:
        raise WeightsError(f"{path} is not a weights file; it looks like {kind}.")
    try:
        check_archive(path)
        with torch.serialization.safe_globals(_NUMPY_CONSTRUCTORS):
            mapped = mapped and zipfile.is_zipfile(path)
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
        check_values(content)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} is not a weights file, or holds more than numbers{objects_in(path)}, which could run code, so it "
            "was not opened; get it again from its source."
        ) from error
    except ValueError as error:
        raise WeightsError(
            f"{path} cannot be read as weights: it is damaged or incomplete ({error}); get it again."
        ) from error
    except Exception as error:  # torch's readers trust a file, and stumble in any way over one that is wrong
        raise WeightsError(f"{path} cannot be read as weights: it is damaged or incomplete; get it again.") from error
    if torch.device(device).type != "cpu":
        content = torch.load(path, map_location=device, weights_only=True)
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds no named weights but a {type(content).__name__}; choose another file.")
    return content


def published_state_dict(content: Mapping[str, Any], path: Path | str) -> dict[str, Tensor]:
    """A public checkpoint's tensors under the published HRNet names.

    Knows the layouts of the HRNet release (also its training checkpoints), MMPose 0.x and 1.x, PoseWarper and DCPose;
    of a whole DCPose network it takes the single-frame part. Names that it does not know pass unchanged, so that
    strict loading lists them.

    Raises:
        WeightsError: if there are no tensors in it, or two under one name.
    """
    tensors: Mapping[str, Any] = content
    for holder in ("best_state_dict", "state_dict"):
        if isinstance(content.get(holder), Mapping):
            tensors = content[holder]
            break
    named: dict[str, Tensor] = {}
    is_dcpose = any(_DCPOSE_SINGLE_FRAME in str(name) for name in tensors)
    for name, value in tensors.items():
        bare = str(name).removeprefix("module.")
        if bare.startswith(_DROPPED) or (is_dcpose and bare.startswith(_DCPOSE_TEMPORAL)):
            continue
        if not isinstance(value, Tensor):
            raise _no_network(path, kind_of_content(tensors))
        if published_name(bare) in named:
            raise WeightsError(
                f"{path} holds {published_name(bare)} twice, under different names; choose another file."
            )
        named[published_name(bare)] = value
    if not named:
        raise _no_network(path, kind_of_content(content))
    return named


def _no_network(path: Path | str, kind: str | None) -> WeightsError:
    looks = f" but what looks like {kind}" if kind else ""
    return WeightsError(f"{path} holds no pose network's weights{looks}; choose an HRNet checkpoint.")


def published_name(name: str) -> str:
    """A parameter's name in the HRNet release, from its name in any known source."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    for theirs, ours in _RENAMED.items():
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    return name


def looks_like(state: Mapping[str, Tensor]) -> str:
    """The network that named tensors belong to, as the end of a sentence; empty where that is not known."""
    kind = kind_of_network(state, {name: tuple(tensor.shape) for name, tensor in state.items()})
    return f" (it looks like {kind})" if kind else ""


def backbone_of(state: Mapping[str, Tensor], path: Path | str) -> str:
    """The published backbone that a state dict is of. Raises WeightsError where it is none."""
    final = state.get("final_layer.weight")
    name = f"w{final.shape[1]}" if isinstance(final, Tensor) and final.dim() == 4 else "none"
    if name not in PUBLISHED_BACKBONES:
        raise WeightsError(f"{path} holds no HRNet-W32 or W48 for poses{looks_like(state)}; choose such a checkpoint.")
    return name


def recognise_keypoints(content: Mapping[str, Any], path: Path | str, choice: KeypointsChoice) -> Skeleton:
    """Whose keypoints a public checkpoint's heatmaps are; PoseTrack's and COCO's have the same shapes.

    Raises:
        KeypointsUnknownError: if the choice is "auto" and neither the file's metadata nor its hash tell.
        WeightsError: if they tell otherwise than the choice, or if the metadata tell of other keypoints.
    """
    if choice != "auto" and choice not in _PUBLISHED_KEYPOINTS:
        raise WeightsError(
            f"keypoints={choice!r} is not what a published checkpoint's 17 heatmaps can be; say posetrack or coco "
            "(weights trained here, also on JHMDB, say themselves what they locate: keypoints=auto)."
        )
    recognised = _skeleton_of_metadata(content.get("meta"), path) or _skeleton_of_known_file(Path(path))
    if choice == "auto":
        if recognised is None:
            raise KeypointsUnknownError(
                f"{path} does not say whether its keypoints are PoseTrack's or COCO's; say keypoints=posetrack or coco."
            )
        return recognised
    if recognised is not None and recognised.name != choice:
        raise WeightsError(f"{path} holds {recognised.name} keypoints, not {choice}; say keypoints=auto.")
    return SKELETONS[choice]


def _skeleton_of_metadata(meta: Any, path: Path | str) -> Skeleton | None:  # noqa: ANN401 - whatever the file holds
    """By the data set in MMPose's `meta`: its keypoints' names, its name (1.x), or the configuration's text (0.x)."""
    if not isinstance(meta, Mapping):
        return None
    dataset = meta.get("dataset_meta")
    if isinstance(dataset, Mapping):
        names = dataset.get("keypoint_id2name")
        if isinstance(names, Mapping) and names and all(isinstance(index, (int, str)) for index in names):
            numbered = {int(index): str(name) for index, name in names.items() if str(index).isdecimal()}
            if len(numbered) == len(names):
                return _skeleton_of_names(numbered, path)
        return _skeleton_of_dataset(str(dataset.get("dataset_name", "")))
    configuration = re.search(r"dataset_type\s*=\s*['\"](\w+)['\"]", str(meta.get("config", "")))
    return _skeleton_of_dataset(configuration[1]) if configuration else None


def _skeleton_of_names(names: Mapping[int, str], path: Path | str) -> Skeleton | None:
    """The skeleton that has these names at these places; None where both have, an error where none has."""
    fitting = [
        skeleton
        for skeleton in (POSETRACK, COCO)
        if all(0 <= i < len(skeleton) and skeleton.keypoint_names[i] == name for i, name in names.items())
    ]
    if not fitting:
        raise WeightsError(
            f"{path} has other keypoints than PoseTrack's or COCO's ({', '.join(list(names.values())[:4])}, ...); "
            "choose another checkpoint."
        )
    return fitting[0] if len(fitting) == 1 else None


def _skeleton_of_dataset(name: str) -> Skeleton | None:
    """By a data set's name ("posetrack18", "coco") or the class that reads it ("TopDownPoseTrack18Dataset")."""
    name = name.lower()
    if "posetrack" in name:
        return POSETRACK
    return COCO if name in ("coco", "cocodataset", "topdowncocodataset") else None


def _skeleton_of_known_file(path: Path) -> Skeleton | None:
    """By the file's hash, whatever it is called now."""
    digest = file_sha256(path)
    for name, keypoints in KNOWN_FILES.items():
        if digest.startswith(name.rsplit("-", 1)[1].split("_", 1)[0]):
            return SKELETONS[keypoints]
    return None
