"""The pointer's shape: it says what a press would do, or what the hand is doing."""

from PySide6.QtCore import Qt

from app.tools import Tool
from app.ui.canvas.gestures import BoxResize, Gesture, JointDrag, Pan, PersonDrag
from app.ui.canvas.hit_test import Handle, JointHit

_DIAGONALS = {1: Qt.CursorShape.SizeFDiagCursor, -1: Qt.CursorShape.SizeBDiagCursor}


def cursor_shape(tool: Tool, gesture: Gesture | None, joint: JointHit | None, handle: Handle | None) -> Qt.CursorShape:
    """The shape for a tool, the gesture in progress, and what lies under the pointer.

    Args:
        tool: the canvas' tool.
        gesture: what the hand is doing; None also while a press may still turn out to be a click.
        joint: the joint under the pointer.
        handle: the box's handle under the pointer; joints go before handles.
    """
    if isinstance(gesture, Pan):
        return Qt.CursorShape.ClosedHandCursor
    if tool != Tool.SELECT:
        return Qt.CursorShape.CrossCursor
    if isinstance(gesture, JointDrag | PersonDrag):
        return Qt.CursorShape.SizeAllCursor
    if isinstance(gesture, BoxResize):
        return _handle_shape(gesture.handle)
    if joint is not None:
        return Qt.CursorShape.PointingHandCursor
    return Qt.CursorShape.ArrowCursor if handle is None else _handle_shape(handle)


def _handle_shape(handle: Handle) -> Qt.CursorShape:
    straight = Qt.CursorShape.SizeHorCursor if handle[1] == 0 else Qt.CursorShape.SizeVerCursor
    return _DIAGONALS.get(handle[0] * handle[1], straight)
