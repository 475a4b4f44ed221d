"""The room that the figures of the demo clip walk through: a wall, a wooden floor, light and shadows."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from painter import Camera, FloatImage, Limb

WALL_Z_M = 8.2
SKIRTING_M = 0.11
PLANK_M = 0.16
SUPERSAMPLING = 3
MARGIN_PX = 72
"""What the panorama shows beyond the picture on the left and on the right, for the pan."""
CAST_LIGHT = np.array([0.30, -1.0, 0.42])
"""Direction in which shadows fall."""
PLASTER, OAK, WHITE = np.array([0.83, 0.80, 0.75]), np.array([0.61, 0.45, 0.31]), np.array([0.95, 0.94, 0.91])


def panorama(camera: Camera, seed: int) -> FloatImage:
    """The empty room as seen without pan, wider than the picture by MARGIN_PX on either side."""
    width, height = camera.size
    wide = replace(
        camera,
        size=((width + 2 * MARGIN_PX) * SUPERSAMPLING, height * SUPERSAMPLING),
        focal_px=camera.focal_px * SUPERSAMPLING,
        pan_deg=0.0,
    )
    columns, rows = wide.size
    xs, ys = np.meshgrid(np.arange(columns) + 0.5 - columns / 2, np.arange(rows) + 0.5 - rows / 2)
    rays = np.dstack([xs / wide.focal_px, ys / wide.focal_px, np.ones_like(xs)]) @ wide.rotation
    to_wall = WALL_Z_M / rays[..., 2]
    to_floor = np.where(rays[..., 1] < -1e-6, -camera.height_m / np.minimum(rays[..., 1], -1e-6), np.inf)
    on_floor = to_floor < to_wall
    points = rays * np.where(on_floor, to_floor, to_wall)[..., None]
    points[..., 1] += camera.height_m
    rng = np.random.default_rng(seed)
    picture = np.where(on_floor[..., None], _floor(points, rng), _wall(points, rng))
    return cv2.resize(picture.astype(np.float32), (width + 2 * MARGIN_PX, height), interpolation=cv2.INTER_AREA)


def seen_through(camera: Camera, wide_picture: FloatImage) -> FloatImage:
    """The panorama turned to the camera's pan."""
    still = replace(camera, pan_deg=0.0)
    turned = camera.matrix @ camera.rotation @ np.linalg.inv(still.matrix @ still.rotation)
    shift = np.array([[1, 0, -MARGIN_PX], [0, 1, 0], [0, 0, 1.0]])
    seen = cv2.warpPerspective(
        wide_picture, turned @ shift, camera.size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.clip(seen, 0, 1).astype(np.float32)


def cast_shadows(picture: FloatImage, camera: Camera, limbs: list[Limb]) -> FloatImage:
    """The picture with the soft shadows of the limbs on the floor, darkest and sharpest where they touch it."""
    cast, contact = (np.zeros(picture.shape[:2], np.uint8) for _ in range(2))
    for limb in limbs:
        ends = np.stack(limb.ends)
        fallen = ends + CAST_LIGHT * (ends[:, 1:2] / -CAST_LIGHT[1])
        fallen[:, 1] = 0.0
        _line(cast, camera, fallen, float(np.mean(limb.radii)), 255)
        height = float(ends[:, 1].mean())
        if height < 0.30:
            below = ends * [1.0, 0.0, 1.0]
            _line(contact, camera, below, float(np.mean(limb.radii)) * 1.15, int(255 * (1 - height / 0.30)))
    soft = cv2.GaussianBlur(cast, (0, 0), 6.5).astype(np.float32) / 255
    near = cv2.GaussianBlur(contact, (0, 0), 2.4).astype(np.float32) / 255
    floor_only = _floor_mask(camera)
    darkness = 1 - floor_only * (1 - (1 - 0.36 * soft) * (1 - 0.55 * near))
    return picture * darkness[..., None]


def _line(mask: NDArray[np.uint8], camera: Camera, ends: NDArray[np.float64], radius_m: float, value: int) -> None:
    pixels, depths = camera.project(ends)
    # A circle on the floor is seen as a flat ellipse; the geometric mean of its axes serves for a blurred line.
    slant = np.sqrt(camera.height_m / depths.mean())
    thickness = max(1, round(2 * radius_m * camera.focal_px / depths.mean() * slant))
    first, second = (tuple(np.round(point).astype(int).tolist()) for point in pixels)
    cv2.line(mask, first, second, value, thickness, cv2.LINE_AA)


def _floor_mask(camera: Camera) -> FloatImage:
    width, height = camera.size
    edge = np.array([[-20.0, 0.0, WALL_Z_M], [20.0, 0.0, WALL_Z_M]])
    (x0, y0), (x1, y1) = camera.project(edge)[0]
    xs, ys = np.meshgrid(np.arange(width), np.arange(height))
    return np.clip(ys - (y0 + (xs - x0) * (y1 - y0) / (x1 - x0)), 0, 1).astype(np.float32)


def _noise(points: NDArray[np.float64], cell_m: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise from -1 to 1 over two coordinates (H, W, 2)."""
    grid = rng.uniform(-1, 1, (256, 256)).astype(np.float32)
    at = (points / cell_m).astype(np.float32) % 255
    return cv2.remap(grid, at[..., 0], at[..., 1], cv2.INTER_LINEAR).astype(np.float64)


def _floor(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    x, z = points[..., 0], points[..., 2]
    row = np.floor(z / PLANK_M).astype(int)
    offset = rng.uniform(0, 2, 512)[row % 512]
    board = np.floor((x + offset) / 1.9).astype(int)
    tone = 0.90 + 0.20 * rng.uniform(0, 1, (512, 64))[row % 512, board % 64]
    grain_at = np.stack([x * 0.12 + board * 7.3 + offset, z + row * 0.37], axis=-1)
    grain = 0.045 * _noise(grain_at, 0.012, rng) + 0.035 * _noise(grain_at, 0.045, rng)
    seam = np.minimum(z / PLANK_M - row, row + 1 - z / PLANK_M) * PLANK_M
    butt = np.abs((x + offset) / 1.9 - np.round((x + offset) / 1.9)) * 1.9
    gap = np.where(np.minimum(seam, butt) < 0.004, 0.68, 1.0)
    daylight = 0.78 + 0.30 * np.exp(-(((x + 1.2) / 2.6) ** 2) - ((z - 5.2) / 2.4) ** 2) - 0.03 * np.clip(z - 6.5, 0, 2)
    return OAK * (tone + grain)[..., None] * (gap * daylight)[..., None]


def _wall(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    x, y = points[..., 0], points[..., 1]
    at = points[..., :2] + 50.0
    mottled = 1 + 0.014 * _noise(at, 0.35, rng) + 0.010 * _noise(at, 0.02, rng)
    light = 0.82 + 0.20 * np.exp(-(((x + 1.6) / 3.4) ** 2) - ((y - 1.9) / 1.9) ** 2)
    colour = PLASTER * mottled[..., None]
    colour = _framed(
        colour, x, y, (-3.55, 1.30, 0.95, 1.15), ((0.30, 0.42, 0.45), (0.78, 0.62, 0.38), (0.55, 0.30, 0.22))
    )
    colour = _framed(
        colour, x, y, (1.55, 1.45, 1.45, 0.95), ((0.62, 0.66, 0.64), (0.30, 0.38, 0.34), (0.80, 0.76, 0.66))
    )
    skirting = y < SKIRTING_M
    colour = np.where(skirting[..., None], WHITE * (0.93 - 0.25 * (y < 0.012))[..., None], colour)
    shade_above_floor = 1 - 0.18 * np.exp(-np.clip(y, 0, None) / 0.16)
    top_line = np.where(np.abs(y - SKIRTING_M) < 0.006, 0.80, 1.0)
    return colour * (light * shade_above_floor * top_line)[..., None]


def _framed(
    colour: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    place: tuple[float, float, float, float],
    paints: tuple[tuple[float, float, float], ...],
) -> NDArray[np.float64]:
    """Hangs a picture of three bands on the wall; `place` is its left, bottom, width and height in metres."""
    left, bottom, width, height = place
    u, v = (x - left) / width, (y - bottom) / height
    shadow = (np.abs(x - left - width / 2 - 0.03) < width / 2 + 0.03) & (
        np.abs(y - bottom - height / 2 + 0.04) < height / 2 + 0.03
    )
    colour = np.where(shadow[..., None], colour * 0.86, colour)
    frame = (np.abs(u - 0.5) < 0.5) & (np.abs(v - 0.5) < 0.5)
    mount = (np.abs(x - left - width / 2) < width / 2 - 0.035) & (np.abs(y - bottom - height / 2) < height / 2 - 0.035)
    paint = (np.abs(x - left - width / 2) < width / 2 - 0.14) & (np.abs(y - bottom - height / 2) < height / 2 - 0.14)
    hill = v - 0.42 - 0.10 * np.sin(5.2 * u + 0.7)
    ridge = v - 0.58 - 0.07 * np.sin(7.1 * u + 2.2)
    bands = np.where((ridge > 0)[..., None], paints[0], np.where((hill > 0)[..., None], paints[1], paints[2]))
    colour = np.where(frame[..., None], np.array([0.20, 0.15, 0.12]), colour)
    colour = np.where(mount[..., None], WHITE, colour)
    return np.where(paint[..., None], bands, colour)
