"""How one pose takes over from another: a person's edit, its undoing, a machine's prediction. Pure functions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.poses import FloatArray, Pose, Provenance, Visibility
from core.project.records import RunKind
from core.project.storage.codec import identical, joint_bytes


def with_joints(pose: Pose, other: Pose, chosen: NDArray[np.bool_]) -> Pose:
    """`pose` with the joints of `other` where `chosen` (K,) is True."""
    return pose.replaced(
        keypoints=np.where(chosen[:, None], other.keypoints, pose.keypoints),
        visibility=np.where(chosen, other.visibility, pose.visibility),
        scores=np.where(chosen, other.scores, pose.scores),
        provenance=np.where(chosen, other.provenance, pose.provenance),
        visibility_by_hand=np.where(chosen, other.visibility_by_hand, pose.visibility_by_hand),
    )


def same_bits(first: FloatArray | None, second: FloatArray | None) -> bool:
    """True if both are absent, or equal bit by bit."""
    if first is None or second is None:
        return first is second
    return first.tobytes() == second.tobytes()


def _same_box(first: Pose, second: Pose) -> bool:
    return first.bbox_provenance == second.bbox_provenance and same_bits(first.bbox_xywh, second.bbox_xywh)


def transfer(current: Pose, source: Pose, target: Pose, always: bool = False) -> Pose:
    """Does to `current` what leads from `source` to `target`, and nothing else.

    Joint by joint, and for the box, the head's box, the run and the track id: what `source` and `target`
    have in common stays as it is in `current`. What differs becomes as in `target` where `current` is still as
    in `source` (nobody wrote since), or where it is a person's word in `target`, or `always`.
    """
    differs = np.any(joint_bytes(source) != joint_bytes(target), axis=1)
    unchanged = np.all(joint_bytes(current) == joint_bytes(source), axis=1)
    result = with_joints(current, target, differs & (unchanged | target.touched_by_hand | always))
    fields: dict[str, Any] = {"track_id": target.track_id}
    if not _same_box(source, target) and (always or target.bbox_provenance.is_human or _same_box(current, source)):
        fields |= {"bbox_xywh": target.bbox_xywh, "bbox_provenance": target.bbox_provenance}
    if not same_bits(source.bbox_head_xywh, target.bbox_head_xywh) and (
        always or same_bits(current.bbox_head_xywh, source.bbox_head_xywh)
    ):
        fields["bbox_head_xywh"] = target.bbox_head_xywh
    if source.run_id != target.run_id and (always or current.run_id == source.run_id):
        fields["run_id"] = target.run_id
    return result.replaced(**fields)


def overlay(base: Pose, above: Pose) -> Pose:
    """`above`, completed by the joints of `base` where nobody set those of `above`."""
    return with_joints(above, base, ~above.touched_by_hand & base.labelled)


def holds_human_work(pose: Pose) -> bool:
    """True if a person set anything of it."""
    return bool(pose.touched_by_hand.any()) or pose.bbox_provenance.is_human


def without_runs(pose: Pose, run_ids: Collection[int]) -> Pose | None:
    """The pose without what the given (removed) runs predicted; None if nothing remains."""
    if pose.run_id is None or pose.run_id not in run_ids:
        return pose
    if not holds_human_work(pose):
        return None
    blank = Pose.empty(pose.track_id, pose.bbox_xywh, pose.bbox_provenance, len(pose.keypoints))
    return with_joints(pose, blank, ~pose.touched_by_hand).replaced(run_id=None)


def merge_run(current: Pose | None, written: Pose, kind: RunKind, run_id: int) -> Pose:
    """What a machine's run makes of a pose; a person's joints and box stay as they are.

    An import's joints and box replace those of an earlier import.

    Args:
        current: the pose in the project, None if the person is not yet in the frame.
        written: what the run says.
        kind: TRACK writes boxes only (as PROPAGATED), PREDICT and IMPORT write joints, too, but only
            IMPORT may write IMPORTED ones; PREDICT leaves PROPAGATED joints. MEND writes the labelled joints alone: the
            rest of the pose, and whose prediction it is, stay.
        run_id: the run.
    """
    written = _as_machine(written, kind)
    if current is None:
        return written.replaced(run_id=run_id)
    fields: dict[str, Any] = {}
    replaces_import = kind == RunKind.IMPORT and written.bbox_provenance.is_human
    free_box = not current.bbox_provenance.is_human and written.bbox_provenance != Provenance.NONE
    if free_box or (replaces_import and current.bbox_provenance == Provenance.IMPORTED):
        fields |= {"bbox_xywh": written.bbox_xywh, "bbox_provenance": written.bbox_provenance}
    own_work = current.provenance > Provenance.IMPORTED if kind == RunKind.IMPORT else current.human
    own_work = own_work | current.visibility_by_hand
    holds_own_work = bool(own_work.any()) or (current.bbox_provenance.is_human and kind != RunKind.IMPORT)
    if written.bbox_head_xywh is not None and (current.bbox_head_xywh is None or not holds_own_work):
        fields["bbox_head_xywh"] = written.bbox_head_xywh
    if kind == RunKind.TRACK:
        return current.replaced(**fields)
    free = ~current.human & ~_settled_by_hand(current, written, kind)
    if kind == RunKind.PREDICT:  # what follows a person's correction is nearer to their word than a network's is
        free &= current.provenance != Provenance.PROPAGATED
    if kind == RunKind.MEND:
        moved = with_joints(current, written, free & written.labelled & current.labelled)
        return moved.replaced(visibility=current.visibility, visibility_by_hand=current.visibility_by_hand)
    if kind == RunKind.IMPORT:  # a person's joints in the file replace an earlier import's, not what was set here
        free |= (current.provenance == Provenance.IMPORTED) & written.human & ~current.visibility_by_hand
    if free.any():
        fields["run_id"] = run_id
    merged = with_joints(current, written, free)
    seen = np.where(current.visibility_by_hand, current.visibility, merged.visibility)
    return merged.replaced(visibility=seen, visibility_by_hand=current.visibility_by_hand, **fields)


def _settled_by_hand(current: Pose, written: Pose, kind: RunKind) -> NDArray[np.bool_]:
    """(K,) True where what a person said of a machine's joint keeps a run from moving it.

    A prediction may move a joint that a person called visible or occluded, and only with a place for it; one that
    a person called not labelled stays where it is.
    """
    is_placed = np.isfinite(written.keypoints).all(axis=1)
    movable = current.labelled & is_placed & (kind != RunKind.IMPORT)
    return current.visibility_by_hand & ~movable


def _as_machine(written: Pose, kind: RunKind) -> Pose:
    """`written` with no more authority than a run of this kind has."""
    if kind == RunKind.TRACK:
        return Pose.empty(written.track_id, written.bbox_xywh, Provenance.PROPAGATED, len(written.keypoints))
    unsaid = Provenance.IMPORTED if kind == RunKind.IMPORT else Provenance.PREDICTED
    labelled_by_nobody = (written.visibility != Visibility.NOT_LABELLED) & (written.provenance == Provenance.NONE)
    provenance = np.where(labelled_by_nobody, unsaid, written.provenance)
    if kind == RunKind.IMPORT:  # a file may say what a person corrected or accepted in this program
        return written.replaced(provenance=provenance)
    box = Provenance.PREDICTED if written.bbox_provenance.is_human else written.bbox_provenance
    provenance = np.where(written.human, Provenance.PREDICTED, provenance)
    return written.replaced(provenance=provenance, bbox_provenance=box)


def take_back(current: Pose, before: Pose | None, after: Pose) -> Pose | None:
    """`current` without what a run wrote when it led from `before` to `after`, where nobody changed it since.

    Returns:
        None if nothing remains of a person whom the run had added.
    """
    wrote = after.replaced(track_id=current.track_id)
    if before is not None:
        earlier = before.replaced(track_id=current.track_id)
    else:
        earlier = Pose.empty(current.track_id, after.bbox_xywh, after.bbox_provenance, len(after.keypoints))
    rest = transfer(current, wrote, earlier)
    # A box that the run wrote and nobody changed since doesn't keep a person there, whatever its provenance.
    keeps_somebody = bool(rest.labelled.any() or rest.touched_by_hand.any()) or not _same_box(rest, after)
    if identical(rest.replaced(run_id=current.run_id), current) and keeps_somebody:
        return current  # a person has accepted all of it since, and the pose goes on saying which run it came from
    if before is not None or keeps_somebody:
        return rest
    return None
