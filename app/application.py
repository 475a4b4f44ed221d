"""Builds the object graph, connects controllers, views and the window, and runs the program."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QEventLoop, QMessageLogContext, QObject, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.bindings.actions import ActionsBinding
from app.bindings.belonging import BelongingBinding
from app.bindings.canvas import CanvasBinding
from app.bindings.collecting import CollectingBinding
from app.bindings.editing.handling import HandlingBinding
from app.bindings.editing.mending import MendingBinding
from app.bindings.editing.placing import PlacingBinding
from app.bindings.editing.queue import QueueBinding
from app.bindings.editing.regions import RegionsBinding
from app.bindings.editing.repeating import RepeatingBinding
from app.bindings.editing.track_changes import TrackChangesBinding
from app.bindings.network.rounds import RoundsBinding
from app.bindings.network.state import NetworkBinding
from app.bindings.network.weights import WeightsBinding
from app.bindings.panels import PanelsBinding
from app.bindings.questions import Questions
from app.bindings.reporting import ReportingBinding
from app.bindings.safety import SafetyBinding
from app.bindings.viewing.annotators import AnnotatorsBinding
from app.bindings.viewing.comparison import ComparisonBinding
from app.bindings.viewing.moving import MovingBinding
from app.bindings.viewing.seeing import SeeingBinding
from app.bindings.viewing.timeline import TimelineBinding
from app.bindings.viewing.trust import TrustBinding
from app.bindings.window_place import WindowPlace
from app.controllers.checking import CheckingController
from app.controllers.collecting import CollectingController
from app.controllers.editing.mending import MendingController
from app.controllers.editing.people import PeopleController
from app.controllers.editing.placing import PlacingController
from app.controllers.editing.poses import EditingController
from app.controllers.editing.ranges import RangeController
from app.controllers.editing.repeating import RepeatingController
from app.controllers.editing.reviewing import ReviewController
from app.controllers.editing.runs import RunsController
from app.controllers.editing.track_changes import TrackChangesController
from app.controllers.exporting import ExportController
from app.controllers.network.finding import FindingController
from app.controllers.network.finetuning import FinetuningController
from app.controllers.network.prediction import PredictionController
from app.controllers.network.rounds import RoundsController
from app.controllers.network.self_rounds import SelfRounds
from app.controllers.network.together import TogetherController
from app.controllers.network.weights import WeightsController
from app.controllers.network.weights_in_use import WeightsInUse
from app.controllers.opening import OpeningController
from app.controllers.reporting import ReportingController
from app.controllers.safety.mismatch import MismatchController
from app.controllers.safety.rescue import RescueController
from app.controllers.session import Session
from app.controllers.viewing.annotators import AnnotatorsController
from app.controllers.viewing.checks import ChecksController
from app.controllers.viewing.comparison import Comparison
from app.controllers.viewing.instruments import Instruments
from app.controllers.viewing.joint_speed import JointSpeed
from app.controllers.viewing.moving import MovingController
from app.controllers.viewing.seeing import Seeing
from app.controllers.viewing.surroundings import SurroundingsController
from app.controllers.viewing.tracks import TracksController
from app.logs import Logs
from app.memory import give_large_blocks_back
from app.threads.collector import WindowThreadCollector
from app.threads.tasks import TaskRunner
from app.ui import theme
from app.ui.main_window import MainWindow
from app.weights.in_use import Network
from core.errors import FamiError
from core.files import places

log = logging.getLogger(__name__)

SCREENSHOT_TIMEOUT_MS = 120_000


class Program(QObject):
    """The window with everything behind it. One at a time in a process.

    Attributes:
        window, session, tasks, network: the parts that a script may want to look at.
        opening, checking, editing, people, placing, finding, prediction, finetuning, review, exporting,
            instruments, seeing, surroundings: the controllers.
    """

    _said = ""
    """The last message on the open project."""

    def __init__(self, device: str = "auto", logs: Logs | None = None) -> None:
        """Builds everything; `logs` are the process's, started or not."""
        super().__init__()
        self.logs = Logs() if logs is None else logs
        give_large_blocks_back()
        self.collector = WindowThreadCollector(self)
        self.window = window = MainWindow()
        self.window_place = WindowPlace(window)
        self.tasks = tasks = TaskRunner(self)
        self.session = session = Session(self)
        # First of all: what the others say while they are built, or of what was opened, stays on screen.
        session.message.connect(self._on_message)
        session.error.connect(window.show_error)
        session.remarked.connect(window.show_remarks)
        session.settled.connect(self._on_settled)
        session.opened.connect(self._on_opened)
        self.network = Network(device)
        self._build_controllers(device)
        tasks.failed.connect(window.show_error)
        self._bind()
        tasks.shown.connect(window.set_task)
        tasks.refused.connect(window.show_message)
        self.weights_in_use.network_changed.connect(lambda _: self.canvas_binding.ask_again())
        self.weights_in_use.network_changed.connect(lambda _: self.comparison.ask_again())
        window.close_requested.connect(self.shut_down)

    def _build_controllers(self, device: str) -> None:
        session, tasks, network = self.session, self.tasks, self.network
        self.opening = OpeningController(session, tasks, self)
        self.rescue = RescueController(session, self.opening, tasks, self)
        self.mismatch = MismatchController(session, tasks, self)
        self.checking = CheckingController(session, tasks, self)
        self.editing = EditingController(session, self)
        self.mending = MendingController(session, self.editing, self)
        self.ranges = RangeController(session, self)
        self.repeating = RepeatingController(session, tasks, self)
        self.moving = MovingController(session, self)
        self.tracks = TracksController(session, self)
        self.joint_speed = JointSpeed(session, self)
        self.people = PeopleController(session, tasks, network, self)
        self.placing = PlacingController(session, self.editing, self)
        self.finding = FindingController(session, tasks, device, self)
        self.prediction = PredictionController(session, network, tasks, self)
        self.weights_in_use = WeightsInUse(session, network, tasks, self)
        self.weights = WeightsController(self.weights_in_use, tasks, device, self)
        self.finetuning = FinetuningController(session, network, self.weights_in_use, self)
        self.self_rounds = SelfRounds(session, self.finetuning, self)
        self.rounds = RoundsController(session, tasks, self.finetuning, self.weights_in_use, self)
        self.review = ReviewController(session, tasks, self)
        self.track_changes = TrackChangesController(session, tasks, self)
        self.exporting = ExportController(session, tasks, self)
        self.runs = RunsController(session, tasks, self)
        self.instruments = Instruments(session, network, self)
        self.seeing = Seeing(session, self)
        self.surroundings = SurroundingsController(session, self)
        self.comparison = Comparison(session, network, self.editing, self)
        self.checks = ChecksController(session, tasks, self)
        self.annotators = AnnotatorsController(session, tasks, self)
        self.reporting = ReportingController(session, tasks, self.logs, self)
        self.collecting = CollectingController(session, self.opening, network, tasks, device=device, parent=self)
        self.together = TogetherController(session, tasks, self.collecting, self.finetuning, self)

    def _bind(self) -> None:
        """Connects controllers and widgets."""
        window, session, tasks, network = self.window, self.session, self.tasks, self.network
        self.canvas_binding = CanvasBinding(session, self.editing, self.people, self.instruments, window)
        self.handling_binding = HandlingBinding(window, session, self.editing, self.canvas_binding)
        self.placing_binding = PlacingBinding(
            window, session, self.editing, self.people, self.placing, discard=self.repeating.discard
        )
        self.regions_binding = RegionsBinding(window, session, self.editing)
        self.seeing_binding = SeeingBinding(self.seeing, self.surroundings, window)
        self.comparison_binding = ComparisonBinding(session, self.comparison, window)
        self.annotators_binding = AnnotatorsBinding(session, self.annotators, self.comparison, window)
        self.collecting_binding = CollectingBinding(self.collecting, window)
        self.belonging_binding = BelongingBinding(session, self.opening, window)
        self.trust_binding = TrustBinding(session, tasks, self.checks, self.exporting, window)
        self.safety_binding = SafetyBinding(session, tasks, self.rescue, self.mismatch, window)
        self.panels_binding = PanelsBinding(session, self.editing, self.people, window)
        self.queue_binding = QueueBinding(session, self.review, window)
        self.track_changes_binding = TrackChangesBinding(session, self.track_changes, self.editing, self.review, window)
        self.network_binding = NetworkBinding(session, self.weights_in_use, self.finetuning, self.self_rounds, window)
        self.rounds_binding = RoundsBinding(session, self.rounds, self.together, window)
        self.weights_binding = WeightsBinding(self.weights, self.weights_in_use, network, tasks, window)
        self.questions = Questions(
            window,
            session,
            network,
            opening=self.opening,
            editing=self.editing,
            finding=self.finding,
            exporting=self.exporting,
            runs=self.runs,
            ask_for_weights=self.weights_binding.open,
        )
        self.actions_binding = ActionsBinding(
            window,
            session,
            tasks,
            self.questions,
            editing=self.editing,
            people=self.people,
            finding=self.finding,
            prediction=self.prediction,
            finetuning=self.finetuning,
            review=self.review,
            opening=self.opening,
            open_weights=self.weights_binding.open,
        )
        self.reporting_binding = ReportingBinding(session, self.reporting, window)
        self.moving_binding = MovingBinding(window, self.moving)
        self.timeline_binding = TimelineBinding(session, self.tracks, self.joint_speed, window)
        self.people.followed.connect(lambda _: self.tracks.look_at_ends())
        self.mending_binding = MendingBinding(window, self.mending)
        self.repeating_binding = RepeatingBinding(window, session, self.ranges, self.repeating)

    def _on_message(self, text: str) -> None:
        self._said = text
        self.window.show_message(text)

    def _on_settled(self, sentence: str) -> None:
        if self.window.error_text == sentence:
            self.window.dismiss_error()

    def _on_opened(self) -> None:
        project, window = self.session.project, self.window
        window.dismiss_error()
        window.settle_message(self._said)  # of the project before; what was ended for this one still matters
        window.set_title("" if project is None else project.source.path.name)
        window.set_read_only(project is not None and project.read_only)

    def restore_layout(self) -> None:
        """Puts window and panels where they were last."""
        self.window_place.restore()

    def shut_down(self) -> None:
        """Ends every thread and child process; what was edited is on disk already."""
        self.window_place.remember()
        self.weights_binding.dialog.close()
        self.rounds_binding.dialog.close()
        self.window.hide()  # what is computing now takes a moment to end: nobody has to watch it
        self.opening.shut_down()
        self.rescue.stop()
        self.finetuning.shut_down()
        self.rounds.stop()
        self.tasks.shut_down()
        self.review.stop()
        self.tracks.stop()
        self.track_changes.stop()
        self.joint_speed.stop()
        self.mending.stop()
        self.repeating.stop()
        self.instruments.stop()
        self.comparison.stop()
        self.surroundings.stop()
        self.annotators.end()
        self.session.close()
        self.collector.stop()


