"""The questions the program asks: one function each, returning the answer, or None where it was cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QWidget,
)

from app.ui.actions import KeyMap, Preset
from app.ui.dialogs.keys_dialog import KeysDialog
from app.ui.dialogs.question import Question, answer_of
from app.ui.reasons import allow
from core.frame_range import FrameRange

EXPORT_WIDTH_PX = 600
"""Room for a path of some folders."""


@dataclass(frozen=True)
class ExportOptions:
    """What to write.

    Attributes:
        format_name: the format's name.
        path: the file.
        only_reviewed: only what a person looked at.
        frames: only these frames, None for the whole clip.
        images_folder: where the frames go as pictures, None for nowhere.
    """

    format_name: str
    path: Path
    only_reviewed: bool
    frames: FrameRange | None
    images_folder: Path | None


@dataclass(frozen=True)
class ExportFormat:
    """A format as the dialog offers it."""

    name: str
    title: str
    about: str
    suffix: str


class ExportDialog(Question):
    """The format, the file and what goes into it, and how many things in the labels would be questioned.

    Signals:
        objections_wanted(): leave the labels as they are for now, and show what would be questioned.
    """

    objections_wanted = Signal()

    def __init__(
        self, parent: QWidget | None, path: Path, formats: Sequence[ExportFormat], selected: FrameRange | None = None
    ) -> None:
        """Asks for a file, `path` at first; frames that are `selected` on the timeline can be written alone."""
        self._formats = tuple(formats)
        self._selected = selected
        super().__init__(parent, "export_dialog", "Export", "Write the labels for other programs to read.", "Export")
        self.setMinimumWidth(EXPORT_WIDTH_PX)
        self._format = QComboBox(self)
        self._format.setObjectName("export_format")
        self._format.setToolTip("The layout of the file.")
        for entry in self._formats:
            self._format.addItem(entry.title)
        self._path = QLineEdit(str(path), self)
        self._path.setObjectName("export_path")
        self._name_file(str(path))
        browse = QPushButton("Browse…", self)
        browse.setObjectName("export_browse")
        browse.setToolTip("Choose the file.")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        place = QHBoxLayout()
        place.addWidget(self._path, 1)
        place.addWidget(browse)
        self._about = self.muted("")
        self._reviewed = self._switch(
            "export_only_reviewed",
            "Only what a person reviewed, accepted or corrected",
            "Leaves out what nobody has checked.",
        )
        of_range = "Only the selected range" if selected is None else f"Only {selected.words}"
        self._range = self._switch("export_selected_range", of_range, "The range that is selected on the timeline.")
        self._range.setVisible(selected is not None)
        self._checked = QLabel(self)
        self._checked.setObjectName("export_checked")
        self._checked.setWordWrap(True)
        self._show_them = QPushButton("Show them", self)
        self._show_them.setObjectName("export_show_objections")
        self._show_them.setToolTip("Close this, and list what would be questioned; nothing is exported yet.")
        self._show_them.setAutoDefault(False)
        self._show_them.clicked.connect(self._want_objections)
        checks = QHBoxLayout()
        checks.addWidget(self._checked, 1)
        checks.addWidget(self._show_them)
        self._images = self._switch(
            "export_images",
            "Also write the frames as pictures",
            "Into a folder “images” beside the file, under the names used in the labels.",
        )
        form = QFormLayout()
        form.addRow("Format", self._format)
        form.addRow("", self._about)
        form.addRow("File", place)
        self.body.addLayout(form)
        self.body.addWidget(self._reviewed)
        self.body.addWidget(self._range)
        self.body.addWidget(self._images)
        self.body.addLayout(checks)
        self.show_checked("", any_found=False)
        self._format.currentIndexChanged.connect(self._show_format)
        self._path.textChanged.connect(self._name_file)
        self._show_format(0)

    def _name_file(self, text: str) -> None:
        self._path.setToolTip(f"The file to write: {text}")
        allow(self.do_it, "" if text.strip() else "Name a file first.")

    def _switch(self, name: str, words: str, tooltip: str) -> QCheckBox:
        switch = QCheckBox(words, self)
        switch.setObjectName(name)
        switch.setToolTip(tooltip)
        return switch

    def _show_format(self, index: int) -> None:
        self._about.setText(self._formats[index].about)
        if self._path.text().strip():
            self._path.setText(str(Path(self._path.text()).with_suffix(self._formats[index].suffix)))

    def show_checked(self, sentence: str, *, any_found: bool) -> None:
        """Says what a check of the labels found, with a button that leads there if it found anything."""
        self._checked.setText(sentence)
        self._show_them.setVisible(any_found)

    def _want_objections(self) -> None:
        self.reject()
        self.objections_wanted.emit()

    def _browse(self) -> None:
        suffix = self._formats[self._format.currentIndex()].suffix
        path, _ = QFileDialog.getSaveFileName(self, "Export to", self._path.text(), f"Labels (*{suffix})")
        if path:
            self._path.setText(path)

    def options(self) -> ExportOptions:
        """The answer."""
        path = Path(self._path.text().strip()).expanduser()
        return ExportOptions(
            self._formats[self._format.currentIndex()].name,
            path,
            self._reviewed.isChecked(),
            self._selected if self._range.isChecked() else None,
            path.parent if self._images.isChecked() else None,
        )


class FrameDialog(Question):
    """The number of a frame to go to."""

    def __init__(self, parent: QWidget | None, frame_index: int, num_frames: int) -> None:
        sentence = f"Frames are numbered from 0 to {num_frames - 1}."
        super().__init__(parent, "frame_dialog", "Go to frame", sentence, "Go")
        self.number = QSpinBox(self)
        self.number.setObjectName("frame_number")
        self.number.setRange(0, num_frames - 1)
        self.number.setValue(frame_index)
        self.number.setToolTip("The frame to go to.")
        form = QFormLayout()
        form.addRow("Frame", self.number)
        self.body.addLayout(form)


def ask_frame(parent: QWidget | None, frame_index: int, num_frames: int) -> int | None:
    """The frame to go to; `frame_index` is proposed."""
    dialog = FrameDialog(parent, frame_index, num_frames)
    return dialog.number.value() if dialog.agreed() else None


def ask_for_source(parent: QWidget | None, project_path: Path) -> Path | None:
    """Where the video or the folder of images of a project is now."""
    dialog = Question(
        parent,
        "source_dialog",
        "Find the video",
        f"The video of {project_path.name} is not where it was. Choose where it is now; no labels are lost.",
        "Choose a video…",
    )
    folder = QPushButton("Choose a folder of images…", dialog)
    folder.setObjectName("choose_folder")
    folder.setToolTip("For a project on a folder of images.")
    folder.setAutoDefault(False)
    wants_folder = 2  # neither accepted (1) nor rejected (0)
    folder.clicked.connect(lambda: dialog.done(wants_folder))
    dialog.body.addWidget(folder)
    answer = answer_of(dialog)
    if answer == QDialog.DialogCode.Rejected:
        return None
    start = str(project_path.parent)
    if answer == wants_folder:
        found = QFileDialog.getExistingDirectory(parent, "The folder of images", start)
    else:
        found = QFileDialog.getOpenFileName(parent, "The video", start)[0]
    return Path(found) if found else None


def ask_keypoints(parent: QWidget | None, path: Path) -> str | None:
    """Whose keypoints a weights file locates, "posetrack" or "coco", where the file does not say."""
    dialog = Question(
        parent,
        "keypoints_dialog",
        "Import weights",
        f"{path.name} does not say what its 17 outputs stand for. "
        "Which data was it last trained on? Its source should say.",
        "Import",
    )
    posetrack = QRadioButton("PoseTrack: nose, head bottom, head top, ears, shoulders to ankles", dialog)
    posetrack.setObjectName("keypoints_posetrack")
    posetrack.setChecked(True)
    coco = QRadioButton("COCO: nose, eyes, ears, shoulders to ankles", dialog)
    coco.setObjectName("keypoints_coco")
    for button, tooltip in (
        (posetrack, "Trained on PoseTrack 2017 or 2018."),
        (coco, "Trained on COCO: head bottom and head top will not be labelled."),
    ):
        button.setToolTip(tooltip)
        dialog.body.addWidget(button)
    dialog.body.addWidget(
        dialog.muted("With the wrong answer, joints of the head would be placed on the eyes, or the other way round.")
    )
    if not dialog.agreed():
        return None
    return "coco" if coco.isChecked() else "posetrack"


def edit_keymap(parent: QWidget | None, keymap: KeyMap, presets: Sequence[Preset]) -> KeyMap | None:
    """The keys as the person wants them."""
    dialog = KeysDialog(keymap, presets, parent)
    return dialog.keymap() if answer_of(dialog) == QDialog.DialogCode.Accepted else None


def show_about(parent: QWidget | None, version: str = "") -> None:
    """Says what the program is."""
    dialog = Question(
        parent,
        "about_dialog",
        "About",
        f"FAMI-Pose Review {version}\n\n"
        "Review and correct human poses in video, with a multi-frame pose network in the loop. "
        "Every edit is on disk when the mouse button is released; there is nothing to save.",
        "Close",
    )
    dialog.cancel.hide()
    answer_of(dialog)
