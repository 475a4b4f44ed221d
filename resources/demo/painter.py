"""Draws figures made of tapered, rounded limbs: a depth buffer, soft joints between limbs, and shading."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
FloatImage = NDArray[np.float32]
KEY_LIGHT = np.array([-0.52, 0.62, 0.59])
"""Direction to the main light: x right, y up, z to the camera."""
FILL_LIGHT = np.array([0.85, 0.15, 0.5])
NOWHERE = np.float32(-1e6)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above the floor that looks along z, pitched and panned.

    Attributes:
        focal_px: focal length.
        size: width, height of the picture.
        height_m: above the floor.
        pitch_deg: positive looks down.
        pan_deg: positive looks to the right.
    """

    focal_px: float
    size: tuple[int, int]
    height_m: float
    pitch_deg: float
    pan_deg: float = 0.0

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3) from world directions to camera axes: x right, y down, z away."""
        pan, pitch = np.deg2rad(self.pan_deg), np.deg2rad(self.pitch_deg)
        panned = np.array([[np.cos(pan), 0, -np.sin(pan)], [0, 1, 0], [np.sin(pan), 0, np.cos(pan)]])
        pitched = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
        return np.diag([1.0, -1.0, 1.0]) @ pitched @ panned

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) of intrinsic parameters."""
        width, height = self.size
        return np.array([[self.focal_px, 0, width / 2], [0, self.focal_px, height / 2], [0, 0, 1.0]])

    def project(self, points: Vector) -> tuple[Vector, Vector]:
        """World points (..., 3) as pixels (..., 2) and depths (...) in metres."""
        seen = (np.asarray(points) - [0.0, self.height_m, 0.0]) @ self.rotation.T
        pixels = seen @ self.matrix.T
        return pixels[..., :2] / pixels[..., 2:], seen[..., 2]


@dataclass(frozen=True)
class Limb:
    """A round cone between two points of the world.

    Attributes:
        ends: two points.
        radii: at the ends, in metres.
        colour: RGB from 0 to 1.
        folds: depth of the cloth's folds in metres; 0 is smooth.
        shine: strength of the highlight.
        phase: sets the folds of one limb apart from another's.
    """

    ends: tuple[Vector, Vector]
    radii: tuple[float, float]
    colour: tuple[float, float, float]
    folds: float = 0.0
    shine: float = 0.05
    phase: float = 0.0


