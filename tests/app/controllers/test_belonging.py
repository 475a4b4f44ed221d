"""A newcomer finds the way: commands by name, recent projects, the start page, the tour, context menus."""

import shutil

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QMenu, QPushButton

from core.files import places


def commands(words):
    def type_and_enter():
        field = QApplication.activeModalWidget().findChild(QLineEdit, "palette_field")
        QTest.keyClicks(field, words)
        QTest.keyClick(field, Qt.Key.Key_Return)

    QTimer.singleShot(0, type_and_enter)


def context_menu(owner, at, reason=QContextMenuEvent.Reason.Mouse):
    QApplication.sendEvent(owner, QContextMenuEvent(reason, at, owner.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    names = [action.objectName() for action in menu.actions() if not action.isSeparator()]
    menu.close()
    return names


def test_a_command_is_done_by_its_name(drive, clip):
    d = drive(clip)
    commands("last frame")
    d.do("action_commands")
    d.wait(lambda: d.session.frame_index == 11, what="the last frame")


def test_projects_of_before_are_on_the_start_page_and_in_the_menu(drive, clip, tmp_path):
    d = drive()
    d.window.recent_menu.aboutToShow.emit()
    assert [action.text() for action in d.window.recent_menu.actions()] == ["No projects yet"]
    assert d.window.recent_menu.isEnabled(), "there will be some"
    d.open(clip)
    d.idle()
    other = tmp_path / "other & more.mp4"
    shutil.copy(clip, other)
    d.open(other)
    d.wait(lambda: d.session.source_path == other)
    assert [path.stem for path in places.recent_projects()] == ["other & more", "walk"]
    d.do("action_start_page")
    assert d.window.is_start_page_shown
    listed = d.window.start_page.findChild(QListWidget, "start_recent")
    assert [listed.item(row).text().splitlines()[0] for row in range(2)] == ["other & more", "walk"]
    listed.itemClicked.emit(listed.item(1))
    d.wait(lambda: d.session.source_path == clip, what="the project of before")
    assert not d.window.is_start_page_shown
    d.idle()
    d.session.project.path.with_name("gone").touch()
    d.window.recent_menu.aboutToShow.emit()
    titles = [action.text() for action in d.window.recent_menu.actions()]
    assert titles[0].startswith("walk  –  ") and titles[1].startswith("other && more")
    commands("open: other")
    d.do("action_commands")
    d.wait(lambda: d.session.source_path == other)


def test_a_project_that_is_gone_is_not_offered(drive, clip):
    d = drive(clip)
    places.remember_project(clip.with_name("gone.fami"))
    d.do("action_start_page")
    assert d.window.start_page.findChild(QListWidget, "start_recent").count() == 1
    d.do("action_start_page")
    assert not d.window.is_start_page_shown


def test_the_tour_leads_through_the_demo_clip(drive, clip):
    d = drive(clip)
    d.do("action_tour")
    d.wait(d.window.tour.isVisible, what="the tour")
    assert d.session.source_path == places.DEMO_CLIP
    title = d.window.tour.findChild(QLabel, "tour_title")
    next_step = d.window.tour.findChild(QPushButton, "tour_next")
    assert title.text() == "1 of 6 · Predict"
    next_step.click()
    assert title.text() == "2 of 6 · Look"
    d.do("action_next_suggestion")
    assert title.text() == "3 of 6 · Correct"
    d.window.canvas.keypoint_moved.emit(1, 9, 40.0, 40.0)
    assert title.text() == "4 of 6 · Accept"
    d.do("action_accept_frame")
    assert title.text() == "5 of 6 · Learn"
    d.window.tour.findChild(QPushButton, "tour_end").click()
    assert not d.window.tour.isVisible()


def test_context_menus_offer_what_can_be_done_there(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    canvas = d.window.canvas
    inside = canvas.viewport_position(60, 60)
    names = context_menu(canvas.viewport(), inside)
    assert d.session.track_id == track_id, "the person under the pointer is selected"
    assert {"action_accept", "action_delete_person", "action_add_person"} <= set(names)
    assert "action_mark_occluded" not in names
    d.session.select(track_id, 9)
    assert "action_mark_occluded" in context_menu(canvas.viewport(), inside, QContextMenuEvent.Reason.Keyboard)
    assert "action_range_start" in context_menu(d.window.timeline, QPoint(200, 20))


def test_a_right_click_on_a_joint_opens_no_menu(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    d.program.editing.place_keypoint(track_id, 9, 60.0, 60.0)
    viewport, at = d.window.canvas.viewport(), d.window.canvas.viewport_position(60, 60)
    QApplication.sendEvent(viewport, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at)))
    assert QApplication.activePopupWidget() is None
