"""Joints carried on from one frame to the next ones, or to those before, by optical flow."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from core.errors import ProjectError
from core.frame_range import FrameRange
from core.judging.sizes import person_size_px
from core.people.flow import JointStart
from core.poses import Pose, Provenance, Visibility
from core.project import Change, Project
from core.video import Source
from core.work.repeating.flowing import FlowReader, deleted, num_frames
from core.work.repeating.proposal import Proposal, changed

SCORE = 0.99
"""How likely a carried joint is right, to the power of how many frames it was carried; measured by
benchmarks/bench_repeating.py."""
FEWEST_JOINTS = 3
"""A person who is not in a frame is added there where at least so many joints could be carried."""


def joints_to_carry(pose: Pose) -> list[int]:
    """What is carried where no joint is chosen: those that a person set, else all that are placed."""
    own = pose.placed & pose.human
    return np.flatnonzero(own if own.any() else pose.placed).tolist()


def carry(
    project: Project,
    source: Source,
    frame_index: int,
    last_frame: int,
    *,
    track_id: int,
    keypoints: Collection[int],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Proposal:
    """Carries joints of a person from a frame to another one, forwards or backwards, as far as the flow is sure.

    A joint ends before the next frame in which a person set it; what a person set stays.

    Args:
        project: holds the pose.
        source: opened for this thread alone.
        frame_index: the frame to carry from.
        last_frame: the last frame to carry to; before `frame_index` to carry backwards.
        track_id: the person.
        keypoints: the joints.
        on_progress: called with done and total frames; may raise Cancelled.

    Raises:
        ProjectError: none of the joints is placed there, or there is no frame to carry to.
    """
    pose = project.frame(frame_index).pose(track_id)
    chosen = [] if pose is None else [keypoint for keypoint in sorted(keypoints) if pose.placed[keypoint]]
    if pose is None or not chosen:
        raise ProjectError(f"Person {track_id} has no joint to carry in frame {frame_index}; place one there first.")
    frames = FrameRange.between(frame_index, last_frame)
    if len(frames) == 1:
        raise ProjectError("There is no frame to carry to on that side; carry to the other one.")
    track = {
        frame.frame_index: found
        for frame in project.frames(frames.start, frames.stop)
        if (found := frame.pose(track_id)) is not None
    }
    step = 1 if last_frame > frame_index else -1
    ends = {keypoint: _end(track, keypoint, frame_index, last_frame, step) for keypoint in chosen}
    size_px = max(person_size_px(pose), 1.0)
    starts = [
        JointStart((track_id, keypoint), frame_index, (x, y), size_px, end)
        for keypoint, end in ends.items()
        for x, y in [pose.keypoints[keypoint].tolist()]
        if end != frame_index
    ]
    reader = FlowReader(source, on_progress, num_frames(starts))
    places = reader.follow(starts)
    gone = deleted(project, frames.start, frames.stop)
    changes: list[Change] = []
    kept = 0
    for index in range(frame_index + step, last_frame + step, step):
        carried = {keypoint: where for (_, keypoint), where in places.items() if index in where}
        before = track.get(index)
        if (index, track_id) in gone or (before is None and len(carried) < FEWEST_JOINTS):
            continue
        after = _carried(before or _new_pose(pose, carried, index), pose, carried, index, abs(index - frame_index))
        kept += int((after.human & after.placed).sum())
        changes += changed(index, before, after)
    direction = "on" if step > 0 else "back"
    label = f"Carry person {track_id} {direction} from frame {frame_index}"
    return Proposal("carry", label, tuple(changes), kept, reader.proofs)


def _end(track: dict[int, Pose], keypoint: int, frame_index: int, last_frame: int, step: int) -> int:
    """The last frame that a joint is carried to: the one before a person's word on it."""
    for index in range(frame_index + step, last_frame + step, step):
        if index in track and track[index].human[keypoint]:
            return index - step
    return last_frame


def _new_pose(pose: Pose, carried: dict[int, dict[int, np.ndarray]], index: int) -> Pose:
    shifts = [where[index] - pose.keypoints[keypoint] for keypoint, where in carried.items()]
    box = pose.bbox_xywh + np.concatenate([np.median(shifts, axis=0), np.zeros(2)])
    return Pose.empty(pose.track_id, box, Provenance.PROPAGATED)


def _carried(base: Pose, pose: Pose, carried: dict[int, dict[int, np.ndarray]], index: int, distance: int) -> Pose:
    for keypoint, where in carried.items():
        if not base.human[keypoint]:
            visibility = Visibility(int(pose.visibility[keypoint]))
            base = base.with_keypoint(keypoint, where[index], visibility, SCORE**distance, Provenance.PROPAGATED)
    return base
