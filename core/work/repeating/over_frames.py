"""What a person says of many joints, people and frames at once: accept, visibility, swap, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from core.frame_range import FrameRange
from core.geometry import BoolArray
from core.keypoints import POSETRACK
from core.poses import Pose, Visibility
from core.project import Change, Project, ReviewChange, pose_edits
from core.work.repeating.proposal import Proposal, changed, named

_LIMBS = {"arms": ("shoulder", "elbow", "wrist"), "legs": ("hip", "knee", "ankle"), "ears": ("ear",)}


@dataclass(frozen=True)
class Scope:
    """Which joints of whom in which frames.

    Attributes:
        frames: the frames.
        track_ids: the people, None for everybody.
        keypoints: the joints, None for all.
        spared: people who are left out in any case: locked or hidden.
    """

    frames: FrameRange
    track_ids: frozenset[int] | None = None
    keypoints: frozenset[int] | None = None
    spared: frozenset[int] = field(default_factory=frozenset)

    def holds(self, track_id: int) -> bool:
        """True of somebody whom it is about."""
        return track_id not in self.spared and (self.track_ids is None or track_id in self.track_ids)

    @property
    def chosen(self) -> BoolArray:
        """(K,) True for its joints."""
        all_of_them = np.arange(len(POSETRACK))
        chosen: BoolArray = all_of_them >= 0 if self.keypoints is None else np.isin(all_of_them, sorted(self.keypoints))
        return chosen

    @property
    def words(self) -> str:
        """For a label: "person 3 in frames 4 to 9"."""
        return f"{named(self.track_ids)} in {self.frames.words}"


def limb_of(keypoint: int) -> tuple[str, frozenset[int]] | None:
    """The pair of limbs that a joint is of ("arms"), and their joints on both sides; None in the body's middle."""
    part = POSETRACK.keypoint_names[keypoint].removeprefix("left_").removeprefix("right_")
    for name, parts in _LIMBS.items():
        if part in parts and POSETRACK.side(keypoint) != "centre":
            return name, frozenset(POSETRACK.index(f"{side}_{p}") for side in ("left", "right") for p in parts)
    return None


def accept(project: Project, scope: Scope, above: float = 0.0) -> Proposal:
    """Accepts joints that a machine set; with `above`, those whose score is at least that.

    Where everything of everybody is accepted, the frames are marked as reviewed, as by “Accept frame”.
    """
    whole = scope.track_ids is None and scope.keypoints is None and not scope.spared and above <= 0

    def after(pose: Pose) -> Pose:
        with np.errstate(invalid="ignore"):
            sure = pose.scores >= above
        return pose_edits.accepted(pose, scope.chosen & sure if above > 0 else scope.chosen)

    changes = _changes(project, scope, after)
    if whole:
        changes += [
            ReviewChange(frame.frame_index, False, True)
            for frame in project.frames(scope.frames.start, scope.frames.stop)
            if frame.poses and not frame.reviewed
        ]
    which = f" from a score of {above:.2f} on" if above > 0 else ""
    return Proposal("accept_frames", f"Accept {scope.words}{which}", tuple(changes))


def set_visibility(project: Project, scope: Scope, visibility: Visibility) -> Proposal:
    """Says that joints are visible, occluded or not labelled; of joints without a place only the last can be said."""
    changes = _changes(project, scope, lambda pose: pose_edits.with_visibility(pose, scope.chosen, visibility))
    label = f"Set {_joints(scope)} of {scope.words} to {visibility.words}"
    return Proposal("set_visibility_frames", label, tuple(changes))


def swap_sides(project: Project, scope: Scope) -> Proposal:
    """Swaps left and right of the joints."""
    changes = _changes(project, scope, lambda pose: pose_edits.sides_swapped(pose, scope.chosen))
    what = "" if scope.keypoints is None else f" ({_joints(scope)})"
    return Proposal("swap_sides", f"Swap left and right of {scope.words}{what}", tuple(changes))


def delete_people(project: Project, scope: Scope) -> Proposal:
    """Deletes people from the frames; no later run brings them back there."""
    changes = _changes(project, scope, lambda _: None)
    return Proposal("delete_frames", f"Delete {scope.words}", tuple(changes))


def _changes(project: Project, scope: Scope, after: Callable[[Pose], Pose | None]) -> list[Change]:
    return [change for index, pose in _poses(project, scope) for change in changed(index, pose, after(pose))]


def _poses(project: Project, scope: Scope) -> Iterator[tuple[int, Pose]]:
    for frame in project.frames(scope.frames.start, scope.frames.stop):
        for pose in frame.poses:
            if scope.holds(pose.track_id):
                yield frame.frame_index, pose


def _joints(scope: Scope) -> str:
    if scope.keypoints is None:
        return "all joints"
    if len(scope.keypoints) == 1:
        return POSETRACK.label(next(iter(scope.keypoints)))
    limb = limb_of(min(scope.keypoints))
    return limb[0] if limb is not None and limb[1] == scope.keypoints else f"{len(scope.keypoints)} joints"
