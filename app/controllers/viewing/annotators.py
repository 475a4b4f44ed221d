"""Another annotator's project of the open clip: where the two differ, stepped through and merged with choices."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Session
from app.threads.tasks import Task, TaskKind, TaskRunner
from core.errors import FamiError
from core.files.small_files import remembered
from core.poses import FramePoses, Pose
from core.project import Project, Touched
from core.work.annotators import Agreement, Disagreement, Kind, Merging, Taken, Totals, compare, is_lacking, pair_people

AT_ONCE = 200
"""A choice on more frames than this is made in a worker."""

_KEPT = "kept_mine"
"""The setting that remembers what was kept, for the next comparison."""

NOTHING = "Compare with another annotator's project first."


@dataclass(frozen=True)
class Decision:
    """What was chosen: "taken" or "kept", and the edit that it made, 0 where none was needed."""

    word: str
    entry_id: int = 0


@dataclass(frozen=True)
class AnnotatorsState:
    """What is known of a comparison.

    Attributes:
        name: of the other project, "" where none is compared.
        shown: places in `disagreements` of those of the chosen kind.
        disagreements: all, the most severe first.
        decisions: what was chosen and not undone since, by place.
        kind: the kind that is shown, None for all.
        current: the place of the one that was gone to.
        totals: over the clip.
        running: whether the two are being compared.
        outdated: whether labels changed since otherwise than by choices.
    """

    name: str = ""
    shown: tuple[int, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    decisions: tuple[tuple[int, Decision], ...] = ()
    kind: Kind | None = None
    current: int | None = None
    totals: Totals | None = None
    running: bool = False
    outdated: bool = False


@dataclass
class _Open:
    """What is held while two projects are compared."""

    theirs: Project
    agreement: Agreement
    merging: Merging


class AnnotatorsController(QObject):
    """Compares the open project with another one of the same clip, and takes from it what is chosen.

    Signals:
        changed(AnnotatorsState): there is something else to show.
        gone_to(Disagreement): its worst frame comes on screen.
    """

    changed = Signal(object)
    gone_to = Signal(object)

    def __init__(self, session: Session, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = tasks
        self._open: _Open | None = None
        self._decisions: dict[int, Decision] = {}
        """Also those that were undone, which may be redone."""
        self.state = AnnotatorsState()
        session.closing.connect(self.end)
        session.poses_changed.connect(self._on_poses_changed)

    # Comparing ------------------------------------------------------------------------------------------------------

    def compare_with(self, path: Path) -> None:
        """Compares the open project with another annotator's, which is only read."""
        mine = self._session.project
        if mine is None:
            self._session.message.emit("Open your own project first.")
            return

        def work(task: Task) -> _Open:
            theirs = Project.open(path, read_only=True)
            try:
                agreement = compare(mine, theirs, task.report)
            except BaseException:
                theirs.close()
                raise
            return _Open(theirs, agreement, Merging(mine, theirs, agreement))

        task = self._tasks.run(
            TaskKind.COMPARE_ANNOTATORS,
            "Comparing annotators",
            work,
            on_project=True,
            busy="Two annotators are being compared: wait for it, or cancel it.",
            succeeded=lambda found: self._take(mine, found),
            ended=lambda: self._show(replace(self.state, running=False)),
        )
        if task is not None:
            self._show(replace(self.state, running=True))

    def _take(self, mine: Project, found: _Open) -> None:
        if mine is not self._session.project:
            found.theirs.close()
            return
        kind = self.state.kind
        self.end()
        self._open = found
        agreement = found.agreement
        outdated = mine.last_entry != agreement.as_of
        self._show(
            AnnotatorsState(
                found.theirs.path.stem,
                disagreements=agreement.disagreements,
                totals=agreement.totals,
                outdated=outdated,
            )
        )
        self._decisions = self._kept_before()
        self._show(replace(self.state, decisions=tuple(self._decisions.items())))
        self.filter(kind)

    def _kept_before(self) -> dict[int, Decision]:
        """What was kept in an earlier comparison, where the two differ in the same still."""
        kept = self._kept_names()
        places = enumerate(self.state.disagreements)
        return {i: Decision("kept") for i, one in places if self._name_of(one) in kept}

    def _remember_kept(self) -> None:
        """So that what was kept is not asked again; an edit is not needed to say that mine is right."""
        kept = self._kept_names()
        kept -= {self._name_of(one) for one in self.state.disagreements}
        kept |= {self._name_of(self.state.disagreements[i]) for i, one in self.state.decisions if one.word == "kept"}
        self._session.remember(_KEPT, json.dumps(sorted(kept)))

    def _kept_names(self) -> set[str]:
        names: list[object] = remembered(self._session.read(lambda project: project.setting(_KEPT), None), [])
        return {name for name in names if isinstance(name, str)}

    def _name_of(self, one: Disagreement) -> str:
        return (
            f"{self.state.name}: {one.kind} {one.first_frame}-{one.last_frame} {one.mine} {one.theirs} {one.keypoint}"
        )

    def end(self) -> None:
        """Puts the other project away."""
        if self._open is not None:
            self._open.theirs.close()
            self._open = None
            self._decisions = {}
        self._show(AnnotatorsState(running=self.state.running))

    @property
    def their_path(self) -> Path | None:
        """The project that is compared with."""
        return None if self._open is None else self._open.theirs.path

    def their_poses(self) -> tuple[FramePoses, tuple[Pose, ...]] | None:
        """Theirs in the frame on screen: of people in both under my numbers, and of people whom only they have."""
        index = self._session.frame_index
        if self._open is None or index is None:
            return None
        try:
            theirs = self._open.theirs.frame(index).poses
        except FamiError as error:
            self._session.error.emit(str(error))
            self.end()
            return None
        pairs = pair_people(self._session.shown_poses().poses, theirs)
        paired = {other.track_id for _, other in pairs}
        same = tuple(other.replaced(track_id=one.track_id) for one, other in pairs)
        return FramePoses(index, same), tuple(pose for pose in theirs if pose.track_id not in paired)

    # Going through them ---------------------------------------------------------------------------------------------

    def filter(self, kind: Kind | None) -> None:
        """Shows one kind of disagreement, or all."""
        shown = tuple(i for i, one in enumerate(self.state.disagreements) if kind in (None, one.kind))
        self._show(replace(self.state, kind=kind, shown=shown))

    def go_to(self, place: int) -> None:
        """Shows the frame in which a disagreement is worst, with the person and joint selected."""
        session, one = self._session, self.state.disagreements[place]
        self._show(replace(self.state, current=place))
        session.playback.pause()
        session.playback.go_to(one.worst_frame)
        session.select(self._number_now(one), one.keypoint if one.mine is not None else None)
        self.gone_to.emit(one)

    def step(self, direction: int) -> None:
        """Goes to the next disagreement (1) that is not decided, or the one before (-1)."""
        state = self.state
        if self._open is None:
            self._session.message.emit(NOTHING)
            return
        decided = dict(state.decisions)
        here = state.current if state.current is not None else (-1 if direction > 0 else len(state.disagreements))
        ahead = [i for i in state.shown if (i - here) * direction > 0 and i not in decided]
        if ahead:
            self.go_to(min(ahead) if direction > 0 else max(ahead))
        elif all(i in decided for i in state.shown):
            self._session.message.emit("All disagreements shown are decided.")
        else:
            self._session.message.emit(f"There is no open disagreement {'after' if direction > 0 else 'before'} this.")

    def _number_now(self, one: Disagreement) -> int | None:
        if self._open is None or one.mine is None:
            return None
        my_id, as_of = one.mine, self._open.agreement.as_of
        return self._session.read(lambda project: project.person_now(one.worst_frame, my_id, as_of), None)

    # Choosing -------------------------------------------------------------------------------------------------------

    def take(self) -> None:
        """Theirs is right: the joint, or the person."""
        self._choose("taken", lambda merging, one: merging.take(one))

    def take_pose(self) -> None:
        """Theirs is right in the whole pose."""
        self._choose("taken", lambda merging, one: merging.take_pose(one))

    def keep(self) -> None:
        """Mine is right."""
        self._choose("kept", lambda merging, one: merging.keep(one))

    def _choose(self, word: str, choice: Callable[[Merging, Disagreement], Taken]) -> None:
        held, place = self._open, self.state.current
        if held is None or place is None:
            self._session.message.emit(NOTHING if held is None else "Go to a disagreement first.")
            return
        one = self.state.disagreements[place]
        number = self._number_now(one)
        if number is not None and number in self._session.locked:
            self._session.message.emit(f"Person {number} is locked: unlock them first (L).")
            return
        self._edit(lambda _: choice(held.merging, one), word, [place], at_once=len(one.frames) <= AT_ONCE)

    def take_missing(self) -> None:
        """Takes all people and joints that they have and I lack, in one edit."""
        held = self._open
        if held is None:
            self._session.message.emit(NOTHING)
            return
        places = [i for i, one in enumerate(self.state.disagreements) if is_lacking(one)]
        if not places:
            self._session.message.emit(f"{self.state.name} has nobody and no joint that you lack.")
            return
        self._edit(
            lambda task: held.merging.take_missing(None if task is None else task.report),
            "taken",
            places,
            at_once=False,
        )

    def _edit(self, work: Callable[[Task | None], Taken], word: str, places: list[int], *, at_once: bool) -> None:
        """Makes an edit of my project, here where it is a short one."""
        held = self._open

        def done(taken: Taken) -> None:
            if held is self._open:
                self._on_taken(taken, word, places)

        try:
            self._session.writable()
            if at_once:
                done(work(None))
                return
        except FamiError as error:
            self._session.error.emit(str(error))
            return
        busy = "Labels are being taken: wait for it, or cancel it."
        self._tasks.run(TaskKind.TAKE_LABELS, "Taking labels", work, on_project=True, busy=busy, succeeded=done)

    def _on_taken(self, taken: Taken, word: str, places: list[int]) -> None:
        decision = Decision(word, taken.touched.entry_id)
        if taken.touched or word == "kept" or not taken.changed:  # nothing to change where mine is as theirs already
            self._decisions |= dict.fromkeys(places, decision)
            standing = dict(self.state.decisions) | dict.fromkeys(places, decision)
            self._show(replace(self.state, decisions=tuple(standing.items())))
            if word == "kept":
                self._remember_kept()
        self._session.touch(taken.touched)
        self._session.message.emit(in_words(taken, word))
        if len(places) == 1 and places[0] in dict(self.state.decisions):
            self._step_on()

    def _step_on(self) -> None:
        """To what is open after the one just decided, if anything is."""
        state, decided = self.state, dict(self.state.decisions)
        here = state.current if state.current is not None else -1
        ahead = [i for i in state.shown if i > here and i not in decided]
        if ahead:
            self.go_to(ahead[0])

    def _on_poses_changed(self, touched: Touched) -> None:
        """Choices that were undone are open again; what changed otherwise makes the comparison an old one."""
        project, state = self._session.project, self.state
        if project is None or self._open is None or not touched.frame_indices:
            return
        made = {decision.entry_id for decision in self._decisions.values() if decision.entry_id}
        entries = self._session.read(lambda project: project.journal(min(made, default=touched.entry_id) - 1), [])
        undone = {entry.entry_id for entry in entries if entry.entry_id in made and entry.status != "done"}
        decisions = tuple((i, one) for i, one in self._decisions.items() if one.entry_id not in undone)
        ours = made | {entry.entry_id for entry in entries if entry.target in made}
        outdated = state.outdated or touched.entry_id not in ours
        if (decisions, outdated) != (state.decisions, state.outdated):
            self._show(replace(state, decisions=decisions, outdated=outdated))

    def _show(self, state: AnnotatorsState) -> None:
        self.state = state
        self.changed.emit(state)


def in_words(taken: Taken, word: str) -> str:
    """What a choice did, and what it left alone."""
    if taken.touched:
        said = f"{taken.touched.label}."
    elif word == "kept":
        said = "Kept."
    else:
        said = "Nothing was taken." if taken.changed or taken.deleted else "Yours is as theirs already."
    if taken.changed:
        stay = "stays as it is" if taken.changed == 1 else "stay as they are"
        said += f" {taken.changed:,} that changed since the two were compared {stay}."
    if taken.deleted:
        said += f" {taken.deleted:,} whom you deleted {'stays' if taken.deleted == 1 else 'stay'} away."
    return said
