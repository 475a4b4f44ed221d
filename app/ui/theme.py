"""The look: grounds, stylesheet, spacing, icons, and the colours that mean something.

Each colour of a palette has one meaning on the picture, the timeline, the lists and the queue, and never stands alone:
every one of them comes with a form (`ProvenanceStyle.marker`) or a word.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template
from typing import Any, Literal

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QProxyStyle, QTableWidget, QWidget

from app.ui.palettes import DARK, LIGHT, PALETTES, PERSON_COLOURS, Look, Meaning, Palette
from core.files import checkout
from core.poses import Provenance

__all__ = ["Meaning"]

# The colours of the look in use. A change of look fills these same objects anew, so that nobody keeps one of the old.

# Grounds, from the back to the front.
BACKGROUND = QColor(DARK.background)
SURFACE = QColor(DARK.surface)
RAISED = QColor(DARK.raised)
BORDER = QColor(DARK.border)
BORDER_STRONG = QColor(DARK.border_strong)

# Writing.
TEXT = QColor(DARK.text)
TEXT_MUTED = QColor(DARK.text_muted)
TEXT_DISABLED = QColor(DARK.text_disabled)

# What the hand is on.
ACCENT = QColor(DARK.accent)
SELECTION = QColor(DARK.selection)

ERROR = QColor(DARK.error)
GOOD = QColor(DARK.good)

_FILLED = {
    "background": BACKGROUND, "surface": SURFACE, "raised": RAISED, "border": BORDER, "border_strong": BORDER_STRONG,
    "text": TEXT, "text_muted": TEXT_MUTED, "text_disabled": TEXT_DISABLED, "accent": ACCENT, "selection": SELECTION,
    "error": ERROR, "good": GOOD,
}  # fmt: skip

# Around the picture and in the timeline's lanes, in both looks: a bright surround dims the picture to the eye, and the
# colours of meaning, which are the same everywhere, were found for dark grounds.
CANVAS_BACKGROUND = QColor("#101215")
CANVAS_TEXT = QColor(DARK.text)
CANVAS_TEXT_MUTED = QColor(DARK.text_muted)
CANVAS_ACCENT = QColor(DARK.accent)
CANVAS_ERROR = QColor(DARK.error)

GHOST = QColor("#d5d9de")
"""Of what is no label of this frame: its neighbours' poses and the ways between them."""
NOT_SET = QColor("#69727e")
"""Of a joint that nobody has set."""


@dataclass(frozen=True)
class ProvenanceStyle:
    """How one provenance is shown, besides its colour.

    Attributes:
        name: in plain English, as a tooltip or a table says it.
        marker: the joint's form on the canvas, "circle", "square", "diamond" or "triangle".
        filled: whether the form is filled; an outline is a machine's word, a filled form a person's.
    """

    name: str
    marker: str
    filled: bool


PROVENANCE_STYLES: dict[Provenance, ProvenanceStyle] = {
    Provenance.NONE: ProvenanceStyle("not set", "circle", False),
    Provenance.PREDICTED: ProvenanceStyle("predicted", "circle", False),
    Provenance.PROPAGATED: ProvenanceStyle("propagated", "triangle", False),
    Provenance.INTERPOLATED: ProvenanceStyle("interpolated", "diamond", False),
    Provenance.IMPORTED: ProvenanceStyle("imported", "square", True),
    Provenance.ACCEPTED: ProvenanceStyle("accepted", "circle", True),
    Provenance.CORRECTED: ProvenanceStyle("corrected", "diamond", True),
}

_in_use: list[Palette] = [PALETTES[0]]
_look: list[Look] = [DARK]
_icons: dict[str, QIcon] = {}


def palette_names() -> tuple[str, ...]:
    """The palettes that there are."""
    return tuple(palette.name for palette in PALETTES)


def palette_name() -> str:
    """The name of the palette in use."""
    return _in_use[0].name


def use_palette(name: str) -> None:
    """Draws in the colours of this palette from now on, the first one where there is none of that name.

    Every widget is told, as of a change of style (`QEvent.StyleChange`): what keeps drawn colours draws them again.
    """
    _in_use[0] = next((palette for palette in PALETTES if palette.name == name), PALETTES[0])
    _tell_widgets()


def _tell_widgets() -> None:
    if QApplication.instance() is not None:
        for widget in QApplication.allWidgets():
            QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))


def colour_of(meaning: Meaning) -> QColor:
    """The colour that says this, on the picture, the timeline, the lists and the queue."""
    return QColor(_in_use[0].colours[meaning])


def provenance_colour(who: Provenance) -> QColor:
    """The colour of what was set so."""
    return QColor(NOT_SET) if who == Provenance.NONE else colour_of(Meaning(PROVENANCE_STYLES[who].name))


def side_colour(side: str) -> QColor:
    """The colour of limbs on a side of the body (`Skeleton.side`)."""
    return QColor(_in_use[0].sides[side])


def person_colour(track_id: int) -> QColor:
    """The colour of a person's box and row; people beyond the ninth share, their number tells them apart."""
    return QColor(PERSON_COLOURS[(track_id - 1) % len(PERSON_COLOURS)])


def on_panel(colour: QColor) -> QColor:
    """A colour of meaning, of a side or a person, as it is written or drawn on panels: darker in the light look."""
    result = QColor(colour)
    while _look[0] is LIGHT and contrast(result, SELECTION) < LEAST_CONTRAST:
        result = result.darker(104)
    return result


