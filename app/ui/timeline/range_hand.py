"""The hand on the selected range: drawing one on the ruler, and dragging its edges. No Qt."""

from __future__ import annotations

from app.ui.timeline.shown_frames import ShownFrames
from core.frame_range import FrameRange

EDGE_PX = 4


class RangeHand:
    """Between a press and a release: what range the hand draws.

    Attributes:
        selected: the range on the ruler, None without one.
    """

    def __init__(self) -> None:
        self.selected: FrameRange | None = None
        self._anchor: int | None = None

    @property
    def is_drawing(self) -> bool:
        """True between a press that began a range and the release."""
        return self._anchor is not None

    def edge_at(self, x: float, shown: ShownFrames) -> bool:
        """True where the pointer would take an edge of the range."""
        return self._opposite(x, shown) is not None

    def _opposite(self, x: float, shown: ShownFrames) -> int | None:
        """The frame at the other end of the range from the edge at `x`, None where no edge is."""
        if self.selected is None:
            return None
        start, stop = (abs(shown.x_of(edge - 0.5) - x) for edge in (self.selected.start, self.selected.stop))
        if min(start, stop) > EDGE_PX:
            return None
        return self.selected.last if start < stop else self.selected.start

    def press(self, x: float, shown: ShownFrames, *, new: bool) -> bool:
        """Begins a new range, or takes an edge; False where there is neither to do."""
        self._anchor = shown.frame_at(x) if new else self._opposite(x, shown)
        if new:
            self.move(x, shown)
        return self.is_drawing

    def move(self, x: float, shown: ShownFrames) -> None:
        """The range from where it began to the pointer."""
        if self._anchor is not None:
            self.selected = FrameRange.between(self._anchor, shown.frame_at(x))

    def release(self) -> None:
        """The range stays as it is."""
        self._anchor = None
