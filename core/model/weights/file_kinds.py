"""What a file looks like that is not the weights somebody wanted: a few words for the error that refuses it.

Everything is told from the first bytes, from names and from shapes; nothing is unpickled for it.
"""

import re
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

_HEAD_BYTES = 512
_BEGINNINGS = {
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"\x89HDF": "an HDF5 file (Keras?), which is not PyTorch's",
    b"\x93NUMPY": "a NumPy array",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF document",
    b"version https://git-lfs": "a Git LFS pointer: the weights themselves were not fetched",
}
_PAGE = re.compile(rb"^\s*(<!doctype html|<html|<\?xml|<head)", re.IGNORECASE)

# Parts of names that tell one network from another, the most telling first.
_NETWORKS: tuple[tuple[str, str], ...] = (
    (r"^(local_calibration|global_transformation)\.", "this program's own network without its description"),
    (r"^(incre_modules|downsamp_modules)\.", "an HRNet that classifies pictures (ImageNet)"),
    (r"^(last_layer|ocr_|aux_head|cls_head)", "an HRNet that segments pictures"),
    (r"^(final_layers|deconv_layers)\.\d.*\n(.*\n)*stage4\.", "a HigherHRNet (bottom-up)"),
    (
        r"^(offset_feats|offsets\d|deform_conv\d)\.",
        "a whole PoseWarper network, of which only the single-frame HRNet fits",
    ),
    (
        r"^(diff_temporal_fuse|support_temporal_fuse|offset_mask_combine_conv|modulated_deform_conv_list)\.",
        "the temporal part of a DCPose network",
    ),
    (r"^(rpn|roi_heads|bbox_head|rpn_head)\.", "a detector of objects or people"),
    (r"^model\.\d+\.(conv|cv1|m)\.", "a YOLO detector"),
    (r"(^|\.)(blocks|layers)\.\d+\.(attn|self_attn)\.", "a vision transformer"),
    (r"^layer4\.(.*\n)*deconv_layers\.|^deconv_layers\.(.*\n)*layer4\.", "a pose ResNet (simple baseline)"),
    (r"^layer4\.", "a ResNet"),
    (r"^keypoint_head\.|^head\.", "a pose network of another design than HRNet"),
)


def kind_of_file(path: Path) -> str | None:
    """What a file is that torch could not have written, by its first bytes; None where they don't tell."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return "an empty file" if not head else _kind_of_bytes(head, path)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, struct.error):
        return None  # for the reader to report


def _kind_of_bytes(head: bytes, path: Path) -> str | None:
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    if head.startswith(b"PK"):
        return _kind_of_zip(path)
    if _PAGE.match(head):
        return "a web page, perhaps an error message in place of the download"
    if head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] < path.stat().st_size:
        return "a safetensors file, which has to be converted to a PyTorch file first"
    if all((byte >= 32 and byte != 127) or byte in b"\t\r\n" for byte in head):
        return "a JSON file" if head.lstrip()[:1] in (b"{", b"[") else "a text file"
    return None


def _kind_of_zip(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("constants.pkl") or "/code/" in name for name in names):
        return "a TorchScript program, whose weights have to be saved as a state dict first"
    if any(name.endswith("data.pkl") for name in names):
        return None  # torch's own
    if names and all(name.endswith(".npy") for name in names):
        return "an archive of NumPy arrays"
    return "a ZIP archive: unpack it first"


def objects_in(path: Path) -> str:
    """The names of what a file holds besides numbers, in brackets, as far as they can be told without opening it."""
    try:
        unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # noqa: BLE001 - of files older than torch's ZIP format, and whatever it stumbles over in others
        return ""
    return f" ({', '.join(sorted(unknown)[:3])})" if unknown else ""


def kind_of_content(content: Mapping[Any, Any]) -> str | None:
    """What a torch file's dictionary is, where it holds no named tensors; None where that is not known."""
    if {"state", "param_groups"} <= set(content):
        return "the state of an optimiser"
    if {"base_lrs", "last_epoch"} & set(content):
        return "the state of a learning-rate schedule"
    if any(str(key).startswith("optimizer") for key in content):
        return "a training state without the network's weights"
    return None


def kind_of_network(names: Iterable[str], shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """What network named tensors belong to, by names under which HRNet's are known; None where that is not known.

    Args:
        names: every name.
        shapes: by name, as far as they are tensors.
    """
    listed = "\n".join(sorted(names)) + "\n"
    for pattern, kind in _NETWORKS:
        if re.search(pattern, listed, re.MULTILINE):
            return kind
    if re.search(r"^stage4\.0\.branches\.3\.", listed, re.MULTILINE):
        return _kind_of_hrnet(shapes.get("final_layer.weight"))
    return None


def _kind_of_hrnet(final_shape: tuple[int, ...] | None) -> str:
    if final_shape is None or len(final_shape) != 4:
        return "an HRNet without a head for poses"
    return f"a pose HRNet of width {final_shape[1]} for {final_shape[0]} keypoints"