def contrast(a: QColor, b: QColor) -> float:
    """How well one is read on the other, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted(map(_luminance, (a, b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    channels = colour.redF(), colour.greenF(), colour.blueF()
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


LEAST_CONTRAST = 4.5
"""Of writing on its ground."""

# Distances in device-independent pixels.
SPACING = 8
SPACING_SMALL = 4
SPACING_LARGE = 16
RADIUS = 4
ICON_PX = 18
ROW_PX = 24

Tone = Literal["plain", "muted", "good", "error"]


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Says how a sentence is meant; the stylesheet has the colour, so that a change of look reaches it."""
    if widget.property("tone") == tone:
        return
    widget.setProperty("tone", tone)
    for one in (widget, *widget.findChildren(QLabel)):
        one.style().unpolish(one)
        one.style().polish(one)


def stylesheet() -> str:
    """The program's stylesheet with the colours above filled in."""
    icons = (checkout.RESOURCES / "icons").as_posix()
    of_look = "_light" if _look[0] is LIGHT else ""
    sheet = Template((checkout.RESOURCES / "style" / "window.qss").read_text(encoding="utf-8"))
    return sheet.substitute(radius=RADIUS, icons=icons, of_look=of_look, **asdict(_look[0]))


def palette() -> QPalette:
    """The palette of the look, for everything that the stylesheet leaves alone."""
    roles = QPalette.ColorRole
    result = QPalette()
    for role, colour in (
        (roles.Window, SURFACE),
        (roles.WindowText, TEXT),
        (roles.Base, BACKGROUND),
        (roles.AlternateBase, SURFACE),
        (roles.Text, TEXT),
        (roles.PlaceholderText, TEXT_DISABLED),
        (roles.Button, RAISED),
        (roles.ButtonText, TEXT),
        (roles.BrightText, ERROR),
        (roles.ToolTipBase, RAISED),
        (roles.ToolTipText, TEXT),
        (roles.Highlight, SELECTION),
        (roles.HighlightedText, TEXT),
        (roles.Link, ACCENT),
        (roles.Light, BORDER_STRONG),
        (roles.Mid, BORDER),
        (roles.Dark, BACKGROUND),
        (roles.Shadow, CANVAS_BACKGROUND),
    ):
        result.setColor(role, colour)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, TEXT_DISABLED)
    return result


class PlainTextStyle(QProxyStyle):
    """A style whose labels and tips show text as it is.

    Names of files, people and weights come from strangers; Qt takes what looks like HTML for it, and would draw it and
    load the pictures that it names.
    """

    def polish(self, thing: Any) -> Any:  # noqa: ANN401 - Qt's three overloads: a widget, a palette, the application
        """Every widget passes here once before it is shown, also the label of a tip."""
        if isinstance(thing, QLabel) and thing.textFormat() == Qt.TextFormat.AutoText:
            thing.setTextFormat(Qt.TextFormat.PlainText)
        return super().polish(thing)


def apply(application: QApplication) -> None:
    """Dresses the whole application: Qt's own Fusion style, so that it looks the same everywhere."""
    application.setStyle(PlainTextStyle("Fusion"))
    _dress(application)


def _dress(application: QApplication) -> None:
    application.setPalette(palette())
    application.setStyleSheet(stylesheet())


def look_name() -> str:
    """The look in use, "dark" or "light"."""
    return _look[0].name


def use_look(name: str) -> None:
    """Draws light or dark from now on, also what is on screen already: words, tables, icons and drawings.

    Every widget is told, as of a change of style (`QEvent.StyleChange`): what keeps drawn colours draws them again.
    """
    before, look = _look[0], LIGHT if name == LIGHT.name else DARK
    if look is before:
        return
    _look[0] = look
    for role, colour in _FILLED.items():
        colour.setRgba(QColor(getattr(look, role)).rgba())
    drawn = {picture.cacheKey(): file for file, picture in _icons.items()}
    _icons.clear()
    application = QApplication.instance()
    if isinstance(application, QApplication):
        for widget in application.topLevelWidgets():
            _redraw_icons(widget, drawn)
            _recolour_tables(widget, before)
        if application.styleSheet():
            _dress(application)  # Qt tells the widgets
        else:  # nobody has dressed it
            _tell_widgets()


def _redraw_icons(window: QWidget, drawn: dict[int, str]) -> None:
    for action in window.findChildren(QAction):
        if action.icon().cacheKey() in drawn:
            action.setIcon(icon(drawn[action.icon().cacheKey()]))
    for button in window.findChildren(QAbstractButton):
        if button.icon().cacheKey() in drawn:
            button.setIcon(icon(drawn[button.icon().cacheKey()]))


def _recolour_tables(window: QWidget, before: Look) -> None:
    changed = {getattr(before, role): colour for role, colour in _FILLED.items()}
    for table in window.findChildren(QTableWidget):
        for row in range(table.rowCount()):
            for column in range(table.columnCount()):
                item = table.item(row, column)
                if item is not None and item.foreground().color().name() in changed:
                    item.setForeground(changed[item.foreground().color().name()])


def icon(name: str) -> QIcon:
    """The icon drawn in resources/icons/<name>.svg, in the colour of text, sharp at every scale.

    Raises:
        FileNotFoundError: the drawing is not among the resources.
    """
    if name not in _icons:
        _icons[name] = _drawn_icon(name)
    return _icons[name]


def _drawn_icon(name: str) -> QIcon:
    drawing = (checkout.RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    modes = QIcon.Mode
    for colour, shown_in in (
        (TEXT, (modes.Normal, modes.Active, modes.Selected)),
        (TEXT_DISABLED, (modes.Disabled,)),
    ):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour.name()).encode()))
        for size_px in (16, ICON_PX, 24, 32, 2 * ICON_PX, 48, 64):
            picture = _rendered(renderer, size_px)
            for mode in shown_in:
                result.addPixmap(picture, mode)
    return result


def _rendered(renderer: QSvgRenderer, size_px: int) -> QPixmap:
    pixmap = QPixmap(QSize(size_px, size_px))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return pixmap
