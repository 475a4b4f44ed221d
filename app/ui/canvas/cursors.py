"""The pointer's shape: it says what a press would do, or what the hand is doing."""

from PySide6.QtCore import Qt

from app.tools import Tool
from app.ui.canvas.gestures import BoxResize, Pan
from app.ui.canvas.hand.taking_hold import Held, Under
from app.ui.canvas.hand.transforming import PersonScale, PersonTurn
from app.ui.canvas.hit_test import Handle

_DIAGONALS = {1: Qt.CursorShape.SizeFDiagCursor, -1: Qt.CursorShape.SizeBDiagCursor}


def cursor_shape(tool: Tool, held: Held | None, under: Under) -> Qt.CursorShape:
    """The shape for a tool, what the hand holds, and what lies under the pointer.

    Args:
        tool: the canvas' tool.
        held: what the hand does; None also while a press may still turn out to be a click.
        under: what a press would take hold of.
    """
    if isinstance(held, Pan):
        return Qt.CursorShape.ClosedHandCursor
    if tool != Tool.SELECT:
        return Qt.CursorShape.CrossCursor
    return _shape_over(under) if held is None else _shape_holding(held)


def _shape_holding(held: Held) -> Qt.CursorShape:
    match held:
        case BoxResize():
            return _handle_shape(held.handle)
        case PersonTurn():
            return Qt.CursorShape.ClosedHandCursor
        case PersonScale():
            return Qt.CursorShape.SizeFDiagCursor
        case _:
            return Qt.CursorShape.SizeAllCursor


def _shape_over(under: Under) -> Qt.CursorShape:
    handle = under.head_handle or under.handle
    if under.joint is not None:
        return Qt.CursorShape.PointingHandCursor
    if under.turns:
        return Qt.CursorShape.OpenHandCursor
    return Qt.CursorShape.ArrowCursor if handle is None else _handle_shape(handle)


def _handle_shape(handle: Handle) -> Qt.CursorShape:
    straight = Qt.CursorShape.SizeHorCursor if handle[1] == 0 else Qt.CursorShape.SizeVerCursor
    return _DIAGONALS.get(handle[0] * handle[1], straight)
