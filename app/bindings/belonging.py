"""What makes a newcomer at home: commands by name, keys on a page, recent projects, the tour, context menus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.bindings.connecting import Slot, connect_actions
from app.controllers.opening import OpeningController
from app.controllers.session import Session
from app.ui.actions import ACTIONS
from app.ui.dialogs.command_palette import ask_for_command
from app.ui.dialogs.key_sheet import show_key_sheet
from app.ui.main_window import MainWindow
from app.ui.start_page import RecentProject
from core.files import places

PERSON_MENU = (
    "action_accept", "action_track_person", "action_predict_frame", "",
    "action_copy_pose", "action_paste_pose", "action_copy_previous", "action_interpolate", "action_carry",
    "action_swap_sides", "",
    "action_toggle_hide", "action_hide_others", "action_lock", "",
    "action_change_track", "action_swap_tracks", "",
    "action_delete_person", "action_cut_person", "action_delete_everywhere",
)  # fmt: skip
JOINT_MENU = ("action_cycle_visibility", "action_mark_occluded", "action_mark_not_labelled", "")
FRAME_MENU = (
    "action_add_person", "action_find_people_frame", "action_accept_frame", "action_mark_reviewed", "",
    "action_show_heatmap", "action_show_names", "action_fit",
)  # fmt: skip
TIMELINE_MENU = (
    "action_next_suggestion", "action_previous_suggestion", "action_next_labelled", "action_previous_labelled",
    "action_go_to_frame", "",
    "action_range_start", "action_range_end", "action_range_clear", "action_loop", "",
    "action_accept_range", "action_visibility_range", "action_swap_range", "action_delete_range",
    "action_interpolate", "",
    "action_find_people_range", "action_predict_range", "action_predict_from_here", "action_mark_reviewed",
)  # fmt: skip


class BelongingBinding(QObject):
    """Connects what helps to find one's way to the window."""

    def __init__(self, session: Session, opening: OpeningController, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._opening = opening
        self._window = window
        self._waits_for_demo = False
        self._recent_menu = window.recent_menu
        self._recent_menu.aboutToShow.connect(self._fill_recent_menu)
        slots: dict[str, Slot] = {
            "action_commands": self._ask_for_command,
            "action_key_sheet": lambda: show_key_sheet(window, self._keymap()),
            "action_start_page": self._toggle_start_page,
            "action_tour": self._begin_tour,
            "action_saved": self._say_saved,
        }
        connect_actions(window, slots)
        window.start_page.recent_chosen.connect(self._open)
        window.canvas.menu_wanted.connect(self._show_picture_menu)
        window.canvas.keypoint_moved.connect(lambda *_: window.tour.note_correction())
        window.timeline.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        window.timeline.customContextMenuRequested.connect(
            lambda at: self._show_menu(window.timeline, TIMELINE_MENU, window.timeline.mapToGlobal(at))
        )
        session.opened.connect(self._on_opened)

    def _on_opened(self) -> None:
        if self._session.project is not None:
            self._window.show_start_page(False)
        if self._waits_for_demo and self._session.source_path == places.DEMO_CLIP:
            self._window.tour.start()
        self._waits_for_demo = False

    def _say_saved(self) -> None:
        project = self._session.project
        where = "" if project is None else f", in {project.path}"
        self._session.message.emit(f"Nothing is to be saved: every edit is on disk once it is made{where}.")

    # Recent projects and the start page -----------------------------------------------------------------------------

    def _toggle_start_page(self) -> None:
        shown = not self._window.is_start_page_shown
        if shown:
            self._window.start_page.show_recent([_recent(path) for path in places.recent_projects()])
        self._window.show_start_page(shown)

    def _fill_recent_menu(self) -> None:
        self._recent_menu.clear()
        for path in places.recent_projects():
            recent = _recent(path)
            action = self._recent_menu.addAction(f"{recent.name}  –  {recent.folder}".replace("&", "&&"))
            action.setToolTip(recent.path)
            action.triggered.connect(lambda _checked=False, path=recent.path: self._open(path))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction("No projects yet").setEnabled(False)

    def _open(self, path: str) -> None:
        self._window.show_start_page(False)
        self._opening.open(Path(path))

    def _begin_tour(self) -> None:
        self._window.show_start_page(False)
        if self._session.project is not None and self._session.source_path == places.DEMO_CLIP:
            self._window.tour.start()
        else:
            self._waits_for_demo = True
            self._opening.open(places.DEMO_CLIP)

    # Commands and keys ----------------------------------------------------------------------------------------------

    def _ask_for_command(self) -> None:
        window = self._window
        actions = [(f"{spec.menu.partition('/')[0]}: {spec.text}", window.action(spec.object_name)) for spec in ACTIONS]
        recent = [(f"Open: {action.text()}", action) for action in self._recent_actions()]
        chosen = ask_for_command(window, [*actions, *recent])
        if chosen is not None:
            chosen.trigger()

    def _recent_actions(self) -> list[QAction]:
        self._fill_recent_menu()
        return [action for action in self._recent_menu.actions() if action.isEnabled()]

    def _keymap(self) -> dict[str, tuple[str, ...]]:
        portable = QKeySequence.SequenceFormat.PortableText
        actions = [self._window.action(spec.object_name) for spec in ACTIONS]
        return {action.objectName(): tuple(key.toString(portable) for key in action.shortcuts()) for action in actions}

    # Context menus --------------------------------------------------------------------------------------------------

    def _show_picture_menu(self, at: QPoint) -> None:
        session = self._session
        if session.project is None:
            return
        names: tuple[str, ...] = FRAME_MENU
        if session.track_id is not None:
            names = (*PERSON_MENU, "", *names)
            if session.keypoint is not None:
                names = (*JOINT_MENU, *names)
        self._show_menu(self._window.canvas, names, at)

    def _show_menu(self, owner: QWidget, names: Sequence[str], at: QPoint) -> None:
        menu = QMenu(owner)
        menu.setObjectName("context_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in names:
            if name:
                menu.addAction(self._window.action(name))
            else:
                menu.addSeparator()
        menu.popup(at)


def _recent(path: Path) -> RecentProject:
    return RecentProject(str(path), path.stem, str(path.parent))
