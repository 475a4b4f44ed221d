"""Merging another annotator's labels into a project, choice by choice: each is one edit, undone as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.keypoints import POSETRACK
from core.people.assignment import pair_by_overlap
from core.poses import Pose, Provenance
from core.project import FrameProof, Project, Touched
from core.project.merging import with_joints
from core.project.records import Change, PoseChange
from core.project.storage.codec import joint_bytes
from core.work.annotators.comparing import Agreement
from core.work.annotators.disagreement import Disagreement, Kind
from core.work.annotators.pairing import pair_people, place_of

_REPORT_EVERY = 50
_TRIES = 3
_PLACED_BY_HAND = (Provenance.IMPORTED, Provenance.CORRECTED)


@dataclass(frozen=True)
class Taken:
    """What a choice did.

    Attributes:
        touched: what it changed, false where nothing.
        changed: joints, boxes and people left alone as they are no longer as they were compared.
        deleted: people left out as I had deleted them there by hand.
    """

    touched: Touched
    changed: int = 0
    deleted: int = 0


@dataclass
class _Edit:
    """An edit that is being put together."""

    theirs: Project
    changes: list[Change] = field(default_factory=list)
    proofs: dict[int, tuple[float, str]] = field(default_factory=dict)
    coming: set[tuple[int, int]] = field(default_factory=set)
    changed: int = 0
    deleted: int = 0

    def put(self, frame_index: int, before: Pose | None, after: Pose | None) -> None:
        """Changes a person in a frame; what comes from the other annotator was seen on the picture that they saw."""
        self.changes.append(PoseChange(frame_index, before, after))
        if after is not None:
            self.coming.add((frame_index, after.track_id))
        proofs: list[FrameProof] = self.theirs.frame_proofs(frame_index)
        if after is not None and proofs:
            self.proofs[frame_index] = tuple(proofs[-1])  # type: ignore[assignment]  # a FrameProof is such a pair


class Merging:
    """Takes what another annotator has into my project, where that is chosen.

    What I set after the two were compared is left as it is and counted; a joint that is already as theirs is no change.
    What is taken is a person's word: corrected where their hand (or a file that they imported) placed it, accepted
    where a machine did, for choosing it says that it is right.
    """

    def __init__(self, mine: Project, theirs: Project, agreement: Agreement) -> None:
        self._mine = mine
        self._theirs = theirs
        self._agreement = agreement
        self._newcomers: dict[int, int] = {}

    # ---- choices on one disagreement ----

    def take(self, disagreement: Disagreement) -> Taken:
        """Theirs is right: the joint as they have it, the person whom only they have, nobody where they have nobody.

        Raises:
            ProjectError: they labelled nothing there, or it could not be written.
        """
        if disagreement.keypoint is None:
            return self._take_whole(disagreement)
        joint = np.arange(len(POSETRACK)) == disagreement.keypoint
        return self._take_joints(disagreement, joint, POSETRACK.label(disagreement.keypoint), with_box=False)

    def take_pose(self, disagreement: Disagreement) -> Taken:
        """Theirs is right in all: every joint of the person on which they have a word, and the box."""
        if disagreement.keypoint is None:
            return self._take_whole(disagreement)
        every = np.ones(len(POSETRACK), dtype=bool)
        return self._take_joints(disagreement, every, f"person {disagreement.mine}", with_box=True)

    def keep(self, disagreement: Disagreement) -> Taken:
        """Mine is right: what a machine said of it becomes my word; what is my word already needs no edit."""
        my_id = disagreement.mine
        if my_id is None:
            return Taken(Touched())
        joints = np.arange(len(POSETRACK)) == disagreement.keypoint
        whole = disagreement.keypoint is None

        def collect(edit: _Edit) -> str:
            for frame_index in disagreement.frames:
                now, compared = self._now_and_compared(frame_index, my_id)
                if now is None or compared is None:
                    edit.changed += 1
                    continue
                kept = _accepted(now, now.by_machine & (joints | whole), box=whole)
                if not kept.same_as(now):
                    edit.changes.append(PoseChange(frame_index, now, kept))
            what = f"person {my_id}" if whole else POSETRACK.label(disagreement.keypoint or 0)
            return f"Keep {what} in {disagreement.where}"

        return self._commit(collect, "keep_mine")

    def _take_joints(
        self, disagreement: Disagreement, joints: NDArray[np.bool_], what: str, *, with_box: bool
    ) -> Taken:
        def collect(edit: _Edit) -> str:
            for frame_index in disagreement.frames:
                their = self._theirs.frame(frame_index).pose(_id(disagreement.theirs))
                now, compared = self._now_and_compared(frame_index, _id(disagreement.mine))
                if their is None or now is None or compared is None:
                    edit.changed += 1
                    continue
                after, changed = _merged(now, compared, _word(their), joints, with_box=with_box)
                edit.changed += changed
                if not after.same_as(now):
                    edit.put(frame_index, now, after)
            return f"Take {what} from {self._name} in {disagreement.where}"

        return self._commit(collect, "take_from_annotator")

    def _take_whole(self, disagreement: Disagreement) -> Taken:
        if disagreement.kind == Kind.ONLY_MINE and disagreement.other_unlabelled:
            raise ProjectError(
                f"{self._name} labelled nothing in {disagreement.where}, so there is nothing to take: "
                "delete the person yourself if nobody is there."
            )

        def drop(edit: _Edit) -> str:
            self._drop(edit, disagreement)
            return f"Delete person {disagreement.mine} in {disagreement.where}, as {self._name} has nobody there"

        def add(edit: _Edit) -> str:
            number = self._add(edit, _id(disagreement.theirs), disagreement.frames, accepting=True)
            return f"Take person {number} from {self._name} in {disagreement.where}"

        return self._commit(drop if disagreement.kind == Kind.ONLY_MINE else add, "take_from_annotator")

    # ---- all that I lack ----

    def take_missing(self, on_progress: Callable[[int, int], None] | None = None) -> Taken:
        """Takes every person and joint that they have and I lack, but nobody whom I deleted by hand.

        Nobody looked at each of these: what a machine placed for them stays a machine's.

        Args:
            on_progress: called with people and poses done and in all; may raise Cancelled, and then nothing is changed.
        """
        lacking = [one for one in self._agreement.disagreements if is_lacking(one)]
        people = [one for one in lacking if one.kind == Kind.ONLY_THEIRS]
        joints: dict[tuple[int, int, int], list[int]] = {}
        for one in lacking:
            for frame_index in one.frames if one.kind != Kind.ONLY_THEIRS else ():
                joints.setdefault((frame_index, _id(one.mine), _id(one.theirs)), []).append(one.keypoint or 0)
        total = len(people) + len(joints)

        def collect(edit: _Edit) -> str:
            for done, one in enumerate(people):
                if on_progress is not None:
                    on_progress(done, total)
                self._add(edit, _id(one.theirs), one.frames, accepting=False)
            for done, (appearance, keypoints) in enumerate(joints.items(), start=len(people)):
                if on_progress is not None and done % _REPORT_EVERY == 0:
                    on_progress(done, total)
                self._fill(edit, *appearance, keypoints)
            return f"Take what is missing from {self._name}"

        return self._commit(collect, "take_from_annotator")

    def _fill(self, edit: _Edit, frame_index: int, my_id: int, their_id: int, keypoints: list[int]) -> None:
        their = self._theirs.frame(frame_index).pose(their_id)
        now, _ = self._now_and_compared(frame_index, my_id)
        if their is None or now is None:
            edit.changed += len(keypoints)
            return
        chosen = np.isin(np.arange(len(POSETRACK)), keypoints)
        lacking = chosen & ~now.labelled & ~now.touched_by_hand & their.labelled
        if lacking.any():
            edit.put(frame_index, now, with_joints(now, _word(their, accepting=False), lacking))

    # ---- people ----

    def _add(self, edit: _Edit, their_id: int, frames: range, *, accepting: bool) -> int:
        """Adds a person of theirs in these frames, where nobody is by now; returns their number here."""
        poses = {index: pose for index in frames if (pose := self._theirs.frame(index).pose(their_id)) is not None}
        deleted = {} if accepting else self._mine.deleted_boxes(frames.start, frames.stop)
        free: dict[int, Pose] = {}
        for index, pose in poses.items():
            if pair_people(self._mine.frame(index).poses, [pose]):
                edit.changed += 1
            elif pair_by_overlap(list(deleted.get(index, {}).values()), [place_of(pose)]):
                edit.deleted += 1
            else:
                free[index] = pose
        edit.changed += len(frames) - len(poses)
        number = self._number(their_id, free, edit)
        for index, pose in free.items():
            edit.put(index, None, _word(pose, accepting=accepting).replaced(track_id=number, run_id=None))
        return number

    def _number(self, their_id: int, frames: Iterable[int], edit: _Edit) -> int:
        """Who it is in my project: the person with whom theirs shares most frames, or somebody new."""
        known = [numbers[their_id] for numbers in (self._agreement.partners, self._newcomers) if their_id in numbers]
        for number in known:
            if not any((index, number) in edit.coming or self._has(index, number) for index in frames):
                return number
        self._newcomers[their_id] = self._mine.reserve_track_ids(1)[0]
        return self._newcomers[their_id]

    def _has(self, frame_index: int, track_id: int) -> bool:
        return self._mine.frame(frame_index).pose(track_id) is not None

    def _drop(self, edit: _Edit, disagreement: Disagreement) -> None:
        for frame_index in disagreement.frames:
            now, compared = self._now_and_compared(frame_index, _id(disagreement.mine))
            if now is None:
                continue
            if compared is None or not np.array_equal(joint_bytes(now), joint_bytes(compared)):
                edit.changed += 1
            else:
                edit.put(frame_index, now, None)

    # ---- what all share ----

    def _now_and_compared(self, frame_index: int, track_id: int) -> tuple[Pose | None, Pose | None]:
        """My person as they are now, under whatever number, and as they were compared."""
        number = self._mine.person_now(frame_index, track_id, self._agreement.as_of)
        now = None if number is None else self._mine.frame(frame_index).pose(number)
        return now, self._agreement.compared.get((frame_index, track_id))

    def _commit(self, collect: Callable[[_Edit], str], action: str) -> Taken:
        """One edit of what `collect` puts together; it says the edit's label.

        It reads while others may write, so that nobody waits for it, and reads again where somebody did.
        """
        for _ in range(_TRIES):
            as_of, edit = self._mine.last_entry, _Edit(self._theirs)
            label = collect(edit)
            with self._mine.undisturbed():
                if self._mine.last_entry == as_of:
                    return self._write(edit, label, action)
        with self._mine.undisturbed():
            edit = _Edit(self._theirs)
            return self._write(edit, collect(edit), action)

    def _write(self, edit: _Edit, label: str, action: str) -> Taken:
        touched = self._mine.commit(label, edit.changes, edit.proofs or None, action) if edit.changes else Touched()
        return Taken(touched, edit.changed, edit.deleted)

    @property
    def _name(self) -> str:
        return self._theirs.path.stem


def is_lacking(disagreement: Disagreement) -> bool:
    """Whether it is about a person or a joint that they have and I lack."""
    if disagreement.kind == Kind.ONLY_THEIRS:
        return True
    seen = disagreement.visibilities
    return seen is not None and not seen[0] and bool(seen[1])


def _id(track_id: int | None) -> int:
    """A number that this kind of disagreement has."""
    if track_id is None:
        raise ValueError("this disagreement is on a person whom only one annotator has")
    return track_id


def _accepted(pose: Pose, joints: NDArray[np.bool_], *, box: bool) -> Pose:
    drawn = pose.bbox_provenance
    keeps = not box or drawn.is_human or drawn == Provenance.NONE
    return pose.replaced(
        provenance=np.where(joints, Provenance.ACCEPTED, pose.provenance),
        bbox_provenance=drawn if keeps else Provenance.ACCEPTED,
    )


def _word(pose: Pose, *, accepting: bool = True) -> Pose:
    """What another annotator has, as a person's word here: corrected where a hand placed it, else accepted."""
    by_hand = np.isin(pose.provenance, _PLACED_BY_HAND)
    drawn = Provenance.CORRECTED if pose.bbox_provenance in _PLACED_BY_HAND else pose.bbox_provenance
    word = pose.replaced(
        provenance=np.where(by_hand, Provenance.CORRECTED, pose.provenance),
        scores=np.where(by_hand & pose.labelled, 1.0, pose.scores),
        bbox_provenance=drawn,
    )
    return _accepted(word, word.by_machine, box=True) if accepting else word


def _merged(now: Pose, compared: Pose, word: Pose, joints: NDArray[np.bool_], *, with_box: bool) -> tuple[Pose, int]:
    """`now` with the chosen joints of `word` that are still as compared, and how many were set meanwhile."""
    said = joints & (word.labelled | word.touched_by_hand)
    as_theirs = (joint_bytes(now) == joint_bytes(word)).all(axis=1)
    untouched = (joint_bytes(now) == joint_bytes(compared)).all(axis=1) | ~now.touched_by_hand
    after = with_joints(now, word, said & ~as_theirs & untouched)
    changed = int((said & ~as_theirs & ~untouched).sum())
    if with_box and word.bbox_provenance != Provenance.NONE and not np.array_equal(now.bbox_xywh, word.bbox_xywh):
        if np.array_equal(now.bbox_xywh, compared.bbox_xywh):
            after = after.replaced(bbox_xywh=word.bbox_xywh, bbox_provenance=word.bbox_provenance)
        else:
            changed += 1
    return after, changed
