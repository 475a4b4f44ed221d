"""Public checkpoints: how each source's file becomes a state dict under the published names."""

import hashlib
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy._core.multiarray import _reconstruct, scalar
from torch import Tensor

from core.errors import WeightsError
from core.keypoints import COCO, POSETRACK, SKELETONS, Skeleton

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
_PREFIXES = ("module.", "rough_pose_estimation_net.", "backbone.")
_DROPPED = ("data_preprocessor.",)
_RENAMED = {"keypoint_head.final_layer.": "final_layer.", "head.final_layer.": "final_layer."}


def file_sha256(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, 64 hex digits. Raises WeightsError where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"The weights file {path} cannot be read ({error.strerror}); check its path.") from error


def read_checkpoint(path: Path | str) -> dict[str, Any]:
    """The dictionary in a torch file, without running anything in it.

    Raises:
        WeightsError: where the file is missing, truncated, not a torch file, or one that would run code.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"There is no weights file at {path}; check its path, or list the weights at hand.")
    try:
        with torch.serialization.safe_globals(_NUMPY_CONSTRUCTORS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} is not a weights file, or holds more than numbers, which could run code, so it was not opened; "
            "get it again from its source."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise WeightsError(f"{path} cannot be read as weights: it is damaged or incomplete; get it again.") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} holds no named weights but a {type(content).__name__}; choose another file.")
    return content


def published_state_dict(content: Mapping[str, Any], path: Path | str) -> dict[str, Tensor]:
    """A public checkpoint's tensors under the published HRNet names.

    Knows the layouts of the HRNet release (also its training checkpoints), MMPose 0.x and 1.x, PoseWarper and DCPose.
    Names that it does not know pass unchanged, so that strict loading lists them.

    Raises:
        WeightsError: if there are no tensors in it.
    """
    tensors: Mapping[str, Any] = content
    for holder in ("best_state_dict", "state_dict"):
        if isinstance(content.get(holder), Mapping):
            tensors = content[holder]
            break
    named = {published_name(name): value for name, value in tensors.items() if not name.startswith(_DROPPED)}
    if not named or not all(isinstance(value, Tensor) for value in named.values()):
        raise WeightsError(f"{path} holds no pose network's weights; choose an HRNet checkpoint.")
    return named


def published_name(name: str) -> str:
    """A parameter's name in the HRNet release, from its name in any known source."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    for theirs, ours in _RENAMED.items():
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    return name


def backbone_of(state: Mapping[str, Tensor], path: Path | str) -> str:
    """The published backbone that a state dict is of. Raises WeightsError where it is none."""
    final = state.get("final_layer.weight")
    name = f"w{final.shape[1]}" if final is not None and final.dim() == 4 else "none"
    if name not in PUBLISHED_BACKBONES:
        raise WeightsError(f"{path} holds no HRNet-W32 or W48 for poses; choose such a checkpoint.")
    return name


def recognise_keypoints(content: Mapping[str, Any], path: Path | str, choice: KeypointsChoice) -> Skeleton:
    """Whose keypoints a public checkpoint's heatmaps are; PoseTrack's and COCO's have the same shapes.

    Raises:
        WeightsError: if the choice is "auto" and neither the file's metadata nor its hash tell.
    """
    if choice != "auto":
        if choice not in SKELETONS:
            raise WeightsError(f"keypoints={choice!r} is not a set of keypoints; say posetrack or coco.")
        return SKELETONS[choice]
    recognised = _skeleton_of_metadata(content.get("meta")) or _skeleton_of_known_file(Path(path))
    if recognised is None:
        raise WeightsError(
            f"{path} does not say whether its keypoints are PoseTrack's or COCO's; say keypoints=posetrack or coco."
        )
    return recognised


def _skeleton_of_metadata(meta: Any) -> Skeleton | None:  # noqa: ANN401 - whatever the file holds
    """By the dataset's keypoint names or name in MMPose's `meta`."""
    dataset = meta.get("dataset_meta") if isinstance(meta, Mapping) else None
    if not isinstance(dataset, Mapping):
        return None
    names = dataset.get("keypoint_id2name")
    if isinstance(names, Mapping):
        found = set(names.values())
        return POSETRACK if "head_top" in found else COCO if "left_eye" in found else None
    name = str(dataset.get("dataset_name", "")).lower()
    return POSETRACK if name.startswith("posetrack") else COCO if name == "coco" else None


def _skeleton_of_known_file(path: Path) -> Skeleton | None:
    """By the file's hash, whatever it is called now."""
    digest = file_sha256(path)
    for name, keypoints in KNOWN_FILES.items():
        if digest.startswith(name.rsplit("-", 1)[1].split("_", 1)[0]):
            return SKELETONS[keypoints]
    return None