@dataclass
class Canvas:
    """One picture in the making, at `factor` times its final size.

    Attributes:
        surface: (H, W) nearness in metres (minus the depth) of what is drawn so far.
        colour: (H, W, 3) its colour before shading.
        shine: (H, W) its highlight.
        owner: (H, W) the number of the figure drawn there, -1 for nobody.
    """

    camera: Camera
    factor: int
    surface: FloatImage = field(init=False)
    colour: FloatImage = field(init=False)
    shine: FloatImage = field(init=False)
    owner: NDArray[np.int8] = field(init=False)

    def __post_init__(self) -> None:
        """Clears the picture."""
        width, height = (side * self.factor for side in self.camera.size)
        self.surface = np.full((height, width), NOWHERE, np.float32)
        self.colour = np.zeros((height, width, 3), np.float32)
        self.shine = np.zeros((height, width), np.float32)
        self.owner = np.full((height, width), -1, np.int8)

    def draw(self, limb: Limb, figure: int, softness_m: float = 0.011) -> None:
        """Adds a limb; where it meets its own figure, the two surfaces melt into each other over `softness_m`."""
        pixels, depths = self.camera.project(np.stack(limb.ends))
        pixels = pixels * self.factor
        scale = self.camera.focal_px * self.factor / depths
        radii_px = np.array(limb.radii) * scale
        low = np.floor((pixels - radii_px[:, None]).min(axis=0)).astype(int) - 1
        high = np.ceil((pixels + radii_px[:, None]).max(axis=0)).astype(int) + 2
        low, high = np.maximum(low, 0), np.minimum(high, self.surface.shape[::-1])
        if (low >= high).any():
            return
        part = (slice(low[1], high[1]), slice(low[0], high[0]))
        ys, xs = np.mgrid[part].astype(np.float32)
        axis = pixels[1] - pixels[0]
        length2 = max(float(axis @ axis), 1e-6)
        along = np.clip(((xs - pixels[0, 0]) * axis[0] + (ys - pixels[0, 1]) * axis[1]) / length2, 0, 1)
        radius = radii_px[0] + along * (radii_px[1] - radii_px[0])
        across_x, across_y = xs - (pixels[0, 0] + along * axis[0]), ys - (pixels[0, 1] + along * axis[1])
        rise2 = radius**2 - across_x**2 - across_y**2
        inside = rise2 > 0
        own_scale = scale[0] + along * (scale[1] - scale[0])
        nearness = np.sqrt(np.maximum(rise2, 0)) / own_scale - (depths[0] + along * (depths[1] - depths[0]))
        if limb.folds:
            side = (across_x * axis[1] - across_y * axis[0]) / np.sqrt(length2) / radius
            nearness = nearness + limb.folds * _folds(along * np.sqrt(length2) / own_scale, side, limb.phase)
        self._merge(part, np.where(inside, nearness, NOWHERE).astype(np.float32), limb, figure, softness_m)

    def _merge(
        self,
        part: tuple[slice, slice],
        nearness: FloatImage,
        limb: Limb,
        figure: int,
        softness_m: float,
    ) -> None:
        surface, colour, shine, owner = self.surface[part], self.colour[part], self.shine[part], self.owner[part]
        inside, lead = nearness > NOWHERE, nearness - surface
        melts = inside & (owner == figure) & (np.abs(lead) < softness_m)
        wins = inside & ~melts & (lead > 0)
        surface[wins], colour[wins], shine[wins], owner[wins] = nearness[wins], limb.colour, limb.shine, figure
        overlap = softness_m - np.abs(lead[melts])
        share = np.clip(0.5 + lead[melts] / 0.006, 0, 1)
        surface[melts] = np.maximum(surface[melts], nearness[melts]) + overlap**2 / (4 * softness_m)
        colour[melts] += share[:, None] * (np.array(limb.colour, np.float32) - colour[melts])
        shine[melts] += share * (limb.shine - shine[melts])

    def finish(self, room: FloatImage) -> FloatImage:
        """The shaded figures over a picture of the room (H, W, 3), values 0 to 1, at its final size."""
        drawn = self.owner >= 0
        if not drawn.any():
            return room
        rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
        factor, (height, width) = self.factor, drawn.shape
        top, bottom = rows[0] // factor * factor, min(height, (rows[-1] // factor + 1) * factor)
        left, right = columns[0] // factor * factor, min(width, (columns[-1] // factor + 1) * factor)
        part = (slice(top, bottom), slice(left, right))
        cover = drawn[part].astype(np.float32)
        lit = self._shade(part) * cover[..., None]
        size = ((right - left) // factor, (bottom - top) // factor)
        cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)[..., None]
        lit = cv2.resize(lit, size, interpolation=cv2.INTER_AREA)
        small = (slice(top // factor, bottom // factor), slice(left // factor, right // factor))
        finished = room.copy()
        finished[small] = finished[small] * (1 - cover) + lit
        return finished

    def _shade(self, part: tuple[slice, slice]) -> FloatImage:
        surface, owner = self.surface[part], self.owner[part]
        metres_per_px = np.abs(surface) / (self.camera.focal_px * self.factor)
        metres_per_px[owner < 0] = 1.0
        slope_y, slope_x = np.gradient(surface)
        slope_x, slope_y = (np.clip(slope / metres_per_px, -3.0, 3.0) for slope in (slope_x, slope_y))
        slope_x, slope_y = (cv2.GaussianBlur(slope, (0, 0), 1.0) for slope in (slope_x, slope_y))
        normal = np.dstack([-slope_x, slope_y, np.ones_like(slope_x)])
        normal /= np.linalg.norm(normal, axis=2, keepdims=True)
        key, fill = (light / np.linalg.norm(light) for light in (KEY_LIGHT, FILL_LIGHT))
        half = key + np.array([0.0, 0.0, 1.0])
        diffuse = np.clip((normal @ key + 0.15) / 1.15, 0, None)
        sky, bounce = 0.5 + 0.5 * normal[..., 1], 0.5 - 0.5 * normal[..., 1]
        brightness = 0.68 * diffuse + 0.14 * np.clip(normal @ fill, 0, None) + 0.24 * sky + 0.15 * bounce
        gloss = np.clip(normal @ (half / np.linalg.norm(half)), 0, None) ** 24 * self.shine[part]
        warm = np.array([1.03, 1.0, 0.95])
        return np.clip(self.colour[part] * 1.16 * brightness[..., None] * warm + gloss[..., None], 0, 1).astype(
            np.float32
        )


def _folds(along_m: NDArray[np.float64], side: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
    """Cloth's folds from -1 to 1, by the place along a limb in metres and across it from -1 to 1."""
    first = np.sin(2 * np.pi * (along_m * 11 + 0.35 * side + phase))
    second = np.sin(2 * np.pi * (along_m * 6.3 - 0.55 * side + 2.7 * phase))
    return 0.5 * first * (0.5 + 0.5 * second) + 0.5 * second
