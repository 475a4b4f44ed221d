"""A pose as bytes and back, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance

_K = len(POSETRACK)
NO_RUN = -1
BY_HAND = 0x80
"""The bit of a joint's provenance that says that its visibility is a person's word."""
_DAMAGED = "A pose in the project file is damaged; open a backup of the file."

# Unaligned and little-endian, so that a file reads the same on every machine.
POSE_DTYPE = np.dtype(
    [
        ("track_id", "<i8"),
        ("run_id", "<i8"),
        ("bbox_provenance", "u1"),
        ("has_head", "u1"),
        ("bbox_xywh", "<f8", 4),
        ("bbox_head_xywh", "<f8", 4),
        ("keypoints", "<f8", (_K, 2)),
        ("scores", "<f8", _K),
        ("visibility", "u1", _K),
        ("provenance", "u1", _K),
    ]
)


def encode(pose: Pose) -> bytes:
    """The pose as `POSE_DTYPE.itemsize` bytes. Raises ValueError if it does not have 17 keypoints."""
    if len(pose.keypoints) != _K:
        raise ValueError(f"a project's poses have {_K} keypoints, not {len(pose.keypoints)}")
    record = np.zeros((), POSE_DTYPE)
    record["track_id"] = pose.track_id
    record["run_id"] = NO_RUN if pose.run_id is None else pose.run_id
    record["bbox_provenance"] = pose.bbox_provenance
    record["bbox_xywh"] = pose.bbox_xywh
    if pose.bbox_head_xywh is not None:
        record["has_head"] = 1
        record["bbox_head_xywh"] = pose.bbox_head_xywh
    for name in ("keypoints", "scores", "visibility"):
        record[name] = getattr(pose, name)
    record["provenance"] = _said(pose)
    return record.tobytes()


def decode_many(blobs: Sequence[bytes]) -> NDArray[np.void]:
    """(N,) records of `POSE_DTYPE`. Raises ProjectError if one has another size."""
    if any(len(blob) != POSE_DTYPE.itemsize for blob in blobs):
        raise ProjectError(_DAMAGED)
    return np.frombuffer(b"".join(blobs), POSE_DTYPE)


def provenance_of(records: NDArray[np.void]) -> NDArray[np.uint8]:
    """(N, K) who set each joint of the records of `decode_many`."""
    provenance: NDArray[np.uint8] = records["provenance"] & ~np.uint8(BY_HAND)
    return provenance


def decode(blob: bytes) -> Pose:
    """The pose that `encode` wrote. Raises ProjectError if the bytes are no pose."""
    record: Any = decode_many([blob])[0]
    run_id = int(record["run_id"])
    if record["bbox_provenance"] > max(Provenance):
        raise ProjectError(_DAMAGED)
    return Pose(
        track_id=int(record["track_id"]),
        bbox_xywh=record["bbox_xywh"],
        keypoints=record["keypoints"],
        visibility=record["visibility"],
        scores=record["scores"],
        provenance=record["provenance"] & ~np.uint8(BY_HAND),
        bbox_provenance=Provenance(int(record["bbox_provenance"])),
        bbox_head_xywh=record["bbox_head_xywh"] if record["has_head"] else None,
        run_id=None if run_id == NO_RUN else run_id,
        visibility_by_hand=(record["provenance"] & BY_HAND) != 0,
    )


def _said(pose: Pose) -> NDArray[np.uint8]:
    """(K,) who set each joint, and whether its visibility is a person's word, as one byte."""
    said: NDArray[np.uint8] = pose.provenance | np.where(pose.visibility_by_hand, np.uint8(BY_HAND), np.uint8(0))
    return said


def identical(first: Pose | None, second: Pose | None) -> bool:
    """True if both are absent or equal bit by bit."""
    if first is None or second is None:
        return first is second
    return first is second or encode(first) == encode(second)


def joint_bytes(pose: Pose) -> NDArray[np.uint8]:
    """(K, 26) everything that is known of each joint, as bytes: two joints are equal where the rows are."""
    return np.concatenate(
        [
            np.ascontiguousarray(pose.keypoints).view(np.uint8).reshape(-1, 16),
            np.ascontiguousarray(pose.scores).view(np.uint8).reshape(-1, 8),
            pose.visibility[:, None],
            _said(pose)[:, None],
        ],
        axis=1,
    )
