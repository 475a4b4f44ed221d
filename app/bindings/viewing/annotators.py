"""Another annotator's project: its differences in their panel, its people over the picture, its totals in a table."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.bindings.connecting import Slot, connect_actions
from app.controllers.session import Session
from app.controllers.viewing.annotators import NOTHING, AnnotatorsController, AnnotatorsState
from app.controllers.viewing.comparison import Comparison
from app.ui.canvas.painting.opinion_painting import Opinion
from app.ui.dialogs.agreement_dialog import show_agreement
from app.ui.main_window import MainWindow
from app.ui.panels.annotators_panel import AnnotatorsRow
from app.ui.words import counted
from core.keypoints import POSETRACK
from core.project import Touched
from core.work.annotators import Disagreement, JointTotals, Kind, Totals

_KINDS: tuple[Kind | None, ...] = (None, *Kind)


class AnnotatorsBinding(QObject):
    """Keeps panel and picture in step with the controller.

    The picture shows one other pose beside people's own: the second opinion where that is switched on, else theirs.
    """

    def __init__(
        self, session: Session, annotators: AnnotatorsController, comparison: Comparison, window: MainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._annotators = annotators
        self._comparison = comparison
        self._window = window
        self._name = ""
        self._listed: tuple[object, ...] = ()
        self._reveals: Disagreement | None = None
        panel = window.annotators_panel
        panel.row_chosen.connect(annotators.go_to)
        panel.kind_chosen.connect(lambda index: annotators.filter(_KINDS[index]))
        slots: dict[str, Slot] = {
            "action_compare_annotators": self._ask,
            "action_next_disagreement": lambda: annotators.step(1),
            "action_previous_disagreement": lambda: annotators.step(-1),
            "action_take_theirs": annotators.take,
            "action_take_their_pose": annotators.take_pose,
            "action_keep_mine": annotators.keep,
            "action_take_missing": annotators.take_missing,
            "action_annotator_totals": self._show_totals,
            "action_end_annotators": annotators.end,
        }
        connect_actions(window, slots)
        annotators.changed.connect(self._show)
        annotators.gone_to.connect(self._on_gone_to)
        comparison.changed.connect(self._draw)
        session.frame_shown.connect(lambda _: self._on_frame_shown())
        session.poses_changed.connect(self._on_poses_changed)
        self._show(annotators.state)

    def _ask(self) -> None:
        session = self._session
        if session.project is None:
            session.message.emit("Open your own project first.")
            return
        start = self._annotators.their_path or session.source_path or session.project.path
        title = "Another annotator's project of this clip"
        path, _ = QFileDialog.getOpenFileName(self._window, title, str(start.parent), "Projects (*.fami)")
        if path:
            self._window.show_panel("annotators")
            self._annotators.compare_with(Path(path))

    # The panel ------------------------------------------------------------------------------------------------------

    def _show(self, state: AnnotatorsState) -> None:
        panel = self._window.annotators_panel
        listed = (state.name, state.shown, state.decisions, state.outdated, state.running, state.kind)
        if listed != self._listed:
            self._listed = listed
            decided = dict(state.decisions)
            rows = []
            for i in state.shown:
                one = state.disagreements[i]
                rows.append(AnnotatorsRow(i, one.in_short, one.sentence, decided[i].word if i in decided else ""))
            panel.show_disagreements(in_words(state), kinds_in_words(state), rows, kind=_KINDS.index(state.kind))
            panel.set_busy(state.running)
        panel.set_selected(state.current)
        if state.name != self._name:
            self._name = state.name
            if state.name:
                self._show_theirs()
            self._draw()

    def _show_totals(self) -> None:
        totals = self._annotators.state.totals
        if totals is None:
            self._session.message.emit(NOTHING)
            return
        rows = [_row("All joints", totals.all), *(_row(_label(joint.name), joint) for joint in totals.joints)]
        show_agreement(self._window, totals_in_words(totals, self._annotators.state.name), rows)

    # The picture ----------------------------------------------------------------------------------------------------

    def _show_theirs(self) -> None:
        """Theirs is what the hand looks at now, not the second opinion."""
        if self._comparison.is_on:
            self._comparison.switch(False)

    def _on_gone_to(self, disagreement: Disagreement) -> None:
        self._reveals = disagreement
        self._show_theirs()
        if self._session.frame_index == disagreement.worst_frame:
            self._on_frame_shown()

    def _on_frame_shown(self) -> None:
        self._draw()
        one = self._reveals
        if one is not None and one.worst_frame == self._session.frame_index:
            self._reveals = None
            pose = self._session.selected_pose()
            if pose is not None and one.keypoint is not None and pose.placed[one.keypoint]:
                self._window.canvas.reveal(*pose.keypoints[one.keypoint].tolist())

    def _on_poses_changed(self, touched: Touched) -> None:
        if self._session.frame_index in touched.frame_indices:
            self._draw()

    def _draw(self) -> None:
        if self._comparison.is_on or (not self._name and not self._drawn):
            return
        theirs = self._annotators.their_poses()
        self._drawn = theirs is not None
        opinion = None if theirs is None else Opinion(theirs[0], self._annotators.state.name, theirs[1])
        self._window.canvas.set_opinion(opinion)

    _drawn = False
    """Whether the broken skeletons on the picture are theirs."""


def in_words(state: AnnotatorsState) -> str | None:
    """How far the comparison is, None where there is none."""
    if state.running:
        return "Comparing the two projects…"
    if not state.name:
        return None
    if not state.disagreements:
        return f"{state.name} and yours agree."
    return "Labels changed since: compare again." if state.outdated else ""


def kinds_in_words(state: AnnotatorsState) -> list[str]:
    """The kinds of disagreement with how many are open, all of them first; nothing where nothing is compared."""
    if not state.name:
        return []
    found = Counter(one.kind for one in state.disagreements)
    decided = Counter(state.disagreements[i].kind for i, _ in state.decisions)
    counts = [("All", found.total(), decided.total()), *((kind.value, found[kind], decided[kind]) for kind in Kind)]
    return [f"{name}: {total - done:,} of {total:,}" if done else f"{name}: {total:,}" for name, total, done in counts]


def totals_in_words(totals: Totals, name: str) -> str:
    """Who missed whom, in a sentence."""
    unshared = [
        counted(number, f"frame only in {whose}", f"frames only in {whose}")
        for number, whose in ((totals.num_frames_only_mine, "yours"), (totals.num_frames_only_theirs, name))
        if number
    ]
    said = (
        f"{counted(totals.num_frames_both, 'frame')} labelled by both: {counted(totals.num_pairs, 'pose')} in both, "
        f"{totals.people_only_mine:,} only in yours, {totals.people_only_theirs:,} only in {name}."
    )
    return f"{said} Not counted: {' and '.join(unshared)}." if unshared else said


def _label(name: str) -> str:
    return POSETRACK.label(POSETRACK.index(name))


def _row(name: str, joint: JointTotals) -> tuple[str, ...]:
    return (
        name,
        f"{joint.num_both:,}",
        _number(joint.mean_px, "{:.1f}"),
        _number(joint.median_px, "{:.1f}"),
        _number(100 * joint.mean_size, "{:.1f} %"),
        _number(100 * joint.within, "{:.0f} %"),
        _number(joint.oks, "{:.3f}"),
        f"{joint.only_mine:,}",
        f"{joint.only_theirs:,}",
    )


def _number(value: float, shape: str) -> str:
    return "–" if math.isnan(value) else shape.format(value)
