"""A collection of clips: the list with how far each is, going from one to the next, predicting them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.opening import OpeningController
from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from app.threads.timers import single_shot
from app.weights.detectors import look_for_people, suited_to
from app.weights.in_use import Network
from core.errors import FamiError
from core.files import places
from core.work.collection import (
    SUFFIX,
    ClipProgress,
    clips_in,
    progress_in,
    progress_of,
    project_of,
    read_collection,
    write_collection,
)
from core.work.opening import Opened
from core.work.predicting_clips import ClipOutcome, FindPeople, predict_clips

QUIET_MS = 1500
"""How long labels have to be left alone before the open clip's row is counted anew."""


@dataclass(frozen=True)
class CollectionState:
    """What the list shows.

    Attributes:
        path: of the collection, None where there is none.
        clips: its clips, with what is known of each (None until it was looked at).
        current: the one that is open, None if it is none of these.
        at_work: the one that is being predicted.
        is_remembered: it was open when the program was closed; nobody asked for it now.
    """

    path: Path | None = None
    clips: tuple[tuple[Path, ClipProgress | None], ...] = ()
    current: Path | None = None
    at_work: Path | None = None
    is_remembered: bool = False


class CollectingController(QObject):
    """Holds the collection that is open beside the clip.

    Signals:
        changed(CollectionState): there is something else to show.
    """

    changed = Signal(object)

    def __init__(
        self,
        session: Session,
        opening: OpeningController,
        network: Network,
        tasks: TaskRunner,
        *,
        device: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._opening = opening
        self._network = network
        self._tasks = tasks
        self._device = device
        self.state = CollectionState()
        self._opens_next: Path | None = None
        self._timer = single_shot(self, QUIET_MS, self._look_at_current)
        opening.collection_wanted.connect(self.open)
        session.opened.connect(self._on_opened)
        session.poses_changed.connect(lambda _: self._timer.start() if self.state.current else None)

    # The list -------------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Shows a collection, and opens its first clip that is not done yet."""
        try:
            clips = read_collection(path)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self._take(path, clips, and_open=True)

    def reopen(self) -> None:
        """Shows the collection that was open last, if it is still there, and leaves the open clip as it is."""
        last = places.read_settings().get("last_collection")
        path = Path(last) if isinstance(last, str) else None
        if path is None or not path.is_file():
            return
        try:
            clips = read_collection(path)
        except FamiError:
            return  # whoever opens it by hand is told why
        self._take(path, clips, and_open=False, is_remembered=True)

    def collect(self, folder: Path) -> None:
        """Makes a collection of the clips in a folder, in a file there, unless there is one already."""
        path = folder / f"{folder.name}{SUFFIX}"
        if path.is_file():
            self.open(path)
            return
        try:
            clips = clips_in(folder)
            if not clips:
                raise FamiError(f"There are no clips in {folder.name}: choose a folder of videos.")
            write_collection(path, clips)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self._take(path, tuple(clips), and_open=True)

    def add(self, paths: Sequence[Path]) -> None:
        """Puts clips at the end of the list."""
        self._write([*(clip for clip, _ in self.state.clips), *paths])

    def remove(self, clip: Path) -> None:
        """Takes a clip off the list; its file and labels stay."""
        self._write([other for other, _ in self.state.clips if other != clip])

    def _write(self, clips: Sequence[Path]) -> None:
        path = self.state.path
        if path is None:
            self._session.message.emit("Open a collection first.")
            return
        try:
            write_collection(path, clips)
            self._take(path, read_collection(path), and_open=False)
        except FamiError as error:
            self._session.error.emit(str(error))

    def _take(self, path: Path, clips: tuple[Path, ...], *, and_open: bool, is_remembered: bool = False) -> None:
        known = dict(self.state.clips)
        listed = tuple((clip, known.get(clip)) for clip in clips)
        self._show(replace(self.state, path=path, clips=listed, is_remembered=is_remembered))
        places.remember_collection(path)
        self._on_opened()
        self._look_at(clips, and_open=and_open)

    def _look_at_current(self) -> None:
        """Its project is open here: nothing has to be read."""
        progress = self._session.read(progress_in, None)
        if self.state.current is not None and progress is not None:
            self._know(self.state.current, progress)

    def _look_at(self, clips: Sequence[Path], *, and_open: bool = False) -> None:
        """Counts how far clips are, in a worker; each is shown as soon as it is known."""
        collection = self.state.path

        def work(task: Task) -> None:
            for done, clip in enumerate(clips):
                task.report(done, len(clips))
                task.deliver((clip, progress_of(clip)))

        def ended(_: None) -> None:
            if and_open and self.state.path == collection and self.state.current is None:
                self._open_first_to_do()

        def start() -> None:
            self._tasks.run(
                TaskKind.LOOK_AT_CLIPS,
                "Looking at the clips",
                work,
                delivered=lambda found: self._know(*found),
                succeeded=ended,
            )

        if clips:
            self._tasks.when_free((TaskKind.LOOK_AT_CLIPS,), "Looking at the clips", start)

    def _know(self, clip: Path, progress: ClipProgress) -> None:
        rows = tuple((one, progress if one == clip else before) for one, before in self.state.clips)
        self._show(replace(self.state, clips=rows))

    # From clip to clip ----------------------------------------------------------------------------------------------

    def go_to(self, clip: Path) -> None:
        """Opens a clip of the list; one that is being predicted once that is done."""
        if clip == self.state.at_work:
            self._opens_next = clip
            self._session.message.emit(f"{clip.name} is being predicted: it opens once that is done.")
        elif clip != self.state.current:
            self._opening.open(clip)

    def step(self, direction: int) -> None:
        """Opens the next clip of the list (1), or the one before (-1)."""
        clips = [clip for clip, _ in self.state.clips]
        if not clips:
            self._session.message.emit("Open a collection first.")
            return
        here = clips.index(self.state.current) if self.state.current in clips else (-1 if direction > 0 else len(clips))
        if 0 <= here + direction < len(clips):
            self.go_to(clips[here + direction])
        else:
            self._session.message.emit(f"This is the {'last' if direction > 0 else 'first'} clip of the collection.")

    def _open_first_to_do(self) -> None:
        there = [(clip, progress) for clip, progress in self.state.clips if progress and not progress.trouble]
        to_do = [clip for clip, one in there if not one.num_frames or one.num_reviewed < one.num_frames]
        first = next(iter([*to_do, *(clip for clip, _ in there)]), None)
        if first is not None:
            self.go_to(first)

    def _on_opened(self) -> None:
        project = self._session.project
        if project is None:
            return
        current = next((clip for clip, _ in self.state.clips if project_of(clip) == project.path), None)
        before = self.state.current
        self._show(replace(self.state, current=current))
        if before is not None and before != current:
            self._look_at([before])

    # Work over all of them ------------------------------------------------------------------------------------------

    def predict_all(self) -> None:
        """Predicts all clips of the list but the one that is open, one after the other, while the hand goes on."""
        open_now = self.state.current
        clips = [clip for clip, _ in self.state.clips if clip != open_now]
        if not clips:
            self._session.message.emit("There is no other clip to predict: open a collection of several first.")
            return

        def work(task: Task) -> list[ClipOutcome]:
            return predict_clips(
                clips,
                self._network.predictor,
                self._finder(),
                on_clip=task.deliver,
                on_progress=task.report,
            )

        def start() -> None:
            self._tasks.run(
                TaskKind.PREDICT_CLIPS,
                "Predicting the clips",
                work,
                delivered=self._on_clip,
                succeeded=self._on_predicted,
                ended=lambda: self._on_clip(None),
            )

        self._tasks.when_free((TaskKind.PREDICT_CLIPS,), "Predicting the clips", start)

    def _finder(self) -> FindPeople | None:
        """Finds people with the detector, where it is at hand."""
        detector_file = suited_to(self._device)
        if not detector_file.at_hand:
            return None

        def find(opened: Opened, on_progress: object) -> None:
            frames = (0, len(opened.source))
            look_for_people(
                detector_file,
                self._device,
                opened.project,
                opened.source,
                frames,
                on_progress=on_progress,  # type: ignore[arg-type]  # as predict_clips gives it
            )

        return find

    def _on_clip(self, clip: Path | None) -> None:
        """Another clip is being predicted; the one before is done."""
        before = self.state.at_work
        self._show(replace(self.state, at_work=clip))
        if before is not None:
            self._look_at([before])
        if self._opens_next is not None and self._opens_next == before:
            self._opens_next = None
            self._opening.open(before)

    def _on_predicted(self, outcomes: list[ClipOutcome]) -> None:
        done = [one for one in outcomes if not one.trouble]
        poses = sum(one.num_poses for one in done)
        posed = "1 pose" if poses == 1 else f"{poses:,} poses"
        self._session.message.emit(f"Predicted {posed} in {len(done)} of {len(outcomes)} clips.")
        troubles = [f"{one.clip.name}: {one.trouble}" for one in outcomes if one.trouble]
        self._session.remark("Predicting the clips", troubles)

    def _show(self, state: CollectionState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit(state)
