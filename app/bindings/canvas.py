"""The canvas and the instruments, kept in step with the session."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.controllers.editing.people import PeopleController
from app.controllers.editing.poses import EditingController
from app.controllers.session import Session
from app.controllers.viewing.instruments import Answer, InstrumentQuestion, Instruments
from app.controllers.viewing.playback import ShownFrame
from app.threads.frame_asker import ASK_AFTER_MS
from app.threads.timers import single_shot
from app.ui.canvas.painting.heatmap_colours import Peak, heatmap_peaks
from app.ui.main_window import MainWindow
from app.ui.panels.heatmap_panel import HeatmapReading
from core.keypoints import POSETRACK
from core.project import Project, Touched

ASKING = "asking the network where it sees this joint …"
NO_NETWORK = "no heatmap of this joint here"


class CanvasBinding(QObject):
    """Draws the shown frame with what belongs to it, and passes gestures on.

    Signals:
        candidates_known: where the network sees the selected joint is known now.
    """

    candidates_known = Signal()

    def __init__(
        self,
        session: Session,
        editing: EditingController,
        people: PeopleController,
        instruments: Instruments,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._editing = editing
        self._instruments = instruments
        self._canvas = window.canvas
        self._heatmap_panel = window.heatmap_panel
        self._temporal_panel = window.temporal_panel
        self._answer: Answer | None = None
        self._project: Project | None = None
        self._heatmap_wanted = False
        self._temporal_wanted = False
        self._timer = single_shot(self, ASK_AFTER_MS, self._ask)

        session.opened.connect(self._on_opened)
        session.frame_shown.connect(self._on_frame)
        session.poses_changed.connect(self._on_poses_changed)
        session.selection_changed.connect(self._on_selection)
        session.people_display_changed.connect(self._on_display)
        instruments.answered.connect(self._on_answer)
        instruments.failed.connect(self._on_instrument_failed)

        canvas = self._canvas
        canvas.keypoint_moved.connect(editing.move_keypoint)
        canvas.visibility_cycled.connect(editing.cycle_visibility)
        canvas.pose_transformed.connect(editing.transform_pose)
        canvas.selection_changed.connect(session.select)
        canvas.box_drawn.connect(people.add_person)
        canvas.box_changed.connect(editing.set_box)
        canvas.candidates_wanted.connect(self.want_candidates)
        session.tool_changed.connect(canvas.set_tool)
        self._heatmap_panel.shown_toggled.connect(self.show_heatmap)
        self._heatmap_panel.opacity_changed.connect(canvas.set_heatmap_opacity)
        self._heatmap_panel.peak_chosen.connect(self._snap_to_peak)
        self._temporal_panel.wanted_changed.connect(self._on_temporal_wanted)
        self._temporal_panel.frame_chosen.connect(session.playback.go_to)

    @property
    def explained(self) -> bool:
        """True once the temporal panel shows the selected person in the frame on screen; scripts wait for it."""
        answer = self._current_answer()
        return answer is not None and answer.explanation is not None

    def show_heatmap(self, shown: bool) -> None:
        """Draws the selected joint's heatmap over the picture, or stops doing so."""
        self._heatmap_wanted = shown
        self._draw_heatmap()
        self._timer.start()

    @property
    def candidates(self) -> tuple[Peak, ...] | None:
        """Where the network sees the selected joint, the highest first; None where that is not known (yet)."""
        answer, keypoint = self._current_answer(), self._session.keypoint
        if answer is None or keypoint is None:
            return None
        return heatmap_peaks(answer.prediction.heatmaps[keypoint], answer.prediction.image_from_heatmap)

    def want_candidates(self) -> None:
        """Asks the network where it sees the selected person's joints; `candidates_known` follows, unless none can."""
        if self._session.keypoint is None or self.candidates is not None:
            return
        if self._instruments.ask(self._temporal_wanted) is None:
            self._canvas.set_candidates(None, NO_NETWORK)
        else:
            self._canvas.set_candidates(None, ASKING)

    def ask_again(self) -> None:
        """Other weights are in use: what the instruments show is theirs no more."""
        self._draw_heatmap()
        self._draw_temporal()
        self._timer.start()

    def _snap_to_peak(self, x: float, y: float) -> None:
        """Moves the selected joint to another peak of its heatmap."""
        if self._session.track_id is not None and self._session.keypoint is not None:
            self._editing.move_keypoint(self._session.track_id, self._session.keypoint, x, y)

    def _on_opened(self) -> None:
        self._answer = None
        if self._session.project is not self._project:  # a clip that is only counted anew keeps its picture
            self._project = self._session.project
            self._canvas.clear()
        self._on_display()
        self._on_selection(None, None)

    def _on_frame(self, frame: ShownFrame) -> None:
        if self._session.project is None:
            return
        self._canvas.show_frame(frame.frame_index, frame.rgb, self._session.pixel_aspect)
        self._canvas.set_poses(self._session.shown_poses(), self._session.calibrated_runs)
        self._draw_heatmap()
        self._draw_temporal()
        self._timer.start()

    def _on_poses_changed(self, touched: Touched) -> None:
        if self._session.frame_index in touched.frame_indices:
            self._canvas.set_poses(self._session.shown_poses(), self._session.calibrated_runs)
            self._timer.start()

    def _on_selection(self, track_id: int | None, keypoint: int | None) -> None:
        self._canvas.set_selection(track_id, keypoint)
        self._draw_heatmap()
        self._timer.start()

    def _on_display(self) -> None:
        self._canvas.set_hidden(self._session.hidden)
        self._canvas.set_locked(self._session.locked)
        self._canvas.set_hidden_joints(self._session.hidden_joints)
        self._canvas.set_locked_joints(self._session.locked_joints)

    def _on_temporal_wanted(self, wanted: bool) -> None:
        self._temporal_wanted = wanted
        self._timer.start()

    def _ask(self) -> None:
        if not (self._heatmap_wanted or self._temporal_wanted):
            return
        question = self._instruments.ask(self._temporal_wanted)
        if question is None:
            self._temporal_panel.set_explanation(None)
        elif self._answer is None or self._answer.question != question:
            self._temporal_panel.set_busy(self._temporal_wanted)

    def _on_answer(self, answer: Answer) -> None:
        self._answer = answer
        self._temporal_panel.set_busy(False)
        self._draw_heatmap()
        self._draw_temporal()
        if self.candidates is not None:
            self.candidates_known.emit()

    def _on_instrument_failed(self, _question: InstrumentQuestion, sentence: str) -> None:
        self._temporal_panel.set_explanation(None)
        self._canvas.set_candidates(None, NO_NETWORK)
        self._session.message.emit(sentence)

    def _current_answer(self) -> Answer | None:
        """The answer, if it belongs to the frame and the person that are shown."""
        answer = self._answer
        return answer if answer is not None and self._instruments.is_current(answer.question) else None

    def _draw_heatmap(self) -> None:
        answer, keypoint = self._current_answer(), self._session.keypoint
        peaks = self.candidates
        self._canvas.set_candidates(peaks)
        if answer is None or keypoint is None or peaks is None:
            self._canvas.set_heatmap(None, None, None)
            self._heatmap_panel.set_reading(None)
            return
        prediction = answer.prediction
        heatmap = np.asarray(prediction.heatmaps[keypoint], dtype=np.float32)
        self._heatmap_panel.set_reading(
            HeatmapReading(
                POSETRACK.label(keypoint),
                float(prediction.scores[keypoint]),
                tuple((peak.x, peak.y, peak.value) for peak in peaks),
            )
        )
        if self._heatmap_wanted:
            self._canvas.set_heatmap(answer.question.frame_index, heatmap, prediction.image_from_heatmap)
        else:
            self._canvas.set_heatmap(None, None, None)

    def _draw_temporal(self) -> None:
        answer = self._current_answer()
        explanation = answer.explanation if answer is not None else None
        if explanation is None:
            if self._answer is None or self._session.track_id is None:
                self._temporal_panel.set_explanation(None)
            return
        self._temporal_panel.set_explanation(explanation)
