"""What cannot be done now says why."""

from PySide6.QtWidgets import QAbstractButton, QComboBox, QTabBar

from app.ui.actions import ACTIONS

ENDS = (".", "!")


def test_what_is_disabled_says_why_and_what_can_be_used_again_says_what_it_does(drive, clip):
    hands = drive(clip)
    undo, window = hands.window.action("action_undo"), hands.window
    assert undo.toolTip() == "There is nothing to undo."
    for spec in ACTIONS:
        action = window.action(spec.object_name)
        assert action.isEnabled() or action.toolTip().endswith(ENDS), spec.object_name
    for widget in (*window.findChildren(QAbstractButton), *window.findChildren(QComboBox)):
        in_tabs = isinstance(widget.parent(), QTabBar)
        if widget.isVisibleTo(window) and not widget.isEnabled() and widget.isWindowType() is False and not in_tabs:
            assert widget.toolTip().endswith(ENDS), (widget.objectName(), widget.toolTip())
    hands.add_person(0)
    assert undo.isEnabled()
    assert "nothing" not in undo.toolTip()
    hands.program.editing.undo()
    assert undo.toolTip() == "There is nothing to undo."
