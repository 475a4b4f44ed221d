"""A proposal: what an edit of many frames would change, to be looked at before it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from core.errors import ProjectError
from core.poses import FramePoses, Pose
from core.project import Change, PoseChange, Project, ReviewChange, Touched
from core.project.storage.codec import identical, joint_bytes

Proofs = Mapping[int, tuple[float, str]]
_FEW_FRAMES = 16


@dataclass(frozen=True, eq=False)
class Proposal:
    """An edit that is not made yet.

    Attributes:
        action: the kind of edit, for the ledger of effort.
        label: what the undo menu will show.
        changes: what it changes, and nothing that stays as it is.
        kept: joints of the frames concerned that stay because a person set them.
        proofs: the pictures that it was computed from, by frame index.
    """

    action: str
    label: str
    changes: tuple[Change, ...]
    kept: int = 0
    proofs: Proofs = field(default_factory=dict)

    @cached_property
    def pose_changes(self) -> dict[int, list[PoseChange]]:
        """The changes of poses, by frame index."""
        found: dict[int, list[PoseChange]] = {}
        for change in self.changes:
            if isinstance(change, PoseChange):
                found.setdefault(change.frame_index, []).append(change)
        return found

    @property
    def frame_indices(self) -> list[int]:
        """The frames in which a pose changes, rising."""
        return sorted(self.pose_changes)

    @cached_property
    def track_ids(self) -> list[int]:
        """The people who change, rising."""
        poses = (change.after or change.before for of_frame in self.pose_changes.values() for change in of_frame)
        return sorted({pose.track_id for pose in poses if pose is not None})

    @cached_property
    def num_joints(self) -> int:
        """How many joints change or are new."""
        return sum(_joints(change) for of_frame in self.pose_changes.values() for change in of_frame)

    @cached_property
    def num_predicted(self) -> int:
        """How many joints that a machine had placed take another place."""
        return sum(_predicted(change) for of_frame in self.pose_changes.values() for change in of_frame)

    @property
    def num_deleted(self) -> int:
        """How many poses go away."""
        return sum(change.after is None for of_frame in self.pose_changes.values() for change in of_frame)

    @property
    def num_reviewed(self) -> int:
        """How many frames are marked as reviewed."""
        return sum(isinstance(change, ReviewChange) for change in self.changes)

    def poses(self, frame_index: int) -> FramePoses:
        """The people of a frame who change, as they would be."""
        changes = self.pose_changes.get(frame_index, ())
        return FramePoses(frame_index, tuple(change.after for change in changes if change.after is not None))

    def leaving(self, frame_index: int) -> FramePoses:
        """The people of a frame who would be deleted from it."""
        changes = self.pose_changes.get(frame_index, ())
        return FramePoses(frame_index, tuple(c.before for c in changes if c.before is not None and c.after is None))

    def __bool__(self) -> bool:
        """True if it would change anything."""
        return bool(self.changes)


def _joints(change: PoseChange) -> int:
    if change.after is None:
        return 0
    if change.before is None:
        return int(change.after.placed.sum())
    return int(np.any(joint_bytes(change.before) != joint_bytes(change.after), axis=1).sum())


def _predicted(change: PoseChange) -> int:
    if change.before is None or change.after is None:
        return 0
    with np.errstate(invalid="ignore"):
        moves = np.any(change.before.keypoints != change.after.keypoints, axis=1)
    return int((moves & change.before.by_machine & change.after.placed).sum())


def changed(frame_index: int, before: Pose | None, after: Pose | None) -> list[PoseChange]:
    """The change of a pose, none where it stays as it is."""
    return [] if identical(before, after) else [PoseChange(frame_index, before, after)]


def keep(project: Project, proposal: Proposal, proofs: Proofs | None = None) -> Touched:
    """Makes the edit: one entry of the journal, undone as one.

    Args:
        project: that the proposal was made of.
        proposal: what to change.
        proofs: pictures that the person saw, beside those that the proposal was computed from.

    Raises:
        ProjectError: it could not be written, or the labels are no longer those that it was computed from; nothing
            is changed then.
    """
    frames = set(proposal.frame_indices)
    with project.undisturbed():
        if not _still_fits(project, proposal):
            raise ProjectError("The labels changed meanwhile: ask for it again.")
        seen = {index: proof for index, proof in {**proposal.proofs, **(proofs or {})}.items() if index in frames}
        return project.commit(proposal.label, proposal.changes, seen, proposal.action)


def _still_fits(project: Project, proposal: Proposal) -> bool:
    """True if all poses are as they were when the proposal was computed: it was shown for those."""
    for stretch in _stretches(proposal.frame_indices):
        held = {frame.frame_index: frame for frame in project.frames(stretch.start, stretch.stop)}
        for index in stretch:
            frame = held.get(index, FramePoses(index))
            for change in proposal.pose_changes.get(index, ()):
                pose = change.before or change.after
                if pose is not None and not identical(change.before, frame.pose(pose.track_id)):
                    return False
    return True


def _stretches(frame_indices: Sequence[int]) -> Iterator[range]:
    """The frames in stretches that are worth reading at once."""
    start = 0
    for row, (index, following) in enumerate(pairwise(frame_indices), start=1):
        if following - index > _FEW_FRAMES:
            yield range(frame_indices[start], index + 1)
            start = row
    if frame_indices:
        yield range(frame_indices[start], frame_indices[-1] + 1)


def named(track_ids: Iterable[int] | None) -> str:
    """Who, for a label: "person 3", "3 people" or "everybody"."""
    if track_ids is None:
        return "everybody"
    ids: Sequence[int] = sorted(track_ids)
    return f"person {ids[0]}" if len(ids) == 1 else f"{len(ids)} people"
