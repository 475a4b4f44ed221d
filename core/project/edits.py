"""One function for each thing that a person can do to labels: it reads the project and commits one edit.

Every function takes `proofs`, the pictures that the person saw (see `Project.commit`), and returns what it touched, a
false `Touched` where there is nothing to do. Raises ProjectError where the edit cannot be made or written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ProjectError
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import pose_edits
from core.project.project import Project
from core.project.records import Change, CutChange, PoseChange, RegionsChange, ReviewChange, Touched, TrackCut
from core.project.track_edits import change_tracks, effect_of
from core.track_changes import TrackChange, Verb
from core.transforming import transformed

Proofs = Mapping[int, tuple[float, str]] | None
P = ParamSpec("P")


def _undisturbed(edit: Callable[Concatenate[Project, P], Touched]) -> Callable[Concatenate[Project, P], Touched]:
    """No run writes between what an edit reads and what it commits, so that an edit of a person misses no frame."""

    @wraps(edit)
    def undisturbed(project: Project, /, *args: P.args, **kwargs: P.kwargs) -> Touched:
        with project.undisturbed():
            return edit(project, *args, **kwargs)

    return undisturbed


def _pose(project: Project, frame_index: int, track_id: int) -> Pose:
    pose = project.frame(frame_index).pose(track_id)
    if pose is None:
        raise ProjectError(f"Person {track_id} is not in frame {frame_index}; add the person there first.")
    return pose


# ---- joints ----


@_undisturbed
def move_keypoint(
    project: Project,
    frame_index: int,
    track_id: int,
    keypoint: int,
    xy: ArrayLike,
    *,
    visibility: Visibility | None = None,
    proofs: Proofs = None,
) -> Touched:
    """Puts a joint where a person says, by dragging, placing or snapping; in the undo menu "Move left wrist".

    Its visibility stays where none is given, but a joint that was not labelled becomes visible ("Place left wrist").
    The score is 1.
    """
    before = _pose(project, frame_index, track_id)
    placed = np.asarray(xy, dtype=np.float64)
    if placed.shape != (2,) or not np.isfinite(placed).all():
        raise ValueError(f"a joint is placed at two finite numbers, not {xy!r}")
    was = Visibility(int(before.visibility[keypoint]))
    if visibility is None:
        visibility = Visibility.VISIBLE if was == Visibility.NOT_LABELLED else was
    verb = "Place" if was == Visibility.NOT_LABELLED else "Move"
    after = before.with_keypoint(keypoint, placed, visibility, 1.0, Provenance.CORRECTED)
    label = f"{verb} {POSETRACK.label(keypoint)}"
    return project.commit(label, [PoseChange(frame_index, before, after)], proofs, "move_keypoint")


@_undisturbed
def set_visibility(
    project: Project, frame_index: int, track_id: int, keypoint: int, visibility: Visibility, *, proofs: Proofs = None
) -> Touched:
    """Says whether a joint is visible, occluded or not labelled; in the undo menu "Set left wrist to occluded".

    The place stays, also of a joint that is no longer labelled, and so does who set it: a machine's place is not
    thereby a person's. A joint that was never located cannot be labelled this way.
    """
    before = _pose(project, frame_index, track_id)
    visibility = Visibility(visibility)
    if visibility != Visibility.NOT_LABELLED and not np.isfinite(before.keypoints[keypoint]).all():
        raise ProjectError(f"The {POSETRACK.label(keypoint)} has no place yet; click where it is first.")
    chosen = np.arange(len(before.keypoints)) == keypoint
    after = pose_edits.with_visibility(before, chosen, visibility)
    label = f"Set {POSETRACK.label(keypoint)} to {visibility.words}"
    return project.commit(label, [PoseChange(frame_index, before, after)], proofs, "set_visibility")


@_undisturbed
def take_keypoints(
    project: Project, frame_index: int, second: Pose, keypoints: Sequence[int], opinion: str, *, proofs: Proofs = None
) -> Touched:
    """Takes joints of a person from a second opinion; in the undo menu "Take left wrist from HRNet alone".

    What is taken is a machine's place that a person accepts: it keeps the second opinion's score and is accepted.
    An occluded joint stays occluded.

    Args:
        project: holds the person's pose in the frame.
        frame_index: the frame.
        second: the second opinion on the person.
        keypoints: those to take; each needs a place in `second`.
        opinion: what the second opinion is called.
        proofs: as everywhere here.
    """
    before = after = _pose(project, frame_index, second.track_id)
    for keypoint in keypoints:
        if not np.isfinite(second.keypoints[keypoint]).all():
            raise ProjectError(f"{opinion} has no place for the {POSETRACK.label(keypoint)}; place it by hand.")
        was = Visibility(int(before.visibility[keypoint]))
        visibility = Visibility.VISIBLE if was == Visibility.NOT_LABELLED else was
        score = float(second.scores[keypoint])
        after = after.with_keypoint(keypoint, second.keypoints[keypoint], visibility, score, Provenance.ACCEPTED)
    if after.same_as(before):
        return Touched()
    what = POSETRACK.label(keypoints[0]) if len(keypoints) == 1 else f"{len(keypoints)} joints"
    label = f"Take {what} from {opinion}"
    return project.commit(label, [PoseChange(frame_index, before, after)], proofs, "take_keypoints")


@_undisturbed
def transform_pose(
    project: Project,
    frame_index: int,
    track_id: int,
    affine: ArrayLike,
    *,
    verb: str = "Move",
    still: Collection[int] = (),
    proofs: Proofs = None,
) -> Touched:
    """Moves, scales or turns all labelled joints and the boxes of a person; in the undo menu "Move person 3".

    They are the person's word from then on (see `core.transforming.transformed`).

    Args:
        project: holds the person's pose in the frame.
        frame_index: the frame.
        track_id: whom.
        affine: (2, 3), in full-frame pixels.
        verb: "Move", "Scale" or "Turn", for the undo menu.
        still: keypoints that stay where they are.
        proofs: as everywhere here.
    """
    before = _pose(project, frame_index, track_id)
    matrix = np.asarray(affine, dtype=np.float64)
    if matrix.shape != (2, 3) or not np.isfinite(matrix).all():
        raise ValueError(f"a person is transformed by (2, 3) finite numbers, not {affine!r}")
    if np.array_equal(matrix, np.eye(3)[:2]):
        return Touched()
    after = transformed(before, matrix, still)
    label, action = f"{verb} person {track_id}", f"{verb.lower()}_pose"
    return project.commit(label, [PoseChange(frame_index, before, after)], proofs, action)


# ---- accepting ----


@_undisturbed
def accept_pose(project: Project, frame_index: int, track_id: int, *, proofs: Proofs = None) -> Touched:
    """Makes what a machine said of a person the person's own word; in the undo menu "Accept person 3"."""
    before = _pose(project, frame_index, track_id)
    after = pose_edits.accepted(before)
    return project.commit(f"Accept person {track_id}", [PoseChange(frame_index, before, after)], proofs, "accept_pose")


