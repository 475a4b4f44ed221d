"""A box by the keyboard: a cursor that the arrow keys move, and corners set with Enter. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.ui.canvas.gestures import BoxDraw, BoxResize
from app.ui.canvas.hit_test import HANDLES, handle_position
from app.ui.canvas.view import Picture
from core.poses import Pose


@dataclass(frozen=True)
class BoxCursor:
    """A new box from one corner to the other.

    Attributes:
        xy: where the cursor is, in full-frame pixels.
        corner_xy: the first corner, None before Enter has set it.
    """

    xy: tuple[float, float]
    corner_xy: tuple[float, float] | None = None

    def moved(self, dx: float, dy: float, picture: Picture) -> BoxCursor:
        """The cursor so many pixels further, on the picture."""
        return replace(self, xy=picture.clamped(self.xy[0] + dx, self.xy[1] + dy))

    @property
    def box(self) -> BoxDraw | None:
        """The box so far, None before its first corner is set."""
        return None if self.corner_xy is None else BoxDraw(self.corner_xy, self.xy)


@dataclass(frozen=True)
class EdgeCursor:
    """The box of a person who is there: its corners and edges, one of them in the hand of the arrow keys."""

    resize: BoxResize

    @classmethod
    def of(cls, pose: Pose) -> EdgeCursor:
        """The lower right corner of the person's box."""
        return cls(BoxResize(pose.track_id, (1, 1), pose.bbox_xywh, pose.bbox_xywh))

    @property
    def xy(self) -> tuple[float, float]:
        """Where the corner or edge in hand is, in full-frame pixels."""
        return handle_position(self.resize.bbox_xywh, self.resize.handle)

    def moved(self, dx: float, dy: float, picture: Picture) -> EdgeCursor:
        """The corner or edge so many pixels further."""
        resize, (x, y) = self.resize, self.xy
        moved = replace(resize, start_xywh=resize.bbox_xywh).moved(x + dx, y + dy, picture)
        return EdgeCursor(replace(moved, start_xywh=resize.start_xywh))

    def next_handle(self, step: int) -> EdgeCursor:
        """Another corner or edge in hand, clockwise from corner to corner and then from edge to edge."""
        place = (HANDLES.index(self.resize.handle) + step) % len(HANDLES)
        return EdgeCursor(replace(self.resize, handle=HANDLES[place]))
