"""The timeline's rows, ranges and graph, kept in step with the session, and the keys that move over it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.bindings.connecting import Slot, connect_actions
from app.controllers.session import Session
from app.controllers.viewing.joint_speed import JointSpeed
from app.controllers.viewing.tracks import TracksController, TracksPart
from app.ui.main_window import MainWindow
from app.ui.timeline.track_rows import RowCells, RowEnds

ZOOM = 1.6


class TimelineBinding(QObject):
    """Who stands in which row, the selected person and range, the joint's speed, zoom and scrolling by key."""

    def __init__(self, session: Session, tracks: TracksController, speed: JointSpeed, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        timeline = window.timeline
        tracks.read.connect(self._show_part)
        session.selection_changed.connect(lambda track_id, _: timeline.set_selected(track_id))
        session.range_changed.connect(timeline.set_range)
        speed.changed.connect(timeline.set_speeds)
        timeline.person_chosen.connect(lambda track_id: session.select(track_id, session.keypoint))
        timeline.range_drawn.connect(session.select_range)
        graph = window.action("action_speed_graph")
        graph.triggered.connect(speed.set_shown)
        timeline.graph_clicked.connect(graph.trigger)
        slots: dict[str, Slot] = {
            "action_timeline_zoom_in": lambda: timeline.zoom(ZOOM),
            "action_timeline_zoom_out": lambda: timeline.zoom(1 / ZOOM),
            "action_timeline_all": timeline.show_all,
            "action_timeline_range": self._show_range,
            "action_timeline_forward": lambda: timeline.slide(0.9),
            "action_timeline_back": lambda: timeline.slide(-0.9),
            "action_next_row": lambda: self._step_row(1),
            "action_previous_row": lambda: self._step_row(-1),
        }
        connect_actions(window, slots)

    def _show_part(self, part: TracksPart) -> None:
        cells, ends = part.cells, part.ends
        columns = RowCells(
            cells.frame_index,
            cells.track_id,
            cells.box,
            cells.machine,
            cells.num_machine,
            cells.num_accepted,
            cells.num_corrected,
            cells.doubtful,
        )
        missing = None if ends is None else RowEnds(ends.deleted, ends.deleted_from, ends.followed_from)
        self._window.timeline.set_rows(part.frame_indices, columns, missing)

    def _show_range(self) -> None:
        if self._session.selected_range is None:
            self._session.message.emit("No range is selected: draw one on the timeline with Shift and the mouse.")
        self._window.timeline.show_range()

    def _step_row(self, step: int) -> None:
        """Selects whoever has the next row, whether in this frame or not."""
        track_ids = self._window.timeline.track_ids
        if not track_ids:
            self._session.message.emit("Nobody is in this clip yet.")
            return
        here = self._session.track_id
        number = track_ids.index(here) + step if here in track_ids else 0
        self._session.select(track_ids[number % len(track_ids)], self._session.keypoint)
