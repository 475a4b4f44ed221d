"""Asks for a stretch of frames, and how far around a frame something reaches."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QSpinBox, QWidget

from app.ui.dialogs.question import Question


class RangeDialog(Question):
    """The first and the last frame of a stretch."""

    def __init__(self, parent: QWidget | None, title: str, do_it: str, *, first: int, num_frames: int) -> None:
        sentence = f"From which frame to which? Frames are numbered from 0 to {num_frames - 1}."
        super().__init__(parent, "range_dialog", title, sentence, do_it)
        form = QFormLayout()
        self.first = self._number("range_first", "The first frame.", first, num_frames)
        self.last = self._number("range_last", "The last frame; it is included.", num_frames - 1, num_frames)
        form.addRow("First", self.first)
        form.addRow("Last", self.last)
        self.body.addLayout(form)
        self.first.valueChanged.connect(self.last.setMinimum)
        self.last.setMinimum(first)

    def _number(self, object_name: str, tooltip: str, value: int, num_frames: int) -> QSpinBox:
        box = QSpinBox(self)
        box.setObjectName(object_name)
        box.setToolTip(tooltip)
        box.setRange(0, num_frames - 1)
        box.setValue(value)
        return box

    def frames(self) -> tuple[int, int]:
        """The answer as a half-open range."""
        return self.first.value(), self.last.value() + 1


def ask_frame_range(
    parent: QWidget | None, title: str, do_it: str, *, first: int, num_frames: int
) -> tuple[int, int] | None:
    """A half-open range of frames; from `first` to the clip's end is proposed."""
    dialog = RangeDialog(parent, title, do_it, first=first, num_frames=num_frames)
    return dialog.frames() if dialog.agreed() else None


class ReachDialog(Question):
    """How many frames on either side a correction mends at most."""

    def __init__(self, parent: QWidget | None, reach: int, farthest: int) -> None:
        sentence = (
            "How many frames on either side may a correction mend? It ends sooner where the picture changes too much "
            "or the joint is right already."
        )
        super().__init__(parent, "reach_dialog", "Reach of mending", sentence, "Set")
        self.reach = QSpinBox(self)
        self.reach.setObjectName("reach")
        self.reach.setRange(1, farthest)
        self.reach.setValue(reach)
        self.reach.setToolTip("Frames before the correction, and as many after it.")
        form = QFormLayout()
        form.addRow("Frames", self.reach)
        self.body.addLayout(form)


def ask_reach(parent: QWidget | None, reach: int, farthest: int) -> int | None:
    """How many frames on either side, at most `farthest`; `reach` is proposed."""
    dialog = ReachDialog(parent, reach, farthest)
    return dialog.reach.value() if dialog.agreed() else None
