"""The look: grounds, stylesheet, spacing, icons, and the colours that mean something.

Each colour of a palette has one meaning on the picture, the timeline, the lists and the queue, and never stands alone:
every one of them comes with a form (`ProvenanceStyle.marker`) or a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.ui.palettes import PALETTES, PERSON_COLOURS, Meaning, Palette
from core.files import checkout
from core.poses import Provenance

__all__ = ["Meaning"]

# Grounds, from the back to the front.
CANVAS_BACKGROUND = QColor("#101215")
BACKGROUND = QColor("#191c20")
SURFACE = QColor("#20242a")
RAISED = QColor("#2b3038")
BORDER = QColor("#363c46")
BORDER_STRONG = QColor("#4a525e")

# Writing.
TEXT = QColor("#e6e9ed")
TEXT_MUTED = QColor("#a3acb8")
TEXT_DISABLED = QColor("#69727e")

# What the hand is on.
ACCENT = QColor("#4c9be8")
ACCENT_TEXT = QColor("#0b1622")
SELECTION = QColor("#2c4a6b")

ERROR = QColor("#ff7a6b")
GOOD = QColor("#33c094")

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


# Distances in device-independent pixels.
SPACING = 8
SPACING_SMALL = 4
SPACING_LARGE = 16
RADIUS = 4
ICON_PX = 18
ROW_PX = 24

_STYLESHEET = """
QWidget {{ font-size: 12px; }}
QMainWindow, QDialog {{ background: {background}; }}
QMainWindow::separator {{ background: {background}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {border_strong}; padding: 4px 6px; }}
QMenuBar {{ background: {background}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; border-radius: {radius}px; }}
QMenuBar::item:selected {{ background: {raised}; }}
QMenu {{ background: {surface}; border: 1px solid {border_strong}; padding: 4px; }}
QMenu::item {{ padding: 5px 26px 5px 10px; border-radius: {radius}px; }}
QMenu::item:selected {{ background: {selection}; }}
QMenu::item:disabled {{ color: {text_disabled}; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 4px 6px; }}
QToolBar {{ background: {surface}; border: none; border-bottom: 1px solid {border}; padding: 3px 6px; spacing: 2px; }}
QToolBar::separator {{ background: {border}; width: 1px; margin: 5px 5px; }}
QToolButton {{ padding: 4px 7px; border: 1px solid transparent; border-radius: {radius}px; background: transparent; }}
QToolButton:hover {{ background: {raised}; border-color: {border_strong}; }}
QToolButton:pressed, QToolButton:checked {{ background: {selection}; border-color: {accent}; }}
QToolButton:disabled {{ color: {text_disabled}; }}
QToolButton[framed="true"] {{ background: {raised}; border-color: {border_strong}; }}
QToolButton[framed="true"]:hover {{ border-color: {accent}; }}
QToolButton[framed="true"]:pressed {{ background: {selection}; }}
QToolButton[framed="true"]:disabled {{ border-color: {border}; background: {surface}; }}
QToolButton#qt_toolbar_ext_button {{ padding: 0; border: none; qproperty-icon: url({icons}/arrow_down.svg); }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[popupMode="1"] {{ padding-right: 20px; }}
QToolButton::menu-button {{ border: none; width: 18px; }}
QToolButton::menu-arrow {{ image: url({icons}/arrow_down.svg); width: 10px; height: 10px; }}
QPushButton {{ padding: 4px 10px; min-height: 17px; border: 1px solid {border_strong}; border-radius: {radius}px;
    background: {raised}; }}
