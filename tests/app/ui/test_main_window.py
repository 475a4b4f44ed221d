"""The whole window: what a script finds in it, and what keys, drops and closing do."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QTabBar,
    QToolBar,
    QToolButton,
    QWidget,
)

from app.keymaps import load_keymap
from app.ui import theme
from app.ui.actions import ACTIONS
from app.ui.main_window import MainWindow

PANELS = (
    *("canvas", "timeline", "persons_panel", "joints_panel", "temporal_panel"),
    *("heatmap_panel", "queue_panel", "finetune_panel"),
)
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot):
    application = QApplication.instance()
    before = application.styleSheet(), application.palette()
    theme.apply(application)
    widget = MainWindow()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    QTest.qWait(20)
    yield widget
    widget.close()
    application.setStyleSheet(before[0])
    application.setPalette(before[1])


def test_a_script_finds_everything_by_name(window):
    assert window.objectName() == "main_window"
    assert [name for name in PANELS if window.findChild(QWidget, name) is None] == []
    for spec in ACTIONS:
        assert window.findChild(QAction, spec.object_name) is window.action(spec.object_name)
    with pytest.raises(KeyError):
        window.action("action_fly")


def test_every_action_stands_in_its_menu_once(window):
    named = [action.objectName() for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()]
    assert sorted(name for name in named if name.startswith("action_")) == sorted(s.object_name for s in ACTIONS)


def test_keys_trigger_actions(window, qtbot):
    for key, modifiers, name in (
        (Qt.Key.Key_Right, NONE, "action_next_frame"),
        (Qt.Key.Key_Space, NONE, "action_next_suggestion"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier, "action_previous_suggestion"),
        (Qt.Key.Key_3, NONE, "action_person_3"),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "action_undo"),
    ):
        with qtbot.waitSignal(window.action(name).triggered):
            QTest.keyClick(window.canvas, key, modifiers)
    window.apply_keymap(load_keymap("cvat"))
    with qtbot.waitSignal(window.action("action_play").triggered):
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)


def test_the_frame_number_takes_typing_and_gives_the_keys_back(window, qtbot):
    window.timeline.set_num_frames(450, np.arange(450) / 25)
    spin = window.findChild(QSpinBox, "frame_spin")
    assert spin.text() == "0 / 449"
    spin.setFocus()
    spin.selectAll()
    keep = window.action("action_keep_proposal")
    keep.setEnabled(True)  # Return is its key; while a number is typed it ends the number
    with qtbot.assertNotEmitted(keep.triggered), qtbot.waitSignal(window.timeline.frame_chosen) as caught:
        QTest.keyClicks(spin, "120")
        QTest.keyClick(spin, Qt.Key.Key_Return)
    assert caught.args == [120]
    window.timeline.set_current(449)
    assert spin.text() == "449 / 449"
    assert window.findChild(QLabel, "frame_time").text() == "0:17.96 / 0:17.96"


def test_showing_a_frame_chooses_none(window, qtbot):
    window.timeline.set_num_frames(450)
    with qtbot.assertNotEmitted(window.timeline.frame_chosen):
        window.timeline.set_current(44)


def test_an_error_stays_until_it_is_dismissed(window, qtbot):
    bar = window.findChild(QWidget, "message_bar")
    assert not bar.isVisible()
    acted = []
    window.show_error("The video has moved; say where it is now.", "Find it…", lambda: acted.append(1))
    assert bar.isVisible()
    assert window.error_text == "The video has moved; say where it is now."
    QTest.mouseClick(bar.findChild(QPushButton, "message_action"), Qt.MouseButton.LeftButton)
    assert acted == [1]
    assert not bar.isVisible()
    window.show_error("The disk is full; free some space.")
    assert not bar.findChild(QPushButton, "message_action").isVisible()
    QTest.mouseClick(bar.findChild(QToolButton, "message_dismiss"), Qt.MouseButton.LeftButton)
    assert window.error_text == ""


def test_a_task_shows_progress_and_can_be_cancelled(window, qtbot):
    progress, cancel = window.findChild(QProgressBar, "task_progress"), window.findChild(QToolButton, "button_cancel")
    assert not progress.isVisible()
    window.set_task("Predicting", 12, 450, 34.0)
    assert progress.isVisible()
    assert progress.text() == "Predicting: 12 of 450, 0:34 left"
    assert progress.fontMetrics().horizontalAdvance("Predicting 99,999 / 100,000, 1:10:34 left") < progress.width()
    with qtbot.waitSignal(window.action("action_cancel").triggered):
        QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    window.set_task("Loading the network")
    assert progress.format() == "Loading the network …"
    window.set_task(None)
    assert not progress.isVisible()
    assert not window.action("action_cancel").isEnabled()


def test_the_foot_says_what_stays(window):
    window.set_weights("starter")
    window.set_device("CPU, 2 cores")
    window.set_read_only(True)
    window.show_message("Exported 30 frames.")
    shown = {name: window.findChild(QLabel, name) for name in ("weights_badge", "device_badge", "read_only_badge")}
    assert [label.text() for label in shown.values()] == ["starter", "CPU, 2 cores", "read-only"]
    assert all(label.isVisible() for label in shown.values())
    assert window.findChild(QLabel, "status_message").text() == "Exported 30 frames."
    window.set_weights(None)
    window.set_read_only(False)
    assert shown["weights_badge"].text() == "no weights"
    assert not shown["read_only_badge"].isVisible()


def test_the_title(window):
    assert window.windowTitle() == "FAMI-Pose Review"
    window.set_title("dance.mp4")
    assert window.windowTitle() == "dance.mp4 – FAMI-Pose Review"


def test_closing_is_said(window, qtbot):
    with qtbot.waitSignal(window.close_requested):
        assert window.close()


def drop(target: QWidget, url: QUrl) -> bool:
    mime = QMimeData()
    mime.setUrls([url])
    buttons = Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime, buttons, NONE)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        QApplication.sendEvent(target, QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, buttons, NONE))
    return enter.isAccepted()


def test_a_dropped_file_is_named_and_a_web_page_refused(window, tmp_path):
    dropped = []
    window.path_dropped.connect(dropped.append)
    for target in (window, window.canvas.viewport(), window.timeline):
        assert drop(target, QUrl.fromLocalFile(str(tmp_path / "clip.mp4")))
        assert not drop(target, QUrl("https://example.org/clip.mp4"))
    assert dropped == 3 * [str(tmp_path / "clip.mp4")]


def test_panels_open_close_and_come_back(window):
    heatmap, dock = window.action("action_panel_heatmap"), window.findChild(QDockWidget, "heatmap_dock")
    assert heatmap.isChecked()
    heatmap.trigger()  # it is behind the joints' tab: comes to the front
    QTest.qWait(20)
    assert window.heatmap_panel.isVisible()
    assert not window.heatmap_panel.visibleRegion().isEmpty()
    heatmap.trigger()
    assert dock.isHidden()
    assert not heatmap.isChecked()
    state = window.layout_state()
    window.action("action_reset_layout").trigger()
    assert not dock.isHidden()
    assert heatmap.isChecked()
    assert window.restore_layout(state)
    assert dock.isHidden()
    assert not window.restore_layout(b"something else")


def test_a_panel_has_a_title_or_a_tab_but_not_both(window):
    names = ("persons", "collection", "joints", "finetune")
    docks = {name: window.findChild(QDockWidget, f"{name}_dock") for name in names}
    assert docks["persons"].titleBarWidget() is not None
    docks["collection"].setFloating(True)  # the list of people has no tab then
    QTest.qWait(20)
    assert docks["persons"].titleBarWidget() is None
    assert docks["joints"].titleBarWidget() is not None
    docks["finetune"].setFloating(True)
    QTest.qWait(20)
    assert docks["finetune"].titleBarWidget() is None
    docks["finetune"].setFloating(False)


def test_nothing_is_clipped_at_1280_by_720(window):
    assert (window.width(), window.height()) == (1280, 720)
    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720
    assert window.canvas.width() >= 560
    assert window.canvas.height() >= 460
    bar = window.findChild(QToolBar, "toolbar")
    assert bar.sizeHint().width() <= bar.width()
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and not button.objectName().startswith("qt_"):
            assert button.width() >= button.minimumSizeHint().width(), button.objectName()
    for tabs in window.findChildren(QTabBar):
        if tabs.isVisible():
            assert tabs.sizeHint().width() <= tabs.width()
    for name in ("persons_panel", "queue_panel", "joints_panel"):
        panel = window.findChild(QWidget, name)
        assert panel.height() >= panel.minimumSizeHint().height(), name


def test_a_narrow_window_shows_that_its_toolbar_goes_on(window, qtbot):
    window.resize(1024, 640)
    more = window.findChild(QToolButton, "qt_toolbar_ext_button")
    qtbot.waitUntil(more.isVisible)
    drawn = more.grab().toImage()
    lightness = [drawn.pixelColor(x, y).lightness() for x in range(drawn.width()) for y in range(drawn.height())]
    assert max(lightness) > 120, "an arrow that can be told from the dark bar"


def test_every_widget_of_ours_has_a_tooltip(window):
    foreign = ("qt_", "Scroll", "message_action")  # Qt's own parts; a button that gets its words with the message
    buttons = [button for button in window.findChildren(QAbstractButton) if button.objectName()]
    silent = [b.objectName() for b in buttons if not b.objectName().startswith(foreign) and not b.toolTip()]
    assert silent == []


def test_every_widget_that_takes_the_keyboard_has_a_name_for_screen_readers(window):
    foreign = ("qt_", "message_text", "message_action", "tour_do")  # Qt's own; what gets its words when it is shown
    silent = []
    for widget in window.findChildren(QWidget):
        name = widget.objectName()
        if name and not name.startswith(foreign) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            reader = QAccessible.queryAccessibleInterface(widget)
            if not reader.text(QAccessible.Text.Name):
                silent.append(name)
    assert silent == []


def test_the_reference_page_is_up_to_date():
    path = Path(__file__).parents[3] / "docs" / "make_ui_reference.py"
    spec = importlib.util.spec_from_file_location("make_ui_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run python docs/make_ui_reference.py"
