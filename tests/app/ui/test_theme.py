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
from app.ui.timeline.lanes import STATE_COLOURS
from core.files import checkout
from core.poses import Provenance

# Linear RGB as seen without the red or the green cones (Viénot, Brettel and Mollon 1999).
_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
_PROTAN = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
_DEUTAN = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": np.linalg.inv(_LMS) @ _PROTAN @ _LMS,
    "deuteranopia": np.linalg.inv(_LMS) @ _DEUTAN @ _LMS,
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


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("colours", [theme.SIDE_COLOURS, STATE_COLOURS], ids=["sides", "states"])
def test_colours_of_meaning_differ_for_every_eye(sight, colours):
    for a, b in itertools.combinations(colours.values(), 2):
        assert np.linalg.norm(lab(SIGHT[sight] @ linear(a)) - lab(SIGHT[sight] @ linear(b))) > 18


def test_writing_can_be_read():
    for ground in (theme.BACKGROUND, theme.SURFACE, theme.RAISED, theme.SELECTION):
        assert contrast(theme.TEXT, ground) > 7
    for ground in (theme.BACKGROUND, theme.SURFACE):
        assert contrast(theme.TEXT_MUTED, ground) > 4.5
        assert contrast(theme.DOUBTFUL, ground) > 4.5
        assert contrast(theme.GOOD, ground) > 4.5
    assert contrast(theme.ACCENT_TEXT, theme.ACCENT) > 4.5


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