def start_path(path: Path | None) -> Path:
    """What to open: the path that was given, else the last project, else the demo clip."""
    if path is not None:
        return path
    last = places.read_settings().get("last_project")
    if isinstance(last, str) and Path(last).is_file():
        return Path(last)
    return places.DEMO_CLIP


def main(path: Path | None, screenshot: Path | None = None) -> int:
    """Runs the window until it is closed; with `screenshot`, draws it once into that file. Returns the exit status."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)  # noqa: S101 - nothing else makes one in this process
    application.setApplicationName("FAMI-Pose Review")
    theme.apply(application)
    logs = Logs()
    if screenshot is None:
        logs.start()
        qInstallMessageHandler(_log_qt)
    program = Program(logs=logs)
    if screenshot is None:
        program.restore_layout()
    program.window.show()
    program.opening.open(start_path(path))
    if screenshot is not None:
        return draw_once(program, screenshot)
    program.collecting.reopen()
    # Python sees Ctrl+C in the terminal only while its own code runs now and then.
    signal.signal(signal.SIGINT, lambda *_: program.window.close())
    wake = QTimer(program)
    wake.start(300)
    status = application.exec()
    qInstallMessageHandler(None)
    logs.stop()
    return status


def _log_qt(kind: QtMsgType, _context: QMessageLogContext, words: str) -> None:
    quiet = kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
    logging.getLogger("qt").log(logging.INFO if quiet else logging.WARNING, "%s", words)


def draw_once(program: Program, file: Path) -> int:
    """Waits until the clip is shown (or cannot be), and writes a picture of the window.

    Raises:
        FamiError: the clip cannot be opened, or the picture cannot be written.
    """
    loop = QEventLoop()

    def look() -> None:
        if (program.session.shown is not None and not program.tasks.running()) or program.window.error_text:
            QTimer.singleShot(300, loop.quit)
        else:
            QTimer.singleShot(50, look)

    look()
    QTimer.singleShot(SCREENSHOT_TIMEOUT_MS, loop.quit)
    loop.exec()
    sentence = (
        "" if program.session.shown is not None else program.window.error_text or "The clip took too long to open."
    )
    saved = program.window.grab().save(str(file))
    program.window.close()
    if not saved:
        raise FamiError(f"{file} cannot be written: choose another place, or a name that ends in .png.")
    if sentence:
        raise FamiError(sentence)
    return 0
