"""Placing joints: by key, by clicks one after the other, and marked as occluded or not there on the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.bindings.connecting import Slot, connect_actions
from app.controllers.editing.people import PeopleController
from app.controllers.editing.placing import PlacingController
from app.controllers.editing.poses import EditingController
from app.controllers.session import Session
from app.tools import Tool
from app.ui.main_window import MainWindow
from app.ui.reasons import allow
from core.files import places
from core.poses import Visibility

AFTER_A_BOX = "place_after_box"
"""The setting that remembers the switch."""


class PlacingBinding(QObject):
    """Connects the actions and clicks that place joints to what they do."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        editing: EditingController,
        people: PeopleController,
        placing: PlacingController,
        *,
        discard: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._editing = editing
        self._placing = placing
        self._discard = discard
        canvas = window.canvas
        canvas.keypoint_placed.connect(placing.place)
        canvas.tool_put_down.connect(self.put_tool_down)
        people.added.connect(placing.person_added)
        session.selection_changed.connect(self._on_selection)
        session.tool_changed.connect(self._show_tool)
        slots: dict[str, Slot] = {
            "action_deselect": self._deselect,
            "action_place_joint": self._place_joint,
            "action_place_by_clicks": placing.toggle,
            "action_place_after_box": self._switch_after_a_box,
            "action_skip_joint": placing.skip,
            "action_place_back": placing.back,
            "action_mark_occluded": lambda: self._mark(Visibility.OCCLUDED),
            "action_mark_not_labelled": lambda: self._mark(Visibility.NOT_LABELLED),
        }
        connect_actions(window, slots)
        placing.after_a_box = places.read_settings().get(AFTER_A_BOX) is True
        window.action("action_place_after_box").setChecked(placing.after_a_box)
        self._show_tool(session.tool)

    def put_tool_down(self) -> None:
        """Esc: the hand selects and drags again; what was placed until then is said."""
        if self._placing.is_active:
            self._placing.stop()
        else:
            self._session.put_tool_down()

    def _show_tool(self, tool: Tool) -> None:
        window = self._window
        window.action("action_add_person").setChecked(tool == Tool.BOX)
        window.action("action_place_by_clicks").setChecked(tool == Tool.PLACE)
        for name in ("action_skip_joint", "action_place_back"):
            allow(window.action(name), "" if tool == Tool.PLACE else "For when joints are placed one by one.")

    def _on_selection(self, track_id: int | None, keypoint: int | None) -> None:
        if self._placing.is_active and (track_id is None or keypoint is None):
            self._placing.stop()

    def _deselect(self) -> None:
        session = self._session
        if self._discard():  # what is shown before it is kept goes first
            return
        if session.tool != Tool.SELECT:
            self.put_tool_down()
        else:
            session.select(session.track_id if session.keypoint is not None else None, None)

    def _switch_after_a_box(self) -> None:
        self._placing.after_a_box = self._window.action("action_place_after_box").isChecked()
        places.write_setting(AFTER_A_BOX, self._placing.after_a_box)

    def _place_joint(self) -> None:
        session = self._session
        if session.track_id is None or session.keypoint is None:
            session.message.emit("Select a person and a joint first (Up and Down walk through the joints).")
            return
        place = self._window.canvas.pointer_place()
        if place is None:
            session.message.emit("Put the pointer where the joint is, then press the key.")
        elif self._placing.is_active:
            self._placing.place(session.track_id, session.keypoint, *place)
        else:
            self._editing.place_keypoint(session.track_id, session.keypoint, *place)

    def _mark(self, visibility: Visibility) -> None:
        session = self._session
        if self._placing.is_active and visibility == Visibility.OCCLUDED:
            self._placing.mark_occluded(self._window.canvas.pointer_place())
        elif self._placing.is_active:
            self._placing.mark_absent()
        elif session.track_id is not None and session.keypoint is not None:
            self._editing.set_visibility(session.track_id, session.keypoint, visibility)