@_undisturbed
def accept_frame(project: Project, frame_index: int, *, proofs: Proofs = None) -> Touched:
    """Accepts everybody in a frame and marks it as reviewed; in the undo menu "Accept frame 12"."""
    frame = project.frame(frame_index)
    changes: list[Change] = [PoseChange(frame_index, pose, pose_edits.accepted(pose)) for pose in frame.poses]
    changes.append(ReviewChange(frame_index, frame.reviewed, True))
    return project.commit(f"Accept frame {frame_index}", changes, proofs, "accept_frame")


@_undisturbed
def mark_reviewed(project: Project, frame_index: int, reviewed: bool = True, *, proofs: Proofs = None) -> Touched:
    """Says that a frame is done, also with nobody in it; in the undo menu "Mark frame 12 as reviewed"."""
    before = project.frame(frame_index).reviewed
    label = f"Mark frame {frame_index} as {'' if reviewed else 'not '}reviewed"
    return project.commit(label, [ReviewChange(frame_index, before, reviewed)], proofs, "mark_reviewed")


# ---- people ----


def _box(bbox_xywh: ArrayLike) -> NDArray[np.float64]:
    box = np.asarray(bbox_xywh, dtype=np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or box[2] <= 0 or box[3] <= 0:
        raise ProjectError("A person's box needs a width and a height; draw it from one corner to the other.")
    return box


@_undisturbed
def add_person(
    project: Project, frame_index: int, bbox_xywh: ArrayLike, track_id: int | None = None, *, proofs: Proofs = None
) -> Touched:
    """Adds a person by a box; in the undo menu "Add person 3".

    Without a `track_id` it is somebody new, whose number `Touched.track_ids` says.
    """
    box = _box(bbox_xywh)
    number = project.reserve_track_ids(1)[0] if track_id is None else track_id
    pose = Pose.empty(number, box, Provenance.CORRECTED)
    return project.commit(f"Add person {number}", [PoseChange(frame_index, None, pose)], proofs, "add_person")


@_undisturbed
def set_box(
    project: Project, frame_index: int, track_id: int, bbox_xywh: ArrayLike, *, proofs: Proofs = None
) -> Touched:
    """Draws a person's box anew; in the undo menu "Change the box of person 3"."""
    before = _pose(project, frame_index, track_id)
    after = before.replaced(bbox_xywh=_box(bbox_xywh), bbox_provenance=Provenance.CORRECTED)
    label = f"Change the box of person {track_id}"
    return project.commit(label, [PoseChange(frame_index, before, after)], proofs, "set_box")


@_undisturbed
def set_head_box(
    project: Project, frame_index: int, track_id: int, bbox_xywh: ArrayLike | None, *, proofs: Proofs = None
) -> Touched:
    """Draws the box of a person's head; in the undo menu "Draw the head box of person 3".

    None takes it away: "Delete the head box of person 3".
    """
    before = _pose(project, frame_index, track_id)
    after = before.replaced(bbox_head_xywh=None if bbox_xywh is None else _box(bbox_xywh))
    label = f"{'Delete' if bbox_xywh is None else 'Draw'} the head box of person {track_id}"
    return project.commit(label, [PoseChange(frame_index, before, after)], proofs, "set_head_box")


@_undisturbed
def delete_person(project: Project, track_id: int, frame_index: int | None = None, *, proofs: Proofs = None) -> Touched:
    """Deletes a person from one frame, or from the whole clip where `frame_index` is None.

    In the undo menu "Delete person 3 in frame 12" or "Delete person 3".
    """
    if frame_index is None:
        return _cut(project, track_id, 0, label=f"Delete person {track_id}", action="delete_person", proofs=proofs)
    before = _pose(project, frame_index, track_id)
    label = f"Delete person {track_id} in frame {frame_index}"
    return project.commit(label, [PoseChange(frame_index, before, None)], proofs, "delete_person")


@_undisturbed
def cut_person_from(project: Project, frame_index: int, track_id: int, *, proofs: Proofs = None) -> Touched:
    """Deletes a person from a frame on; in the undo menu "Delete person 3 from frame 12 on"."""
    label = f"Delete person {track_id} from frame {frame_index} on"
    return _cut(project, track_id, frame_index, label=label, action="cut_person_from", proofs=proofs)


def _cut(project: Project, track_id: int, from_frame: int, *, label: str, action: str, proofs: Proofs) -> Touched:
    changes: list[Change] = [PoseChange(index, pose, None) for index, pose in project.track(track_id, from_frame)]
    if not changes:
        raise ProjectError(f"Person {track_id} is not in frame {from_frame} or later; choose somebody who is there.")
    changes.append(CutChange(None, TrackCut(track_id, from_frame)))
    return project.commit(label, changes, proofs, action)


@_undisturbed
def change_track_id_from(project: Project, frame_index: int, old: int, new: int, *, swap: bool = False) -> Touched:
    """Gives a person another number from a frame on; in the undo menu "Change person 3 to 5 from frame 12 on".

    With `swap`, somebody who has the new number there gets the old one: "Swap numbers 3 and 5 from frame 12 on".

    Raises:
        ProjectError: `old` is not there, or `new` is already taken in one of its frames and `swap` is False.
    """
    verb = Verb.SWAP if swap else Verb.ASSIGN
    change = TrackChange(verb, old, new, frame_index, project.source.num_frames)
    if not swap and old != new:
        both = effect_of(project, change).both
        if len(both):
            raise ProjectError(
                f"Person {new} is already in {len(both)} of these frames (first in frame {both[0]}); "
                "choose another number or swap the two."
            )
    return change_tracks(project, change)


# ---- the frame ----


@_undisturbed
def set_ignore_regions(
    project: Project, frame_index: int, polygons: Sequence[ArrayLike], *, proofs: Proofs = None
) -> Touched:
    """Leaves a frame with these ignore regions, polygons (N, 2) in pixels; in the undo menu "Draw an ignore region".

    Those that label files brought stay theirs where they are unchanged, and come back when this is undone.
    """
    corners = [np.asarray(polygon, dtype=np.float64) for polygon in polygons]
    if any(one.ndim != 2 or one.shape[1] != 2 or len(one) < 3 or not np.isfinite(one).all() for one in corners):
        raise ProjectError("An ignore region needs three corners or more; click each of them.")
    before, after = project.said_of_regions(frame_index), project.said_of_regions(frame_index, corners)
    count = len(corners) - len(project.ignore_regions_of(frame_index))
    label = (
        "Draw an ignore region" if count > 0 else "Delete an ignore region" if count < 0 else "Change an ignore region"
    )
    return project.commit(label, [RegionsChange(frame_index, before, after)], proofs, "set_ignore_regions")
