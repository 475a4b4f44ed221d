"""Who is who over the clip: what a change would come to, how it looks, and making it, off the window's thread."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.frame_asker import FrameAsker
from app.threads.latest import LatestWorker
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.project import Project, Touched
from core.project.track_edits import change_tracks, effect_of
from core.track_changes import Both, StripRow, Thumbnail, TrackChange, Verb
from core.video import Source
from core.video.thumbnails import person_thumbnail

THUMBNAIL_WH = (144, 192)
"""In pixels; drawn at half that, so that it is sharp on a screen of twice the scale."""
STEPS = (0, 2, 6, 14)
"""How many of the person's frames away from the place of the change a thumbnail is."""
KEPT_STRIPS = 16


class EffectQuestion(NamedTuple):
    """What a change would come to, given what the project held after an entry of its journal."""

    project: Project
    as_of: int
    change: TrackChange


class StripQuestion(NamedTuple):
    """How a change looks in the clip."""

    path: Path
    asked: EffectQuestion


class TrackChangesController(QObject):
    """Foretells and makes changes of tracks.

    Signals:
        effect_known: a TrackEffect.
        strip_known: a TrackChange, and its rows (StripRow, ...).
        failed: one sentence, why the change or its strip cannot be shown.
    """

    effect_known = Signal(object)
    strip_known = Signal(object, object)
    failed = Signal(str)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._effects = LatestWorker("track effect", lambda asked: effect_of(asked.project, asked.change), self)
        self._effects.answered.connect(lambda _, effect: self.effect_known.emit(effect))
        self._effects.failed.connect(lambda _, sentence: self.failed.emit(sentence))
        self._strips: FrameAsker[StripQuestion, tuple[StripRow, ...]] = FrameAsker(
            "track strip", self._strip, room=KEPT_STRIPS, parent=self
        )
        self._strips.answered.connect(lambda question, rows: self.strip_known.emit(question.asked.change, rows))
        self._strips.failed.connect(lambda _, sentence: self.failed.emit(sentence))
        session.closing.connect(self._strips.clear)

    def stop(self) -> None:
        """Ends the threads."""
        self._effects.stop()
        self._strips.stop()

    def foretell(self, change: TrackChange) -> None:
        """Asks what a change would come to and how it looks; the signals answer."""
        project, path = self._session.project, self._session.source_path
        if project is None or path is None:
            return
        asked = self._session.read(lambda held: EffectQuestion(held, held.last_entry, change), None)
        if asked is not None:
            self._effects.ask(asked)
            self._strips.ask(StripQuestion(path, asked))

    def forget(self) -> None:
        """Nobody looks any more."""
        self._effects.forget()
        self._strips.forget()

    def make(self, change: TrackChange) -> None:
        """Makes the change in a worker thread, as one edit, and selects whom the frames are now."""
        session = self._session
        clip = session.writable_clip()
        if clip is None:
            return
        project, _ = clip
        locked = [who for who in (change.old, change.new) if who in session.locked]
        if locked:
            session.message.emit(f"Person {locked[0]} is locked: unlock them first (L).")
            return

        def work(_: Task) -> Touched:
            return change_tracks(project, change)

        def tell(touched: Touched) -> None:
            session.touch(touched)
            if touched:
                session.message.emit(touched.label)
                session.select(max(touched.track_ids) if change.new is None else change.new, session.keypoint)

        self._tasks.run(
            TaskKind.TRACKS,
            "Changing numbers",
            work,
            on_project=True,
            succeeded=tell,
            busy="Numbers are already being changed: wait a moment.",
        )

    def _strip(self, question: StripQuestion, source: Source) -> tuple[StripRow, ...]:
        """In the thread: the people as the clip will show them, around the place of the change."""
        project, change = question.asked.project, question.asked.change
        olds = project.frames_of(change.old)
        news = np.zeros(0, np.int64) if change.new is None else project.frames_of(change.new)

        def cut(plan: Sequence[tuple[int, int]]) -> tuple[Thumbnail, ...]:
            found = []
            for frame_index, track_id in plan:
                self._strips.raise_unless_wanted(question)
                pose = project.frame(frame_index).pose(track_id)
                if pose is not None:
                    rgb = person_thumbnail(source.frame(frame_index), pose.bbox_xywh, THUMBNAIL_WH)
                    found.append(Thumbnail(frame_index, rgb))
            return tuple(found)

        return tuple(StripRow(who, cut(before), cut(after)) for who, before, after in planned(change, olds, news))


Plan = list[tuple[int, int]]
"""Frame index and the number that the person has there now."""


def planned(
    change: TrackChange, olds: NDArray[np.int64], news: NDArray[np.int64]
) -> list[tuple[int | None, Plan, Plan]]:
    """Which thumbnails show a change: a row a person, with the frames before the place and from it on.

    Args:
        change: the change.
        olds: all frames of the person who changes, rising.
        news: likewise of the other one.
    """
    old, new, start = change.old, -1 if change.new is None else change.new, change.start
    held = {int(index): old for index in olds if start <= index < change.stop}
    there = {int(index): new for index in news if start <= index < change.stop}
    keeps_there = change.both == Both.KEEP_THERE and change.verb != Verb.SWAP
    becomes_new = held | there if keeps_there else there | held
    becomes_old = {}
    if change.verb == Verb.SWAP:
        becomes_new, becomes_old = held, there
    elif change.both == Both.SWAP:
        becomes_old = {index: new for index in held if index in there}
    if change.verb == Verb.MERGE:
        place = int(max(olds[0], news[0])) if len(olds) and len(news) else start
        return [(change.new, *_near(becomes_new, place))]
    before_new, before_old = ({int(i): who for i in frames if i < start} for frames, who in ((news, new), (olds, old)))
    return [
        (change.new, *_near(before_new | becomes_new, start)),
        (old, *_near(before_old | becomes_old, start)),
    ]


def _near(people: Mapping[int, int], place: int) -> tuple[Plan, Plan]:
    """Some of the frames before a place, and some from it on, the nearest of each among them; with who is there."""
    frames = sorted(people)
    at = bisect_left(frames, place)
    before = [frames[at - 1 - step] for step in reversed(STEPS) if at - 1 - step >= 0]
    after = [frames[at + step] for step in STEPS if at + step < len(frames)]
    return [(index, people[index]) for index in before], [(index, people[index]) for index in after]
