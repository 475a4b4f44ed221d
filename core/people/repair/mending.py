"""What a correction mends in the frames around it: joints that make the same mistake, put where optical flow leads.

From the corrected frame the walk goes outwards on either side, frame by frame, with two places of the joint: where it
was put, and where it had been. Both follow the picture. A machine's joint in a neighbouring frame is mended where it
made the same mistake: it lies where the old place went to, or as far from the new one, on the same side, as before.
The walk ends where the machine is right already, where it is wrong in another way (or flow is: nobody knows which),
where flow is not sure (it does not come back, the picture looks different, the scene is cut) and where a person has
spoken. Where flow is not sure from the start, the next frame alone is mended as the rest of the person moved. ADR 15
compares this with peaks of heatmaps, the network's features and its alignment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np

from core.geometry import FloatArray
from core.people.flow import JointStart, RgbFrame, follow_joints
from core.people.scenes import is_cut, thumbnail
from core.poses import Pose, Provenance, Visibility

REACH = 12
"""Frames on either side that a correction mends at most, unless somebody chooses otherwise."""
OCCLUDED_REACH = 6
"""Likewise for a joint that nobody sees: flow follows what hides it."""
AGREES_WITHIN = 0.1
"""A machine's joint this near to the flow's place, as a fraction of the person's size, is right already."""
SAME_MISTAKE = 0.5
"""A mistake is the same where it differs from the corrected one by less than this part of itself."""
FEWEST_OTHERS = 4
"""Joints that say how a person moved, where flow does not."""
SCENE_PX = 160
"""Pixels of a frame's shorter side that are enough to tell one scene from another."""
SCORE = 0.985
"""How likely a mended joint is right, to the power of its distance in frames; by benchmarks/bench_repair.py."""


class End(StrEnum):
    """Why a joint was mended no further on one side, in words that a sentence can end with."""

    REACH = "that is as far as mending goes"
    PERSON = "a person set the joint there"
    ANOTHERS = "another correction is nearer there"
    ABSENT = "the joint is not there"
    CUT = "another scene begins there"
    LOST = "the picture changes too much there"
    RIGHT = "it is right there"
    DIFFERENT = "it is something else there"


@dataclass(frozen=True, eq=False)
class Correction:
    """What a person changed of somebody in one frame.

    Attributes:
        frame_index: the frame.
        before: the pose as it was.
        after: the pose as it is; the joints that a person set in it, elsewhere than before, are what was corrected.
        size_px: the person's size there.
    """

    frame_index: int
    before: Pose
    after: Pose
    size_px: float

    @property
    def keypoints(self) -> list[int]:
        """The joints that a person moved."""
        with np.errstate(invalid="ignore"):
            moved = np.any(self.before.keypoints != self.after.keypoints, axis=1)
        by_hand = self.after.provenance == Provenance.CORRECTED
        return [int(keypoint) for keypoint in np.flatnonzero(moved & by_hand & self.before.placed & self.after.placed)]


@dataclass(frozen=True)
class Mended:
    """A joint of a neighbouring frame that follows a correction.

    Attributes:
        frame_index: the frame.
        keypoint: the joint.
        xy: its new place, in full-frame pixels.
        moved: how far that is from its place before, as a fraction of the person's size.
        confidence: how likely it is right there, from 0 to 1.
    """

    frame_index: int
    keypoint: int
    xy: tuple[float, float]
    moved: float
    confidence: float


@dataclass(frozen=True, eq=False)
class Mending:
    """All that follows a correction.

    Attributes:
        correction: what a person did.
        joints: what follows it, outwards from the corrected frame.
        poses: the poses that change, as they become, by frame index.
        ends: why each joint was mended no further, by keypoint and side (-1 before the frame, 1 behind it).
    """

    correction: Correction
    joints: tuple[Mended, ...]
    poses: Mapping[int, Pose]
    ends: Mapping[tuple[int, int], End] = field(default_factory=dict)

    @property
    def frame_indices(self) -> list[int]:
        """The frames in which something was mended, rising."""
        return sorted(self.poses)

    def __bool__(self) -> bool:
        """True if anything follows."""
        return bool(self.joints)


