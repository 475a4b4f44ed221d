"""Where the picture lies in the canvas: zoom, position, and the rules that keep it in sight. No Qt.

Full-frame pixels are counted so that a whole number is the centre of a pixel, as the crops of `core.geometry`
count them: the picture covers -0.5 to width - 0.5. Viewport pixels are Qt's, independent of the device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FIT_MARGIN_PX = 12.0
MAX_ZOOM = 64.0
MIN_FRACTION_OF_FIT = 0.4


@dataclass(frozen=True)
class Picture:
    """What is looked at: the stored size in pixels, and the shape of a pixel (its width / height on display)."""

    width: int
    height: int
    pixel_aspect: float = 1.0

    def clamped(self, x: float, y: float) -> tuple[float, float]:
        """The nearest place that lies on a pixel of the picture."""
        return min(max(x, 0.0), self.width - 1.0), min(max(y, 0.0), self.height - 1.0)

    def contains(self, x: float, y: float) -> bool:
        """True on the picture, its outermost half pixels included."""
        return -0.5 <= x <= self.width - 0.5 and -0.5 <= y <= self.height - 0.5


@dataclass(frozen=True)
class View:
    """The mapping viewport = origin + (zoom * pixel_aspect, zoom) * pixel.

    Attributes:
        zoom: viewport pixels per full-frame pixel, down the picture.
        pixel_aspect: how much wider than high a full-frame pixel is shown.
        origin_x: where the centre of pixel (0, 0) lies in the viewport.
        origin_y: the same, downwards.
    """

    zoom: float = 1.0
    pixel_aspect: float = 1.0
    origin_x: float = 0.0
    origin_y: float = 0.0

    def to_viewport(self, x: float, y: float) -> tuple[float, float]:
        """A place of the picture in the viewport."""
        return self.origin_x + self.zoom * self.pixel_aspect * x, self.origin_y + self.zoom * y

    def to_picture(self, viewport_x: float, viewport_y: float) -> tuple[float, float]:
        """A place of the viewport in full-frame pixels."""
        return (
            (viewport_x - self.origin_x) / (self.zoom * self.pixel_aspect),
            (viewport_y - self.origin_y) / self.zoom,
        )

    def panned(self, dx_px: float, dy_px: float) -> View:
        """The view with the picture moved by so many viewport pixels."""
        return replace(self, origin_x=self.origin_x + dx_px, origin_y=self.origin_y + dy_px)

    def zoomed(self, factor: float, viewport_x: float, viewport_y: float) -> View:
        """The view with another zoom and the same place of the picture at (viewport_x, viewport_y)."""
        return replace(
            self,
            zoom=self.zoom * factor,
            origin_x=viewport_x - (viewport_x - self.origin_x) * factor,
            origin_y=viewport_y - (viewport_y - self.origin_y) * factor,
        )


def fitted(picture: Picture, width_px: float, height_px: float) -> View:
    """The view that shows the whole picture, centred, as large as a viewport of this size allows."""
    room_x, room_y = max(width_px - 2 * FIT_MARGIN_PX, 1.0), max(height_px - 2 * FIT_MARGIN_PX, 1.0)
    zoom = min(room_x / (picture.width * picture.pixel_aspect), room_y / picture.height, MAX_ZOOM)
    # The picture's corner lies on a whole viewport pixel, so that at zoom 1 nothing is blurred.
    left = round((width_px - zoom * picture.pixel_aspect * picture.width) / 2)
    top = round((height_px - zoom * picture.height) / 2)
    return View(zoom, picture.pixel_aspect, left + zoom * picture.pixel_aspect / 2, top + zoom / 2)


def zoom_limits(picture: Picture, width_px: float, height_px: float) -> tuple[float, float]:
    """The smallest and the largest zoom that a hand can reach."""
    fit = fitted(picture, width_px, height_px).zoom
    return min(fit * MIN_FRACTION_OF_FIT, 1.0), max(MAX_ZOOM, fit)


def kept_in_reach(view: View, picture: Picture, width_px: float, height_px: float) -> View:
    """The view, moved if need be so that the viewport's centre lies on the picture: one cannot get lost."""
    x, y = view.to_picture(width_px / 2, height_px / 2)
    near_x, near_y = min(max(x, -0.5), picture.width - 0.5), min(max(y, -0.5), picture.height - 0.5)
    return view.panned((x - near_x) * view.zoom * view.pixel_aspect, (y - near_y) * view.zoom)


def zoomed_within_limits(
    view: View, picture: Picture, factor: float, at_px: tuple[float, float], size_px: tuple[float, float]
) -> View:
    """Zooms about a place of the viewport, no further than `zoom_limits` and `kept_in_reach` allow."""
    low, high = zoom_limits(picture, *size_px)
    bounded = min(max(view.zoom * factor, low), high) / view.zoom
    return kept_in_reach(view.zoomed(bounded, *at_px), picture, *size_px)
