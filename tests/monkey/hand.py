"""The monkey: one step after the other at the window, chosen by a seed."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import shiboken6
from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QWidget,
)

from app.application import Program
from app.ui.actions import ACTIONS, SPECS
from tests.monkey.watch import Faults, TurnWatch
from tests.monkey.world import World

LAST = "action_quit"
"""The action that ends a run, and is done only then."""
ROUND_STEPS = 6
"""Of fine-tuning: how a round ends matters here, not what it learns."""
OFTEN = {
    "action_find_people": 3, "action_predict": 6, "action_predict_frame": 6, "action_accept_frame": 8,
    "action_accept": 6, "action_finetune": 6, "action_track_person": 4, "action_next_joint": 8,
    "action_next_person": 10, "action_next_frame": 8, "action_open": 3, "action_open_labels": 3,
    "action_interpolate": 3, "action_keep_proposal": 6, "action_undo": 4, "action_leap_back": 4,
    "action_next_suggestion": 4,
}  # fmt: skip
"""How often some actions are chosen, against 1 for all others: without people there is little to do."""
_ANY = Qt.KeyboardModifier.NoModifier
_MODIFIERS = (
    _ANY, _ANY, _ANY, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip
_BUTTONS = (Qt.MouseButton.LeftButton,) * 6 + (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)
_TYPED = ("12", "0", "-3", "walkers", "ä²", "../../x", "999999", "", "0.5", "a b", "'; drop table poses; --", "#2")
_KEYS = (
    Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Space,
    Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete, Qt.Key.Key_PageDown,
)  # fmt: skip

Gesture = Iterator[None]


class Monkey:
    """Uses every action of the table, the keys, the mouse and whatever dialog is open, one step a turn.

    Attributes:
        steps: how many it has done.
        actions: the actions that it has triggered, and how often.
        program: the window's; None once it has quit.
    """

    def __init__(self, program: Program, world: World, seed: int, faults: Faults, watch: TurnWatch | None) -> None:
        self.program = program
        self.window = program.window
        self.steps = 0
        self.actions: dict[str, int] = {}
        self._world = world
        self._random = random.Random(seed)
        self._faults = faults
        self._watch = watch
        self._gesture: Gesture | None = None
        self._gesture_at: QWidget | None = None
        self._in_dialog = 0
        self._told = ""
        self._over: Callable[[], bool] = lambda: False
        self._loop: QEventLoop | None = None
        self.log: Callable[[str], None] = lambda _: None
        start = program.finetuning.start
        program.finetuning.start = lambda steps=None: start(ROUND_STEPS if steps is None else steps)
        self._answer_file_dialogs()

    # Running ----------------------------------------------------------------------------------------------------------

    def run(self, over: Callable[[], bool]) -> None:
        """Does step after step until `over` says so, and then closes every dialog."""
        self._over = over
        self._loop = QEventLoop()
        QTimer.singleShot(0, self._step)
        self._loop.exec()
        self._loop = None  # and the step that is still on its way finds nobody to act for

    def settle(self, condition: Callable[[], object], patience_turns: int = 20_000) -> bool:
        """Lets the window turn until the condition holds; False if it does not within so many turns.

        Dialogs are closed as they come, also one that opens in a turn of this very loop.
        """
        closing = QTimer()
        closing.timeout.connect(self.close_dialog)
        closing.start(20)
        for _ in range(patience_turns):
            if condition():
                break
            loop = QEventLoop()
            QTimer.singleShot(5, loop.quit)
            loop.exec()
            self._turned("waiting")
        closing.stop()
        return bool(condition())

    def _step(self) -> None:
        # Before anything else: a dialog may open below, with an event loop of its own, or something may break.
        if self._loop is None:
            return
        QTimer.singleShot(0, self._step)
        self._turned("between steps")
        dialog = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if self._over():
            if dialog is not None:
                self.close_dialog()
            elif self._loop is not None:
                self._loop.quit()
            return
        self.steps += 1
        self._faults.step = self.steps
        self._act(dialog)
        self._turned(self._doing)
        self._look_at_words()

    _doing = ""

    def _turned(self, doing: str) -> None:
        if self._watch is not None:
            self._watch.doing = doing
            self._watch.turned()

    def _say(self, doing: str) -> None:
        self._doing = doing
        if self._watch is not None:
            self._watch.doing = doing
        self.log(f"{self.steps} {doing}")

    def _look_at_words(self) -> None:
        """What the window says must be a sentence for a person."""
        words = self.window.error_text
        if words != self._told:
            self._told = words
            if "internal error" in words or "Traceback" in words or "unexpected" in words:
                self._faults.add("said", words)

    def leave(self) -> None:
        """Gives the dialogs of files back."""
        for name, function in self._dialogs_before.items():
            setattr(QFileDialog, name, function)

    # One step ---------------------------------------------------------------------------------------------------------

    def _act(self, dialog: QWidget | None) -> None:
        if dialog is not None and dialog is not self._gesture_at:
            self._gesture = None
        if self._gesture is not None:
            self._say(f"{self._doing.removesuffix(' …')} …")
            self._go_on()
            return
        if dialog is not None:
            self._in_dialog += 1
            self._in_a_dialog(dialog)
            return
        self._in_dialog = 0
        chance = self._random.random()
        if chance < 0.40:
            self._trigger()
        elif chance < 0.50:
            self._press_keys()
        elif chance < 0.72:
            self._use_mouse(self.window.canvas.viewport(), "canvas")
        elif chance < 0.80:
            self._use_mouse(self.window.timeline, "timeline")
        elif chance < 0.97:
            self._use_mouse(self._somewhere(self.window), "window")
        elif chance < 0.985:
            size = self._random.choice(((1280, 720), (1024, 700), (1600, 900), (1100, 720)))
            self._say(f"resize {size}")
            self.window.resize(*size)
        else:
            self._say("drop a file")
            self.window.path_dropped.emit(str(self._random.choice(self._world.clips)))

    def _trigger(self) -> None:
        names = [spec.object_name for spec in ACTIONS if spec.object_name != LAST]
        name = self._random.choices(names, [OFTEN.get(name, 1) for name in names])[0]
        action = self.window.action(name)
        self._say(name)
        if action.isEnabled():
            self.actions[name] = self.actions.get(name, 0) + 1
            action.trigger()

    def _press_keys(self) -> None:
        spec = SPECS[self._random.choice([name for name, spec in SPECS.items() if spec.keys and name != LAST])]
        keys = QKeySequence(self._random.choice(spec.keys), QKeySequence.SequenceFormat.PortableText)
        at = self.window.focusWidget() or self.window
        self._say(f"press {keys.toString()} in {_name(at)}")
        for combination in (keys[place] for place in range(keys.count())):
            _press(at, combination.key(), combination.keyboardModifiers())

    def _use_mouse(self, at: QWidget, where: str) -> None:
        if not at.isVisible() or at.width() < 2 or at.height() < 2:
            return
        place = self._place(at)
        button, modifiers = self._random.choice(_BUTTONS), self._random.choice(_MODIFIERS)
        chance = self._random.random()
        self._gesture_at = None
        if chance < 0.35:
            self._say(f"click {where} {_name(at)} {place.toTuple()} {button.name}")
            _click(at, button, modifiers, place)
        elif chance < 0.42:
            self._say(f"double click {where} {_name(at)} {place.toTuple()}")
            QTest.mouseDClick(at, Qt.MouseButton.LeftButton, modifiers, place)
        elif chance < 0.5:
            self._say(f"wheel {where} {_name(at)}")
            _turn_wheel(at, place, self._random.choice((-240, -120, 120, 240)), modifiers)
        elif chance < 0.55:
            self._say(f"context menu {where} {_name(at)}")
            event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, at.mapToGlobal(place))
            QApplication.postEvent(at, event)
        elif chance < 0.6:
            self._say(f"hover {where} {_name(at)}")
            QTest.mouseMove(at, place)
        else:
            self._say(f"drag {where} {_name(at)} from {place.toTuple()} {button.name}")
            self._gesture = self._drag(at, place, button, modifiers)
            self._go_on()

    def _drag(
        self, at: QWidget, start: QPoint, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
    ) -> Iterator[None]:
        end = self._place(at)
        QTest.mouseMove(at, start)
        QTest.mousePress(at, button, modifiers, start)
        yield
        for step in range(1, 5):
            between = QPointF(start) + (QPointF(end) - QPointF(start)) * step / 4
            if not shiboken6.isValid(at):
                return
            QTest.mouseMove(at, between.toPoint())
            yield
        if shiboken6.isValid(at):
            QTest.mouseRelease(at, button, modifiers, end)

    def _go_on(self) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            return
        try:
            next(gesture)
        except (StopIteration, RuntimeError):  # RuntimeError: the widget is gone by now
            return
        self._gesture = gesture

    def _place(self, at: QWidget) -> QPoint:
        return QPoint(self._random.randrange(at.width()), self._random.randrange(at.height()))

    def _somewhere(self, window: QWidget) -> QWidget:
        """The widget at a place of a window by chance; more often one that can be used."""
        if self._random.random() < 0.6:
            usable = [
                widget
                for widget in window.findChildren(QWidget)
                if isinstance(widget, QAbstractButton | QAbstractItemView | QComboBox | QAbstractSlider | QLineEdit)
                and widget.isVisible()
                and widget.isEnabled()
            ]
            if usable:
                widget = self._random.choice(usable)
                return widget.viewport() if isinstance(widget, QAbstractItemView) else widget
        return window.childAt(self._place(window)) or window

    # Dialogs ----------------------------------------------------------------------------------------------------------

    def _in_a_dialog(self, dialog: QWidget) -> None:
        chance = self._random.random()
        if self._in_dialog > 60:  # enough of it
            self._say(f"close {_name(dialog)}")
            self.close_dialog()
        elif not isinstance(dialog, QDialog) or chance < 0.15:  # a menu, or a list that has popped up
            key = self._random.choice(_KEYS)
            at = dialog.focusWidget() or dialog
            self._say(f"press {key.name} in {_name(dialog)}")
            _press(at, key, _ANY)
        elif chance < 0.3:
            fields = [field for field in dialog.findChildren(QLineEdit) if field.isVisible() and field.isEnabled()]
            if fields:
                field, typed = self._random.choice(fields), self._random.choice(_TYPED)
                around = field.parentWidget()
                self._say(f"type {typed!r} into {_name(field)} of {_name(dialog)}")
                if isinstance(around, QAbstractSpinBox):
                    around.selectAll()
                else:
                    field.selectAll()
                for letter in typed:
                    if shiboken6.isValid(field):
                        QApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, 0, _ANY, letter))
        else:
            at = self._somewhere(dialog)
            place = self._place(at) if at.width() and at.height() else QPoint()
            self._say(f"click {_name(at)} of {_name(dialog)}")
            _click(at, Qt.MouseButton.LeftButton, _ANY, place)

    def close_dialog(self) -> None:
        """Closes whatever pops up or stands in front of the window."""
        dialog = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
        elif dialog is not None:
            dialog.close()

    # Files ------------------------------------------------------------------------------------------------------------

    def _answer_file_dialogs(self) -> None:
        names = ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory")
        self._dialogs_before = {name: getattr(QFileDialog, name) for name in names}
        QFileDialog.getOpenFileName = self._file_to_open
        QFileDialog.getOpenFileNames = lambda *_, **__: ([str(clip) for clip in self._world.clips], "")
        QFileDialog.getSaveFileName = lambda *_, **__: (self._file_to_save(), "")
        QFileDialog.getExistingDirectory = lambda *_, **__: str(self._random.choice(self._world.folders))

    def _file_to_open(self, _parent: object, title: str, *_: object, **__: object) -> tuple[str, str]:
        world = self._world
        files: list[Path] = {
            "Import labels": list(world.labels),
            "Import weights": list(world.weights),
            "Choose weights to compare with": list(world.weights),
        }.get(title, [*world.clips, *world.clips, *world.projects()])
        if "annotator" in title.lower():
            files = world.projects()
        if not files or self._random.random() < 0.1:
            return "", ""  # the hand has thought better of it
        file = self._random.choice(files)
        self.log(f"{self.steps} {title}: {file.name}")
        return str(file), ""

    def _file_to_save(self) -> str:
        return str(self._world.folder / f"exported{self._random.randrange(3)}.json")


def _click(at: QWidget, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier, place: QPoint) -> None:
    """QTest's own click would let the button go over a widget that the press has deleted."""
    QTest.mousePress(at, button, modifiers, place)
    if shiboken6.isValid(at):
        QTest.mouseRelease(at, button, modifiers, place)


def _press(at: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    """Likewise."""
    QTest.keyPress(at, key, modifiers)
    if shiboken6.isValid(at):
        QTest.keyRelease(at, key, modifiers)


def _name(widget: QWidget) -> str:
    while widget is not None and not widget.objectName():
        widget = widget.parentWidget()
    return widget.objectName() if widget is not None else "?"


def _turn_wheel(at: QWidget, place: QPoint, angle: int, modifiers: Qt.KeyboardModifier) -> None:
    event = QWheelEvent(
        QPointF(place), QPointF(at.mapToGlobal(place)), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.postEvent(at, event)
