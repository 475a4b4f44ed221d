"""What the window asks before an action can be done: a path, a number, options, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app import keymaps
from app.controllers.editing.poses import EditingController
from app.controllers.editing.runs import RunsController
from app.controllers.exporting import ExportController, ReadLabels
from app.controllers.network.finding import FindingController
from app.controllers.opening import OpeningController
from app.controllers.session import Session
from app.ui.actions import KeyMap
from app.ui.dialogs import dialogs
from app.ui.dialogs.import_dialog import ImportOutlook, ask_how_to_import
from app.ui.dialogs.question import Question
from app.ui.dialogs.range_dialog import ask_frame_range
from app.ui.main_window import MainWindow
from app.ui.words import counted, shortened
from app.weights.detectors import DetectorFile
from app.weights.in_use import Network
from core.formats import ImportPreview
from core.formats.known import format_title

_VIDEOS = ["mp4", "avi", "mov", "mkv", "webm", "m4v", "mpg", "mpeg", "wmv", "ts"]
_CLIPS = [*_VIDEOS, "gif", "webp", "tif", "tiff", "fami", "famiset", "json"]
VIDEOS = f"Videos and projects ({' '.join(f'*.{s} *.{s.upper()}' for s in _CLIPS)});;All files (*)"
LABEL_FILES = "Labels (*.json *.slp *.csv *.h5 *.xml *.mat);;All files (*)"
NO_WEIGHTS = (
    "There are no weights to predict with: fetch some or import a file, or continue by hand. "
    "Boxes and joints can be set without the network."
)


class Questions(QObject):
    """Asks, and hands the answer to the controller it is for."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        network: Network,
        *,
        opening: OpeningController,
        editing: EditingController,
        finding: FindingController,
        exporting: ExportController,
        runs: RunsController,
        ask_for_weights: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._network = network
        self._opening = opening
        self._editing = editing
        self._finding = finding
        self._exporting = exporting
        self._runs = runs
        self._ask_for_weights = ask_for_weights
        exporting.import_read.connect(self._ask_how_to_import)
        self._keymap_trouble = ""
        self._keymap: KeyMap = self._own_keymap()
        self._window.apply_keymap(self._keymap)

    def open(self) -> None:
        """Asks for a video, a project or a label file, and opens it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", self._start_folder(), VIDEOS)
        if path:
            self._opening.open(Path(path))

    def open_folder(self) -> None:
        """Asks for a folder of images, and opens it."""
        path = QFileDialog.getExistingDirectory(self._window, "Open a folder of images", self._start_folder())
        if path:
            self._opening.open(Path(path))

    def _start_folder(self) -> str:
        path = self._session.source_path
        return str(path.parent if path is not None else Path.home())

    def ask_for_source(self, path: Path, sentence: str) -> None:
        """Says that a clip or its images are not where they were, with a button to find them."""
        self._window.show_error(sentence, "Find it…", lambda: self._find_source(path))

    def _find_source(self, path: Path) -> None:
        found = dialogs.ask_for_source(self._window, path)
        if found is not None:
            self._opening.open(path, Path(found))

    def import_labels(self) -> None:
        """Asks for a file of labels; what to take from it is asked once it is read."""
        if self._session.project is None:
            self._session.message.emit("Open the clip that the labels belong to first.")
            return
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            "Import labels",
            self._start_folder(),
            LABEL_FILES,
        )
        if path:
            self._exporting.read_for_import(Path(path))

    def import_labels_folder(self) -> None:
        """Asks for a folder with a label file for each frame, as OpenPose writes them."""
        if self._session.project is None:
            self._session.message.emit("Open the clip that the labels belong to first.")
            return
        title = "Import a folder with a label file for each frame"
        path = QFileDialog.getExistingDirectory(self._window, title, self._start_folder())
        if path:
            self._exporting.read_for_import(Path(path))

    def _ask_how_to_import(self, reading: ReadLabels) -> None:
        """Shows what the import would touch, and writes it if that is wanted."""
        file = f"{shortened(reading.path.name)}: {format_title(reading.labels.format_name)}."
        choice = ask_how_to_import(self._window, file, [_outlook(preview) for preview in reading.previews])
        if choice is not None:
            self._exporting.import_read_labels(
                reading,
                keypoints=choice.keypoints,
                same_people=choice.same_people,
                first_number=choice.first_number,
            )

    def with_weights(self, act: Callable[[], None]) -> Callable[[], None]:
        """`act` where there are weights; else says that there are none and shows how to come by some."""

        def checked() -> None:
            if self._network.weights_path is not None:
                act()
            else:
                self._ask_for_weights(NO_WEIGHTS)

        return checked

    def offer_detector(self, detector_file: DetectorFile) -> None:
        """Says what a detector costs, and fetches it if that is wanted; the window is as before if not."""
        question = Question(
            self._window,
            "detector_dialog",
            "Find people",
            f"Finding people needs a detector, which is not on this machine yet. Fetch it once "
            f"({detector_file.size_mb} MB from {detector_file.host})?",
            "Fetch and find",
        )
        question.body.addWidget(
            question.muted(
                f"{detector_file.architecture}, licence: {detector_file.licence}. It is kept in "
                f"{detector_file.path.parent}. Your video stays on this machine. Without it, draw boxes with Add (B)."
            )
        )
        if question.agreed():
            self._finding.fetch(detector_file)

    def find_in_range(self) -> None:
        """Asks for a stretch of frames, and finds the people in it."""
        num_frames, here = self._session.playback.num_frames, self._session.frame_index
        if here is None:
            self._session.message.emit("Open a clip first.")
            return
        frames = ask_frame_range(self._window, "Find people", "Find", first=here, num_frames=num_frames)
        if frames is not None:
            self._finding.find(*frames)

    def go_to_frame(self) -> None:
        """Asks for a frame's number, and goes there."""
        playback = self._session.playback
        if playback.num_frames:
            frame_index = dialogs.ask_frame(self._window, playback.wanted, playback.num_frames)
            if frame_index is not None:
                playback.pause()
                playback.go_to(frame_index)

    def remove_run(self) -> None:
        """Says which run of the machine was the last, and takes it back if that is wanted."""
        runs = self._runs
        run = runs.last()
        if run is None:
            self._session.message.emit("There is no run to undo.")
            return
        what = runs.in_words(run)
        question = Question(
            self._window,
            "remove_run_dialog",
            "Undo a run",
            f"Undo {what}? What you set, accepted or corrected since is kept. This cannot be redone.",
            "Undo",
        )
        if question.agreed():
            runs.remove(run)

    def edit_keys(self) -> None:
        """Lets a person change the keys, and keeps them."""
        try:
            keymap = dialogs.edit_keymap(self._window, self._keymap, keymaps.presets())
            if keymap is not None:
                self._keymap = keymap
                self._window.apply_keymap(keymap)
                keymaps.save_keymap(keymap, keymaps.own_keymap_file())
        except keymaps.KeymapError as error:
            self._session.error.emit(str(error))

    def _own_keymap(self) -> KeyMap:
        """The person's own keys, else the default ones."""
        own = keymaps.own_keymap_file()
        if own.is_file():
            try:
                return keymaps.read_keymap(own)
            except keymaps.KeymapError as error:
                self._keymap_trouble = str(error)
        return keymaps.load_keymap(keymaps.DEFAULT_KEYMAP)

    def tell_keymap_trouble(self) -> None:
        """Once there is a clip to work on: opening one puts earlier messages away."""
        if self._keymap_trouble:
            self._session.error.emit(self._keymap_trouble)
            self._keymap_trouble = ""


def _outlook(preview: ImportPreview) -> ImportOutlook:
    """What an import would touch, in words."""
    summary = f"{counted(preview.num_frames, 'frame')}, {counted(preview.num_people, 'person', 'people')}"
    lost = preview.num_labelled - preview.num_frames
    if lost:
        labelled = counted(preview.num_labelled, "labelled image")
        summary += f"; {lost:,} of {labelled} {'is' if lost == 1 else 'are'} not in this clip"
    return ImportOutlook(f"{summary}.", preview.decision, preview.remarks, preview.same_people, preview.first_number)
