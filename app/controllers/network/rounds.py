"""The rounds of a project: which there were; to make one current again, export it with its card, or delete it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.controllers.network.finetuning import FinetuningController
from app.controllers.network.weights_in_use import FINE_TUNED, WeightsInUse
from app.controllers.session import Session
from app.threads.frame_asker import FrameAsker
from app.threads.tasks import TaskKind, TaskRunner
from core.errors import FamiError, ProjectError
from core.files.replacing import replacing
from core.files.small_files import remembered
from core.project import Project, Round
from core.training.rounds.card import card_of

_DELETED = "deleted_rounds"
_ROOM_BYTES = 64 * 2**20


class PictureQuestion(NamedTuple):
    """The pixels of a frame of the clip."""

    path: Path
    frame_index: int


@dataclass(frozen=True)
class KnownRound:
    """One round of the open project.

    Attributes:
        number: from 1 on, in the order in which they were run.
        created: when it ended, in local time.
        report: as it was told.
        weights: where its file lies; None where it is gone.
        is_current: its weights predict now.
        is_deleted: a person deleted it.
    """

    number: int
    created: str
    report: dict[str, Any]
    weights: Path | None
    is_current: bool
    is_deleted: bool

    @property
    def sha256(self) -> str:
        """The hash of its weights."""
        return str(self.report.get("weights_sha256", ""))


class RoundsController(QObject):
    """Lists the rounds and acts on them.

    Signals:
        changed: something to show changed.
        picture: a frame index, its pixels (H, W, 3): the answer to `ask_for_picture`.
    """

    changed = Signal()
    picture = Signal(int, object)

    def __init__(
        self,
        session: Session,
        tasks: TaskRunner,
        finetuning: FinetuningController,
        weights_in_use: WeightsInUse,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._weights_in_use = weights_in_use
        self._pictures: FrameAsker[PictureQuestion, NDArray[np.uint8]] = FrameAsker(
            "rounds",
            lambda question, source: source.frame(question.frame_index),
            room=_ROOM_BYTES,
            size_of=lambda rgb: rgb.nbytes,
            parent=self,
        )
        self._pictures.answered.connect(lambda question, rgb: self.picture.emit(question.frame_index, rgb))
        self._pictures.failed.connect(lambda _, sentence: session.error.emit(sentence))
        session.closing.connect(self._pictures.clear)
        finetuning.recorded.connect(self.changed)
        session.opened.connect(self.changed)

    def rounds(self) -> list[KnownRound]:
        """All rounds of the open project, the newest first."""
        return self._session.read(_known_rounds, [])

    def ask_for_picture(self, frame_index: int) -> None:
        """Reads a frame off the window's thread; `picture` brings it, unless another one is asked for meanwhile."""
        project = self._session.project
        if project is not None:
            self._pictures.ask(PictureQuestion(project.source.path, frame_index))

    def stop(self) -> None:
        """Ends the thread that reads frames."""
        self._pictures.stop()

    def use(self, number: int) -> None:
        """Predicts with a round's weights from now on."""
        known, project = self._named(number), self._session.project
        if known is None or known.weights is None or project is None:
            return
        try:
            project.set_active_weights(known.sha256)
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        self._weights_in_use.choose(known.weights, FINE_TUNED, known.sha256)
        self._session.message.emit(f"The network now uses the weights of round {number}.")
        self.changed.emit()

    def delete(self, number: int) -> None:
        """Deletes a round's weights; what it measured stays in the list, and what it held out stays held out."""
        known, project = self._named(number), self._session.project
        if known is None or project is None or known.is_current:
            return
        try:
            deleted = {*_deleted(project), number}
            project.set_setting(_DELETED, json.dumps(sorted(deleted)))
            others = {one.sha256 for one in self.rounds() if not one.is_deleted}
            if known.weights is not None and known.sha256 not in others:
                known.weights.unlink(missing_ok=True)
        except (FamiError, OSError) as error:
            self._session.error.emit(str(error))
            return
        self._session.message.emit(f"Round {number} was deleted; what it held out stays held out.")
        self.changed.emit()

    def export(self, number: int, path: Path) -> None:
        """Copies a round's weights to a file, with their card beside it, off the window's thread."""
        known, project = self._named(number), self._session.project
        if known is None or known.weights is None or project is None:
            return
        weights, clip, report, created = known.weights, project.source.path.name, known.report, known.created

        def copied(_: object) -> Path:
            with replacing(path, ProjectError) as draft:
                shutil.copyfile(weights, draft)
            with replacing(path.with_suffix(".md"), ProjectError) as draft:
                draft.write_text(card_of(report, clip=clip, created=created), encoding="utf-8")
            return path

        self._tasks.run(
            TaskKind.EXPORT,
            "Exporting weights",
            copied,
            succeeded=lambda done: self._session.message.emit(f"{done.name} and its card {done.stem}.md are written."),
        )

    def _named(self, number: int) -> KnownRound | None:
        return next((known for known in self.rounds() if known.number == number), None)


def _known_rounds(project: Project) -> list[KnownRound]:
    active, deleted = project.active_weights, _deleted(project)
    return [
        _known(number, one, project, active, number in deleted)
        for number, one in reversed(list(enumerate(project.rounds(), 1)))
    ]


def _known(number: int, one: Round, project: Project, active: str | None, is_deleted: bool) -> KnownRound:
    file = project.weights_folder / f"{one.weights_sha256}.pth"
    created = datetime.fromtimestamp(one.created_s).astimezone().strftime("%Y-%m-%d %H:%M")
    weights = file if file.is_file() and not is_deleted else None
    return KnownRound(number, created, dict(one.report), weights, one.weights_sha256 == active, is_deleted)


def _deleted(project: Project) -> set[int]:
    numbers: list[object] = remembered(project.setting(_DELETED), [])
    return {number for number in numbers if isinstance(number, int)}
