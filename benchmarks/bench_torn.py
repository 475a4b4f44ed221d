"""Torn project files: is the damage noticed, and what does a repair save?

    python benchmarks/bench_torn.py [--json FILE] [--cases N] [--seed S]

A project of forty frames with edits, undone edits, runs and marks is spoilt in each of five ways, N times: single bits,
a page of zeros, 600 bytes of noise, cut off, the first page gone. What opens must hold every label as it was; what does
not is repaired, and what the repair says is missing is compared with what is.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.errors import ProjectError  # noqa: E402
from core.poses import Pose, Provenance, Visibility  # noqa: E402
from core.project import Project, RunKind, SourceRecord, edits  # noqa: E402
from core.project.rescue.repairing import repair  # noqa: E402

PAGE = 4096
Labels = tuple[dict[tuple[int, int], Pose], set[int]]


def flipped(content: bytearray, noise: random.Random) -> None:
    """One to three bits."""
    for _ in range(noise.randint(1, 3)):
        content[noise.randrange(len(content))] ^= 1 << noise.randrange(8)


def zeroed(content: bytearray, noise: random.Random) -> None:
    """A page."""
    page = noise.randrange(1, len(content) // PAGE)
    content[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def scribbled(content: bytearray, noise: random.Random) -> None:
    """600 bytes."""
    start = noise.randrange(len(content) - 700)
    content[start : start + 600] = noise.randbytes(600)


def truncated(content: bytearray, noise: random.Random) -> None:
    """Anywhere behind the first third."""
    del content[noise.randrange(len(content) // 3, len(content)) :]


def headless(content: bytearray, _: random.Random) -> None:
    """The first page."""
    content[:PAGE] = bytes(PAGE)


WAYS: list[Callable[[bytearray, random.Random], None]] = [flipped, zeroed, scribbled, truncated, headless]


def made(path: Path) -> Labels:
    """Writes the project, and says what it holds."""
    with Project.create(path, SourceRecord(path.with_name("clip.mp4"), "video", 640, 480, 100)) as project:
        run_id = project.begin_run(RunKind.PREDICT)
        people = {i: [predicted(1, 10.0 + i), predicted(2, 200.0 + i)] for i in range(40)}
        project.write_run(run_id, people, {i: (0.04 * i, f"{i:016x}") for i in range(40)})
        project.finish_run(run_id)
        for index in range(0, 40, 3):
            edits.move_keypoint(project, index, 1, 9, (float(index), 4.0))
        edits.add_person(project, 7, (1, 2, 30, 40))
        edits.delete_person(project, 2, 5)
        edits.mark_reviewed(project, 6)
        edits.cut_person_from(project, 35, 2)
        edits.move_keypoint(project, 8, 1, 3, (1.0, 2.0))
        project.undo()
        return labels(project)


def predicted(track_id: int, at: float) -> Pose:
    """A whole person of one place."""
    return Pose(
        track_id,
        np.array([5.0, 6.0, 70.0, 80.0]),
        np.full((17, 2), at),
        np.full(17, Visibility.VISIBLE, np.uint8),
        np.full(17, 0.8),
        np.full(17, Provenance.PREDICTED, np.uint8),
        Provenance.PREDICTED,
    )


def labels(project: Project) -> Labels:
    """Everybody's pose by frame and person, and the reviewed frames."""
    poses = {(frame.frame_index, pose.track_id): pose for frame in project.frames() for pose in frame.poses}
    return poses, {frame.frame_index for frame in project.frames() if frame.reviewed}


def spoil(
    whole: bytes, right: Labels, way: Callable[[bytearray, random.Random], None], noise: random.Random
) -> Counter:
    """One case, counted."""
    count: Counter = Counter(cases=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.fami"
        content = bytearray(whole)
        way(content, noise)
        path.write_bytes(content)
        try:
            with Project.open(path) as project:
                found = labels(project)
            count["opens, every label right"] += same(found, right)
            count["opens, a label wrong"] += not same(found, right)
        except ProjectError:
            count += repaired(path, right)
    return count


def repaired(path: Path, right: Labels) -> Counter:
    """Repairs, and compares what is said with what is."""
    try:
        report = repair(path)
        with Project.open(path) as project:
            poses, _ = labels(project)
    except ProjectError:
        return Counter({"refused, nothing saved": 1})
    lost = [place for place, pose in right[0].items() if place not in poses or not poses[place].same_as(pose)]
    untold = len(lost) > sum((report.missing or {}).values()) and not report.num_lost_entries
    return Counter({"refused and repaired": 1, "poses": len(right[0]), "poses lost": len(lost), "untold": int(untold)})


def same(found: Labels, right: Labels) -> bool:
    """True if every label is as it was."""
    return (
        found[0].keys() == right[0].keys()
        and all(pose.same_as(right[0][place]) for place, pose in found[0].items())
        and found[1] == right[1]
    )


def main() -> int:
    """Prints a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    results: dict[str, dict[str, int]] = {}
    folder = Path(tempfile.mkdtemp())
    try:
        right = made(folder / "clip.fami")
        whole = (folder / "clip.fami").read_bytes()
        for way in WAYS:
            total: Counter = Counter()
            for case in range(arguments.cases):
                noise = random.Random(f"{arguments.seed} {way.__name__} {case}")  # noqa: S311 - no secret
                total += spoil(whole, right, way, noise)
            results[way.__name__] = dict(total)
            print(f"{way.__name__:10}", ", ".join(f"{what} {number}" for what, number in total.items()), flush=True)
    finally:
        shutil.rmtree(folder)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1))
    wrong = sum(of_way.get("opens, a label wrong", 0) + of_way.get("untold", 0) for of_way in results.values())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
