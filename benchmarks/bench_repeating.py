"""How near to the truth joints come that are carried on or interpolated, and what an edit of 1,000 frames takes.

    python benchmarks/bench_repeating.py [--json FILE]

From every fifth labelled frame the visible joints are carried both ways, and between two labelled frames the joints
are interpolated; each is compared with the truth of its own frame. Errors are in percent of the person's size (the
longer side of the box); a joint is right within five percent. The clips: the bundled demo, whose truth is exact, and
from the folder of shared data (FAMI_SHARED, default ../shared), where it is there, real paddleboarders that people
labelled. The edit swaps left and right of five people in 1,000 frames.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks._results import tell  # noqa: E402 - the path comes first
from core.files import places  # noqa: E402
from core.formats import read_labels  # noqa: E402
from core.frame_range import FrameRange  # noqa: E402
from core.judging.sizes import person_size_px  # noqa: E402
from core.people.between import path_between  # noqa: E402
from core.people.flow import JointStart, follow_joints  # noqa: E402
from core.poses import Pose, Provenance, Visibility  # noqa: E402
from core.project import Project, RunKind, SourceRecord  # noqa: E402
from core.video import open_source  # noqa: E402
from core.work.repeating import over_frames  # noqa: E402
from core.work.repeating.proposal import keep  # noqa: E402

SHARED = Path(os.environ.get("FAMI_SHARED", ROOT.parent / "shared"))
PADDLEBOARD = SHARED / "data/posetrack/paddleboard"
RIGHT_WITHIN = 0.05
EVERY = 5
CARRIED = (1, 3, 5, 10, 15)
GAPS = (4, 8, 12, 16)
NUM_FRAMES, NUM_PEOPLE = 1000, 5


class Clip(NamedTuple):
    """A clip with its truth.

    Attributes:
        frames: (H, W, 3) RGB.
        people: the true poses, by track id and frame index.
    """

    frames: list[np.ndarray]
    people: dict[int, dict[int, Pose]]


def clip(source_path: Path, labels_path: Path) -> Clip:
    """Reads a clip and its labels, whose images follow one another as its frames do."""
    with open_source(source_path) as source:
        frames = [rgb for _, rgb in source.frames()]
    people: dict[int, dict[int, Pose]] = {}
    for index, image in enumerate(read_labels(labels_path).images):
        for pose in image.poses.poses:
            people.setdefault(pose.track_id, {})[index] = pose
    return Clip(frames, people)


def seen(pose: Pose) -> np.ndarray:
    """(K,) joints that the picture shows."""
    return pose.placed & (pose.visibility == Visibility.VISIBLE)


def followed(clip: Clip, pose: Pose, start: int, last: int) -> dict[int, dict[int, np.ndarray]]:
    """Where the visible joints of a pose are followed to, by frame index and keypoint."""
    size_px, step = person_size_px(pose), 1 if last > start else -1
    starts = [JointStart((0, k), start, tuple(pose.keypoints[k]), size_px, last) for k in np.flatnonzero(seen(pose))]
    frames = ((index, clip.frames[index]) for index in range(start, last + step, step))
    return {index: {k: xy for (_, k), xy in places.items()} for index, places in follow_joints(frames, starts)}


def carried(clip: Clip) -> dict[str, str]:
    """By frames carried: the share of joints still followed, their error, and the error of leaving them in place."""
    rows = []
    for track in clip.people.values():
        for start in sorted(track)[::EVERY]:
            for last in (min(start + max(CARRIED), len(clip.frames) - 1), max(start - max(CARRIED), 0)):
                places = followed(clip, track[start], start, last) if last != start else {}
                for index in set(places) & set(track) - {start}:
                    size_px, truth = person_size_px(track[index]), track[index]
                    for k in np.flatnonzero(seen(track[start]) & seen(truth)):
                        left = np.linalg.norm(track[start].keypoints[k] - truth.keypoints[k]) / size_px
                        found = places[index].get(k)
                        error = np.nan if found is None else np.linalg.norm(found - truth.keypoints[k]) / size_px
                        rows.append((abs(index - start), error, left))
    table = np.array(rows)
    words = {}
    for distance in CARRIED:
        of_distance = table[table[:, 0] == distance]
        going_on = of_distance[np.isfinite(of_distance[:, 1])]
        words[f"carried {distance:2}"] = (
            f"{len(going_on) / len(of_distance):4.0%} followed, {_errors(going_on[:, 1])}; "
            f"left in place {_errors(of_distance[:, 2])}"
        )
    return words


def interpolated(clip: Clip) -> dict[str, str]:
    """By frames between the ends: the error along the flow where it is sure, and of straight lines alone."""
    words = {}
    for gap in GAPS:
        rows = []
        for track in clip.people.values():
            for start in sorted(track)[::EVERY]:
                end = start + gap
                if end not in track:
                    continue
                first, last = track[start], track[end]
                ahead, back = followed(clip, first, start, end - 1), followed(clip, last, end, start + 1)
                for k in np.flatnonzero(seen(first) & seen(last)):
                    ends = (start, first.keypoints[k]), (end, last.keypoints[k])
                    ways = [{i: found[k] for i, found in way.items() if k in found} for way in (ahead, back)]
                    path = path_between(*ends, *ways, person_size_px(first))
                    straight = path_between(*ends, {}, {}, person_size_px(first))
                    for row, index in enumerate(range(start + 1, end)):
                        if index in track and seen(track[index])[k]:
                            truth, size_px = track[index].keypoints[k], person_size_px(track[index])
                            errors = [np.linalg.norm(way.xy[row] - truth) / size_px for way in (path, straight)]
                            rows.append((*errors, path.by_flow[row]))
        table = np.array(rows)
        words[f"interpolated {gap:2}"] = (
            f"{table[:, 2].mean():4.0%} by flow, {_errors(table[:, 0])}; straight alone {_errors(table[:, 1])}"
        )
    return words


def _errors(fractions: np.ndarray) -> str:
    return f"error {fractions.mean():.1%}, right {(fractions <= RIGHT_WITHIN).mean():4.0%}"


def large_edit() -> dict[str, str]:
    """Seconds to find out what swapping the sides of 5,000 poses changes, to keep it, and to undo it."""
    places_xy = np.random.default_rng(0).uniform(0, 500, (17, 2))
    with tempfile.TemporaryDirectory() as folder:
        source = SourceRecord(Path(folder) / "x.mp4", "video", 640, 480, NUM_FRAMES)
        with Project.create(Path(folder) / "x.fami", source) as project:
            pose = Pose.empty(1, np.array([10.0, 10, 100, 200]), Provenance.PROPAGATED).replaced(
                keypoints=places_xy,
                visibility=np.full(17, Visibility.VISIBLE),
                scores=np.full(17, 0.5),
                provenance=np.full(17, Provenance.PREDICTED),
            )
            people = [pose.replaced(track_id=track_id) for track_id in range(1, NUM_PEOPLE + 1)]
            with project.run(RunKind.IMPORT) as run_id:
                project.write_run(run_id, dict.fromkeys(range(NUM_FRAMES), people))
            times_s = [time.perf_counter()]
            proposal = over_frames.swap_sides(project, over_frames.Scope(FrameRange(0, NUM_FRAMES)))
            num_joints = proposal.num_joints
            times_s.append(time.perf_counter())
            keep(project, proposal)
            times_s.append(time.perf_counter())
            project.undo()
            times_s.append(time.perf_counter())
    counting, keeping, undoing = np.diff(times_s)
    return {
        f"swap {NUM_FRAMES} frames, {num_joints} joints": f"{counting:.1f} s counted, {keeping:.1f} s kept, "
        f"{undoing:.1f} s undone"
    }


def labelled_clips() -> dict[str, Clip]:
    """By name; the paddleboarders where they are at hand."""
    clips = {"demo": clip(places.DEMO_CLIP, places.DEMO_LABELS)}
    if PADDLEBOARD.is_dir():
        clips["paddleboard"] = clip(PADDLEBOARD / "060470979", PADDLEBOARD / "labels_posetrack18.json")
    else:
        print(f"without paddleboard: {PADDLEBOARD} is not there; set FAMI_SHARED")
    return clips


def measure() -> dict[str, object]:
    """All of it."""
    result: dict[str, object] = {}
    for name, labelled in labelled_clips().items():
        for how, words in {**carried(labelled), **interpolated(labelled)}.items():
            result[f"{name}: {how}"] = words
    return {**result, **large_edit()}


if __name__ == "__main__":
    tell(__doc__, measure)
