"""Ignore regions in the hand: polygons are drawn, their corners moved, added and removed. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from app.ui.canvas.view import View
from core.geometry import FloatArray

CORNER_RADIUS_PX = 9.0
MIN_AREA_PX = 4.0
Polygons = tuple[FloatArray, ...]


class RegionHand:
    """What a hand does to the ignore regions of the frame shown; each `end...` says what they are then.

    Attributes:
        regions: as they are drawn meanwhile: polygons (N, 2) in full-frame pixels.
        drawn: the corners of a new one so far.
        at: the place of the hand.
        selected: which region Delete takes away.
    """

    def __init__(self) -> None:
        self.regions: Polygons = ()
        self.drawn: list[tuple[float, float]] = []
        self.at: tuple[float, float] | None = None
        self.selected: int | None = None
        self._held: tuple[int, int] | None = None
        self._pressed_at: tuple[float, float] | None = None

    def show(self, regions: Sequence[FloatArray]) -> None:
        """The frame has these regions; what the hand held is given up."""
        self.regions = tuple(regions)
        self._held = self._pressed_at = None
        if self.selected is not None and self.selected >= len(self.regions):
            self.selected = None

    def give_up(self) -> bool:
        """Drops what is being drawn or selected; False where there was nothing."""
        had = bool(self.drawn) or self.selected is not None
        self.drawn, self.selected, self._held, self._pressed_at = [], None, None, None
        return had

    def press(self, xy: tuple[float, float], view: View) -> Polygons | None:
        """Takes hold of a corner, or of an edge's middle, which becomes one; else selects, or begins a region.

        Returns:
            The regions, where this press closed the one that was being drawn.
        """
        self.at = xy
        if self.drawn:
            if len(self.drawn) >= 3 and _near(self.drawn[0], xy, view):
                return self.close()
            self.drawn.append(xy)
            return None
        self._held = self.corner_at(xy, view) or self._new_corner(xy, view)
        if self._held is not None:
            self.selected = self._held[0]
            return None
        self.selected = self.region_at(xy)
        if self.selected is None:
            self._pressed_at = xy
            self.drawn = [xy]
        return None

    def move(self, xy: tuple[float, float], is_drag: bool) -> None:
        """The hand is at `xy`; `is_drag` once a press has gone far enough to be no click."""
        self.at = xy
        if self._held is not None and is_drag:
            region, corner = self._held
            changed = self.regions[region].copy()
            changed[corner] = xy
            self.regions = (*self.regions[:region], changed, *self.regions[region + 1 :])
        elif self._pressed_at is not None and is_drag:  # a rectangle, drawn as a box is
            (x0, y0), (x1, y1) = self._pressed_at, xy
            self.drawn = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]

    def release(self, is_drag: bool) -> Polygons | None:
        """The regions, where the hand has moved a corner or drawn a rectangle."""
        held, pressed_at = self._held, self._pressed_at
        self._held = self._pressed_at = None
        if held is not None:
            return self.regions if is_drag else None
        return self.close() if pressed_at is not None and is_drag else None

    def close(self) -> Polygons | None:
        """The regions with the one that was being drawn; None where it encloses nothing."""
        corners, self.drawn = np.array(self.drawn, dtype=np.float64).reshape(-1, 2), []
        if len(corners) < 3 or abs(cv2.contourArea(corners.astype(np.float32))) < MIN_AREA_PX:
            return None
        self.regions = (*self.regions, corners)
        self.selected = len(self.regions) - 1
        return self.regions

    def step_back(self) -> bool:
        """Takes the last corner of the region that is being drawn away; False where none is drawn."""
        if not self.drawn:
            return False
        self.drawn.pop()
        return True

    def delete(self, xy: tuple[float, float] | None, view: View) -> Polygons | None:
        """The regions without the corner at `xy`, or without the whole one selected; None where there is neither."""
        corner = None if xy is None else self.corner_at(xy, view)
        if corner is not None and len(self.regions[corner[0]]) > 3:
            less = np.delete(self.regions[corner[0]], corner[1], axis=0)
            self.regions = (*self.regions[: corner[0]], less, *self.regions[corner[0] + 1 :])
            return self.regions
        region = self.selected if xy is None else self.region_at(xy)
        if region is None:
            return None
        self.regions = (*self.regions[:region], *self.regions[region + 1 :])
        self.selected = None
        return self.regions

    def region_at(self, xy: tuple[float, float]) -> int | None:
        """The last region around a place, None if none is."""
        inside = [
            index
            for index, polygon in enumerate(self.regions)
            if len(polygon) >= 3 and cv2.pointPolygonTest(polygon.astype(np.float32), xy, False) >= 0
        ]
        return inside[-1] if inside else None

    def corner_at(self, xy: tuple[float, float], view: View) -> tuple[int, int] | None:
        """A region's corner under the hand."""
        return next(
            (
                (region, corner)
                for region, polygon in reversed(list(enumerate(self.regions)))
                for corner, place in enumerate(polygon.tolist())
                if _near((place[0], place[1]), xy, view)
            ),
            None,
        )

    def _new_corner(self, xy: tuple[float, float], view: View) -> tuple[int, int] | None:
        """The middle of an edge of the selected region becomes a corner, where the hand takes hold of it."""
        if self.selected is None:
            return None
        polygon = self.regions[self.selected]
        for corner, middle in enumerate(middles(polygon).tolist()):
            if _near((middle[0], middle[1]), xy, view):
                more = np.insert(polygon, corner + 1, middle, axis=0)
                self.regions = (*self.regions[: self.selected], more, *self.regions[self.selected + 1 :])
                return self.selected, corner + 1
        return None


def middles(polygon: FloatArray) -> FloatArray:
    """(N, 2) the middles of a polygon's edges."""
    return (polygon + np.roll(polygon, -1, axis=0)) / 2


def _near(place: tuple[float, float], xy: tuple[float, float], view: View) -> bool:
    return math.dist(view.to_viewport(*place), view.to_viewport(*xy)) <= CORNER_RADIUS_PX
