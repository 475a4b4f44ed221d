"""The canvas: a frame, the people in it, and what the hand does to them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QHideEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from app.tools import Tool
from app.ui.canvas.cursors import cursor_shape
from app.ui.canvas.gestures import CLICK_TOLERANCE_PX, BoxDraw, BoxResize, Gesture, JointDrag, Pan, PersonDrag
from app.ui.canvas.hit_test import Handle, JointHit, Selection, handle_at, joint_at, person_at
from app.ui.canvas.people_view import PeopleView
from app.ui.canvas.pose_painting import PoseContext
from core.keypoints import POSETRACK
from core.poses import FramePoses


class Canvas(PeopleView):
    """Shows one frame with its people and says, in full-frame pixels, what the hand did. It changes no data.

    Whatever is drawn belongs to the frame shown: `set_poses` and `set_heatmap` for another frame are dropped, so
    that late answers do no harm. After an edit the canvas shows what `set_poses` says, and falls back to what it
    showed before where nobody answers.

    Signals:
        keypoint_moved(track_id, keypoint, x, y): once, when a dragged joint is released.
        keypoint_placed(track_id, keypoint, x, y): a click of the "place" tool gave the selected joint its place.
        visibility_cycled(track_id, keypoint): right click on a joint.
        pose_moved(track_id, dx, dy): once, when a person dragged with Ctrl is released.
        selection_changed(track_id | None, keypoint | None): the hand selected something.
        box_drawn(x, y, w, h): a box was drawn with the "box" tool.
        box_changed(track_id, x, y, w, h): once, when a handle of the selected person's box is released.
        pointer_moved(x, y): the pointer's place; for scripts that show it, or record what a hand does.
        pointer_left(): the pointer is no longer over the canvas.
        tool_put_down(): Esc put the tool away.
        menu_wanted(QPoint): a right click beside the joints, or the menu key; where on the screen.
    """

    keypoint_moved = Signal(int, int, float, float)
    keypoint_placed = Signal(int, int, float, float)
    visibility_cycled = Signal(int, int)
    pose_moved = Signal(int, float, float)
    selection_changed = Signal(object, object)
    box_drawn = Signal(float, float, float, float)
    box_changed = Signal(int, float, float, float, float)
    pointer_moved = Signal(float, float)
    pointer_left = Signal()
    tool_put_down = Signal()
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._tool = Tool.SELECT
        self._gesture: Gesture | None = None
        self._press_px = QPointF()
        self._last_px = QPointF()
        self._is_pointer_inside = False
        self._has_moved = False
        self._selection_before_click = Selection()
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName("Frame and poses")

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def pointer_place(self) -> tuple[float, float] | None:
        """The place under the pointer in full-frame pixels; None off the picture."""
        if self._picture is None or not self._is_pointer_inside:
            return None
        place = self.view.to_picture(self._last_px.x(), self._last_px.y())
        return self._picture.clamped(*place) if self._picture.contains(*place) else None

    def set_poses(self, poses: FramePoses, calibrated_runs: frozenset[int] = frozenset()) -> None:
        """Shows the people of the frame shown, and gives up a drag of somebody who is no longer there."""
        super().set_poses(poses, calibrated_runs)
        held = getattr(self._gesture, "track_id", None)
        if held is not None and poses.frame_index == self._frame_index and poses.pose(held) is None:
            self._cancel_gesture()

    def set_tool(self, tool: Tool) -> None:
        """Shows which tool is in hand."""
        self._tool = tool
        self._cancel_gesture()
        self._refresh()

    # What the hand adds to the picture

    def _previewed(self) -> FramePoses | None:
        gesture = self._gesture if self._has_moved else None
        return self._poses if self._poses is None or gesture is None else gesture.preview(self._poses)

    def _with_hand(self, context: PoseContext) -> PoseContext:
        gesture = self._gesture if self._has_moved else None
        drawn = gesture.bbox_xywh if isinstance(gesture, BoxDraw) else None
        note = self._cursor_note(context.selection)
        return replace(context, is_held=isinstance(gesture, JointDrag), drawn_box_xywh=drawn, cursor_note=note)

    def _let_go(self) -> None:
        self._cancel_gesture()

    def _cursor_note(self, selection: Selection) -> tuple[float, float, str] | None:
        if self._tool != Tool.PLACE or self._picture is None or not self._is_pointer_inside:
            return None
        has_joint = selection.track_id is not None and selection.keypoint is not None
        words = POSETRACK.label(selection.keypoint or 0) if has_joint else "select a joint to place"
        return self._last_px.x(), self._last_px.y(), words

    # What lies under the pointer

    @property
    def _untouchable(self) -> frozenset[int]:
        return frozenset(self._context.hidden) | frozenset(self._context.locked)

    def _joint_at(self, at: QPointF) -> JointHit | None:
        if self._poses is None or self._tool != Tool.SELECT:
            return None
        return joint_at(self._poses, self.view, (at.x(), at.y()), self._context.selection, ignored=self._untouchable)

    def _handle_at(self, at: QPointF) -> Handle | None:
        track_id = self._context.selection.track_id
        if self._poses is None or self._tool != Tool.SELECT or track_id is None or track_id in self._untouchable:
            return None
        pose = self._poses.pose(track_id)
        return None if pose is None else handle_at(pose.bbox_xywh, self.view, (at.x(), at.y()))

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a gesture."""
        event.accept()
        at = event.position()
        self._last_px = at
        if self._picture is None or self._gesture is not None:
            return
        self._press_px, self._has_moved = at, False
        if event.button() == Qt.MouseButton.MiddleButton:
            self._gesture = Pan(is_left=False)
        elif event.button() == Qt.MouseButton.RightButton:
            self._cycle_visibility(at)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._gesture = self._left_gesture(at, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        self._update_cursor(at)

    def _left_gesture(self, at: QPointF, moves_person: bool) -> Gesture:
        x, y = self.view.to_picture(at.x(), at.y())
        if self._tool == Tool.BOX and self._picture is not None:
            start = self._picture.clamped(x, y)
            return BoxDraw(start, start)
        hit, handle = self._joint_at(at), self._handle_at(at)
        pose = self._poses.pose(hit.track_id) if hit is not None and self._poses is not None else None
        if hit is not None and pose is not None:
            self._select(Selection(hit.track_id, hit.keypoint))
            if moves_person:
                return PersonDrag(hit.track_id, (x, y))
            joint_xy = (float(pose.keypoints[hit.keypoint, 0]), float(pose.keypoints[hit.keypoint, 1]))
            return JointDrag(hit.track_id, hit.keypoint, joint_xy, (x, y), joint_xy)
        track_id = self._context.selection.track_id
        if handle is not None and track_id is not None and self._poses is not None:
            selected = self._poses.pose(track_id)
            if selected is not None:
                return BoxResize(track_id, handle, selected.bbox_xywh, selected.bbox_xywh)
        return Pan(is_left=True)

    def _cycle_visibility(self, at: QPointF) -> None:
        """Of the joint under the pointer, also while placing, where the joint to be placed stays selected."""
        if self._poses is None or self._tool == Tool.BOX:
            return
        at_px = (at.x(), at.y())
        hit = joint_at(self._poses, self.view, at_px, self._context.selection, ignored=self._untouchable)
        if hit is not None:
            if self._tool == Tool.SELECT:
                self._select(Selection(hit.track_id, hit.keypoint))
            self.visibility_cycled.emit(hit.track_id, hit.keypoint)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carries the gesture on, or shows what a press would take hold of."""
        event.accept()
        at = event.position()
        self._carry_on(at)
        self._last_px, self._is_pointer_inside = at, True
        if self._picture is not None:
            self._update_cursor(at)
            self._refresh(hover=None if self._gesture is not None else self._joint_at(at))
            self.pointer_moved.emit(*self.view.to_picture(at.x(), at.y()))

    def _carry_on(self, at: QPointF) -> None:
        """Moves what the hand holds, once the hand has moved far enough to mean it."""
        if self._gesture is None or self._picture is None:
            return
        before = self._last_px if self._has_moved else self._press_px
        moved = at - self._press_px
        self._has_moved = self._has_moved or moved.x() ** 2 + moved.y() ** 2 >= CLICK_TOLERANCE_PX**2
        if not self._has_moved:
            return
        if isinstance(self._gesture, Pan):
            self._pan_by(at.x() - before.x(), at.y() - before.y())
        else:
            self._gesture = self._gesture.moved(*self.view.to_picture(at.x(), at.y()), self._picture)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the gesture: says what it did, or what the click meant."""
        event.accept()
        is_middle = isinstance(self._gesture, Pan) and not self._gesture.is_left
        if event.button() != (Qt.MouseButton.MiddleButton if is_middle else Qt.MouseButton.LeftButton):
            return
        self._carry_on(event.position())
        gesture, self._last_px = self._gesture, event.position()
        if gesture is None:
            return
        if self._has_moved:
            self._emit_edit(gesture)
        elif isinstance(gesture, Pan) and gesture.is_left:
            self._click(event.position())
        # Only now does the preview end: the answer to the signal has already brought the new poses.
        self._cancel_gesture()

    def _emit_edit(self, gesture: Gesture) -> None:
        match gesture:
            case JointDrag(track_id, keypoint):
                self.keypoint_moved.emit(track_id, keypoint, *gesture.xy)
            case PersonDrag(track_id):
                self.pose_moved.emit(track_id, gesture.dx, gesture.dy)
            case BoxResize(track_id):
                self.box_changed.emit(track_id, *(float(value) for value in gesture.bbox_xywh))
            case BoxDraw() if gesture.is_a_person:
                self.box_drawn.emit(*gesture.bbox_xywh)

    def _click(self, at: QPointF) -> None:
        x, y = self.view.to_picture(at.x(), at.y())
        if self._tool == Tool.PLACE:
            self._place(x, y)
        elif self._poses is not None:
            self._selection_before_click = self._context.selection
            track_id = person_at(self._poses, x, y, self._untouchable)
            if track_id is None or track_id != self._context.selection.track_id:
                self._select(Selection(track_id))

    def _place(self, x: float, y: float) -> None:
        track_id, keypoint = self.selection
        pose = self._poses.pose(track_id) if self._poses is not None and track_id is not None else None
        if pose is None or keypoint is None or pose.track_id in self._untouchable or self._picture is None:
            return
        if self._picture.contains(x, y):
            self.keypoint_placed.emit(pose.track_id, keypoint, *self._picture.clamped(x, y))

    def _select(self, selection: Selection) -> None:
        if selection != self._context.selection:
            self._refresh(selection=selection)
            self.selection_changed.emit(selection.track_id, selection.keypoint)

    def _cancel_gesture(self) -> None:
        self._gesture, self._has_moved = None, False
        self._update_cursor(self._last_px)
        self._refresh(hover=None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fits the picture where the background is clicked; elsewhere it is a second press."""
        at, is_left = event.position(), event.button() == Qt.MouseButton.LeftButton
        if is_left and self._tool == Tool.SELECT and self._joint_at(at) is None and self._handle_at(at) is None:
            event.accept()
            self._select(self._selection_before_click)
            self.fit()
        else:
            self.mousePressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer may have come without a move, as where a window opens under it."""
        self._last_px, self._is_pointer_inside = event.position(), True
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing lies under the pointer any more."""
        self._is_pointer_inside = False
        self._refresh(hover=None)
        self.pointer_left.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Gives up a gesture whose release will never be seen."""
        self._cancel_gesture()
        super().hideEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """On a joint the right button belongs to visibility; elsewhere it selects who is there, and asks for a menu."""
        event.accept()
        at = QPointF(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            if self._gesture is not None or self._joint_at(at) is not None:
                return
            if self._poses is not None and self._tool == Tool.SELECT:
                x, y = self.view.to_picture(at.x(), at.y())
                here = person_at(self._poses, x, y, self._untouchable)
                if here is not None and here != self._context.selection.track_id:
                    self._select(Selection(here))
        self.menu_wanted.emit(event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Keeps Esc for itself while a gesture or a tool can be given up, whatever action has the key."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            has_use = self._gesture is not None or self._tool != Tool.SELECT
            if has_use and event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives up the gesture, else the tool, else the selection; all other keys are the window's."""
        if event.key() != Qt.Key.Key_Escape:
            event.ignore()
        elif self._gesture is not None:
            self._cancel_gesture()
        elif self._tool != Tool.SELECT:
            self.set_tool(Tool.SELECT)
            self.tool_put_down.emit()
        else:
            self._select(Selection())

    def _update_cursor(self, at: QPointF) -> None:
        gesture = self._gesture if self._has_moved or not isinstance(self._gesture, Pan) else None
        shape = cursor_shape(self._tool, gesture, self._joint_at(at), self._handle_at(at))
        self.viewport().setCursor(shape)
