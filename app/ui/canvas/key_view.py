"""The keys of the canvas' tools: boxes by the arrow keys, corners of regions, and giving up what the hand holds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent

from app.tools import Tool
from app.ui.canvas.gestures import BoxDraw, BoxResize
from app.ui.canvas.hand.keyboard_box import BoxCursor, EdgeCursor
from app.ui.canvas.hand.regions import Polygons
from app.ui.canvas.hand.taking_hold import Held
from app.ui.canvas.hand_view import HandView
from app.ui.canvas.hit_test import Selection

ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
LARGE_STEP_PX = 10.0
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BY_ARROWS = (Tool.BOX, Tool.HEAD, Tool.EDGES)
_KEYS: dict[Tool, tuple[Qt.Key, ...]] = {
    **dict.fromkeys((Tool.BOX, Tool.HEAD), (*ARROWS, *_ENTER, Qt.Key.Key_Backspace)),
    Tool.EDGES: (*ARROWS, *_ENTER, Qt.Key.Key_Tab, Qt.Key.Key_Backtab),
    Tool.REGION: (*_ENTER, Qt.Key.Key_Backspace, Qt.Key.Key_Delete),
}
"""The keys that a tool keeps for itself while the canvas has the focus, whatever action has them."""


class KeyView(HandView):
    """Takes the keys of the tool in hand; what they did is said by the subclass."""

    @property
    def keyboard_box_of(self) -> int | None:
        """Whose box the arrow keys move, None where they move none."""
        return self._keyboard.resize.track_id if isinstance(self._keyboard, EdgeCursor) else None

    def set_tool(self, tool: Tool) -> None:
        """Shows which tool is in hand; a tool with keys takes the focus."""
        self._tool = tool
        self._keyboard = None
        self._region_hand.give_up()
        self._cancel_gesture()
        if tool == Tool.EDGES:
            self._take_edge()
        if tool in _KEYS:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._refresh()

    def event(self, event: QEvent) -> bool:
        """Keeps the tool's keys, and Esc while something can be given up, whatever action has them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._moves_on(event):
            self.keyPressEvent(event)  # Qt would give Tab to the next widget
            return True
        return bool(super().event(event))

    def _moves_on(self, event: QKeyEvent) -> bool:
        return self._tool == Tool.EDGES and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)

    def _is_own(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return self._gesture is not None or self._tool != Tool.SELECT
        others = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        return event.key() in _KEYS.get(self._tool, ()) and others == Qt.KeyboardModifier.NoModifier

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives up what the hand holds, else the tool, else the selection; other keys are the tool's."""
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif event.key() == Qt.Key.Key_Shift:
            self._snap(True)
        elif self._is_own(event):
            self._key_of_tool(event)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Without Shift a held joint is where the hand is."""
        if event.key() == Qt.Key.Key_Shift:
            self._snap(False)
        event.ignore()

    def _escape(self) -> None:
        if self._gesture is not None:
            self._cancel_gesture()
        elif self._tool == Tool.REGION and self._region_hand.give_up():
            self._refresh()
        elif self._tool != Tool.SELECT:
            self.set_tool(Tool.SELECT)
            self._say_tool_put_down()
        else:
            self._select(Selection())

    def _key_of_tool(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._tool == Tool.REGION:
            self._key_of_regions(key)
        elif key in ARROWS:
            step = LARGE_STEP_PX if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self._move_cursor(ARROWS[key][0] * step, ARROWS[key][1] * step)
        elif key in _ENTER:
            self._enter()
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) and isinstance(self._keyboard, EdgeCursor):
            self._keyboard = self._keyboard.next_handle(1 if key == Qt.Key.Key_Tab else -1)
        elif key == Qt.Key.Key_Backspace and isinstance(self._keyboard, BoxCursor):
            self._keyboard = BoxCursor(self._keyboard.xy)
        self._refresh()

    # Boxes

    def _take_edge(self) -> None:
        track_id = self.selection[0]
        pose = None if self._poses is None or track_id is None else self._poses.pose(track_id)
        if pose is not None and track_id not in self._untouchable:
            self._keyboard = EdgeCursor.of(pose)

    def _move_cursor(self, dx: float, dy: float) -> None:
        if self._picture is None:
            return
        if self._keyboard is None and self._tool != Tool.EDGES:
            self._keyboard = BoxCursor(self._picture.clamped(*self._start_xy()))
        if self._keyboard is not None:
            self._keyboard = self._keyboard.moved(dx, dy, self._picture)
            self._reveal_cursor()

    def _start_xy(self) -> tuple[float, float]:
        """Where the pointer is, else the middle of what is in sight; on whole pixels."""
        at = self._last_px
        if not self._is_pointer_inside:
            at = QPointF(self.viewport().width() / 2, self.viewport().height() / 2)
        x, y = self.view.to_picture(at.x(), at.y())
        return float(round(x)), float(round(y))

    def _reveal_cursor(self) -> None:
        if self._keyboard is not None:
            self.reveal(*self._keyboard.xy)

    def _enter(self) -> None:
        """Sets the first corner, and with the second the box; or says what has become of the person's box."""
        if isinstance(self._keyboard, EdgeCursor):
            resize = self._keyboard.resize
            self._emit_edit(resize)
            # From here on the arrow keys change what was just set.
            self._keyboard = EdgeCursor(BoxResize(resize.track_id, resize.handle, resize.bbox_xywh, resize.bbox_xywh))
            return
        if self._keyboard is None:
            self._move_cursor(0.0, 0.0)
        if not isinstance(self._keyboard, BoxCursor):
            return
        drawn = self._keyboard.box
        if drawn is None:
            self._keyboard = BoxCursor(self._keyboard.xy, self._keyboard.xy)
            return
        drawn = BoxDraw(drawn.start_xy, drawn.xy, is_head=self._tool == Tool.HEAD)
        if drawn.is_large_enough:
            self._keyboard = None
            self._emit_edit(drawn)

    # Regions

    def _key_of_regions(self, key: Qt.Key) -> None:
        hand = self._region_hand
        if key == Qt.Key.Key_Backspace:
            hand.step_back()
        elif key == Qt.Key.Key_Delete:
            self._say_regions(hand.delete(None, self.view))
        else:
            self._say_regions(hand.close())

    # What the subclass does

    def _snap(self, on: bool) -> None:
        """Shift goes down or up."""

    def _cancel_gesture(self) -> None:
        """Gives up what the hand holds."""

    def _select(self, selection: Selection) -> None:
        """Selects, and says so."""

    def _emit_edit(self, gesture: Held) -> None:
        """Says what the hand did."""

    def _say_regions(self, regions: Polygons | None) -> None:
        """Says what the ignore regions are now; nothing for None."""

    def _say_tool_put_down(self) -> None:
        """Says that Esc put the tool away."""
