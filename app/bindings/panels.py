"""The lists beside the picture and the timeline below it, kept in step with the session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from app.controllers.editing.people import PeopleController
from app.controllers.editing.poses import EditingController
from app.controllers.editing.runs import origin_in_words
from app.controllers.session import Session
from app.threads.timers import single_shot
from app.ui.main_window import MainWindow
from app.ui.panels.persons_panel import PersonRow
from app.ui.timeline.columns import TimelineColumns
from core.judging.review import is_doubtful
from core.poses import Visibility
from core.project import Project, Summary, Touched

TIMELINE_DELAY_MS = 60
"""Writes that follow each other this closely are drawn together: a running prediction writes many times a second."""


class PanelsBinding(QObject):
    """People, joints, timeline and transport."""

    def __init__(
        self,
        session: Session,
        editing: EditingController,
        people: PeopleController,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._editing = editing
        self._window = window
        self._timeline_timer = single_shot(self, TIMELINE_DELAY_MS, self._draw_changed_frames)
        self._changed_frames: set[int] = set()
        self._origins: dict[int, str] = {}

        session.opened.connect(self._on_opened)
        session.frame_shown.connect(lambda _: self._draw_people())
        session.poses_changed.connect(self._on_poses_changed)
        session.selection_changed.connect(lambda *_: self._draw_people())
        session.people_display_changed.connect(self._draw_people)
        session.playback.wanted_changed.connect(window.timeline.set_current)

        timeline = window.timeline
        timeline.frame_dragged.connect(session.playback.scrub)
        timeline.frame_chosen.connect(self._choose_frame)

        persons = window.persons_panel
        persons.person_selected.connect(lambda track_id: session.select(track_id, session.keypoint))
        persons.hidden_toggled.connect(self._set_hidden)
        persons.locked_toggled.connect(self._set_locked)
        persons.delete_requested.connect(self._on_person(editing.delete_selected_here))
        persons.cut_requested.connect(self._on_person(editing.cut_selected))
        persons.follow_requested.connect(people.follow)
        persons.box_requested.connect(people.draw_box)

        joints = window.joints_panel
        joints.keypoint_selected.connect(lambda keypoint: session.select(session.track_id, keypoint))
        joints.visibility_set.connect(self._set_visibility)

    def _on_person(self, act: object) -> object:
        """Selects the person that a row's button is about, then acts on the selection."""

        def slot(track_id: int) -> None:
            self._session.select(track_id, self._session.keypoint)
            act()  # type: ignore[operator]

        return slot

    def _choose_frame(self, frame_index: int) -> None:
        self._session.playback.pause()
        self._session.playback.go_to(frame_index)

    def _set_hidden(self, track_id: int, hidden: bool) -> None:
        self._session.set_hidden(with_member(self._session.hidden, track_id, hidden))

    def _set_locked(self, track_id: int, locked: bool) -> None:
        self._session.set_locked(with_member(self._session.locked, track_id, locked))

    def _set_visibility(self, keypoint: int, visibility: Visibility) -> None:
        if self._session.track_id is not None:
            self._editing.set_visibility(self._session.track_id, keypoint, visibility)

    def _on_opened(self) -> None:
        self._origins.clear()
        num_frames = self._session.read(lambda project: project.source.num_frames, 0)
        self._window.timeline.set_num_frames(num_frames, self._session.timestamps_s)
        self._window.timeline.set_gaps({gap.frame_index: gap.num_missing for gap in self._session.gaps})
        self._draw_timeline()
        self._draw_people()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self._session.frame_index in touched.frame_indices:
            self._draw_people()
        self._changed_frames.update(touched.frame_indices)
        self._timeline_timer.start()

    def _draw_people(self) -> None:
        session = self._session
        poses = session.shown_poses().poses
        self._window.persons_panel.set_people(
            [
                PersonRow.of(
                    pose,
                    hidden=pose.track_id in session.hidden,
                    locked=pose.track_id in session.locked,
                    doubtful=is_doubtful(pose),
                )
                for pose in poses
            ]
        )
        self._window.persons_panel.set_selected(session.track_id)
        pose = session.selected_pose()
        made_by = "" if pose is None or pose.run_id is None else self._made_by(pose.run_id)
        self._window.joints_panel.set_pose(pose, session.calibrated_runs, made_by)
        self._window.joints_panel.set_selected(session.keypoint)

    def _made_by(self, run_id: int) -> str:
        """Which run, with which weights: after a round or a roll back, others than those in use."""
        if run_id not in self._origins:
            run = next((run for run in self._session.read(Project.runs, []) if run.run_id == run_id), None)
            self._origins[run_id] = "" if run is None else origin_in_words(run)
        return self._origins[run_id]

    def _draw_timeline(self) -> None:
        summary = self._session.read(Project.summary, None)
        self._changed_frames.clear()
        if summary is None:
            self._window.timeline.set_summary(TimelineColumns.empty())
        else:
            held = np.flatnonzero((summary.num_people > 0) | summary.reviewed)
            self._window.timeline.set_summary(timeline_columns(summary, held))

    def _draw_changed_frames(self) -> None:
        summary = self._session.read(Project.summary, None)
        if summary is not None:
            changed = np.array([index for index in sorted(self._changed_frames) if index < len(summary)], np.int64)
            self._window.timeline.set_frames(timeline_columns(summary, changed))
        self._changed_frames.clear()


def with_member(members: frozenset[int], member: int, present: bool) -> frozenset[int]:
    """The set with a member added or taken out."""
    return members | {member} if present else members - {member}


def timeline_columns(summary: Summary, frame_indices: NDArray[np.int64]) -> TimelineColumns:
    """Frames of the project's summary as the timeline draws them."""
    rows = summary.rows(frame_indices)
    joints = np.stack([rows.num_predicted, rows.num_accepted + rows.num_imported, rows.num_corrected], axis=1)
    return TimelineColumns(
        frame_index=rows.frame_index.astype(np.int64),
        joints=joints.astype(np.int64),
        doubtful=rows.doubtful,
        min_score=rows.min_score.astype(np.float64),
        mean_score=rows.mean_score.astype(np.float64),
        reviewed=rows.reviewed,
        num_people=rows.num_people.astype(np.int64),
    )
