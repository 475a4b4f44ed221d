"""The canvas: a frame, the people in it, and what the hand does to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QHideEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from app.tools import Tool
from app.ui.canvas.cursors import cursor_shape
from app.ui.canvas.gestures import CLICK_TOLERANCE_PX, BoxDraw, BoxResize, JointDrag, Pan
from app.ui.canvas.hand.keyboard_box import EdgeCursor
from app.ui.canvas.hand.regions import Polygons
from app.ui.canvas.hand.taking_hold import Held, taken_hold
from app.ui.canvas.hand.transforming import PersonDrag, PersonScale, PersonTurn
from app.ui.canvas.hit_test import Selection, joint_at, person_at
from app.ui.canvas.key_view import KeyView
from core.poses import FramePoses


class Canvas(KeyView):
    """Shows one frame with its people and says, in full-frame pixels, what the hand did. It changes no data.

    Whatever is drawn belongs to the frame shown: `set_poses` and `set_heatmap` for another frame are dropped, so
    that late answers do no harm. After an edit the canvas shows what `set_poses` says, and falls back to what it
    showed before where nobody answers.

    Signals:
        keypoint_moved(track_id, keypoint, x, y): once, when a dragged joint is released.
        keypoint_placed(track_id, keypoint, x, y): a click of the "place" tool gave the selected joint its place.
        visibility_cycled(track_id, keypoint): right click on a joint.
        pose_transformed(track_id, verb, affine): once, when a person who was moved (Ctrl+drag), scaled (Ctrl+drag of a
            corner) or turned (the handle above the box) is released; the affine is (2, 3), in full-frame pixels.
        selection_changed(track_id | None, keypoint | None): the hand selected something.
        box_drawn(x, y, w, h): a box was drawn with the "box" tool.
        box_changed(track_id, x, y, w, h): once, when a handle of the selected person's box is released.
        head_drawn(x, y, w, h): a head box was drawn with the "head" tool, around the selected person's head.
        head_changed(track_id, x, y, w, h): once, when a corner of the selected person's head box is released.
        regions_changed(polygons): once, when an ignore region was drawn, changed or removed with the "region" tool.
        candidates_wanted(): a joint is held with Shift, and where the network sees it is not known.
        pointer_moved(x, y): the pointer's place; for scripts that show it, or record what a hand does.
        pointer_left(): the pointer is no longer over the canvas.
        tool_put_down(): Esc put the tool away.
        menu_wanted(QPoint): a right click beside the joints, or the menu key; where on the screen.
    """

    keypoint_moved = Signal(int, int, float, float)
    keypoint_placed = Signal(int, int, float, float)
    visibility_cycled = Signal(int, int)
    pose_transformed = Signal(int, str, object)
    selection_changed = Signal(object, object)
    box_drawn = Signal(float, float, float, float)
    box_changed = Signal(int, float, float, float, float)
    head_drawn = Signal(float, float, float, float)
    head_changed = Signal(int, float, float, float, float)
    regions_changed = Signal(object)
    candidates_wanted = Signal()
    pointer_moved = Signal(float, float)
    pointer_left = Signal()
    tool_put_down = Signal()
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._press_px = QPointF()
        self._is_region_held = False
        self._selection_before_click = Selection()
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName("Frame and poses")

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
        if isinstance(self._keyboard, EdgeCursor):
            self._follow_box(self._keyboard.resize)

    def _follow_box(self, resize: BoxResize) -> None:
        """The box that the arrow keys move may have become another, as by an undo."""
        pose = None if self._poses is None else self._poses.pose(resize.track_id)
        if pose is None:
            self._keyboard = None
        elif not np.array_equal(pose.bbox_xywh, resize.start_xywh):
            self._keyboard = EdgeCursor(replace(resize, start_xywh=pose.bbox_xywh, bbox_xywh=pose.bbox_xywh))
        self._refresh()

    def _let_go(self) -> None:
        self._cancel_gesture()

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a gesture."""
        event.accept()
        at = event.position()
        self._last_px = at
        if self._picture is None or self._gesture is not None:
            return
        self._press_px, self._has_moved = at, False
        self._snaps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.button() == Qt.MouseButton.MiddleButton:
            self._gesture = Pan(is_left=False)
        elif self._tool == Tool.REGION:
            self._press_region(at, event.button())
        elif event.button() == Qt.MouseButton.RightButton:
            self._cycle_visibility(at)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._gesture = self._left_gesture(at, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        self._update_cursor(at)

    def _left_gesture(self, at: QPointF, whole: bool) -> Held:
        x, y = self.view.to_picture(at.x(), at.y())
        if self._tool in (Tool.BOX, Tool.HEAD) and self._picture is not None:
            self._keyboard = None
            start = self._picture.clamped(x, y)
            return BoxDraw(start, start, is_head=self._tool == Tool.HEAD)
        under = self._under(at)
        if under.joint is not None:
            self._select(Selection(under.joint.track_id, under.joint.keypoint))
        selection = self._context.selection
        if self._poses is None or selection.track_id is None or not (under.anything or whole):
            return Pan(is_left=True)
        still = self._still_joints(selection.track_id)
        aspect = self.view.pixel_aspect
        held = taken_hold(under, self._poses, selection, (x, y), whole=whole, still=still, pixel_aspect=aspect)
        return held or Pan(is_left=True)

    def _press_region(self, at: QPointF, button: Qt.MouseButton) -> None:
        if self._picture is None:
            return
        xy = self._picture.clamped(*self.view.to_picture(at.x(), at.y()))
        if button == Qt.MouseButton.RightButton:
            self._say_regions(self._region_hand.delete(xy, self.view))
        elif button == Qt.MouseButton.LeftButton:
            self._say_regions(self._region_hand.press(xy, self.view))
            self._is_region_held = True
        self._refresh()

    def _cycle_visibility(self, at: QPointF) -> None:
        """Of the joint under the pointer, also while placing, where the joint to be placed stays selected."""
        poses = self._touchable_poses()
        if poses is None or self._tool not in (Tool.SELECT, Tool.PLACE):
            return
        at_px = (at.x(), at.y())
        hit = joint_at(poses, self.view, at_px, self._context.selection, ignored=self._untouchable)
        if hit is not None:
            if self._tool == Tool.SELECT:
                self._select(Selection(hit.track_id, hit.keypoint))
            self.visibility_cycled.emit(hit.track_id, hit.keypoint)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carries the gesture on, or shows what a press would take hold of."""
        event.accept()
        at = event.position()
        self._snaps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._carry_on(at)
        self._last_px, self._is_pointer_inside = at, True
        if self._picture is not None:
            self._update_cursor(at)
            self._refresh(hover=None if self._gesture is not None else self._under(at).joint)
            self.pointer_moved.emit(*self.view.to_picture(at.x(), at.y()))

    def _carry_on(self, at: QPointF) -> None:
        """Moves what the hand holds, once the hand has moved far enough to mean it."""
        if self._picture is None or (self._gesture is None and self._tool != Tool.REGION):
            return
        before = self._last_px if self._has_moved else self._press_px
        moved = at - self._press_px
        self._has_moved = self._has_moved or moved.x() ** 2 + moved.y() ** 2 >= CLICK_TOLERANCE_PX**2
        x, y = self.view.to_picture(at.x(), at.y())
        if self._gesture is None:
            self._region_hand.move(self._picture.clamped(x, y), is_drag=self._is_region_held and self._has_moved)
        elif not self._has_moved:
            return
        elif isinstance(self._gesture, Pan):
            self._pan_by(at.x() - before.x(), at.y() - before.y())
        else:
            self._gesture = self._gesture.moved(x, y, self._picture)
            self._snap(self._snaps)

    def _snap(self, on: bool) -> None:
        """With Shift held, a held joint is drawn to where the network sees it."""
        self._snaps = on
        if on and self._candidates is None and isinstance(self._gesture, JointDrag) and self._has_moved:
            self.candidates_wanted.emit()
        self._snap_again()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the gesture: says what it did, or what the click meant."""
        event.accept()
        is_middle = isinstance(self._gesture, Pan) and not self._gesture.is_left
        if event.button() != (Qt.MouseButton.MiddleButton if is_middle else Qt.MouseButton.LeftButton):
            return
        self._snaps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._carry_on(event.position())
        gesture, self._last_px = self._gesture, event.position()
        if gesture is None:
            if self._is_region_held:
                self._say_regions(self._region_hand.release(self._has_moved))
                self._is_region_held = False
            return
        if self._has_moved:
            self._emit_edit(gesture)
        elif isinstance(gesture, Pan) and gesture.is_left:
            self._click(event.position())
        # Only now does the preview end: the answer to the signal has already brought the new poses.
        self._cancel_gesture()

    def _emit_edit(self, gesture: Held) -> None:
        match gesture:
            case JointDrag(track_id, keypoint):
                self.keypoint_moved.emit(track_id, keypoint, *gesture.xy)
            case PersonDrag(track_id) | PersonScale(track_id) | PersonTurn(track_id):
                self.pose_transformed.emit(track_id, gesture.verb, gesture.affine)
            case BoxResize(track_id):
                signal = self.head_changed if gesture.is_head else self.box_changed
                signal.emit(track_id, *(float(value) for value in gesture.bbox_xywh))
            case BoxDraw() if gesture.is_large_enough:
                (self.head_drawn if gesture.is_head else self.box_drawn).emit(*gesture.bbox_xywh)

    def _say_regions(self, regions: Polygons | None) -> None:
        if regions is not None:
            self.regions_changed.emit(regions)

    def _say_tool_put_down(self) -> None:
        self.tool_put_down.emit()

    def _click(self, at: QPointF) -> None:
        x, y = self.view.to_picture(at.x(), at.y())
        if self._tool == Tool.PLACE:
            self._place(x, y)
        elif self._tool == Tool.SELECT and self._poses is not None:
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
            self._candidates, self._shows_candidates = None, False
            self._refresh(selection=selection)
            self.selection_changed.emit(selection.track_id, selection.keypoint)

    def _cancel_gesture(self) -> None:
        self._gesture, self._has_moved = None, False
        self._update_cursor(self._last_px)
        self._refresh(hover=None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fits the picture where the background is clicked; elsewhere it is a second press."""
        at, is_left = event.position(), event.button() == Qt.MouseButton.LeftButton
        if is_left and self._tool == Tool.SELECT and not self._under(at).anything:
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
            if self._gesture is not None or self._tool == Tool.REGION or self._under(at).joint is not None:
                return
            if self._poses is not None and self._tool == Tool.SELECT:
                x, y = self.view.to_picture(at.x(), at.y())
                here = person_at(self._poses, x, y, self._untouchable)
                if here is not None and here != self._context.selection.track_id:
                    self._select(Selection(here))
        self.menu_wanted.emit(event.globalPos())

    def _update_cursor(self, at: QPointF) -> None:
        held = self._gesture if self._has_moved or not isinstance(self._gesture, Pan) else None
        self.viewport().setCursor(cursor_shape(self._tool, held, self._under(at)))
