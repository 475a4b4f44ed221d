"""Comparing two annotators' projects of one clip, frame by frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

import numpy as np

from core.errors import ProjectError
from core.poses import FramePoses, Pose, Visibility
from core.project import Project, SourceRecord
from core.work.annotators.disagreement import Disagreement, Kind, Stretches
from core.work.annotators.pairing import common_size_px, distances_px, pair_people
from core.work.annotators.totals import Tally, Totals

LIMIT = 0.1
"""Two places of a joint disagree where they are further apart than this part of the person's size."""

_REPORT_EVERY = 50

Appearance = tuple[int, int]
"""Frame index and track id."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """What came out of a comparison.

    Attributes:
        disagreements: the most severe first.
        totals: over the clip.
        as_of: the journal's last entry of my project when it was read.
        compared: my poses as they were compared, where they disagree with theirs.
        partners: by their track id, the person of mine with whom they share most frames.
    """

    disagreements: tuple[Disagreement, ...]
    totals: Totals
    as_of: int
    compared: Mapping[Appearance, Pose]
    partners: Mapping[int, int]


def require_same_clip(mine: Project, theirs: Project) -> None:
    """Raises ProjectError, in a sentence, where two projects cannot be of one clip, or are one."""
    if mine.path == theirs.path or (mine.path.exists() and theirs.path.exists() and mine.path.samefile(theirs.path)):
        raise ProjectError(f"{theirs.path.name} is this project itself: choose the other annotator's.")
    first, second = mine.source, theirs.source
    if (first.width, first.height, first.num_frames) != (second.width, second.height, second.num_frames):
        raise ProjectError(
            f"{theirs.path.name} is of another clip ({_in_words(second)}; this one has {_in_words(first)}): "
            "choose a project of the same clip."
        )


def _in_words(source: SourceRecord) -> str:
    return f"{source.num_frames:,} frames of {source.width} × {source.height} pixels"


def compare(
    mine: Project, theirs: Project, on_progress: Callable[[int, int], None] | None = None, limit: float = LIMIT
) -> Agreement:
    """Pairs the people of each frame by where they are, and says where and how the two projects differ.

    Args:
        mine: one project.
        theirs: the other annotator's, which may be open to read only.
        on_progress: called with frames done and in all; may raise Cancelled.
        limit: part of the person's size; joints further apart disagree.

    Raises:
        ProjectError: the two are not of the same clip, or one cannot be read.
    """
    require_same_clip(mine, theirs)
    comparing = _Comparing(limit)
    as_of = mine.last_entry
    total = len(np.union1d(mine.labelled_frames(), theirs.labelled_frames()))
    for done, (first, second) in enumerate(_both(mine, theirs)):
        if on_progress is not None and done % _REPORT_EVERY == 0:
            on_progress(done, total)
        comparing.look_at(first, second)
    return comparing.agreement(as_of)


def _both(mine: Project, theirs: Project) -> Iterator[tuple[FramePoses | None, FramePoses | None]]:
    """The frames that either of the two labelled, in order; None where one did not."""
    together = merge(_of_side(0, mine), _of_side(1, theirs), key=lambda entry: (entry[1].frame_index, entry[0]))
    for _, entries in groupby(together, key=lambda entry: entry[1].frame_index):
        found = dict(entries)
        yield found.get(0), found.get(1)


def _of_side(side: int, project: Project) -> Iterator[tuple[int, FramePoses]]:
    return ((side, frame) for frame in project.frames())


class _Comparing:
    """Gathers disagreements and totals frame by frame."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._tally = Tally()
        self._stretches = Stretches()
        self._compared: dict[Appearance, Pose] = {}
        self._met: Counter[tuple[int, int]] = Counter()

    def look_at(self, mine: FramePoses | None, theirs: FramePoses | None) -> None:
        """Takes the next frame that at least one of the two labelled."""
        tally, pairs = self._tally, []
        if mine is not None and theirs is not None:
            tally.num_frames_both += 1
            pairs = pair_people(mine.poses, theirs.poses)
            tally.people_only_mine += len(mine.poses) - len(pairs)
            tally.people_only_theirs += len(theirs.poses) - len(pairs)
            for one, other in pairs:
                self._look_at_pair(mine.frame_index, one, other)
        tally.num_frames_only_mine += theirs is None
        tally.num_frames_only_theirs += mine is None
        paired = {one.track_id for one, _ in pairs}, {other.track_id for _, other in pairs}
        unlabelled = mine is None or theirs is None
        if mine is not None:
            for pose in mine.poses:
                if pose.track_id not in paired[0]:
                    only_mine = Kind.ONLY_MINE, pose.track_id, None
                    self._stretches.add(mine.frame_index, *only_mine, other_unlabelled=unlabelled)
                    self._compared[mine.frame_index, pose.track_id] = pose
        if theirs is not None:
            for pose in theirs.poses:
                if pose.track_id not in paired[1]:
                    only_theirs = Kind.ONLY_THEIRS, None, pose.track_id
                    self._stretches.add(theirs.frame_index, *only_theirs, other_unlabelled=unlabelled)

    def _look_at_pair(self, frame_index: int, mine: Pose, theirs: Pose) -> None:
        self._tally.add(mine, theirs)
        self._met[theirs.track_id, mine.track_id] += 1
        size_px = common_size_px(mine, theirs)
        distances = distances_px(mine, theirs)
        far = np.nan_to_num(distances) > self._limit * size_px
        otherwise = (mine.visibility != theirs.visibility) & ~far
        ids = mine.track_id, theirs.track_id
        for keypoint in np.flatnonzero(far).tolist():
            distance = float(distances[keypoint])
            self._stretches.add(
                frame_index, Kind.PLACE, *ids, keypoint, distance_px=distance, fraction=distance / size_px
            )
        for keypoint in np.flatnonzero(otherwise).tolist():
            seen = Visibility(int(mine.visibility[keypoint])), Visibility(int(theirs.visibility[keypoint]))
            self._stretches.add(frame_index, Kind.VISIBILITY, *ids, keypoint, visibilities=seen)
        if far.any() or otherwise.any():
            self._compared[frame_index, mine.track_id] = mine

    def agreement(self, as_of: int) -> Agreement:
        """What was found."""
        partners = {their_id: my_id for (their_id, my_id), _ in reversed(self._met.most_common())}
        return Agreement(self._stretches.all(), self._tally.totals(), as_of, self._compared, partners)