QPushButton:hover {{ border-color: {accent}; }}
QPushButton:pressed {{ background: {selection}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {text_disabled}; border-color: {border}; background: {surface}; }}
QPushButton[primary="true"] {{ background: {accent}; color: {accent_text}; border-color: {accent}; font-weight: 600; }}
QPushButton[primary="true"]:hover {{ background: #6cb0f2; }}
QPushButton[primary="true"]:disabled {{ background: {raised}; color: {text_disabled}; border-color: {border}; }}
QDockWidget {{ color: {text_muted}; font-weight: 600; }}
QDockWidget::title {{ background: {surface}; padding: 5px 8px; border-bottom: 1px solid {border}; }}
QDockWidget > QWidget {{ background: {surface}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: {background}; color: {text_muted}; padding: 5px 7px; border: none;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ background: {surface}; color: {text}; border-bottom-color: {accent}; }}
QTabBar::tab:hover:!selected {{ color: {text}; background: {raised}; }}
QTableView, QListView, QTreeView, QPlainTextEdit {{ background: {surface}; alternate-background-color: #242930;
    border: 1px solid {border}; border-radius: {radius}px; selection-background-color: {selection};
    selection-color: {text}; outline: none; }}
QTableView::item, QListView::item {{ padding: 2px 3px; }}
QTableView::item:selected, QListView::item:selected {{ background: {selection}; color: {text}; }}
QHeaderView {{ background: {surface}; }}
QHeaderView::section {{ background: {surface}; color: {text_muted}; padding: 4px 3px; border: none;
    border-bottom: 1px solid {border}; font-weight: 600; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QKeySequenceEdit {{ background: {background};
    border: 1px solid {border_strong}; border-radius: {radius}px; padding: 3px 6px; min-height: 18px;
    selection-background-color: {accent}; selection-color: {accent_text}; }}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{ border-color: {accent}; }}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{ color: {text_disabled};
    border-color: {border}; }}
QComboBox QAbstractItemView {{ background: {surface}; border: 1px solid {border_strong};
    selection-background-color: {selection}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url({icons}/arrow_down.svg); width: 11px; height: 11px; }}
QSpinBox::up-button, QDoubleSpinBox::up-button {{ border: none; width: 20px; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{ border: none; width: 20px; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url({icons}/arrow_up.svg); width: 9px; height: 9px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url({icons}/arrow_down.svg); width: 9px; height: 9px; }}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QCheckBox::indicator, QRadioButton::indicator, QMenu::indicator {{ width: 14px; height: 14px;
    border: 1px solid {text_disabled}; border-radius: 3px; background: {background}; }}
QRadioButton::indicator {{ border-radius: 8px; }}
QMenu::indicator {{ margin-left: 6px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {accent}; }}
QCheckBox::indicator:checked, QMenu::indicator:checked {{ background: {accent}; border-color: {accent};
    image: url({icons}/box_ticked.svg); }}
QRadioButton::indicator:checked {{ background: {accent}; border-color: {accent}; image: url({icons}/dot.svg); }}
QStatusBar {{ background: {surface}; border-top: 1px solid {border}; }}
QStatusBar::item {{ border: none; }}
QProgressBar {{ background: {background}; border: 1px solid {border_strong}; border-radius: {radius}px;
    text-align: center; min-height: 16px; }}
QProgressBar::chunk {{ background: #2f6ba6; border-radius: 3px; }}
QSlider::groove:horizontal {{ height: 4px; background: {border_strong}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: {text}; }}
QSlider::handle:horizontal:disabled {{ background: {text_disabled}; }}
QSlider::sub-page:horizontal:disabled {{ background: {text_disabled}; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollBar:vertical {{ width: 10px; background: transparent; margin: 0; }}
QScrollBar:horizontal {{ height: 10px; background: transparent; margin: 0; }}
QScrollBar::handle {{ background: {border_strong}; border-radius: 4px; min-height: 24px; min-width: 24px;
    margin: 1px; }}
QScrollBar::handle:hover {{ background: {text_disabled}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QGroupBox {{ border: 1px solid {border}; border-radius: {radius}px; margin-top: 9px; padding-top: 8px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 8px; color: {text_muted}; }}
QLabel[muted="true"] {{ color: {text_muted}; }}
QLabel[badge="true"] {{ background: {raised}; color: {text_muted}; border: 1px solid {border};
    border-radius: {radius}px; padding: 1px 7px; }}
QLabel[badge="warning"] {{ background: #4a3a12; color: #ffe08a; border: 1px solid #8a6d1f;
    border-radius: {radius}px; padding: 1px 7px; font-weight: 600; }}
"""


def stylesheet() -> str:
    """The program's stylesheet with the colours above filled in."""
    colours = {
        "background": BACKGROUND,
        "surface": SURFACE,
        "raised": RAISED,
        "border": BORDER,
        "border_strong": BORDER_STRONG,
        "text": TEXT,
        "text_muted": TEXT_MUTED,
        "text_disabled": TEXT_DISABLED,
        "accent": ACCENT,
        "accent_text": ACCENT_TEXT,
        "selection": SELECTION,
    }
    icons = (checkout.RESOURCES / "icons").as_posix()
    return _STYLESHEET.format(radius=RADIUS, icons=icons, **{name: colour.name() for name, colour in colours.items()})


def palette() -> QPalette:
    """The dark palette, for everything that the stylesheet leaves alone."""
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


def apply(application: QApplication) -> None:
    """Dresses the whole application: Qt's own Fusion style, so that it looks the same everywhere."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(palette())
    application.setStyleSheet(stylesheet())


@cache
def icon(name: str) -> QIcon:
    """The icon drawn in resources/icons/<name>.svg, in the colour of text, sharp at every scale.

    Raises:
        FileNotFoundError: the drawing is not among the resources.
    """
    drawing = (checkout.RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for mode, colour in (
        (QIcon.Mode.Normal, TEXT),
        (QIcon.Mode.Active, TEXT),
        (QIcon.Mode.Selected, TEXT),
        (QIcon.Mode.Disabled, TEXT_DISABLED),
    ):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour.name()).encode()))
        for size_px in (16, ICON_PX, 24, 32, 2 * ICON_PX, 48, 64):
            result.addPixmap(_rendered(renderer, size_px), mode)
    return result


def _rendered(renderer: QSvgRenderer, size_px: int) -> QPixmap:
    pixmap = QPixmap(QSize(size_px, size_px))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return pixmap
