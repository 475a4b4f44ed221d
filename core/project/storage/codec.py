"""A pose as bytes and back, bit by bit, and sealed: with a checksum of these bytes and of the frame they belong to."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project.records import ProjectDamagedError
from core.project.storage.bounds import FARTHEST_PX, MOST_TRACK_ID

_K = len(POSETRACK)
NO_RUN = -1
BY_HAND = 0x80
"""The bit of a joint's provenance that says that its visibility is a person's word."""
_REPAIR = "“Repair a project…” saves what is whole (python main.py repair)."

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


SEALED_BYTES = POSE_DTYPE.itemsize + 4
"""Of a sealed pose; earlier versions than 8 of the format had poses without a seal."""


def sealed(pose: Pose, frame_index: int) -> bytes:
    """The pose of a frame as it is stored.

    Raises:
        ProjectError: it holds a number that no project can, such as a joint at 1e300.
    """
    if not -MOST_TRACK_ID <= pose.track_id <= MOST_TRACK_ID:
        raise ProjectError(f"{pose.track_id} is too high for a person's number; choose a lower one.")
    blob = encode(pose)
    wrong = _wrong_value(np.frombuffer(blob, POSE_DTYPE))
    if wrong is not None:
        raise ProjectError(
            f"The {wrong[1]} of person {pose.track_id} in frame {frame_index} cannot be kept: it is too large a number."
        )
    return seal(blob, frame_index)


def seal(blob: bytes, frame_index: int) -> bytes:
    """What `encode` wrote, with its checksum."""
    return blob + _checksum(blob, frame_index)


def is_sealed_for(blob: bytes, frame_index: int) -> bool:
    """True if these are the bytes of a pose of this frame, none of them changed."""
    return len(blob) == SEALED_BYTES and blob[-4:] == _checksum(blob[:-4], frame_index)


def _checksum(blob: bytes, frame_index: int) -> bytes:
    return zlib.crc32(frame_index.to_bytes(8, "little", signed=True), zlib.crc32(blob)).to_bytes(4, "little")


def open_many(blobs: Sequence[bytes], frame_indices: Sequence[int]) -> NDArray[np.void]:
    """(N,) records of `POSE_DTYPE`, of poses as they are stored.

    Raises:
        ProjectDamagedError: bytes of one are not what was written; says which.
    """
    raw: list[bytes] = []
    for blob, frame_index in zip(blobs, frame_indices, strict=True):
        is_older = len(blob) == POSE_DTYPE.itemsize  # a project of an earlier version, open to read
        if not is_older and not is_sealed_for(blob, frame_index):
            raise ProjectDamagedError(f"A pose in frame {frame_index} of the project is damaged; {_REPAIR}")
        raw.append(blob[: POSE_DTYPE.itemsize])
    records: NDArray[np.void] = np.frombuffer(b"".join(raw), POSE_DTYPE)
    wrong = _wrong_value(records)
    if wrong is not None:
        raise ProjectDamagedError(
            f"A pose in frame {frame_indices[wrong[0]]} of the project is damaged: its {wrong[1]} cannot be; {_REPAIR}"
        )
    return records


def opened(blob: bytes, frame_index: int) -> Pose:
    """The pose that `sealed` wrote. Raises ProjectDamagedError if it is not as it was written."""
    return _pose_of(open_many([blob], [frame_index])[0])


def _wrong_value(records: NDArray[np.void]) -> tuple[int, str] | None:
    """The first record that no program writes, and what is wrong with it."""
    with np.errstate(invalid="ignore"):
        checks = {
            "place": np.abs(records["keypoints"]) > FARTHEST_PX,
            "box": np.abs(records["bbox_xywh"]) > FARTHEST_PX,
            "head box": np.abs(records["bbox_head_xywh"]) > FARTHEST_PX,
            "score": np.abs(records["scores"]) > FARTHEST_PX,
            "visibility": records["visibility"] > max(Visibility),
            "provenance": provenance_of(records) > max(Provenance),
            "box's provenance": records["bbox_provenance"] > max(Provenance),
            "number": np.abs(records["track_id"]) > MOST_TRACK_ID,
        }
    for what, is_wrong in checks.items():
        if is_wrong.any():
            return int(np.argwhere(is_wrong)[0][0]), what
    return None


def decode_many(blobs: Sequence[bytes]) -> NDArray[np.void]:
    """(N,) records of `POSE_DTYPE`, of what `encode` wrote. Raises ProjectDamagedError if one has another size."""
    if any(len(blob) != POSE_DTYPE.itemsize for blob in blobs):
        raise ProjectDamagedError(f"A pose in the project is damaged; {_REPAIR}")
    return np.frombuffer(b"".join(blobs), POSE_DTYPE)


def provenance_of(records: NDArray[np.void]) -> NDArray[np.uint8]:
    """(N, K) who set each joint of the records of `decode_many`."""
    provenance: NDArray[np.uint8] = records["provenance"] & ~np.uint8(BY_HAND)
    return provenance


def decode(blob: bytes) -> Pose:
    """The pose that `encode` wrote. Raises ProjectDamagedError if the bytes are no pose."""
    return _pose_of(decode_many([blob])[0])


def _pose_of(record: Any) -> Pose:  # noqa: ANN401 - NumPy types no record's fields
    run_id = int(record["run_id"])
    if record["bbox_provenance"] > max(Provenance):
        raise ProjectDamagedError(f"A pose in the project is damaged; {_REPAIR}")
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
