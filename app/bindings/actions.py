"""Every action of the window, connected to the controller that does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.bindings.connecting import Slot, connect_actions
from app.bindings.panels import with_member
from app.bindings.questions import Questions
from app.controllers.editing.people import PeopleController
from app.controllers.editing.poses import EditingController
from app.controllers.editing.reviewing import ReviewController
from app.controllers.network.finding import FindingController
from app.controllers.network.finetuning import FinetuningController
from app.controllers.network.prediction import PredictionController
from app.controllers.opening import OpeningController
from app.controllers.session import Session
from app.threads.tasks import TaskRunner
from app.tools import Tool
from app.ui.dialogs import dialogs
from app.ui.main_window import MainWindow
from app.ui.reasons import allow
from core import __version__
from core.keypoints import POSETRACK

LEAP_FRAMES = 100


class ActionsBinding(QObject):
    """Connects the table of actions to what they do."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        tasks: TaskRunner,
        questions: Questions,
        *,
        editing: EditingController,
        people: PeopleController,
        finding: FindingController,
        prediction: PredictionController,
        finetuning: FinetuningController,
        review: ReviewController,
        opening: OpeningController,
        open_weights: Slot,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._tasks = tasks
        self._questions = questions
        self._editing = editing
        self._people = people
        self._finding = finding
        self._prediction = prediction
        self._finetuning = finetuning
        self._review = review
        self._open_weights = open_weights
        connect_actions(
            window,
            self._file() | self._edit() | self._go() | self._person() | self._joint() | self._model() | self._view(),
        )
        self._window.path_dropped.connect(lambda path: opening.open(Path(path)))
        self._window.persons_panel.find_requested.connect(finding.find_everywhere)
        opening.source_wanted.connect(self._questions.ask_for_source)
        finding.detector_wanted.connect(self._questions.offer_detector)
        session = self._session
        session.opened.connect(self._refresh_rounds)
        session.opened.connect(self._questions.tell_keymap_trouble)
        session.frame_shown.connect(lambda _: self._refresh())
        session.poses_changed.connect(lambda _: self._refresh())
        session.selection_changed.connect(lambda *_: self._refresh())
        session.playback.playing_changed.connect(self._window.action("action_play").setChecked)
        finetuning.changed.connect(self._refresh_rounds)
        self._refresh_rounds()

    # What each action does ------------------------------------------------------------------------------------------

    def _file(self) -> dict[str, Slot]:
        return {
            "action_open": self._questions.open,
            "action_open_folder": self._questions.open_folder,
            "action_open_labels": self._questions.import_labels,
            "action_open_labels_folder": self._questions.import_labels_folder,
            "action_quit": self._window.close,
            "action_about": lambda: dialogs.show_about(self._window, __version__),
            "action_keys": self._questions.edit_keys,
        }

    def _edit(self) -> dict[str, Slot]:
        editing = self._editing
        return {
            "action_undo": editing.undo,
            "action_redo": editing.redo,
            "action_remove_run": self._questions.remove_run,
            "action_accept": editing.accept_selected,
            "action_accept_frame": editing.accept_frame,
            "action_mark_reviewed": editing.toggle_reviewed,
        }

    def _go(self) -> dict[str, Slot]:
        playback, review = self._session.playback, self._review

        def by(frames: int) -> Slot:
            return lambda: playback.step(frames)

        return {
            "action_next_suggestion": review.next_doubtful,
            "action_previous_suggestion": review.previous_doubtful,
            "action_first_suggestion": review.go_to_first,
            "action_next_labelled": review.next_labelled,
            "action_previous_labelled": review.previous_labelled,
            "action_play": playback.toggle_playing,
            "action_next_frame": by(1),
            "action_previous_frame": by(-1),
            "action_leap_forward": by(LEAP_FRAMES),
            "action_leap_back": by(-LEAP_FRAMES),
            "action_first_frame": lambda: playback.step(-playback.num_frames),
            "action_last_frame": lambda: playback.step(playback.num_frames),
            "action_go_to_frame": self._questions.go_to_frame,
        }

    def _person(self) -> dict[str, Slot]:
        people, editing = self._people, self._editing
        selectors: dict[str, Slot] = {f"action_person_{row + 1}": self._person_selector(row) for row in range(9)}
        return selectors | {
            "action_find_people": self._finding.find_everywhere,
            "action_find_people_frame": self._finding.find_in_frame,
            "action_find_people_range": self._questions.find_in_range,
            "action_add_person": self._toggle_box_tool,
            "action_track_person": people.follow_selected,
            "action_delete_person": editing.delete_selected_here,
            "action_cut_person": editing.cut_selected,
            "action_delete_everywhere": editing.delete_selected,
            "action_toggle_hide": self._toggle_hide,
            "action_hide_others": self._hide_others,
            "action_lock": self._toggle_lock,
            "action_next_person": self._next_person,
        }

    def _joint(self) -> dict[str, Slot]:
        editing = self._editing

        def nudge(dx: int, dy: int) -> Slot:
            return lambda: editing.nudge_selected(dx, dy)

        return {
            "action_next_joint": lambda: self._step_joint(1),
            "action_previous_joint": lambda: self._step_joint(-1),
            "action_nudge_left": nudge(-1, 0),
            "action_nudge_right": nudge(1, 0),
            "action_nudge_up": nudge(0, -1),
            "action_nudge_down": nudge(0, 1),
            "action_cycle_visibility": editing.cycle_selected_visibility,
        }

    def _model(self) -> dict[str, Slot]:
        prediction, finetuning = self._prediction, self._finetuning
        return {
            "action_predict": self._questions.with_weights(prediction.predict_all),
            "action_predict_frame": self._questions.with_weights(prediction.predict_frame),
            "action_predict_range": self._questions.with_weights(prediction.predict_range),
            "action_predict_from_here": self._questions.with_weights(prediction.predict_from_here),
            "action_cancel": self._cancel,
            "action_finetune": self._finetune,
            "action_rollback": finetuning.roll_back,
            "action_weights": self._open_weights,
        }

    def _view(self) -> dict[str, Slot]:
        window = self._window
        return {
            "action_fit": window.canvas.fit,
            "action_zoom_in": lambda: window.canvas.zoom_by(1.25),
            "action_zoom_out": lambda: window.canvas.zoom_by(0.8),
            "action_show_heatmap": lambda: window.heatmap_panel.set_shown(
                window.action("action_show_heatmap").isChecked()
            ),
            "action_show_names": lambda: window.canvas.set_joint_names_visible(
                window.action("action_show_names").isChecked()
            ),
        }

    # Acting on the selection ------------------------------------------------------------------------------------------

    def _finetune(self) -> None:
        self._window.show_panel("finetune")
        self._finetuning.start()

    def _cancel(self) -> None:
        self._tasks.cancel_all()
        self._finetuning.cancel()

    def _toggle_box_tool(self) -> None:
        if self._session.tool == Tool.BOX:
            self._session.put_tool_down()
        else:
            self._people.draw_box()

    def _toggle_hide(self) -> None:
        track_id = self._session.track_id
        if track_id is not None:
            self._session.set_hidden(with_member(self._session.hidden, track_id, track_id not in self._session.hidden))

    def _hide_others(self) -> None:
        """Hides everybody else in the clip, also who comes into sight later; shows them again where they are hidden."""
        session = self._session
        if session.track_id is None and not session.hidden:
            session.message.emit("Select a person first.")
        elif session.track_id is None or session.project is None:
            session.set_hidden(frozenset())
        else:
            session.hide_others(session.track_id)

    def _toggle_lock(self) -> None:
        track_id = self._session.track_id
        if track_id is not None:
            self._session.set_locked(with_member(self._session.locked, track_id, track_id not in self._session.locked))

    def _next_person(self) -> None:
        track_ids = [pose.track_id for pose in self._session.shown_poses().poses]
        if track_ids:
            here = track_ids.index(self._session.track_id) if self._session.track_id in track_ids else -1
            self._session.select(track_ids[(here + 1) % len(track_ids)], self._session.keypoint)

    def _person_selector(self, row: int) -> Callable[[], None]:
        def select() -> None:
            poses = self._session.shown_poses().poses
            if row < len(poses):
                self._session.select(poses[row].track_id, self._session.keypoint)

        return select

    def _step_joint(self, direction: int) -> None:
        if self._session.track_id is not None:
            here = self._session.keypoint
            following = (0 if direction > 0 else -1) if here is None else here + direction
            self._session.select(self._session.track_id, following % len(POSETRACK))

    # What can be done now ---------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Names what undo and redo would do, and says whether the frame is reviewed and whether something runs."""
        for name, verb, label in (
            ("action_undo", "Undo", self._session.undo_label),
            ("action_redo", "Redo", self._session.redo_label),
        ):
            action = self._window.action(name)
            allow(action, "" if label else f"There is nothing to {verb.lower()}.")
            action.setText(f"{verb}: {label}" if label else verb)
            action.setIconText(verb)
        self._window.action("action_mark_reviewed").setChecked(self._session.shown_poses().reviewed)
        is_running = self._tasks.running() or self._finetuning.round.running
        allow(self._window.action("action_cancel"), "" if is_running else "Nothing is running.")

    def _refresh_rounds(self) -> None:
        """Says whether a round can be taken back, which no edit of a pose changes."""
        can_roll_back = self._finetuning.can_roll_back()
        allow(self._window.action("action_rollback"), "" if can_roll_back else "No round of fine-tuning is in use.")
        self._refresh()
