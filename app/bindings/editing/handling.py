"""The hand's finer instruments: candidates, the magnifier, joints hidden or locked, boxes by keys, head boxes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.bindings.canvas import CanvasBinding
from app.bindings.connecting import Slot, connect_actions
from app.controllers.editing.poses import EditingController
from app.controllers.session import Session
from app.tools import Tool
from app.ui.main_window import MainWindow
from core.files import places
from core.keypoints import POSETRACK

MAGNIFIER = "magnifier"
"""The setting that remembers the switch."""
NO_PERSON = "Select a person first."
NO_JOINT = "Select a person and a joint first."
HOW_TO_RESIZE = "Arrows move this corner (Shift: ten pixels), Tab takes the next, Enter keeps the box, Esc stops."
HOW_TO_DRAW_HEAD = "Drag a box around the head, or use arrows and Enter. Esc stops drawing."


class HandlingBinding(QObject):
    """Connects the actions and signals of the canvas' finer instruments to what they do."""

    def __init__(
        self, window: MainWindow, session: Session, editing: EditingController, canvas_binding: CanvasBinding
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._editing = editing
        self._canvas_binding = canvas_binding
        self._wants_rings = False
        canvas = window.canvas
        canvas.head_drawn.connect(self._draw_head)
        canvas.head_changed.connect(lambda track_id, *box: editing.set_head_box(track_id, box))
        canvas_binding.candidates_known.connect(self._on_candidates)
        session.selection_changed.connect(self._on_selection)
        session.frame_shown.connect(lambda _: self._leave_edges())
        session.tool_changed.connect(self._show_tool)
        session.people_display_changed.connect(self._mark_joints)
        slots: dict[str, Slot] = {
            "action_next_peak": lambda: self._step_peak(1),
            "action_previous_peak": lambda: self._step_peak(-1),
            "action_magnifier": self._switch_magnifier,
            "action_hide_joint": self._toggle_hide,
            "action_hide_other_joints": self._toggle_isolate,
            "action_lock_joint": self._toggle_lock,
            "action_resize_box": self._toggle_edges,
            "action_draw_head_box": self._toggle_head,
            "action_delete_head_box": self._delete_head,
            "action_show_extras": lambda: canvas.set_extras_visible(window.action("action_show_extras").isChecked()),
        }
        connect_actions(window, slots)
        magnifies = places.read_settings().get(MAGNIFIER) is not False
        window.action("action_magnifier").setChecked(magnifies)
        canvas.set_magnifier(magnifies)
        window.action("action_show_extras").setChecked(True)

    def _show_tool(self, tool: Tool) -> None:
        self._window.action("action_resize_box").setChecked(tool == Tool.EDGES)
        self._window.action("action_draw_head_box").setChecked(tool == Tool.HEAD)

    def _on_selection(self, _track_id: int | None, _keypoint: int | None) -> None:
        self._wants_rings = False
        self._leave_edges()
        self._mark_joints()

    def _mark_joints(self) -> None:
        """The list of joints tells which of the selected person's are hidden or locked."""
        session = self._session
        marks = (
            frozenset(keypoint for whose, keypoint in joints if whose == session.track_id)
            for joints in (session.hidden_joints, session.locked_joints)
        )
        self._window.joints_panel.set_marks(*marks)

    def _leave_edges(self) -> None:
        """The box that the arrow keys move is one person's in one frame."""
        if self._session.tool == Tool.EDGES and self._window.canvas.keyboard_box_of != self._session.track_id:
            self._session.put_tool_down()

    def _take(self, tool: Tool, how: str) -> None:
        """Takes a tool in hand that is about the selected person, or puts it away."""
        session = self._session
        if session.tool == tool or session.selected_pose() is None:
            if session.selected_pose() is None:
                session.message.emit(NO_PERSON)
            session.put_tool_down()
        elif session.track_id in session.locked:
            session.message.emit(f"Person {session.track_id} is locked: unlock them first (L).")
            session.put_tool_down()
        else:
            session.take_tool(tool)
            session.message.emit(how)

    def _toggle_edges(self) -> None:
        self._take(Tool.EDGES, HOW_TO_RESIZE)

    # Head boxes

    def _toggle_head(self) -> None:
        self._window.action("action_show_extras").setChecked(True)
        self._window.canvas.set_extras_visible(True)
        self._take(Tool.HEAD, HOW_TO_DRAW_HEAD)

    def _draw_head(self, x: float, y: float, width: float, height: float) -> None:
        track_id = self._session.track_id
        self._session.put_tool_down()
        if track_id is not None:
            self._editing.set_head_box(track_id, (x, y, width, height))

    def _delete_head(self) -> None:
        pose = self._session.selected_pose()
        if pose is None:
            self._session.message.emit(NO_PERSON)
        elif pose.bbox_head_xywh is None:
            self._session.message.emit("This person has no head box.")
        else:
            self._editing.set_head_box(pose.track_id, None)

    # Candidates

    def _step_peak(self, direction: int) -> None:
        """Moves the selected joint to the next of the places where the network sees it, as one edit."""
        session, canvas = self._session, self._window.canvas
        pose, keypoint = session.selected_pose(), session.keypoint
        if pose is None or keypoint is None:
            session.message.emit(NO_JOINT)
            return
        peaks = self._canvas_binding.candidates
        if peaks is None:
            self._wants_rings = True
            session.message.emit(f"Asking the network where it sees the {POSETRACK.label(keypoint)} …")
            self._canvas_binding.want_candidates()
            return
        if not peaks:
            session.message.emit(f"The network does not see the {POSETRACK.label(keypoint)} here.")
            return
        following = 0
        if pose.placed[keypoint]:
            apart = [np.hypot(*(pose.keypoints[keypoint] - (peak.x, peak.y))) for peak in peaks]
            is_there = min(apart) < 0.5
            following = (int(np.argmin(apart)) + direction) % len(peaks) if is_there else 0
        peak = peaks[following]
        if self._editing.move_keypoint(pose.track_id, keypoint, peak.x, peak.y):
            of = f"place {following + 1} of {len(peaks)}, {peak.value:.2f}"
            session.message.emit(f"{POSETRACK.label(keypoint).capitalize()}: {of}")
        canvas.show_candidates(True)

    def _on_candidates(self) -> None:
        """They were asked for by key: their rings are shown, and the key steps through them."""
        peaks, keypoint = self._canvas_binding.candidates, self._session.keypoint
        if not self._wants_rings or peaks is None or keypoint is None:
            return
        self._wants_rings = False
        self._window.canvas.show_candidates(True)
        count = "1 place" if len(peaks) == 1 else f"{len(peaks)} places"
        key = self._window.action("action_next_peak").shortcut().toString() or "Next peak"
        words = f"The network sees {count} for the {POSETRACK.label(keypoint)}: {key} goes from one to the next."
        self._session.message.emit(words)

    def _switch_magnifier(self) -> None:
        on = self._window.action("action_magnifier").isChecked()
        self._window.canvas.set_magnifier(on)
        places.write_setting(MAGNIFIER, on)

    # Joints hidden or locked

    def _joint(self) -> tuple[int, int] | None:
        session = self._session
        if session.track_id is None or session.keypoint is None:
            session.message.emit(NO_JOINT)
            return None
        return session.track_id, session.keypoint

    def _toggle_hide(self) -> None:
        joint, session = self._joint(), self._session
        if joint is not None:
            hides = joint not in session.hidden_joints
            session.set_hidden_joints(session.hidden_joints ^ {joint})
            session.message.emit(
                f"{_named(joint)} {'is hidden; the same key shows it again' if hides else 'is shown'}."
            )

    def _toggle_lock(self) -> None:
        joint, session = self._joint(), self._session
        if joint is not None:
            locks = joint not in session.locked_joints
            session.set_locked_joints(session.locked_joints ^ {joint})
            session.message.emit(
                f"{_named(joint)} {'is locked; the same key unlocks it' if locks else 'can be moved'}."
            )

    def _toggle_isolate(self) -> None:
        """Hides this person's other joints, or shows all of them where they are hidden; all people's with no joint."""
        session = self._session
        if session.track_id is None or session.keypoint is None:
            session.set_hidden_joints(frozenset())
            session.message.emit("All joints are shown.")
            return
        of_person = {(session.track_id, keypoint) for keypoint in range(len(POSETRACK))}
        others = of_person - {(session.track_id, session.keypoint)}
        isolates = not others <= session.hidden_joints
        session.set_hidden_joints((session.hidden_joints - of_person) | (others if isolates else set()))
        only = f"Only the {POSETRACK.label(session.keypoint)} is shown; the same key shows all again."
        session.message.emit(only if isolates else f"All joints of person {session.track_id} are shown.")


def _named(joint: tuple[int, int]) -> str:
    return f"{POSETRACK.label(joint[1]).capitalize()} of person {joint[0]}"
