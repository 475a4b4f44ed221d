"""Joints between frames in which a person set them: along the optical flow where it is sure, else straight."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.errors import ProjectError
from core.frame_range import FrameRange
from core.judging.sizes import person_size_px
from core.people.between import Path, path_between
from core.people.flow import JointStart
from core.poses import Pose, Provenance, Visibility
from core.project import Change, Project
from core.video import Source
from core.work.repeating.flowing import FlowReader, box_between, deleted, num_frames
from core.work.repeating.proposal import Proposal, changed, named

LONGEST_GAP_FRAMES = 100
"""Without a range, joints are interpolated between frames no further apart than this."""
BY_FLOW_SCORE = 0.97
"""How likely a joint along the flow is right, measured by benchmarks/bench_repeating.py."""
STRAIGHT_SCORE = 0.95
"""Likewise of a joint on a straight line, to the power of its distance in frames from the nearer end."""


@dataclass(frozen=True)
class Gap:
    """Two frames in which a person set a joint, and none between them in which a person placed it.

    Attributes:
        track_id: whose joint.
        keypoint: which joint.
        first: the frame index before the gap.
        last: the frame index after it.
    """

    track_id: int
    keypoint: int
    first: int
    last: int


def gaps_in(track: Mapping[int, Pose], track_id: int, frames: FrameRange) -> list[Gap]:
    """A person's gaps that begin and end inside a range."""
    return [
        Gap(track_id, keypoint, first, last)
        for keypoint, anchors in _anchors(track).items()
        for first, last in _pairs([index for index in anchors if index in frames])
    ]


def gaps_at(track: Mapping[int, Pose], track_id: int, frame_index: int) -> list[Gap]:
    """A person's gaps around a frame, of each joint the one that it lies in.

    Of a joint that a person set in the frame itself it is the gap before it, else the one after it.
    """
    found = []
    for keypoint, anchors in _anchors(track).items():
        pairs = [pair for pair in _pairs(anchors) if pair[0] <= frame_index <= pair[1]]
        if pairs and pairs[0][1] - pairs[0][0] <= LONGEST_GAP_FRAMES:
            found.append(Gap(track_id, keypoint, *pairs[0]))
    return found


def _anchors(track: Mapping[int, Pose]) -> dict[int, list[int]]:
    """The frames in which a person placed each joint, rising, by keypoint."""
    found: dict[int, list[int]] = {}
    for index, pose in sorted(track.items()):
        for keypoint in np.flatnonzero(pose.human & pose.placed).tolist():
            found.setdefault(keypoint, []).append(index)
    return found


def _pairs(anchors: list[int]) -> Iterator[tuple[int, int]]:
    return ((first, last) for first, last in pairwise(anchors) if last - first > 1)


