"""How the picture is seen, bound to the View menu."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QWidget

from app.controllers.viewing.seeing import LOOKS, PictureTones, Seeing
from app.controllers.viewing.surroundings import ShownAround, SurroundingsController
from app.ui import theme
from app.ui.canvas.painting.tones import Tones
from app.ui.main_window import MainWindow
from app.ui.panels.legend_panel import LegendPanel

AROUND = {
    "action_trajectories": "trajectories",
    "action_ghost": "ghost",
    "action_said_before": "said_before",
    "action_unusual_limbs": "unusual_limbs",
}
MARKERS_STEP = 0.1


class SeeingBinding(QObject):
    """Passes on how the hand wants to see, and draws so."""

    def __init__(self, seeing: Seeing, around: SurroundingsController, window: MainWindow) -> None:
        super().__init__(window)
        self._seeing = seeing
        self._around = around
        self._window = window
        seeing.palette_changed.connect(self._show_palette)
        for name in theme.palette_names():
            window.action(f"action_palette_{name}").triggered.connect(
                lambda _checked=False, name=name: seeing.choose_palette(name)
            )
        self._show_palette(seeing.palette)
        for name in LOOKS:
            window.action(f"action_look_{name}").triggered.connect(
                lambda _checked=False, name=name: seeing.choose_look(name)
            )
        system = QGuiApplication.styleHints()
        self._system_scheme = system.colorScheme()
        seeing.look_changed.connect(self._show_look)
        system.colorSchemeChanged.connect(self._follow)
        self._show_look(seeing.look)

        self._bind_picture()
        self._bind_around()
        self._bind_legend()

    def _bind_picture(self) -> None:
        seeing, window = self._seeing, self._window
        for action, act in (
            ("action_brighter", lambda: seeing.adjust(brightness=1)),
            ("action_darker", lambda: seeing.adjust(brightness=-1)),
            ("action_more_contrast", lambda: seeing.adjust(contrast=1)),
            ("action_less_contrast", lambda: seeing.adjust(contrast=-1)),
            ("action_picture_as_is", lambda: seeing.set_tones(PictureTones())),
            ("action_larger_markers", lambda: seeing.set_marker_scale(seeing.marker_scale + MARKERS_STEP)),
            ("action_smaller_markers", lambda: seeing.set_marker_scale(seeing.marker_scale - MARKERS_STEP)),
        ):
            window.action(action).triggered.connect(lambda _checked=False, act=act: act())
        seeing.tones_changed.connect(self._show_tones)
        seeing.markers_changed.connect(window.canvas.set_marker_scale)
        window.canvas.set_marker_scale(seeing.marker_scale)

    def _bind_around(self) -> None:
        for action, name in AROUND.items():
            self._window.action(action).toggled.connect(lambda on, name=name: self._switch(name, on))
        self._around.shown_changed.connect(self._show_around)
        self._around.changed.connect(self._window.canvas.set_surroundings)
        self._show_around(self._around.shown)

    def _bind_legend(self) -> None:
        """The legend is a dock of its own, away until somebody asks for it."""
        seeing, window, switch = self._seeing, self._window, self._window.action("action_legend")
        self._panel = panel = LegendPanel()
        self._legend = dock = QDockWidget("Legend", window)
        dock.setObjectName("legend_dock")
        dock.setWidget(panel)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        window.tabifyDockWidget(window.findChildren(QDockWidget, "joints_dock")[0], dock)
        self._title = QWidget()
        dock.setTitleBarWidget(self._title)  # its tab has the title, unless it floats
        dock.topLevelChanged.connect(self._on_legend_moved)
        dock.hide()
        window.show_panel("joints")  # hiding the dock in front would bring forward whichever comes last
        switch.triggered.connect(lambda _checked=False: self._toggle_legend())
        dock.toggleViewAction().toggled.connect(switch.setChecked)
        panel.set_tones(seeing.tones.brightness, seeing.tones.contrast)
        panel.set_markers(seeing.marker_scale)
        panel.tones_set.connect(lambda brightness, contrast: seeing.set_tones(PictureTones(brightness, contrast)))
        panel.markers_set.connect(seeing.set_marker_scale)
        seeing.tones_changed.connect(lambda tones: panel.set_tones(tones.brightness, tones.contrast))
        seeing.markers_changed.connect(panel.set_markers)

    def _on_legend_moved(self, floats: bool) -> None:
        dock = self._legend
        dock.setTitleBarWidget(None if floats else self._title)  # type: ignore[arg-type]  # None is Qt's own title

    def _toggle_legend(self) -> None:
        """Shows the legend, or puts it away where it is in sight already."""
        dock = self._legend
        if dock.isHidden() or dock.visibleRegion().isEmpty():
            dock.show()
            dock.raise_()
        else:
            dock.hide()
        self._window.action("action_legend").setChecked(not dock.isHidden())

    def _switch(self, name: str, on: bool) -> None:
        if getattr(self._around.shown, name) != on:
            self._around.show(**{name: on})

    def _show_around(self, shown: ShownAround) -> None:
        for action, name in AROUND.items():
            self._window.action(action).setChecked(getattr(shown, name))

    def _show_tones(self, tones: PictureTones) -> None:
        self._window.canvas.set_tones(Tones(tones.brightness, tones.contrast))

    def _show_palette(self, name: str) -> None:
        theme.use_palette(name)
        for one in theme.palette_names():
            self._window.action(f"action_palette_{one}").setChecked(one == theme.palette_name())

    def _show_look(self, name: str) -> None:
        is_light = name == "light" or (name == "system" and self._system_scheme == Qt.ColorScheme.Light)
        theme.use_look("light" if is_light else "dark")
        for one in LOOKS:
            self._window.action(f"action_look_{one}").setChecked(one == name)

    def _follow(self, scheme: Qt.ColorScheme) -> None:
        self._system_scheme = scheme
        self._show_look(self._seeing.look)