def mend(
    correction: Correction,
    track: Mapping[int, Pose],
    frame: Callable[[int], RgbFrame],
    *,
    reach: int = REACH,
    still: Collection[int] = (),
) -> Mending:
    """What a correction mends in the frames around it; it changes nothing itself.

    What a person set or accepted stays as it is and ends the walk, and so does a joint that was mended from, or
    interpolated to, a corrected frame that is nearer. Mended joints are PROPAGATED and keep their visibility.

    Args:
        correction: what a person did.
        track: the person's poses in the frames around, by frame index; the walk ends before a frame that is left out,
            such as one that a person reviewed.
        frame: gives the RGB frame (H, W, 3) of an index, of those in `track` and the corrected one; asked for only as
            far as the walk goes. May raise Cancelled.
        reach: how many frames on either side are looked at most.
        still: keypoints that stay as they are, because they are locked.
    """
    keypoints = [keypoint for keypoint in correction.keypoints if keypoint not in still]
    walks = [
        _Walk(correction, track, keypoint, side, reach) for side in (1, -1) for keypoint in (keypoints if reach else ())
    ]
    joints: list[Mended] = []
    for side in (1, -1):
        joints += _outwards([walk for walk in walks if walk.side == side], frame)
    poses: dict[int, Pose] = {}
    for joint in joints:
        pose = poses.get(joint.frame_index, track[joint.frame_index])
        visibility = Visibility(int(pose.visibility[joint.keypoint]))
        poses[joint.frame_index] = pose.with_keypoint(
            joint.keypoint, joint.xy, visibility, joint.confidence, Provenance.PROPAGATED
        )
    ends = {(walk.keypoint, walk.side): walk.end for walk in walks}
    return Mending(correction, tuple(joints), poses, ends)


def _outwards(walks: list[_Walk], frame: Callable[[int], RgbFrame]) -> Iterator[Mended]:
    """The joints of the walks to one side, followed together."""
    if not walks:
        return
    start, side = walks[0].frame_index, walks[0].side
    last = side * max(side * walk.last_frame for walk in walks)
    scene = _Scene()
    frames = ((index, scene.seen(frame(index))) for index in range(start, last + side, side))
    starts = [joint_start for walk in walks for joint_start in walk.starts()]
    for index, places in follow_joints(frames, starts):
        if index != start:
            for walk in walks:
                mended = walk.step(index, places, scene.is_another)
                if mended is not None:
                    yield mended
        if not any(walk.goes_to(index + side) for walk in walks):
            return


