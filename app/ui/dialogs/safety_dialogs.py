"""The questions when a file is not what it was: another clip, or a damaged project."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtWidgets import QRadioButton, QWidget

from app.ui.dialogs.question import Question


class Answer(Enum):
    """What a person says of pictures that are not those that were labelled."""

    TRUST_ALL = auto()
    TRUST_SHOWN = auto()
    CHOOSE_CLIP = auto()


def ask_about_mismatch(parent: QWidget | None, sentence: str) -> Answer | None:
    """What to do where the clip shows other pictures than were labelled; None to leave it."""
    dialog = Question(parent, "mismatch_dialog", "Another picture", sentence, "Go on")
    choices = (
        (Answer.TRUST_ALL, "trust_all", "The labels belong to this clip, in all its frames",
         "For a clip that was encoded anew, cut out or cleaned; one edit, which Undo takes back."),
        (Answer.TRUST_SHOWN, "trust_shown", "The labels belong to the picture of this frame",
         "The other frames are asked about when they are shown."),
        (Answer.CHOOSE_CLIP, "choose_clip", "The labelled clip is elsewhere: choose it…",
         "The project is pointed to the file that you choose."),
    )  # fmt: skip
    buttons = {answer: _radio(dialog, name, text, tooltip) for answer, name, text, tooltip in choices}
    buttons[Answer.TRUST_ALL].setChecked(True)
    if not dialog.agreed():
        return None
    return next(answer for answer, button in buttons.items() if button.isChecked())


def ask_how_to_rescue(parent: QWidget | None, sentence: str, backups: Sequence[str]) -> int | None:
    """How to come by the labels of a damaged project: 0 to repair it, from 1 on one of its backups; None to leave it.

    Args:
        parent: the window.
        sentence: why it cannot be opened.
        backups: a line for each, the newest first.
    """
    dialog = Question(parent, "rescue_dialog", "Damaged project", sentence, "Go on")
    buttons = [_radio(dialog, "rescue_repair", "Repair it: save what is whole", "It is said then what is missing.")]
    buttons += [
        _radio(dialog, f"rescue_backup_{place}", f"Take the backup of {when}", "As the project was then.")
        for place, when in enumerate(backups, 1)
    ]
    buttons[0].setChecked(True)
    dialog.body.addWidget(dialog.muted("Either way the damaged file is kept beside."))
    if not dialog.agreed():
        return None
    return next(place for place, button in enumerate(buttons) if button.isChecked())


def _radio(dialog: Question, name: str, text: str, tooltip: str) -> QRadioButton:
    button = QRadioButton(text, dialog)
    button.setObjectName(name)
    button.setToolTip(tooltip)
    dialog.body.addWidget(button)
    return button
