"""What was left unfinished in a clip: people who were lost, runs that were cut short, tracks that may be one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from core.geometry import pairwise_iou
from core.judging.doubts import Reason
from core.judging.entries import Entry, Places
from core.poses import Pose
from core.project import Project, Run, RunKind
from core.work.following import LOST_AFTER

REACH_FRAMES = 25
"""So many frames after the end of one track another one that begins may be the same person."""
NEAR_IOU = 0.3
"""The last box of one and the first box of the other overlap this much then."""

_CUT_SHORT = ("cancelled", "failed", "interrupted")
_GO_ON = {
    "prediction": "“Predict from here” goes on",
    "following": "“Follow person” goes on",
    "search": "“Find people in frames…” goes on",
    "import": "import the file again",
}


def unfinished(project: Project) -> list[Entry]:
    """Entries for the queue, each saying in words what to do. Reads the runs and where people begin and end.

    Raises:
        ProjectError: the project cannot be read.
    """
    runs = [run for run in project.runs() if run.status != "removed" and run.kind != RunKind.MEND]
    with project.undisturbed():
        spans = project.track_spans()
        return [
            *_cut_short(project, runs),
            *_lost(project, runs, spans),
            *_same_person(project, spans),
        ]


def _places(what: str, frame_index: int) -> Places:
    return Places(what, np.array([frame_index], np.int64), np.zeros(1, np.uint32))


# ---- runs that were cut short ----


def _cut_short(project: Project, runs: Sequence[Run]) -> Iterator[Entry]:
    seen: set[tuple[str, int | None, int]] = set()
    reached = {run.run_id: project.last_frame_of_run(run.run_id) for run in runs if run.status in _CUT_SHORT}
    for run in reversed(runs):  # of several that left the same frames, the newest
        if run.status not in _CUT_SHORT:
            continue
        start, stop = _asked(run, project.source.num_frames)
        last = reached[run.run_id]
        at = start if last is None else last + 1
        kind, who = _kind(run), None
        if kind == "following":
            who = _person_now(project, run, at - 1)
            if who is None or len(project.frames_of(who, at, at + 1)):
                continue
        else:
            at = _first_left(run, runs, reached, at)
        if at >= stop or (kind, who, at) in seen:
            continue
        seen.add((kind, who, at))
        sentence = f"the {kind} was cut short: {_GO_ON[kind]}"
        places = _places(f"{Reason.CUT_SHORT} {run.run_id}", 0)
        yield Entry(Reason.CUT_SHORT, at, stop - 1, at, who, None, sentence, 1.0, places=places)


def _kind(run: Run) -> str:
    if run.kind == RunKind.TRACK:
        return "following" if "track_id" in run.settings else "search"
    return "import" if run.kind == RunKind.IMPORT else "prediction"


def _asked(run: Run, num_frames: int) -> tuple[int, int]:
    """The frames [start, stop) that a run was to write."""
    settings = run.settings
    if "track_id" in settings:
        return int(settings["from"]) + 1, int(settings.get("to", num_frames))
    start, stop = settings.get("asked", settings.get("frames", (0, num_frames)))
    return int(start), min(int(stop), num_frames)


def _first_left(run: Run, runs: Sequence[Run], reached: Mapping[int, int | None], at: int) -> int:
    """The first frame from `at` on that no later run of the kind has done."""
    done: list[tuple[int, int]] = []
    for later in runs:
        if later.run_id > run.run_id and _kind(later) == _kind(run) and later.status != "running":
            start, stop = _asked(later, 2**62)
            last = reached.get(later.run_id, stop - 1)
            done.append((start, start if last is None else last + 1))
    while further := [stop for start, stop in done if start <= at < stop]:
        at = max(further)
    return at


# ---- people who were lost ----


def _lost(project: Project, runs: Sequence[Run], spans: Mapping[int, tuple[int, int]]) -> Iterator[Entry]:
    seen: set[tuple[int, int]] = set()
    for run in runs:
        last = run.settings.get(LOST_AFTER)
        if run.kind != RunKind.TRACK or last is None:
            continue
        who = _person_now(project, run, last)
        if who is None or spans.get(who, (0, -1))[1] != last or (who, last) in seen:
            continue  # deleted there, or drawn again later
        seen.add((who, last))
        sentence = (
            f"was lost after frame {last}: draw the box again where they are and follow; "
            "mark it as done if they have left the picture"
        )
        places = _places(f"{Reason.LOST} {who}", last)
        yield Entry(Reason.LOST, last + 1, last + 1, last + 1, who, None, sentence, 0.99, places=places)


def _person_now(project: Project, run: Run, frame_index: int) -> int | None:
    """The number that whom a run followed has now in a frame, None if they are not there."""
    who = project.person_now(frame_index, int(run.settings["track_id"]), run.began_after)
    return who if who is not None and project.frame(frame_index).pose(who) is not None else None


# ---- tracks that may be one person ----


def _same_person(project: Project, spans: Mapping[int, tuple[int, int]]) -> Iterator[Entry]:
    """Where one track ends and another one begins soon after at the same place."""
    by_end = sorted((last, who) for who, (_, last) in spans.items())
    for who, (first, _) in sorted(spans.items(), key=lambda item: item[1]):
        ends = [(last, other) for last, other in by_end if first - REACH_FRAMES <= last < first and other != who]
        begun = project.frame(first).pose(who) if ends else None
        if begun is None:
            continue
        poses = ((last, project.frame(last).pose(other)) for last, other in ends)
        best = max(((_overlap(pose, begun), last, pose.track_id) for last, pose in poses if pose), default=None)
        if best is None or best[0] < NEAR_IOU:
            continue
        _, last, other = best
        sentence = f"begins where #{other} ends in frame {last}: if it is one person, merge them with “Tracks…”"
        places = _places(f"{Reason.SAME_PERSON} {other} {who}", first)
        yield Entry(Reason.SAME_PERSON, first, first, first, who, None, sentence, 0.9, other=other, places=places)


def _overlap(pose: Pose, other: Pose) -> float:
    return float(pairwise_iou([pose.bbox_xywh], [other.bbox_xywh])[0, 0])
