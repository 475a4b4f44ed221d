"""What one edit costs in a project of 100 labelled frames and in a large one, side by side.

    python benchmarks/bench_journal.py [--frames N] [--json FILE]

The large one has 20,000 frames, which takes seconds to fill; 200,000 are two hours of video.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.poses import Pose, Provenance, Visibility
from core.project import Project, RunKind, SourceRecord, edits

SMALL, LARGE, REPEATS = 100, 20_000, 60
_BATCH = 2_000


def _predicted(rng: np.random.Generator) -> Pose:
    return Pose(
        1,
        np.array([10.0, 10.0, 50.0, 100.0]),
        rng.uniform(0, 100, (17, 2)),
        np.full(17, Visibility.VISIBLE),
        rng.uniform(0, 1, 17),
        np.full(17, Provenance.PREDICTED),
        Provenance.PREDICTED,
    )


def filled(path: Path, num_frames: int) -> Project:
    """A project with one predicted person in each frame."""
    project = Project.create(path, SourceRecord(path.with_suffix(".mp4"), "video", 640, 480, num_frames))
    rng = np.random.default_rng(0)
    run_id = project.begin_run(RunKind.PREDICT, "0" * 64, {})
    for start in range(0, num_frames, _BATCH):
        stop = min(start + _BATCH, num_frames)
        project.write_run(run_id, {index: [_predicted(rng)] for index in range(start, stop)})
    project.finish_run(run_id)
    return project


def median_ms(work: Callable[[], object]) -> float:
    """The median time of a piece of work, in milliseconds."""
    durations = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        durations.append(time.perf_counter() - begun)
    return float(np.median(durations) * 1000)


def measure(project: Project, num_frames: int) -> dict[str, float]:
    """Median milliseconds of each kind of work, durable on the disk where it writes."""
    rng = np.random.default_rng(1)
    project.summary()
    run_id = project.begin_run(RunKind.PREDICT, "1" * 64, {})

    def frame() -> int:
        return int(rng.integers(num_frames))

    return {
        "read a frame": median_ms(lambda: project.frame(frame())),
        "write a prediction": median_ms(lambda: project.write_run(run_id, {frame(): [_predicted(rng)]})),
        "move a joint": median_ms(lambda: edits.move_keypoint(project, frame(), 1, 9, rng.uniform(0, 100, 2))),
        "accept a frame": median_ms(lambda: edits.accept_frame(project, frame())),
        "undo": median_ms(project.undo),
        "redo": median_ms(project.redo),
        "summary": median_ms(project.summary),
        "all track ids": median_ms(project.track_ids),
    }


def run(large: int = LARGE) -> dict[str, dict[str, float]]:
    """Measures both sizes: {work: {"small_ms", "large_ms", "ratio"}}."""
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for name, num_frames in (("small", SMALL), ("large", large)):
            with filled(Path(folder) / f"{name}.fami", num_frames) as project:
                times.append(measure(project, num_frames))
    small_ms, large_ms = times
    return {
        work: {"small_ms": small_ms[work], "large_ms": large_ms[work], "ratio": large_ms[work] / small_ms[work]}
        for work in small_ms
    }


def main() -> None:
    """Prints the two sizes side by side, and writes them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=LARGE, help="labelled frames of the large project")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    large = arguments.frames
    if large < 1:
        parser.error("--frames has to be above zero")
    result = run(large)
    lines = [f"{'median ms':<22}{SMALL:>12,} frames{large:>12,} frames{'ratio':>8}"]
    for work, row in result.items():
        lines.append(f"{work:<22}{row['small_ms']:>19.3f}{row['large_ms']:>19.3f}{row['ratio']:>8.2f}")
    sys.stdout.write("\n".join(lines) + "\n")
    if arguments.json is not None:
        written = {"small_frames": SMALL, "large_frames": large, "work": result}
        arguments.json.write_text(json.dumps(written, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
