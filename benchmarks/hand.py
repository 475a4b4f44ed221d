"""The window under the hand: a drag among ten people at 1080p, a step to the next frame, and the queue after an edit.

    python main.py bench hand [--json FILE]

Without a screen, with folders of its own. `drag_p95_ms` is from a move of the mouse to the painted joint, `step_p95_ms`
to the painted frame, which was decoded before; `queue_after_edit_ms` is what the queue's thread takes after one moved
joint, with so many frames in the clip. The processor time of the window's thread (`cpu`) stands beside, which a busy
machine changes less.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av
import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.application import Program
from app.ui import theme
from benchmarks._results import tell
from benchmarks.bench_window import Hand
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import Project, SourceRecord, edits
from core.video import open_source
from core.work.clip_review import ClipReview
from core.work.source_record import record_of

WIDTH, HEIGHT, FRAMES, PEOPLE = 1920, 1080, 40, 10
WRIST = POSETRACK.index("left_wrist")
LONG = {"1000": 1_000, "100000": 100_000}
PEOPLE_OF_LONG = 2
"""Writing ten in 100,000 frames would take longer than the bench may; after an edit the queue looks at few frames."""


def somebody(track_id: int, frame_index: int) -> Pose:
    """A person who stands and sways, as a network would have placed them."""
    noise = np.random.default_rng((track_id, frame_index))
    left, top = 30 + 185.0 * track_id + 10 * np.sin(frame_index / 9), 240.0
    layout = np.array([
        (75, 60), (75, 110), (75, 10), (65, 50), (85, 50), (110, 130), (40, 130), (125, 230), (25, 230), (130, 330),
        (20, 330), (95, 330), (55, 330), (98, 470), (52, 470), (100, 600), (50, 600),
    ], np.float64)  # fmt: skip
    places = layout + np.array([left, top]) + noise.normal(0, 3, layout.shape)
    count = len(POSETRACK)
    return Pose(
        track_id,
        np.array([left, top, 150.0, 620.0]),
        places,
        np.full(count, Visibility.VISIBLE),
        noise.uniform(0.3, 1.0, count),
        np.full(count, Provenance.PREDICTED),
    )


def write_clip(path: Path) -> None:
    """A moving gradient with noise, at 1080p."""
    noise = np.random.default_rng(5).integers(0, 60, (HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(FRAMES):
            picture = np.roll(noise, 7 * index, axis=1) + np.uint8(60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def write_people(project: Project, num_frames: int, num_people: int) -> None:
    """Everybody in every frame, as one import of what a network said."""
    run_id = project.begin_run("import")
    for start in range(0, num_frames, 200):
        frames = range(start, min(start + 200, num_frames))
        project.write_run(run_id, {index: [somebody(who, index) for who in range(num_people)] for index in frames})
    project.finish_run(run_id, "done")


class Watch:
    """Milliseconds on the clock and of this thread, of one thing done many times."""

    def __init__(self) -> None:
        self._wall_ms: list[float] = []
        self._cpu_ms: list[float] = []

    def time(self, act: Callable[[], object]) -> None:
        """Does it once."""
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        act()
        self._wall_ms.append(1000 * (time.perf_counter() - wall_s))
        self._cpu_ms.append(1000 * (time.thread_time() - cpu_s))

    def p95(self, name: str) -> dict[str, object]:
        """The ninety-fifth percentiles, as `name_p95_ms` and `name_p95_cpu_ms`."""
        wall, cpu = (round(float(np.quantile(values, 0.95)), 1) for values in (self._wall_ms, self._cpu_ms))
        return {f"{name}_p95_ms": wall, f"{name}_p95_cpu_ms": cpu}


def measure_window(folder: Path) -> dict[str, object]:
    """Drags and steps."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(folder / name.lower())
    clip, path = folder / "clip.mp4", folder / "clip.fami"
    write_clip(clip)
    with open_source(clip) as source, Project.create(path, record_of(source)) as project:
        write_people(project, FRAMES, PEOPLE)
    program = Program(device="cpu")
    program.window.resize(WIDTH, HEIGHT)
    program.window.show()
    hand = Hand(program)
    program.opening.open(path)
    hand.wait(lambda: program.session.shown is not None)
    hand.idle()
    result = measure_drag(program, hand) | measure_steps(program, hand)
    program.window.close()
    return result


def measure_drag(program: Program, hand: Hand) -> dict[str, object]:
    """The left wrist of the person in the middle goes to and fro."""
    canvas = program.window.canvas
    track_id = program.session.project.track_ids()[PEOPLE // 2]
    program.session.select(track_id, WRIST)
    hand.wait(lambda: canvas.selection == (track_id, WRIST))
    x, y = canvas.view.to_viewport(*program.session.shown_poses().pose(track_id).keypoints[WRIST].tolist())

    def mouse(kind: QEvent.Type, at: QPointF, held: Qt.MouseButton) -> None:
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        where = canvas.viewport().mapToGlobal(at)
        event = QMouseEvent(kind, at, where, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(canvas.viewport(), event)

    def move(step: int) -> None:
        mouse(QEvent.Type.MouseMove, QPointF(x + step % 40, y + step % 7), Qt.MouseButton.LeftButton)
        QApplication.processEvents()  # paints what was asked to be painted

    mouse(QEvent.Type.MouseButtonPress, QPointF(x, y), Qt.MouseButton.LeftButton)
    for step in range(1, 6):
        move(step)
    watch = Watch()
    for step in range(6, 86):
        watch.time(lambda step=step: move(step))
    mouse(QEvent.Type.MouseButtonRelease, QPointF(x, y), Qt.MouseButton.NoButton)
    hand.idle()
    return watch.p95("drag")


def measure_steps(program: Program, hand: Hand) -> dict[str, object]:
    """To the next frame, of those that were shown before."""
    playback = program.session.playback

    def step_to(index: int) -> None:
        playback.go_to(index)
        hand.wait(lambda: program.session.shown is not None and program.session.shown.frame_index == index)
        program.window.canvas.viewport().repaint()

    for index in range(30):
        step_to(index)
    watch = Watch()
    for index in range(30):
        watch.time(lambda index=index: step_to(index))
    return watch.p95("step")


def measure_queue(folder: Path) -> dict[str, object]:
    """One moved joint, until the queue's entries are as it leaves them."""
    wall: dict[str, float] = {}
    for name, count in LONG.items():
        record = SourceRecord(folder / "long.mp4", "video", WIDTH, HEIGHT, count)
        with Project.create(folder / f"{name}.fami", record) as project:
            write_people(project, count, PEOPLE_OF_LONG)
            review = ClipReview(project)
            review.entries()
            watch = Watch()
            for index in range(20):
                touched = edits.move_keypoint(project, 400 + index, 0, WRIST, (300.0 + index, 400.0))
                review.note(touched.frame_indices)
                watch.time(review.entries)
            wall[name] = float(str(watch.p95("queue")["queue_p95_ms"]))
    return {"queue_after_edit_ms": wall}


def measure() -> dict[str, object]:
    """All figures by name."""
    application = QApplication([])
    theme.apply(application)
    with tempfile.TemporaryDirectory() as folder:
        return measure_window(Path(folder)) | measure_queue(Path(folder))


if __name__ == "__main__":
    tell(__doc__, measure)
