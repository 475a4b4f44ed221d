"""What the journal adds up to in one frame, and how the mark that it is reviewed is kept as one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.poses import Pose

NOT_REVIEWED = 0
REVIEWED_BY_A_PERSON = 1
"""The mark of an import's run is minus the run's number, so that it can go with the run."""


@dataclass(frozen=True, eq=False)
class HeldFrame:
    """A frame as the project holds it.

    Attributes:
        poses: by track id, rising.
        mark: NOT_REVIEWED, REVIEWED_BY_A_PERSON, or minus the number of the run that brought the mark.
    """

    poses: Mapping[int, Pose] = field(default_factory=dict)
    mark: int = NOT_REVIEWED


def mark_of(reviewed: bool, run_id: int | None) -> int:
    """The mark as one number.

    Args:
        reviewed: True if the frame is marked.
        run_id: the run that brought the mark, None if a person set it.
    """
    if not reviewed:
        return NOT_REVIEWED
    return REVIEWED_BY_A_PERSON if run_id is None else -run_id


def run_of(mark: int) -> int | None:
    """The run that brought a mark, None if there is none or a person set it."""
    return -mark if mark < 0 else None


def bytes_of_mark(mark: int) -> bytes:
    """A mark as the journal keeps it: one byte, 0 or 1, and behind it the run that brought the mark, if one did."""
    return bytes([bool(mark)]) + (str(-mark).encode() if mark < 0 else b"")


def mark_of_bytes(blob: bytes | None) -> int:
    """What `bytes_of_mark` wrote. Raises ValueError where it is something else."""
    if not blob:
        return NOT_REVIEWED
    return mark_of(blob[:1] == b"\x01", int(blob[1:]) if len(blob) > 1 else None)
