"""Pictures of docs/guide/tracks.md."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QSpinBox

from app.application import Program
from app.ui.dialogs.tracks_dialog import TracksDialog
from core.track_changes import Verb
from guide_pictures.stage import beside, dialog, go_to, settle, wait


def tracks_dialog(program: Program) -> QPixmap:
    """The dialog that changes who is who, with the people before and after the place."""
    return _asked(program, program.session.project.track_ids()[0], Verb.ASSIGN)


def tracks_verbs(program: Program) -> QPixmap:
    """What swapping, splitting and merging come to, before it is done; what was split off is merged again."""
    project = program.session.project
    first = project.track_ids()[0]
    swapped = _asked(program, first, Verb.SWAP)
    split = _asked(program, first, Verb.SPLIT, close=lambda it: it.do_it.click())
    wait(lambda: len(project.track_ids()) == 3, "somebody new")
    merged = _asked(program, max(project.track_ids()), Verb.MERGE, other=first)
    return beside(swapped, split, merged, below=True)


def _asked(
    program: Program,
    track_id: int,
    verb: Verb,
    other: int | None = None,
    close: Callable[[TracksDialog], object] = TracksDialog.reject,
) -> QPixmap:
    """The dialog about a person in frame 40, with its strip and its effect; `other` is typed as the number."""
    go_to(program, 40)
    program.session.select(track_id, None)
    settle(program)

    def ready(asked: TracksDialog) -> bool:
        number = asked.findChild(QSpinBox, "track_number")
        if other is not None and number.value() != other:
            number.setValue(other)
            return False
        said = asked.findChild(QLabel, "track_effect").text()
        return asked.strip.rows is not None and asked.do_it.isEnabled() and (other is None or f"#{other}" in said)

    return dialog(TracksDialog, lambda: program.track_changes_binding.open(track_id, verb), ready, close)
