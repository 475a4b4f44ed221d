"""Paints people's rows into an array of pixels: how long that takes depends on the pixels, not on what stands there.

A row, from its head to its foot: a tick where a joint is doubtful; the joints, the higher the more of them are a
person's word, what a person set lowest, then what was accepted, then the machine's; a line for the box. Where the
person is missing, a broken line says that they are lost, and hatching that a person deleted them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.ui import theme
from app.ui.timeline.columns import pixel_edges
from app.ui.timeline.pixels import Image, rgb
from app.ui.timeline.shown_frames import ShownFrames
from app.ui.timeline.track_rows import RowPixels, TrackRow
from core.poses import Provenance

ROW_PX = 16
TICK_PX, JOINTS_TOP_PX, JOINTS_PX, BOX_TOP_PX, BOX_PX = 3, 3, 9, 12, 2
"""The row's parts; the last two pixels are free."""
MACHINE_FILL = 0.4
FRAMES_APART_PX = 5


def rows_image(rows: Sequence[TrackRow], shown: ShownFrames, ratio: float) -> Image:
    """The rows below each other, `ROW_PX` each, as wide as the strip, in the screen's own pixels.

    Args:
        rows: of people, at least one.
        shown: the frames.
        ratio: of the screen's pixels to the widget's.
    """
    num_pixels = max(int(shown.width * ratio), 1)
    low, end = pixel_edges(shown.start, shown.stop, num_pixels, shown.num_frames)
    height = round(ROW_PX * ratio)
    image = np.empty((height * len(rows), num_pixels), np.uint32)
    colours = np.array([rgb(theme.provenance_colour(who)) for who in Provenance], np.uint32)
    for number, row in enumerate(rows):
        _paint_row(image[number * height : (number + 1) * height], row.binned(low, end), ratio, colours)
    if shown.frame_px >= FRAMES_APART_PX:
        apart = np.flatnonzero(np.diff(low)) + 1
        foot = round((BOX_TOP_PX + BOX_PX) * ratio)
        image.reshape(len(rows), height, num_pixels)[:, :foot, apart] = rgb(theme.CANVAS_BACKGROUND)
    return image


def _paint_row(image: Image, pixels: RowPixels, ratio: float, colours: Image) -> None:
    def part(top_px: int, height_px: int) -> Image:
        return image[round(top_px * ratio) : round((top_px + height_px) * ratio)]

    ground = rgb(theme.CANVAS_BACKGROUND)
    foot = round((BOX_TOP_PX + BOX_PX) * ratio)
    image[:foot], image[foot:] = ground, rgb(theme.BACKGROUND)
    joints = part(JOINTS_TOP_PX, JOINTS_PX)
    if pixels.deleted.any():
        ys, xs = np.ogrid[: len(joints), : len(pixels.present)]
        step = max(round(4 * ratio), 2)
        hatched = ((xs + ys) % step < max(step // 4, 1)) & pixels.deleted
        joints[hatched] = rgb(theme.CANVAS_TEXT_MUTED)
    if pixels.lost.any():
        dash = max(round(6 * ratio), 2)
        dashed = pixels.lost & (np.arange(len(pixels.lost)) % dash < dash * 0.6)
        part(JOINTS_TOP_PX + JOINTS_PX // 2, 2)[:, dashed] = rgb(theme.colour_of(theme.Meaning.LOST))
    _paint_joints(joints, pixels, colours)
    box = part(BOX_TOP_PX, BOX_PX)
    box[:, pixels.present] = colours[pixels.box[pixels.present]]
    part(0, TICK_PX)[:, pixels.doubtful] = rgb(theme.colour_of(theme.Meaning.DOUBTFUL))


def _paint_joints(joints: Image, pixels: RowPixels, colours: Image) -> None:
    """What a person set at the foot, then what they accepted, then the machine's; one pixel at least of each."""
    if not pixels.labelled.any():
        return
    room = len(joints)
    human = pixels.accepted + pixels.corrected
    fill = room * (MACHINE_FILL + (1 - MACHINE_FILL) * human)
    corrected = np.ceil(fill * pixels.corrected).astype(np.int16)
    accepted = corrected + np.ceil(fill * pixels.accepted).astype(np.int16)
    top = np.where(pixels.labelled, np.maximum(np.ceil(fill).astype(np.int16), accepted + (pixels.machine > 0)), 0)
    from_foot = np.arange(room, 0, -1, dtype=np.int16)[:, None]
    np.copyto(joints, colours[pixels.machine], where=from_foot <= top)
    np.copyto(joints, colours[Provenance.ACCEPTED], where=from_foot <= accepted)
    np.copyto(joints, colours[Provenance.CORRECTED], where=from_foot <= corrected)
