"""What to look at next: the queue's entries, computed off the window's thread, filtered, walked and marked as done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.latest import LatestWorker
from app.threads.tasks import TaskRunner
from app.threads.timers import single_shot
from core.errors import FamiError
from core.judging.entries import (
    ALL_REASONS,
    NOBODY,
    Entry,
    EntryColumns,
    FilterChoices,
    Order,
    Wanted,
    by_gain,
    filter_choices,
    in_clip_order,
    in_order,
)
from core.judging.review import neighbour
from core.keypoints import POSETRACK
from core.project import Project, Touched
from core.work.clip_review import ClipReview

QUIET_MS = 250
MAX_SHOWN = 500
"""More entries than a hand goes through are not listed; Next doubtful still finds them."""


class ReviewController(QObject):
    """Keeps the queue up to date and walks through it and through the labelled frames.

    Attributes:
        shown: the entries that are wanted, the most useful first, at most MAX_SHOWN of them.
        most_to_mend: the frame where a look would mend most, None where next to nothing is expected; it is not counted.
        num_done: how many of the entries that the filters let through are done.
        num_entries: how many there are, done or not.
        choices: what there is to filter by.
        wanted: the filters.
        current: the entry that the hand went to and is still at, None if none.

    Signals:
        entries_changed: `shown`, the counts or the choices are other ones.
        current_changed: an Entry, or None.
        look_wanted: an Entry that the hand goes to; its frame is on its way.
    """

    entries_changed = Signal()
    current_changed = Signal(object)
    look_wanted = Signal(object)

    def __init__(
        self, session: Session, tasks: TaskRunner, parent: QObject | None = None, *, order: Order = by_gain
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._order = order
        self.shown: list[Entry] = []
        self.most_to_mend: Entry | None = None
        self.num_done = self.num_entries = 0
        self.choices = FilterChoices((), (), ())
        self.wanted = Wanted()
        self.current: Entry | None = None
        self._columns: EntryColumns | None = None
        self._worker = LatestWorker("queue", lambda review: review.entries(), self)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(self._on_failed)
        self._timer = single_shot(self, QUIET_MS, self._ask)
        self._review: ClipReview | None = None
        session.opened.connect(self._on_opened)
        session.poses_changed.connect(self._on_poses_changed)
        session.people_display_changed.connect(self._show)
        session.frame_shown.connect(lambda frame: self._leave(frame.frame_index))
        tasks.shown.connect(self._on_task)

    @property
    def is_up_to_date(self) -> bool:
        """False while something that changed is still to be looked at: for scripts that wait for the queue."""
        return not self._timer.isActive() and self._worker.is_idle

    @property
    def listed(self) -> list[Entry]:
        """What the list shows: first where a look would mend most, then `shown`."""
        return self.shown if self.most_to_mend is None else [self.most_to_mend, *self.shown]

    def stop(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._worker.stop()

    # ---- going there ----

    def go_to_entry(self, entry: Entry) -> None:
        """Goes to where an entry is worst and selects whom it is about."""
        session = self._session
        session.playback.pause()
        self._be_at(entry)
        session.playback.go_to(entry.frame_index)
        if entry.track_id is not None:
            session.select(entry.track_id, entry.keypoint)
        session.message.emit(f"{entry.where}: {entry.sentence}")
        self.look_wanted.emit(entry)

    def go_to_first(self) -> None:
        """Goes to the first of the list: where a look would mend most, or the most useful entry."""
        if self.listed:
            self.go_to_entry(self.listed[0])
        else:
            self._session.message.emit(self._nothing_left())

    def next_doubtful(self) -> None:
        """Goes to the next open entry of the clip that the filters let through, from the start again after the last."""
        self._walk(1)

    def previous_doubtful(self) -> None:
        """Goes to the previous one."""
        self._walk(-1)

    def next_labelled(self) -> None:
        """Goes to the next frame that holds a person."""
        self._walk_labelled(1)

    def previous_labelled(self) -> None:
        """Goes to the previous frame that holds a person."""
        self._walk_labelled(-1)

    def _walk(self, direction: int, *, is_done_here: bool = False) -> None:
        """Walks in the order of the clip: by frame, and within a frame by person and joint.

        With `is_done_here`, the entry that the hand is at is done, though the queue has not heard of it yet.
        """
        columns = self._columns
        is_open = (
            np.zeros(0, np.bool_)
            if columns is None
            else self._wanted_rows(columns) & ~columns.is_done & ~columns.is_most_to_mend
        )
        if columns is None or not is_open.any():
            self._session.message.emit(self._nothing_left())
            return
        rows = np.flatnonzero(is_open)
        rows = in_clip_order(columns, rows)
        is_after = _compared(columns, rows, self._here(direction))
        if is_done_here:
            rows, is_after = rows[is_after != 0], is_after[is_after != 0]
        if not len(rows):
            self._session.message.emit(self._nothing_left())
            return
        further = np.flatnonzero(is_after > 0 if direction > 0 else is_after < 0)
        if not len(further):
            further = np.arange(len(rows))
        self.go_to_entry(columns.entry(int(rows[further[0] if direction > 0 else further[-1]])))

    def _nothing_left(self) -> str:
        if self.num_entries:
            return "All entries are done."
        if self._columns is not None and not self._columns.is_most_to_mend.all():
            return "The filters of the queue let nothing through, or it is about hidden people."
        return "Nothing is doubtful. Predict first, or look at the frames you doubt yourself."

    def _here(self, direction: int) -> tuple[int, int, int, int]:
        """Where the hand is in the clip: frame, person, joint, reason."""
        entry, session = self.current, self._session
        if entry is not None and session.playback.wanted == entry.frame_index:
            who = NOBODY if entry.track_id is None else entry.track_id
            joint = NOBODY if entry.keypoint is None else entry.keypoint
            return entry.frame_index, who, joint, ALL_REASONS.index(entry.reason)
        who = NOBODY if session.track_id is None else session.track_id
        joint = NOBODY if session.keypoint is None else session.keypoint
        return session.playback.wanted, who, joint, len(ALL_REASONS) if direction > 0 else -1

    def _walk_labelled(self, direction: int) -> None:
        frames = self._session.read(Project.labelled_frames, None)
        if frames is None:
            return
        here = self._session.playback.wanted
        target = neighbour(frames, here, direction)
        if target is None:
            self._session.message.emit(f"No labelled frame {'after' if direction > 0 else 'before'} this one.")
            return
        self._session.playback.step(target - here)

    # ---- what is done ----

    def done_with_current(self) -> None:
        """Marks the entry that the hand is at as done and goes on to the next; takes the mark back where it is."""
        entry = self.current
        if entry is None:
            self._session.message.emit("Go to an entry of the queue first: Next doubtful, or a click in the queue.")
            return
        was_done = entry.is_done
        if self.mark_done(entry, not was_done) and not was_done:
            self._walk(1, is_done_here=True)

    def mark_done(self, entry: Entry, done: bool = True) -> bool:
        """Says that an entry was looked at and may stay as it is, or is to be looked at again. True if that is kept."""
        places, session = entry.places, self._session
        if places is None or self._review is None:
            return False
        pairs = zip(places.frame_index.tolist(), places.prints.tolist(), strict=True)
        try:
            session.writable().mark_done([(places.what, index, number) for index, number in pairs], done)
        except FamiError as error:
            session.error.emit(str(error))
            return False
        if entry is self.current:
            self._be_at(replace(entry, is_done=done))
        session.message.emit(f"{entry.where}: {'done' if done else 'to be looked at again'}.")
        self._review.note(marks=True)
        self._ask()
        return True

    def set_wanted(self, wanted: Wanted) -> None:
        """Filters the queue; who is hidden on the picture is left out in any case."""
        self.wanted = wanted
        self._show()

    # ---- keeping up to date ----

    def _on_opened(self) -> None:
        project = self._session.project
        self._review = None if project is None else ClipReview(project)
        self.wanted = Wanted()
        self._columns = None
        self._be_at(None)
        self._show()
        self._timer.start()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self._review is not None:
            self._review.note(touched.frame_indices, people=touched.people_changed)
            self._timer.start()

    def _on_task(self, _name: object, done: int, total: int) -> None:
        """A task has begun or ended, and with it perhaps a run."""
        if self._review is not None and not done and not total:
            self._review.note(people=True)
            self._timer.start()

    def _ask(self) -> None:
        self._timer.stop()
        if self._review is not None:
            self._worker.ask(self._review)

    def _on_failed(self, review: ClipReview, sentence: str) -> None:
        if review is self._review:  # one that was closed meanwhile is nobody's concern
            self._session.message.emit(sentence)

    def _on_answer(self, review: ClipReview, columns: EntryColumns) -> None:
        if review is self._review:
            self._columns = columns
            self._show()

    def _wanted_rows(self, columns: EntryColumns) -> NDArray[np.bool_]:
        return columns.where(replace(self.wanted, hidden=self._session.hidden))

    def _show(self) -> None:
        """Filters and orders what is known, at no cost that a hand would feel."""
        columns = self._columns
        if columns is None:
            columns = EntryColumns.of(POSETRACK, [])
        self.choices = filter_choices(columns, self._session.hidden)
        mask = self._wanted_rows(columns)
        most = np.flatnonzero(mask & columns.is_most_to_mend).tolist()
        self.most_to_mend = columns.entry(most[0]) if most else None
        mask &= ~columns.is_most_to_mend
        self.num_entries, self.num_done = int(mask.sum()), int((mask & columns.is_done).sum())
        rows = np.flatnonzero(mask if self.wanted.with_done else mask & ~columns.is_done)
        rows = in_order(columns, rows, self._order)[:MAX_SHOWN]
        self.shown = [columns.entry(row) for row in rows.tolist()]
        if self.current is not None:
            same = next((entry for entry in self.listed if entry.is_same_place(self.current)), None)
            if same is not None:
                self._be_at(same)
        self.entries_changed.emit()

    def _be_at(self, entry: Entry | None) -> None:
        self.current = entry
        self.current_changed.emit(entry)

    def _leave(self, frame_index: int) -> None:
        """The hand is no longer at an entry once another frame than those of its span is wanted and shown."""
        entry = self.current
        if entry is None or self._session.playback.wanted != frame_index:
            return
        if not entry.first_frame <= frame_index <= entry.last_frame:
            self._be_at(None)


def _compared(columns: EntryColumns, rows: NDArray[np.int64], here: tuple[int, int, int, int]) -> NDArray[np.int64]:
    """(N,) 1, 0 or -1: whether each of the rows comes after a place, is it, or comes before it, in the clip's order."""
    after = np.zeros(len(rows), np.int64)
    places: list[NDArray[Any]] = [columns.frame_index, columns.track_id, columns.keypoint, columns.reason]
    for column, at in zip(places, here, strict=True):
        after = np.where(after == 0, np.sign(column[rows].astype(np.int64) - at), after)
    return after
