"""The questions, answered by hand."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton, QSpinBox

from app.keymaps import presets
from app.ui.actions import default_keymap
from app.ui.dialogs import dialogs
from app.ui.dialogs.dialogs import ExportDialog, ExportFormat, ExportOptions
from core.frame_range import FrameRange


def answer(act) -> None:
    """Runs `act(dialog)` on the dialog that is asked next."""
    QTimer.singleShot(0, lambda: act(QApplication.activeModalWidget()))


FORMATS = (ExportFormat("posetrack18", "PoseTrack", "All.", ".json"), ExportFormat("csv", "Table", "Rows.", ".csv"))


def press(name: str):
    return lambda dialog: dialog.findChild(QPushButton, name).click()


def test_export_options(qtbot):
    def fill(dialog):
        dialog.findChild(QComboBox, "export_format").setCurrentIndex(1)
        dialog.findChild(QCheckBox, "export_only_reviewed").click()
        dialog.findChild(QCheckBox, "export_images").click()
        press("do_it")(dialog)

    answer(fill)
    dialog = ExportDialog(None, Path("/clips/dance.json"), FORMATS)
    qtbot.addWidget(dialog)
    assert dialog.agreed()
    chosen = dialog.options()
    assert chosen == ExportOptions("csv", Path("/clips/dance.csv"), True, None, Path("/clips"))
    answer(press("do_it"))
    plain = ExportDialog(None, Path("/clips/dance.json"), FORMATS)
    qtbot.addWidget(plain)
    assert plain.agreed()
    assert plain.options() == ExportOptions("posetrack18", Path("/clips/dance.json"), False, None, None)


def test_the_selected_range_can_be_exported_alone(qtbot):
    selected = FrameRange(3, 7)
    for is_wanted in (False, True):
        dialog = ExportDialog(None, Path("/clips/dance.json"), FORMATS, selected)
        qtbot.addWidget(dialog)
        switch = dialog.findChild(QCheckBox, "export_selected_range")
        assert switch.text() == "Only frames 3 to 6"
        switch.setChecked(is_wanted)
        assert dialog.options().frames == (selected if is_wanted else None)
    without = ExportDialog(None, Path("/clips/dance.json"), FORMATS)
    qtbot.addWidget(without)
    assert not without.findChild(QCheckBox, "export_selected_range").isVisibleTo(without)


def test_an_export_needs_a_file(qtbot):
    dialog = dialogs.ExportDialog(None, Path("/clips/dance.json"), FORMATS)
    qtbot.addWidget(dialog)
    dialog.findChild(QLineEdit, "export_path").setText("  ")
    button = dialog.findChild(QPushButton, "do_it")
    assert not button.isEnabled() and button.toolTip() == "Name a file first."


def test_a_frame_is_typed(qtbot):
    def fill(dialog):
        spin = dialog.findChild(QSpinBox, "frame_number")
        spin.selectAll()
        QTest.keyClicks(spin, "9999")
        QTest.keyClick(spin, Qt.Key.Key_Backspace)
        spin.setValue(449)
        press("do_it")(dialog)

    answer(fill)
    assert dialogs.ask_frame(None, 12, 450) == 449
    answer(lambda dialog: dialog.reject())
    assert dialogs.ask_frame(None, 12, 450) is None


def test_about_and_cancelled_questions(qtbot):
    answer(press("do_it"))
    dialogs.show_about(None, "0.1.0")
    answer(press("cancel"))
    assert dialogs.ask_for_source(None, Path("/clips/dance.fami")) is None
    answer(press("cancel"))
    assert dialogs.ask_keypoints(None, Path("/weights/hrnet.pth")) is None
    answer(press("keys_cancel"))
    assert dialogs.edit_keymap(None, default_keymap(), presets()) is None
