"""Theta, O and M over a crop: in the right place, of the right length and direction, in the right colour."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from app.ui.temporal.alignment_painting import (
    Layer,
    LayerChoice,
    modulation_rgba,
    offset_colours,
    paint_alignment,
    screen_from_crop,
)
from app.ui.temporal.alignment_shapes import Alignment, Scales, arrows, grid_lines, scales_of, taps_at

CROP_WH = (72, 96)
H, W = 24, 18
SHIFT = np.array([[1.0, 0.0, 10.0], [0.0, 1.0, 0.0]])
EVEN = np.full(9, 1 / 9)


def calibrated(offset_xy=(0.0, 0.0), modulation=1.0, affine=None, weights=EVEN) -> Alignment:
    """All nine taps everywhere with the same offset and modulation."""
    taps = np.broadcast_to(np.array(offset_xy), (9, H, W, 2))
    return Alignment(affine, taps, np.full((9, H, W), modulation), weights)


def drawn(alignment: Alignment, *layers: Layer, width: int = 72, scales: Scales | None = None) -> np.ndarray:
    """The layers over a black crop, (h, w, 3), at `width` / 72 screen pixels a crop pixel."""
    image = QImage(width, width * 96 // 72, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    choice = LayerChoice(frozenset(layers), scales or Scales())
    paint_alignment(painter, QRectF(image.rect()), CROP_WH, alignment, choice)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., 2::-1].copy()


def test_a_shift_of_ten_pixels_moves_the_grid_by_ten_pixels():
    straight, shifted = grid_lines(Alignment(), CROP_WH, 6), grid_lines(Alignment(SHIFT), CROP_WH, 6)
    np.testing.assert_allclose(shifted, straight + np.array([10.0, 0.0]))
    assert straight[0].tolist() == [[-0.5, -0.5], [-0.5, 95.5]], "the first line is the crop's left edge"


def test_the_grid_is_drawn_where_theta_takes_it_from():
    bright = drawn(Alignment(SHIFT), Layer.GRID, width=720).min(axis=2).mean(axis=0)
    # The crop's left edge, at -0.5 in crop pixels, is taken from 9.5: 100 screen pixels from the left.
    edge = int(bright[:150].argmax())
    assert abs(edge - 100) <= 2 and bright[:90].max() < bright[edge] / 2
    assert abs(int(drawn(Alignment(np.eye(2, 3)), Layer.GRID, width=720).min(axis=2).mean(axis=0)[60:180].argmax())
               + 60 - 120) <= 1  # fmt: skip


def test_arrows_start_where_theta_leads_and_have_the_offsets_length_and_direction():
    one = arrows(calibrated((3.0, -4.0), affine=SHIFT), step=6)
    assert len(one.starts) == (H // 6) * (W // 6)
    np.testing.assert_allclose(one.ends - one.starts, np.tile([3.0, -4.0], (len(one.starts), 1)), atol=1e-9)
    np.testing.assert_allclose(one.lengths_px, 5.0)
    # The middle of the first block of six features stands at 4 * 2.5 px, and Theta adds ten to the right.
    assert one.starts[0].tolist() == [20.0, 10.0]


def test_theta_turns_the_arrows_too():
    quarter_turn = np.array([[0.0, -1.0, 71.0], [1.0, 0.0, 0.0]])
    turned = arrows(calibrated((5.0, 0.0), affine=quarter_turn))
    np.testing.assert_allclose(turned.ends - turned.starts, np.tile([0.0, 5.0], (H * W, 1)), atol=1e-9)


def test_an_arrow_is_drawn_from_start_to_end():
    alignment = Alignment(None, np.full((9, 1, 1, 2), [6.0, 0.0]), np.ones((9, 1, 1)), EVEN)
    at = alignment_screen_place(alignment)
    green = drawn(alignment, Layer.OFFSETS, width=720)[..., 1]
    rows, columns = np.nonzero(green > 60)
    assert columns.max() == pytest.approx(at.x() + 60, abs=4) and columns.min() == pytest.approx(at.x(), abs=4)
    assert np.abs(rows - at.y()).max() < 8


def alignment_screen_place(alignment: Alignment) -> QPointF:
    start = arrows(alignment).starts[0]
    return screen_from_crop(QRectF(0, 0, 720, 960), CROP_WH).map(QPointF(*start))


def test_a_tap_without_strength_has_no_say_in_the_arrow():
    taps = np.zeros((9, H, W, 2))
    taps[0] = [40.0, 40.0]
    taps[4] = [2.0, 0.0]
    only_the_middle = np.eye(9)[4]
    mean = Alignment(None, taps, np.ones((9, H, W)), only_the_middle).mean_offsets()
    np.testing.assert_allclose(mean, np.broadcast_to([2.0, 0.0], (H, W, 2)))
    modulation = np.ones((9, H, W))
    modulation[0] = 0.0
    mean = Alignment(None, taps, modulation, EVEN).mean_offsets()
    np.testing.assert_allclose(mean, np.broadcast_to([2.0 / 8, 0.0], (H, W, 2)))


def test_taps_stand_where_they_sample():
    taps, shares = taps_at(calibrated((1.0, 2.0), affine=SHIFT), (10.0 + 4 * 5 + 1, 4 * 7 - 1))
    np.testing.assert_allclose(taps[4], [10.0 + 20 + 1, 28 + 2])
    np.testing.assert_allclose(taps[0], taps[4] - 4)
    np.testing.assert_allclose(taps[5] - taps[4], [4.0, 0.0])
    assert shares.sum() == pytest.approx(1.0)
    assert taps_at(calibrated(affine=SHIFT), (2.0, 40.0)) is None, "left of what Theta takes anything from"
    assert taps_at(Alignment(SHIFT), (30.0, 30.0)) is None


def test_modulation_is_blue_below_one_orange_above_and_nothing_at_one():
    less, same, more = modulation_rgba(np.array([[0.5, 1.0, 1.5]]), 0.5)[0].astype(int)
    assert same[3] == 0 and less[3] == more[3] > 150
    assert less[2] > less[0] + 80 and more[0] > more[2] + 80


def test_the_map_lies_over_the_features_it_belongs_to_through_theta():
    modulation = np.ones((9, H, W))
    modulation[:, 10, 8] = 2.0
    alignment = Alignment(SHIFT, np.zeros((9, H, W, 2)), modulation, EVEN)
    red = drawn(alignment, Layer.MODULATION, width=720, scales=Scales(modulation=1.0))[..., 0].astype(float)
    rows, columns = np.indices(red.shape)
    middle = (red * columns).sum() / red.sum(), (red * rows).sum() / red.sum()
    # Feature (8, 10) stands at crop pixel (32, 40); Theta takes it from (42, 40); ten screen pixels a crop pixel.
    assert middle == (pytest.approx(425, abs=4), pytest.approx(405, abs=4))


def test_all_neighbours_share_one_scale_that_never_spans_noise():
    assert scales_of([calibrated((0.01, 0.0)), calibrated(modulation=1.01)]) == Scales(1.0, 0.1)
    shared = scales_of([calibrated((1.0, 0.0)), calibrated((0.0, 6.0), modulation=0.4)])
    assert shared.offset_px == pytest.approx(6.0) and shared.modulation == pytest.approx(0.6)
    assert scales_of([Alignment(SHIFT)]) == scales_of([]) == Scales()


def test_what_the_network_lacks_is_not_drawn():
    everything = tuple(Layer)
    assert not drawn(Alignment(SHIFT), Layer.OFFSETS, Layer.MODULATION).any()
    assert drawn(calibrated((3.0, 0.0), modulation=1.5), *everything).any()
    assert (offset_colours().max(axis=1) > 100).all(), "the shortest offset is seen as well as the longest"