def interpolate(
    project: Project,
    source: Source,
    *,
    at: int | None = None,
    frames: FrameRange | None = None,
    track_ids: Collection[int],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Proposal:
    """Interpolates the joints of people around a frame, or everywhere in a range.

    Joints and boxes that a person set stay; a person who is missing in between is added, except where a person deleted
    them.

    Args:
        project: holds the poses.
        source: opened for this thread alone.
        at: the frame to interpolate around, where there is no range.
        frames: the range.
        track_ids: the people.
        on_progress: called with done and total frames; may raise Cancelled.

    Raises:
        ProjectError: a person set no joint on both sides.
    """
    if frames is None:
        here = 0 if at is None else at
        frames = FrameRange(max(here - LONGEST_GAP_FRAMES, 0), here + LONGEST_GAP_FRAMES + 1)
    tracks = _tracks(project, frames, track_ids)
    gaps = [
        gap
        for track_id, track in tracks.items()
        for gap in (gaps_in(track, track_id, frames) if at is None else gaps_at(track, track_id, at))
    ]
    if not gaps:
        raise ProjectError(
            "There is nothing to interpolate: set or accept the same joint in a frame before and in one after, "
            "with frames between them."
        )
    paths, reader = _paths(source, tracks, gaps, on_progress)
    first, last = min(gap.first for gap in gaps), max(gap.last for gap in gaps)
    gone = deleted(project, first, last)
    changes: list[Change] = []
    kept = 0
    for track_id, track in tracks.items():
        own = {gap: path for gap, path in paths.items() if gap.track_id == track_id}
        for index in sorted({index for gap in own for index in range(gap.first + 1, gap.last)}):
            if (index, track_id) in gone:
                continue
            before = track.get(index)
            after = _filled(before or _new_pose(index, track_id, track), index, own, track)
            kept += int((after.human & after.placed).sum())
            changes += changed(index, before, after)
    label = f"Interpolate {named(track_ids)} in {FrameRange.between(first + 1, last - 1).words}"
    return Proposal("interpolate", label, tuple(changes), kept, reader.proofs)


def _tracks(project: Project, frames: FrameRange, track_ids: Collection[int]) -> dict[int, dict[int, Pose]]:
    tracks: dict[int, dict[int, Pose]] = {track_id: {} for track_id in sorted(track_ids)}
    for frame in project.frames(frames.start, frames.stop):
        for pose in frame.poses:
            if pose.track_id in tracks:
                tracks[pose.track_id][frame.frame_index] = pose
    return tracks


def _paths(
    source: Source,
    tracks: Mapping[int, Mapping[int, Pose]],
    gaps: list[Gap],
    on_progress: Callable[[int, int], None],
) -> tuple[dict[Gap, Path], FlowReader]:
    """Each gap's way, by flow from both of its ends."""

    def start(gap: Gap, frame_index: int, last_frame: int) -> JointStart:
        pose = tracks[gap.track_id][frame_index]
        x, y = pose.keypoints[gap.keypoint].tolist()
        return JointStart((gap.track_id, gap.keypoint), frame_index, (x, y), max(person_size_px(pose), 1.0), last_frame)

    ahead = [start(gap, gap.first, gap.last - 1) for gap in gaps]
    back = [start(gap, gap.last, gap.first + 1) for gap in gaps]
    reader = FlowReader(source, on_progress, num_frames(ahead) + num_frames(back))
    forward, backward = reader.follow(ahead), reader.follow(back)
    paths = {}
    for gap in gaps:
        joint = gap.track_id, gap.keypoint
        first, last = (tracks[gap.track_id][index] for index in (gap.first, gap.last))
        inside = range(gap.first + 1, gap.last)
        paths[gap] = path_between(
            (gap.first, first.keypoints[gap.keypoint]),
            (gap.last, last.keypoints[gap.keypoint]),
            {index: xy for index, xy in forward.get(joint, {}).items() if index in inside},
            {index: xy for index, xy in backward.get(joint, {}).items() if index in inside},
            max(person_size_px(first), 1.0),
        )
    return paths, reader


def _new_pose(index: int, track_id: int, track: Mapping[int, Pose]) -> Pose:
    return Pose.empty(track_id, box_between(index, track), Provenance.INTERPOLATED)


def _filled(pose: Pose, index: int, paths: Mapping[Gap, Path], track: Mapping[int, Pose]) -> Pose:
    """The pose with the joints of the gaps that the frame lies in, except those that a person set."""
    for gap, path in paths.items():
        if not gap.first < index < gap.last or pose.human[gap.keypoint]:
            continue
        row, distance = index - gap.first - 1, min(index - gap.first, gap.last - index)
        nearer = track[gap.first if index - gap.first <= gap.last - index else gap.last]
        score = BY_FLOW_SCORE if path.by_flow[row] else STRAIGHT_SCORE**distance
        visibility = Visibility(int(nearer.visibility[gap.keypoint]))
        pose = pose.with_keypoint(gap.keypoint, path.xy[row], visibility, score, Provenance.INTERPOLATED)
    return pose
