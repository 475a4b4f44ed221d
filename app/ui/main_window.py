"""The window: picture in the middle, timeline below, panels around, and everything a script can ask it for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QStackedLayout,
    QTabBar,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import reasons, theme
from app.ui.actions import ACTIONS, MENUS, TOOLBAR, apply_keymap, build_actions
from app.ui.bars.message_bar import MessageBar
from app.ui.bars.proposal_bar import ProposalBar
from app.ui.bars.status_bar import StatusBar
from app.ui.canvas.canvas import Canvas
from app.ui.dialogs.remarks import show_remarks
from app.ui.panels.annotators_panel import AnnotatorsPanel
from app.ui.panels.checks_panel import ChecksPanel
from app.ui.panels.collection_panel import CollectionPanel
from app.ui.panels.compare_panel import ComparePanel
from app.ui.panels.finetune_panel import FinetunePanel
from app.ui.panels.heatmap_panel import HeatmapPanel
from app.ui.panels.joints_panel import JointsPanel
from app.ui.panels.persons_panel import PersonsPanel
from app.ui.panels.queue_panel import QueuePanel
from app.ui.start_page import StartPage
from app.ui.temporal.panel import TemporalPanel
from app.ui.timeline.timeline import Timeline
from app.ui.timeline.transport import Transport
from app.ui.tour import TourCard

PROGRAM = "FAMI-Pose Review"
LEFT_PX, RIGHT_PX = 318, 360
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
STARTS = ("action_open", "action_open_folder", "action_collect", "action_tour")
"""What the start page offers as buttons."""
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class MainWindow(QMainWindow):
    """The program's one window. It holds the widgets; app/bindings connects them.

    Attributes:
        canvas, timeline, transport: the picture, the strip below it, and the row between.
        persons_panel, joints_panel, queue_panel, heatmap_panel, temporal_panel, compare_panel, finetune_panel,
            checks_panel, collection_panel, annotators_panel: the panels.
        start_page, tour, recent_menu: what a newcomer begins with; the menu is filled when it opens.

    Signals:
        path_dropped(str): a file or folder was dropped on the window.
        close_requested(): the window closes now; the guard has allowed it.
        layout_changed(): the window or a panel has another place or size.
    """

    path_dropped = Signal(str)
    close_requested = Signal()
    layout_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("main_window")
        self.setWindowIcon(theme.icon("app"))
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.resize(1280, 720)
        self._actions = build_actions(self)
        self._docks: dict[str, QDockWidget] = {}
        self._build_centre()
        self._build_timeline()
        self._build_docks()
        self._build_menus()
        self._build_toolbar()
        self._status = StatusBar(self._actions["action_cancel"], self)
        self.setStatusBar(self._status)
        self._actions["action_reset_layout"].triggered.connect(self.reset_layout)
        self.set_title("")
        self.reset_layout()

    # Building -------------------------------------------------------------------------------------------------------

    def _build_centre(self) -> None:
        centre = QWidget(self)
        centre.setObjectName("centre")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.canvas = Canvas(centre)
        self._message_bar = MessageBar(centre)  # above the canvas, over which it lies
        self.canvas.setMinimumSize(240, 160)
        self.canvas.viewport().setAcceptDrops(False)  # a file dropped on the picture is the window's to open
        self.start_page = StartPage([self._actions[name] for name in STARTS], centre)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.canvas)
        self._pages.addWidget(self.start_page)
        self.tour = TourCard(self._actions, self.canvas.viewport())
        self.proposal_bar = ProposalBar(self._actions["action_keep_proposal"], self.canvas)
        column.addLayout(self._pages, 1)
        self._pages.currentChanged.connect(lambda _page: self._message_bar.raise_())
        self.setCentralWidget(centre)

    def _build_timeline(self) -> None:
        """The timeline runs below everything, in a dock that cannot be moved or closed."""
        strip = QWidget(self)
        strip.setObjectName("timeline_strip")
        column = QVBoxLayout(strip)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.timeline = Timeline(strip)
        self.transport = Transport(self.timeline, self._actions, strip)
        self.transport.frame_chosen.connect(self.timeline.frame_chosen)
        column.addWidget(self.transport)
        column.addWidget(self.timeline)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinAndMaxSize)  # no higher than all its rows
        dock = QDockWidget("Timeline", self)
        dock.setObjectName("timeline_dock")
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget(dock))
        dock.setWidget(strip)
        self._timeline_dock = dock
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, _BOTTOM)

    def _build_docks(self) -> None:
        self.persons_panel = PersonsPanel(self)
        self.joints_panel = JointsPanel(parent=self)
        self.queue_panel = QueuePanel(self)
        self.heatmap_panel = HeatmapPanel(self)
        self.temporal_panel = TemporalPanel(self._actions, self)
        self.compare_panel = ComparePanel(self._actions, self)
        self.finetune_panel = FinetunePanel(self)
        self.checks_panel = ChecksPanel(self)
        self.collection_panel = CollectionPanel(self)
        self.annotators_panel = AnnotatorsPanel(self._actions, self)
        self._title_bars_timer = QTimer(self)
        self._title_bars_timer.setSingleShot(True)
        self._title_bars_timer.timeout.connect(self._refresh_title_bars)
        for name, panel in (
            ("persons", self.persons_panel),
            ("joints", self.joints_panel),
            ("queue", self.queue_panel),
            ("heatmap", self.heatmap_panel),
            ("temporal", self.temporal_panel),
            ("compare", self.compare_panel),
            ("finetune", self.finetune_panel),
            ("checks", self.checks_panel),
            ("collection", self.collection_panel),
            ("annotators", self.annotators_panel),
        ):
            switch = self._actions[f"action_panel_{name}"]
            dock = QDockWidget(switch.text(), self)
            dock.setObjectName(f"{name}_dock")
            dock.setWidget(panel)
            switch.triggered.connect(lambda _checked, name=name: self._toggle_panel(name))
            dock.toggleViewAction().toggled.connect(switch.setChecked)
            for moved in (dock.topLevelChanged, dock.dockLocationChanged, dock.visibilityChanged):
                moved.connect(lambda *_: self._title_bars_timer.start(0))
                moved.connect(lambda *_: self.layout_changed.emit())
            self._docks[name] = dock
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def _build_menus(self) -> None:
        menus: dict[str, QMenu] = {}
        for title in MENUS:
            menus[title] = self.menuBar().addMenu(title)
            menus[title].setObjectName(f"menu_{title.lower()}")
            menus[title].setToolTipsVisible(True)
        for spec in ACTIONS:
            if spec.menu not in menus:
                parent, title = spec.menu.split("/")
                menus[spec.menu] = menus[parent].addMenu(title)
                menus[spec.menu].setObjectName(f"menu_{parent.lower()}_{title.lower()}")
            elif spec.starts_group:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self._actions[spec.object_name])
            if spec.object_name == "action_open_folder":
                self.recent_menu = menus[spec.menu].addMenu("Open recent")
                self.recent_menu.setObjectName("menu_recent")
                self.recent_menu.setToolTipsVisible(True)

    def _build_toolbar(self) -> None:
        bar = QToolBar("Main verbs", self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for name in TOOLBAR:
            if name:
                bar.addAction(self._actions[name])
                button = bar.widgetForAction(self._actions[name])
                button.setObjectName(name.replace("action", "toolbar"))
                button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            else:
                bar.addSeparator()
        ranges = QMenu(bar)
        ranges.setObjectName("menu_predict_range")
        for name in ("action_predict_frame", "action_predict_range", "action_predict_from_here", "action_predict"):
            ranges.addAction(self._actions[name])
        predict = bar.widgetForAction(self._actions["action_predict"])
        if isinstance(predict, QToolButton):
            predict.setMenu(ranges)
            predict.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.addToolBar(bar)

    # The layout -----------------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Puts every panel back where it was at first."""
        docks = self._docks
        for dock in docks.values():
            dock.setFloating(False)
        self.addDockWidget(_BOTTOM, self._timeline_dock)
        self.addDockWidget(_LEFT, docks["persons"])
        self.splitDockWidget(docks["persons"], docks["queue"], Qt.Orientation.Vertical)
        self.tabifyDockWidget(docks["queue"], docks["checks"])
        self.tabifyDockWidget(docks["checks"], docks["annotators"])
        self.tabifyDockWidget(docks["persons"], docks["collection"])
        self.addDockWidget(_RIGHT, docks["joints"])
        self.tabifyDockWidget(docks["joints"], docks["temporal"])
        self.tabifyDockWidget(docks["temporal"], docks["compare"])
        self.tabifyDockWidget(docks["compare"], docks["heatmap"])
        self.tabifyDockWidget(docks["heatmap"], docks["finetune"])
        for name, dock in docks.items():
            dock.show()
            self._actions[f"action_panel_{name}"].setChecked(True)
        self.resizeDocks([docks["persons"], docks["joints"]], [LEFT_PX, RIGHT_PX], Qt.Orientation.Horizontal)
        self.resizeDocks([docks["persons"], docks["queue"]], [270, 230], Qt.Orientation.Vertical)
        docks["joints"].raise_()
        docks["queue"].raise_()
        docks["persons"].raise_()
        self._refresh_title_bars()

    def _refresh_title_bars(self) -> None:
        """A panel that has a tab needs no title above it as well."""
        for dock in self._docks.values():
            tabbed = bool(self.tabifiedDockWidgets(dock)) and not dock.isFloating()
            if tabbed and dock.titleBarWidget() is None:
                dock.setTitleBarWidget(QWidget(dock))
            elif not tabbed and dock.titleBarWidget() is not None:
                dock.setTitleBarWidget(None)  # type: ignore[arg-type]  # None brings Qt's own title back
        # Of tabs that were joined step by step Qt leaves earlier bars behind, which show beside a narrower one.
        seen = [dock for dock in self._docks.values() if dock.isVisible()]
        feet = {(one.x(), one.y(), one.width(), 1 + len(self.tabifiedDockWidgets(one))) for one in seen}
        for bar in self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setElideMode(Qt.TextElideMode.ElideNone)  # whole names, and arrows where they don't fit
            bar.setVisible((bar.x(), bar.geometry().bottom() + 1, bar.width(), bar.count()) in feet)

    def show_panel(self, name: str) -> None:
        """Brings a panel to the front; its name is that of its switch, action_panel_<name>."""
        self._docks[name].show()
        self._docks[name].raise_()

    def _toggle_panel(self, name: str) -> None:
        dock = self._docks[name]
        if dock.isHidden() or dock.visibleRegion().isEmpty():  # closed, or behind another tab
            self.show_panel(name)
            self._actions[f"action_panel_{name}"].setChecked(True)
        else:
            dock.close()

    def layout_state(self) -> bytes:
        """Where the panels are, for `restore_layout` in a later run."""
        return bytes(self.saveState().data())

    def restore_layout(self, state: bytes) -> bool:
        """Puts the panels where they were; False (and nothing moved) if `state` is not from this version."""
        return self.restoreState(QByteArray(state))

    def show_start_page(self, shown: bool) -> None:
        """Puts the start page in the picture's place, or the picture back."""
        self._pages.setCurrentWidget(self.start_page if shown else self.canvas)
        if shown:
            self.start_page.take_focus()
        else:
            self.canvas.setFocus()

    @property
    def is_start_page_shown(self) -> bool:
        """Whether the start page stands in the picture's place."""
        return self._pages.currentWidget() is self.start_page

    def place_state(self) -> bytes:
        """Where the window is, how large, and whether it is maximised, for `restore_place` in a later run."""
        return bytes(self.saveGeometry().data())

    def restore_place(self, state: bytes) -> bool:
        """Puts the window where it was; False (and nothing moved) if `state` is none."""
        return self.restoreGeometry(QByteArray(state))

    # What to show ---------------------------------------------------------------------------------------------------

    def action(self, object_name: str) -> QAction:
        """The action of that name (see app/ui/actions.py). Raises KeyError if there is none."""
        return self._actions[object_name]

    def apply_keymap(self, keymap: Mapping[str, tuple[str, ...]]) -> None:
        """Gives the actions other keys."""
        apply_keymap(self._actions, keymap)

    def show_message(self, text: str) -> None:
        """Shows what happened, for a while, at the foot of the window."""
        self._status.show_message(text)

    def settle_message(self, text: str) -> None:
        """Takes a message away that no longer matters, if it is the one that stands."""
        self._status.settle_message(text)

    def show_error(self, sentence: str, action_text: str = "", on_action: Callable[[], object] | None = None) -> None:
        """Shows what went wrong over the picture until it is dismissed, with a button that does something about it."""
        self._message_bar.show_sentence(sentence, action_text, on_action)

    def show_remarks(self, title: str, sentences: Sequence[str]) -> None:
        """Shows the first of several sentences over the picture, with a button that lists them all.

        Remarks are no errors, and have no colour of errors.
        """
        first, others = sentences[0], len(sentences) - 1
        bar = self._message_bar
        if others:
            show_all = partial(show_remarks, self, title, sentences)
            bar.show_sentence(f"{first} … and {others} more.", "Show all", show_all, is_trouble=False)
        else:
            bar.show_sentence(first, is_trouble=False)

    def dismiss_error(self) -> None:
        """Puts the sentence of `show_error` away."""
        self._message_bar.dismiss()

    @property
    def error_text(self) -> str:
        """The sentence of `show_error` that stands now, "" if none."""
        return self._message_bar.text

    def set_task(self, name: str | None, done: int = 0, total: int = 0, seconds_left: float | None = None) -> None:
        """Shows the running task ("Predicting") and its progress; None where nothing runs."""
        self._status.set_task(name, done, total, seconds_left)
        reasons.allow(self._actions["action_cancel"], "" if name is not None else "Nothing is running.")

    def set_weights(self, name: str | None, why: str = "") -> None:
        """Shows the name of the weights that predict, and why these; None where there are none."""
        self._status.set_weights(name, why)

    def set_device(self, text: str) -> None:
        """Shows where the network computes."""
        self._status.set_device(text)

    def set_read_only(self, read_only: bool) -> None:
        """Shows that the project can only be looked at."""
        self._status.set_read_only(read_only)

    def set_title(self, name: str) -> None:
        """Puts the project's or clip's name before the program's."""
        self.setWindowTitle(f"{name} – {PROGRAM}" if name else PROGRAM)

    # Closing and dropping -------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the timeline more rows where there is room."""
        super().resizeEvent(event)
        self.timeline.set_window_height(self.height())
        self.layout_changed.emit()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Says so."""
        super().moveEvent(event)
        self.layout_changed.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Says that the window closes."""
        self.close_requested.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes one file or folder of this machine."""
        if _dropped_path(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Says which file or folder was dropped."""
        path = _dropped_path(event)
        if path:
            event.acceptProposedAction()
            self.path_dropped.emit(path)


def _dropped_path(event: QDropEvent) -> str:
    return next((url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()), "")
