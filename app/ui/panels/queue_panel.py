"""The queue: what to look at next, and why, in words; filters above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.panels.queue_list import QueueView
from app.ui.reasons import allow
from core.judging.entries import Entry, FilterChoices, Wanted
from core.keypoints import POSETRACK

EMPTY_SENTENCE = "Nothing needs a look.\nPredict the clip, and what the network is unsure of appears here."
ALL_DONE_SENTENCE = "Everything here is done."
FILTERED_SENTENCE = "The filters let nothing through."
ANY_REASON, ANYBODY, ANY_JOINT = "All reasons", "Everybody", "All joints"


class FilterBox(QComboBox):
    """A choice of what to show; its keys are its own while it has the focus."""

    chosen = Signal()

    def __init__(self, object_name: str, everything: str, tooltip: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._everything = everything
        self.setObjectName(object_name)
        self.setToolTip(tooltip)
        self.setAccessibleName(tooltip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(lambda _: self.chosen.emit())
        self.set_choices([], None)

    def set_choices(self, choices: Sequence[tuple[str, Any]], chosen: Any) -> None:  # noqa: ANN401 - what Qt keeps of it
        """Offers choices (words, value) below "all"; one that is chosen and no longer there stays until another is."""
        entries = [(self._everything, None), *choices]
        if chosen is not None and chosen not in [value for _, value in entries]:
            entries.append((self.currentText(), chosen))
        if entries != [(self.itemText(i), self.itemData(i)) for i in range(self.count())]:
            self.clear()
            for words, value in entries:
                self.addItem(words, value)
        self.setCurrentIndex([value for _, value in entries].index(chosen))
        allow(self, "" if len(entries) > 1 else "There is nothing to choose from.")

    def showPopup(self) -> None:
        """Lists the choices, as wide as their words."""
        widest = max(self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count()))
        self.view().setMinimumWidth(widest + 2 * theme.SPACING_LARGE)
        super().showPopup()


class QueuePanel(QWidget):
    """What needs a look, the most useful first.

    Signals:
        entry_chosen(object): the hand goes to an Entry.
        done_toggled(object, bool): an Entry is done, or to be looked at again.
        filters_changed(object): Wanted; who is hidden is not the panel's to know.
    """

    entry_chosen = Signal(object)
    done_toggled = Signal(object, bool)
    filters_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queue_panel")
        self._is_filtered = False
        self._view = QueueView(self)
        self._view.entry_chosen.connect(self.entry_chosen)
        self._view.done_toggled.connect(self.done_toggled)
        self._view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._view.customContextMenuRequested.connect(self._open_menu)
        self._empty = QLabel(EMPTY_SENTENCE, self)
        self._empty.setObjectName("queue_empty")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("muted", True)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._view)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, theme.SPACING_SMALL + 2, theme.SPACING, theme.SPACING)
        column.setSpacing(theme.SPACING_SMALL)
        column.addLayout(self._build_filters())
        column.addLayout(self._build_count())
        column.addLayout(self._pages, 1)
        self.set_queue([], 0, 0, FilterChoices((), (), ()), Wanted())

    def _build_filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        self._reason = FilterBox("queue_reason", ANY_REASON, "Show only entries with this reason.", self)
        self._person = FilterBox("queue_person", ANYBODY, "Show only entries about this person.", self)
        self._joint = FilterBox("queue_joint", ANY_JOINT, "Show only entries about this joint.", self)
        for box, share in ((self._reason, 12), (self._person, 11), (self._joint, 10)):  # as their words are long
            box.chosen.connect(self._filter)
            row.addWidget(box, share)
        return row

    def _build_count(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_SMALL)
        self._count = QLabel(self)
        self._count.setObjectName("queue_count")
        self._count.setProperty("muted", True)
        self._count.setToolTip(
            "Done is what you marked as done, and what you corrected, accepted or reviewed since the clip was opened."
        )
        self._with_done = QToolButton(self)
        self._with_done.setObjectName("queue_with_done")
        self._with_done.setText("Show done")
        self._with_done.setCheckable(True)
        self._with_done.setProperty("framed", True)
        self._with_done.setToolTip("List also the entries that are done, below the others.")
        self._with_done.clicked.connect(lambda _checked: self._filter())
        row.addWidget(self._count, 1)
        row.addWidget(self._with_done)
        return row

    # What to show ---------------------------------------------------------------------------------------------------

    def set_queue(
        self, entries: Sequence[Entry], num_done: int, num_entries: int, choices: FilterChoices, wanted: Wanted
    ) -> None:
        """Shows the queue.

        Args:
            entries: those to list, the most useful first.
            num_done: of all that the filters let through.
            num_entries: likewise, done or not.
            choices: what there is to filter by.
            wanted: the filters.
        """
        self._reason.set_choices([(reason.words, reason) for reason in choices.reasons], wanted.reason)
        self._person.set_choices([(f"#{who}", who) for who in choices.track_ids], wanted.track_id)
        joints = [(POSETRACK.label(keypoint).capitalize(), keypoint) for keypoint in choices.keypoints]
        self._joint.set_choices(joints, wanted.keypoint)
        self._with_done.setChecked(wanted.with_done)
        self._is_filtered = any(value is not None for value in (wanted.reason, wanted.track_id, wanted.keypoint))
        self._count.setText(f"{num_done:,} of {num_entries:,} done" if num_entries else "")
        allow(self._with_done, "" if num_entries > 0 else "Nothing is done yet.")
        self._view.set_entries(entries)
        self._pages.setCurrentIndex(1 if entries else 0)
        self._empty.setText(
            ALL_DONE_SENTENCE if num_entries else FILTERED_SENTENCE if self._is_filtered else EMPTY_SENTENCE
        )

    def set_current(self, entry: Entry | None) -> None:
        """Marks the entry that the hand is at, or none."""
        self._view.set_current(entry)

    def take_focus(self) -> None:
        """Puts the keys on the first filter; Tab leads to the others and to the list."""
        self._reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # The hand -------------------------------------------------------------------------------------------------------

    def _filter(self) -> None:
        self.filters_changed.emit(
            Wanted(
                self._reason.currentData(),
                self._person.currentData(),
                self._joint.currentData(),
                with_done=self._with_done.isChecked(),
            )
        )

    def _open_menu(self, position: QPoint) -> None:
        entry = self._view.entry_at(position)
        if entry is not None:
            menu = self.context_menu(entry)
            menu.exec(self._view.viewport().mapToGlobal(position))
            menu.deleteLater()

    def context_menu(self, entry: Entry) -> QMenu:
        """What can be done with an entry."""
        menu = QMenu(self)
        menu.setObjectName("queue_menu")
        menu.addAction("Go there").triggered.connect(lambda: self.entry_chosen.emit(entry))
        done = "Look at it again" if entry.is_done else "Done"
        menu.addAction(theme.icon("reviewed"), done).triggered.connect(
            lambda: self.done_toggled.emit(entry, not entry.is_done)
        )
        menu.addSeparator()
        shown = self._with_done.isChecked()
        only = [(f"Only {entry.reason.words.lower().removesuffix('?')}", Wanted(entry.reason, with_done=shown))]
        if entry.track_id is not None:
            only.append((f"Only #{entry.track_id}", Wanted(track_id=entry.track_id, with_done=shown)))
        if entry.keypoint is not None:
            joint = POSETRACK.label(entry.keypoint)
            only.append((f"Only the {joint}", Wanted(keypoint=entry.keypoint, with_done=shown)))
        if self._is_filtered:
            only.append(("Everything", Wanted(with_done=shown)))
        for words, wanted in only:
            menu.addAction(words).triggered.connect(lambda _checked=False, w=wanted: self.filters_changed.emit(w))
        return menu
