"""The program at work on small clips made here, with a network small enough to run in a blink."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel

from app.threads.tasks import Task
from app.ui import theme
from core.files import places
from core.poses import Pose, Provenance
from core.project import edits
from tests.guards import PATIENCE_S
from tests.story.conftest import Driver

SIZE_WH = (160, 120)
BOX = (40.0, 20.0, 50.0, 80.0)


class Hands(Driver):
    """A person at the window, with shortcuts for what a test only needs to be there."""

    def add_person(self, frame_index: int | None = None, bbox_xywh: tuple[float, ...] = BOX) -> int:
        """Adds a person to a frame (the one shown) without following them; returns their number."""
        frame_index = self.session.frame_index if frame_index is None else frame_index
        touched = edits.add_person(self.session.project, frame_index, bbox_xywh)
        self.session.touch(touched)
        return touched.track_ids[0]

    def fill(self, track_id: int, frames: range, bbox_xywh: tuple[float, ...] = BOX) -> None:
        """Gives a person a box in many frames, as following does."""
        project = self.session.project
        run_id = project.begin_run("track")
        pose = Pose.empty(track_id, np.array(bbox_xywh), Provenance.PROPAGATED)
        self.session.touch(project.write_run(run_id, {index: [pose] for index in frames}))
        project.finish_run(run_id, "done")

    def told(self) -> str:
        """What the bar says, which is one sentence for a person; puts it away."""
        self.wait(lambda: self.window.error_text, what="a sentence in the bar")
        words = self.window.error_text
        assert 10 < len(words) < 400 and "\n" not in words, words
        assert "internal error" not in words and "Traceback" not in words, words
        self.window.dismiss_error()
        QApplication.processEvents()
        return words

    @property
    def said(self) -> str:
        """The last message at the foot of the window."""
        return self.window.findChild(QLabel, "status_message").text()

    def pose(self, track_id: int, frame_index: int | None = None) -> Pose | None:
        """What the project holds of a person in a frame (the one shown)."""
        frame_index = self.session.frame_index if frame_index is None else frame_index
        return self.session.project.frame(frame_index).pose(track_id)


class Turning(QObject):
    """Shows that the window's thread turns while some work stands still: the work waits for just that.

    For how long the window stands at a real clip: benchmarks/bench_window.py.
    """

    _asked = Signal(object)

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._monkeypatch = monkeypatch
        self._turned: list[bool] = []
        self._asked.connect(self._answer)

    def during(self, owner: object, name: str) -> None:
        """From now on, the function of that name begins once the window's thread has turned."""
        work = getattr(owner, name)

        def waiting(*arguments: object, **options: object) -> object:
            self._turned.append(self._wait())
            return work(*arguments, **options)

        self._monkeypatch.setattr(owner, name, waiting)

    @property
    def free(self) -> bool:
        """Whether the work was done, off the window's thread, and the window's thread turned each time."""
        return bool(self._turned) and all(self._turned)

    def _wait(self) -> bool:
        if threading.current_thread() is threading.main_thread():
            return False
        turned = threading.Event()
        self._asked.emit(turned)  # Qt queues the call to the window's thread
        return turned.wait(PATIENCE_S)

    def _answer(self, turned: threading.Event) -> None:
        turned.set()


@pytest.fixture
def turning(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Turning]:
    """Whether the window's thread turns while work goes on."""
    turning = Turning(monkeypatch)
    yield turning
    turning.deleteLater()


@pytest.fixture
def steps_after_cancel(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The steps (done, total) that tasks reported after they were asked to end; none may go on to a second."""
    steps: list[tuple[int, int]] = []
    report = Task.report

    def noted(task: Task, done: int, total: int) -> None:
        if task.is_cancelled():
            steps.append((done, total))
        report(task, done, total)

    monkeypatch.setattr(Task, "report", noted)
    return steps


def encode(path: Path, num_frames: int, size_wh: tuple[int, int] = SIZE_WH) -> Path:
    """A clip of a textured figure that walks to the right before a textured wall."""
    width, height = size_wh
    noise = np.random.default_rng(5)
    wall = np.kron(noise.integers(40, 120, (height // 8, width // 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    figure = np.kron(noise.integers(100, 255, (16, 8, 3)), np.ones((5, 5, 1))).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(num_frames):
            rgb = wall.copy()
            left = 45 + round(20 * np.sin(index / 10))
            rgb[20:100, left : left + 40] = figure
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what takes a moment to make: two clips and the weights of a tiny, untrained network."""
    import torch  # noqa: PLC0415 - takes seconds, and not every test here needs it

    from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, save_weights  # noqa: PLC0415

    torch.set_num_threads(1)
    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("made")
    encode(folder / "walk.mp4", 12)
    encode(folder / "long.mp4", 400)
    config = FamiPoseConfig(backbone="w12", gtm_width=8, lcm_width=8, initialisation="paper")
    save_weights(folder / "tiny.pth", FamiPose(config), WeightsMetadata("tiny", config, (48, 64)))
    torch.manual_seed(11)
    save_weights(folder / "other.pth", FamiPose(config), WeightsMetadata("other", config, (48, 64)))
    return folder


@pytest.fixture
def clip(made: Path, tmp_path: Path) -> Path:
    """Twelve frames in a folder of their own."""
    return Path(shutil.copy(made / "walk.mp4", _folder(tmp_path) / "walk.mp4"))


@pytest.fixture
def long_clip(made: Path, tmp_path: Path) -> Path:
    """Four hundred frames."""
    return Path(shutil.copy(made / "long.mp4", _folder(tmp_path) / "long.mp4"))


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, projects and weights of this test alone."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def tiny_weights(made: Path, own_folders: Path) -> Path:
    """The tiny network as the weights that are taken by default."""
    places.weights_folder().mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(made / "tiny.pth", places.weights_folder() / "tiny.pth"))


@pytest.fixture
def second_weights(made: Path, tmp_path: Path) -> Path:
    """Another tiny network, which says something else; it lies where nobody looks for weights."""
    return Path(shutil.copy(made / "other.pth", tmp_path / "other.pth"))


@pytest.fixture
def drive(qtbot: object, tiny_weights: Path) -> Iterator[Callable[..., Hands]]:
    """Starts the program, on a clip if one is given; tests/guards.py sees to it that nothing outlives it.

    Corrections change their own frame alone, unless `mending` is asked for: a test of something else counts what the
    hand did.
    """
    theme.apply(QApplication.instance())
    drivers: list[Hands] = []

    def start(path: Path | None = None, *, idle: bool = True, mending: bool = False) -> Hands:
        driver = Hands(qtbot)
        driver.program.mending.on &= mending
        drivers.append(driver)
        if path is not None:
            driver.open(path)
            if idle:
                driver.idle()
        return driver

    yield start
    for driver in drivers:
        driver.close()
        driver.program.deleteLater()
        driver.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
