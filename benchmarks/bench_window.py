"""How long the window's thread stands still while work goes on, how soon a cancel ends it, and how fast it draws.

    python benchmarks/bench_window.py [--json FILE]

Without a screen, on the bundled demo clip and the starter, with folders of its own. On an idle machine no standstill
while people are followed or predicted is longer than a third of a second, a cancel takes less than a second, closing
less than two, a crowd of twenty people less than 150 ms, and a frame of a playing timeline less than 20 ms.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.application import Program
from app.ui import theme
from app.ui.canvas.canvas import Canvas
from app.ui.timeline.columns import FrameState, TimelineColumns
from app.ui.timeline.timeline import Timeline
from benchmarks._results import tell
from core.files import places
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

PATIENCE_S = 300.0


class Hand:
    """Waits as a person does, and notes how long the window's thread did not turn meanwhile."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._longest_s, self._last_s = 0.0, time.perf_counter()
        self._beat = QTimer()
        self._beat.timeout.connect(self._note)
        self._beat.start(5)

    def longest_standstill_s(self) -> float:
        """Since the last call."""
        longest_s, self._longest_s = self._longest_s, 0.0
        return round(longest_s, 3)

    def wait(self, condition: Callable[[], object]) -> float:
        """Runs the event loop until the condition holds; returns the seconds that it took."""
        began_s = time.perf_counter()
        while not condition():
            loop = QEventLoop()
            QTimer.singleShot(5, loop.quit)
            loop.exec()
            if time.perf_counter() - began_s > PATIENCE_S:
                raise TimeoutError(f"waited in vain; the window says {self.program.window.error_text!r}")
        return round(time.perf_counter() - began_s, 3)

    def idle(self) -> float:
        """Waits for the end of all work."""
        return self.wait(lambda: not self.program.tasks.running())

    def cancel_after_first_part(self, action: str) -> tuple[float, float]:
        """Starts work and cancels it once something was written: (longest standstill, seconds until it ended)."""
        parts: list[object] = []
        touched = self.program.session.poses_changed.connect(parts.append)
        self.longest_standstill_s()
        self.program.window.action(action).trigger()
        self.wait(lambda: parts)
        self.program.window.action("action_cancel").trigger()
        ended_s = self.idle()
        self.program.session.poses_changed.disconnect(touched)
        return self.longest_standstill_s(), ended_s

    def _note(self) -> None:
        now_s = time.perf_counter()
        self._longest_s, self._last_s = max(self._longest_s, now_s - self._last_s), now_s


def measure_work(folder: Path) -> dict[str, float]:
    """Seconds of opening, following, predicting and closing."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(folder / name.lower())
    program = Program(device="cpu")
    program.window.show()
    hand = Hand(program)
    result = {}
    program.opening.open(places.DEMO_CLIP)
    hand.wait(lambda: program.session.shown is not None)
    hand.idle()
    result["opening_standstill_s"] = hand.longest_standstill_s()
    program.session.select(program.session.project.track_ids()[0], None)
    for name, action in (("following", "action_track_person"), ("predicting", "action_predict")):
        result[f"{name}_standstill_s"], result[f"{name}_cancelled_s"] = hand.cancel_after_first_part(action)
    program.window.action("action_predict").trigger()
    hand.wait(lambda: program.session.project.runs()[-1].status == "running")
    began_s = time.perf_counter()
    program.window.close()
    result["closing_s"] = round(time.perf_counter() - began_s, 3)
    return result


def measure_drawing() -> dict[str, float]:
    """Seconds of drawing a timeline of 100,000 frames, its marker, and twenty people."""
    timeline = Timeline()
    timeline.resize(1280, timeline.height())
    timeline.set_num_frames(100_000)
    timeline.show()
    frames = np.arange(80_000)
    noise = np.random.default_rng(3)
    columns = TimelineColumns(
        frame_index=frames,
        state=noise.integers(0, len(FrameState), len(frames)).astype(np.uint8),
        num_people=np.full(len(frames), 2),
        min_score=noise.random(len(frames)),
        mean_score=noise.random(len(frames)),
        doubtful=noise.random(len(frames)) < 0.1,
        reviewed=noise.random(len(frames)) < 0.1,
    )

    def show_summary() -> None:
        timeline.set_summary(columns)
        timeline.grab()

    def play(frame_index: int) -> None:
        timeline.set_current(frame_index)
        timeline.grab()

    canvas = Canvas()
    canvas.resize(1000, 760)
    canvas.show()
    canvas.show_frame(0, np.zeros((240, 320, 3), np.uint8))

    def show_crowd() -> None:
        canvas.set_poses(next(crowds))  # new poses, as what was drawn of the same ones is kept
        canvas.viewport().grab()

    crowds = iter([FramePoses(0, tuple(_somebody(who, noise) for who in range(1, 21))) for _ in range(6)])
    show_crowd()
    return {
        "timeline_drawn_s": _seconds_of(show_summary),
        "timeline_played_frame_s": min(_seconds_of(lambda at=at: play(at)) for at in range(1, 21)),
        "crowd_drawn_s": min(_seconds_of(show_crowd) for _ in range(5)),
    }


def _somebody(track_id: int, noise: np.random.Generator) -> Pose:
    pose = Pose.empty(track_id, (12.0 * track_id, 40, 60, 160), Provenance.CORRECTED)
    for keypoint in range(len(POSETRACK)):
        place = (12 * track_id + 60 * noise.random(), 40 + 160 * noise.random())
        pose = pose.with_keypoint(keypoint, place, Visibility.VISIBLE, 0.8, Provenance.PREDICTED)
    return pose


def _seconds_of(draw: Callable[[], None]) -> float:
    began_s = time.perf_counter()
    draw()
    return round(time.perf_counter() - began_s, 4)


def measure() -> dict[str, object]:
    """All figures by name."""
    application = QApplication([])
    theme.apply(application)
    with tempfile.TemporaryDirectory() as folder:
        return measure_work(Path(folder)) | measure_drawing()


if __name__ == "__main__":
    tell(__doc__, measure)
