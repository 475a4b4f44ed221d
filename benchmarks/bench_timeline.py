"""How long the timeline of 100,000 frames with 20 people takes to paint while a hand pans, zooms and plays.

Milliseconds are of the processor's time, as other work on the machine is no fault of the timeline. Wanted: a paint of
1920 pixels with all twenty rows in sight within 16 ms at the 95th percentile, though no frame is like the next, so that
panning is smooth at 60 pictures a second; the marker of a playing clip within 4 ms. Reading the rows from a project is
a worker's, and is measured per 100,000 cells.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.timeline.columns import FrameState, TimelineColumns
from app.ui.timeline.timeline import Timeline
from app.ui.timeline.track_rows import RowCells, RowEnds
from benchmarks._results import tell
from core.poses import Pose, Provenance, Visibility
from core.project import Project, SourceRecord

NUM_FRAMES, NUM_TRACKS, WIDTH_PX, NUM_PAINTS = 100_000, 20, 1920, 120
CELLS = 20_000


def full_timeline() -> Timeline:
    """A timeline on which everything is different from frame to frame: the worst there is to paint."""
    noise = np.random.default_rng(3)
    timeline = Timeline()
    timeline.set_num_frames(NUM_FRAMES, np.arange(NUM_FRAMES) / 25)
    timeline.set_summary(
        TimelineColumns(
            np.arange(NUM_FRAMES),
            noise.integers(0, len(FrameState), NUM_FRAMES).astype(np.uint8),
            noise.random(NUM_FRAMES) < 0.1,
            noise.random(NUM_FRAMES) / 2,
            noise.random(NUM_FRAMES) / 2 + 0.5,
            noise.random(NUM_FRAMES) < 0.1,
            np.full(NUM_FRAMES, NUM_TRACKS),
        )
    )
    frames = np.arange(NUM_FRAMES)
    for track_id in range(1, NUM_TRACKS + 1):
        here = frames[noise.random(NUM_FRAMES) < 0.8]
        counts = noise.integers(0, 6, (3, len(here))).astype(np.uint8)
        cells = RowCells(
            here,
            np.full(len(here), track_id),
            noise.integers(1, 7, len(here)).astype(np.uint8),
            noise.integers(1, 4, len(here)).astype(np.uint8),
            *counts,
            noise.random(len(here)) < 0.1,
        )
        timeline._people.rows.put(frames[:0], cells, RowEnds() if track_id == 1 else None)
    timeline.set_rows(frames[:0], cells, None)
    timeline._fit_height()
    timeline.resize(WIDTH_PX, timeline.maximumHeight())
    timeline.show()
    QApplication.processEvents()  # a window that is not on screen yet paints nothing
    return timeline


def p95_ms(change: Callable[[int], None], timeline: Timeline) -> float:
    """The 95th percentile of the time from a change to the timeline's new picture."""
    taken_ms = []
    for step in range(NUM_PAINTS):
        began_s = time.process_time()
        change(step)
        timeline.repaint()
        taken_ms.append((time.process_time() - began_s) * 1000)
    return round(float(np.percentile(taken_ms, 95)), 2)


def measure_painting() -> dict[str, float]:
    """Milliseconds a paint at the 95th percentile."""
    application = QApplication([])
    theme.apply(application)
    timeline = full_timeline()
    timeline.grab()
    result = {"playing_p95_ms": p95_ms(timeline.set_current, timeline)}
    result["whole_clip_p95_ms"] = p95_ms(lambda _: timeline.show_all(), timeline)
    for name, length in (("panning_20000_frames", 20_000), ("panning_1000_frames", 1000), ("panning_100_frames", 100)):
        timeline._shown.show(0, length)
        result[f"{name}_p95_ms"] = p95_ms(lambda _: timeline.slide(0.03), timeline)
    timeline.show_all()
    result["zooming_p95_ms"] = p95_ms(lambda step: timeline.zoom(1.2 if step % 40 < 20 else 1 / 1.2), timeline)
    one = RowCells(*(np.array([value]) for value in (5, 1, 1, 1, 17, 0, 0, False)))
    result["edit_p95_ms"] = p95_ms(lambda _: timeline.set_rows(np.array([5]), one, None), timeline)
    return result


def measure_reading() -> dict[str, float]:
    """Seconds of reading 100,000 cells from a project, as the worker does."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "clip.mp4").write_bytes(b"")
        record = SourceRecord(Path(folder) / "clip.mp4", "video", 640, 480, NUM_FRAMES)
        with Project.create(Path(folder) / "clip.fami", record) as project:
            run_id = project.begin_run("predict")
            poses = [_somebody(track_id) for track_id in range(1, NUM_TRACKS + 1)]
            for start in range(0, CELLS // NUM_TRACKS, 100):
                project.write_run(run_id, dict.fromkeys(range(start, start + 100), poses))
            began_s = time.process_time()
            going_on: int | None = 0
            while going_on is not None:
                _, going_on = project.track_cells(going_on, 4096)
            taken_s = time.process_time() - began_s
    return {"reading_100000_cells_s": round(taken_s * 100_000 / CELLS, 2)}


def _somebody(track_id: int) -> Pose:
    return Pose(
        track_id,
        np.array([1.0, 2, 30, 40]),
        np.full((17, 2), 9.0),
        np.full(17, Visibility.VISIBLE),
        np.full(17, 0.7),
        np.full(17, Provenance.PREDICTED),
        Provenance.PREDICTED,
    )


def main() -> None:
    """Prints the numbers, and writes them to a file where one is named."""
    tell(__doc__, lambda: measure_painting() | measure_reading())


if __name__ == "__main__":
    main()