class _Scene:
    """Whether frames that follow one another are of one scene.

    Attributes:
        is_another: True from the frame on that is of another scene than the one before it.
    """

    def __init__(self) -> None:
        self.is_another = False
        self._look: FloatArray | None = None

    def seen(self, rgb: RgbFrame) -> RgbFrame:
        """The frame, which was looked at."""
        apart = max(min(rgb.shape[:2]) // SCENE_PX, 1)
        few = np.ascontiguousarray(rgb[::apart, ::apart])
        before, self._look = self._look, thumbnail(np.asarray(cv2.cvtColor(few, cv2.COLOR_RGB2GRAY), np.uint8))
        self.is_another |= before is not None and is_cut(before, self._look)
        return rgb


class _Walk:
    """One joint's way from the corrected frame to one side.

    Attributes:
        end: why it ended, or will.
    """

    def __init__(self, correction: Correction, track: Mapping[int, Pose], keypoint: int, side: int, reach: int) -> None:
        self.keypoint = keypoint
        self.side = side
        self.frame_index = correction.frame_index
        before, after = correction.before, correction.after
        self._track = track
        self._before = before
        self._who = after.track_id, keypoint
        self._old_who = after.track_id, keypoint + len(after.keypoints)  # beside it, so that both are followed together
        self._old_xy, self._new_xy = before.keypoints[keypoint], after.keypoints[keypoint]
        self._size_px = max(correction.size_px, 1.0)
        occluded = after.visibility[keypoint] == Visibility.OCCLUDED
        self._over = False
        self.last_frame, self.end = self._farthest(min(reach, OCCLUDED_REACH) if occluded else reach)

    def _farthest(self, reach: int) -> tuple[int, End]:
        """How far the poses allow to go, and why no further."""
        spoken = self._spoken(reach)
        index = self.frame_index
        for index in range(self.frame_index + self.side, self.frame_index + (reach + 1) * self.side, self.side):
            pose, last = self._track.get(index), index - self.side
            if pose is None:
                return last, End.ABSENT
            if pose.human[self.keypoint]:
                return last, End.PERSON
            if not pose.placed[self.keypoint]:
                return last, End.ABSENT
            settled = pose.provenance[self.keypoint] != Provenance.PREDICTED
            if settled and spoken is not None and abs(spoken - index) < abs(index - self.frame_index):
                return last, End.ANOTHERS
        return index, End.REACH

    def _spoken(self, reach: int) -> int | None:
        """The next frame to this side in which a person set the joint, as far as that matters."""
        for distance in range(1, 2 * reach + 1):
            pose = self._track.get(self.frame_index + distance * self.side)
            if pose is not None and pose.human[self.keypoint]:
                return self.frame_index + distance * self.side
        return None

    def starts(self) -> list[JointStart]:
        """What to follow: the place where the joint was put, and the one where it had been."""
        if not self.goes_to(self.frame_index + self.side):
            return []
        return [
            JointStart(who, self.frame_index, (float(xy[0]), float(xy[1])), self._size_px, self.last_frame)
            for who, xy in ((self._who, self._new_xy), (self._old_who, self._old_xy))
        ]

    def goes_to(self, index: int) -> bool:
        """False once it has ended before that frame."""
        return not self._over and self.side * (self.last_frame - index) >= 0

    def step(self, index: int, places: Mapping[tuple[int, int], FloatArray], other_scene: bool) -> Mended | None:
        """Goes to the next frame, given where flow leads there. None where nothing is to be mended there."""
        if not self.goes_to(index):
            return None
        found = End.CUT if other_scene else self._judged(index, places.get(self._who), places.get(self._old_who))
        if isinstance(found, Mended):
            return found
        self.end, self._over = found, True
        return None

    def _judged(self, index: int, new: FloatArray | None, old: FloatArray | None) -> Mended | End:
        """What becomes of the joint in a frame, given where the place it was put, and the old one, went to."""
        pose, distance = self._track[index], abs(index - self.frame_index)
        differs_by = SAME_MISTAKE
        if new is None and distance == 1:
            new, differs_by = self._as_the_others_move(pose), SAME_MISTAKE / 2  # it is less sure than flow
        if new is None:
            return End.LOST
        found = pose.keypoints[self.keypoint]
        off = float(np.linalg.norm(found - new))
        if off <= AGREES_WITHIN * self._size_px:
            return End.RIGHT
        differs = float(np.linalg.norm((found - new) - (self._old_xy - self._new_xy)))
        as_before = old is not None and float(np.linalg.norm(found - old)) < off
        if differs >= differs_by * off and not as_before:
            return End.DIFFERENT
        return Mended(index, self.keypoint, (float(new[0]), float(new[1])), off / self._size_px, SCORE**distance)

    def _as_the_others_move(self, pose: Pose) -> FloatArray | None:
        """Where the joint would be if it moved as the person's other joints did, None where too few say how."""
        others = self._before.placed & pose.placed
        others[self.keypoint] = False
        if others.sum() < FEWEST_OTHERS:
            return None
        moved: FloatArray = np.median(pose.keypoints[others] - self._before.keypoints[others], axis=0)
        return np.asarray(self._new_xy + moved)
