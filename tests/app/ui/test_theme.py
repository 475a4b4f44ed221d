"""The look: colours that can be told apart, and icons that are sharp."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.palettes import DARK, LIGHT
from core.files import checkout
from core.keypoints import SIDES_RGB
from core.poses import Provenance

# Linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: QColor) -> np.ndarray:
    rgb = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    f = np.cbrt(np.maximum(xyz / np.array([0.9505, 1.0, 1.089]), 1e-6))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def luminance(colour: QColor) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(a: QColor, b: QColor) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def seen_distance(a: QColor, b: QColor, sight: str) -> float:
    """How far apart two colours are in CIELAB, as these eyes see them; 2 is just noticeable side by side."""
    return float(np.linalg.norm(lab(SIGHT[sight] @ linear(a)) - lab(SIGHT[sight] @ linear(b))))


@pytest.fixture
def first_palette():
    yield
    theme.use_palette(theme.palette_names()[0])
    theme.use_look("dark")


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", theme.palette_names())
def test_colours_of_meaning_differ_for_every_eye(sight, palette, first_palette):
    theme.use_palette(palette)
    states = [theme.colour_of(meaning) for meaning in theme.Meaning]
    sides = [theme.side_colour(side) for side in ("left", "right", "centre")]
    assert min(seen_distance(a, b, sight) for a, b in itertools.combinations(states, 2)) > 19
    assert min(seen_distance(a, b, sight) for a, b in itertools.combinations(sides, 2)) > 34
    assert min(seen_distance(a, b, sight) for a in states for b in sides) > 12, "a limb is taken for a state"


@pytest.mark.parametrize("palette", theme.palette_names())
def test_no_box_is_taken_for_a_state_or_a_side(palette, first_palette):
    theme.use_palette(palette)
    taken = [theme.colour_of(meaning) for meaning in theme.Meaning]
    taken += [theme.side_colour(side) for side in ("left", "right")]
    for number in range(1, 10):
        assert min(seen_distance(theme.person_colour(number), colour, "all cones") for colour in taken) > 12


def test_the_first_palette_has_the_sides_of_written_overlays(first_palette):
    assert {side: theme.side_colour(side).getRgb()[:3] for side in SIDES_RGB} == SIDES_RGB


@pytest.mark.parametrize("palette", theme.palette_names())
@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_writing_can_be_read_in_both_looks(look, palette, first_palette):
    theme.use_palette(palette)
    theme.use_look(look.name)
    grounds = (theme.BACKGROUND, theme.SURFACE, QColor(look.field), QColor(look.alternate))
    for ground in (*grounds, theme.RAISED, theme.SELECTION, QColor(look.progress)):
        assert contrast(theme.TEXT, ground) > 4.5
    for ground in (*grounds, theme.RAISED):
        assert contrast(theme.TEXT_MUTED, ground) > 4.5
    meanings = [theme.colour_of(meaning) for meaning in theme.Meaning]
    sides = [theme.side_colour(side) for side in ("left", "right", "centre")]
    people = [theme.person_colour(number) for number in range(1, 10)]
    for ground in grounds[:3]:
        for ink in (theme.TEXT_DISABLED, theme.ERROR, theme.GOOD, theme.ACCENT):
            assert contrast(ink, ground) > 4.5
        assert all(contrast(theme.on_panel(colour), ground) > 4.5 for colour in (*meanings, *sides, *people))
    for ink in (*meanings, *sides, *people, theme.CANVAS_TEXT, theme.CANVAS_TEXT_MUTED, theme.CANVAS_ERROR):
        assert contrast(ink, theme.CANVAS_BACKGROUND) > 4.5
    for ink, ground in (
        (look.accent_text, look.accent), (look.trouble_text, look.trouble), (look.warning_text, look.warning)
    ):  # fmt: skip
        assert contrast(QColor(ink), QColor(ground)) > 4.5


def test_each_provenance_has_a_name_and_a_form_of_its_own():
    styles = [theme.PROVENANCE_STYLES[who] for who in Provenance]
    assert len({style.name for style in styles}) == len(Provenance)
    shown = [(style.marker, style.filled) for who, style in theme.PROVENANCE_STYLES.items() if who != Provenance.NONE]
    assert len(set(shown)) == len(shown)
    for who, style in theme.PROVENANCE_STYLES.items():
        assert style.filled == who.is_human


def test_icons_are_drawn_at_both_scales(qtbot):
    for path in sorted((checkout.RESOURCES / "icons").glob("*.svg")):
        for size_px in (16, 18, 36):
            picture = theme.icon(path.stem).pixmap(QSize(size_px, size_px), 1.0).toImage()
            assert picture.width() == size_px
            opaque = sum(picture.pixelColor(x, y).alpha() > 0 for x in range(size_px) for y in range(size_px))
            assert opaque > size_px, path.stem


def test_the_stylesheet_is_whole_and_names_pictures_that_exist():
    sheet = theme.stylesheet()
    assert sheet.count("{") == sheet.count("}")
    assert "{{" not in sheet
    for path in re.findall(r"url\(([^)]*)\)", sheet):
        assert Path(path).is_file()


def test_applying_it_leaves_no_warning(qtbot, capfd):
    application = QApplication.instance()
    before = application.styleSheet(), application.palette()
    theme.apply(application)
    assert application.palette().window().color() == theme.SURFACE
    assert "parse" not in capfd.readouterr().err
    application.setStyleSheet(before[0])
    application.setPalette(before[1])
