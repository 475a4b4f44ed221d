"""One run of the monkey, from an opened window to a closed one."""

import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app.application import Program
from tests.monkey.hand import LAST, Monkey
from tests.monkey.watch import Faults, TurnWatch
from tests.monkey.world import World


class Outing:
    """The program, a monkey at its window, and now and then a rest.

    Attributes:
        program, monkey, faults: as they are called.
    """

    def __init__(
        self, world: World, seed: int, faults: Faults, watch: TurnWatch | None = None, *, calm_s: float = 0.0
    ) -> None:
        """Opens the window on the demo clip; `calm_s`: seconds of a rest in which nothing is done."""
        self._calm_s = calm_s
        self.program = Program(device="cpu")
        self.program.window.resize(1280, 720)
        self.program.window.show()
        self.monkey = Monkey(self.program, world, seed, faults, watch)
        self._world, self.faults = world, faults
        if watch is not None:
            watch.skip()  # nobody looks at a window that is being built
        self.rest()

    def rest(self) -> None:
        """Brings the window back to where it began, so that its memory can be compared."""
        program, monkey = self.program, self.monkey
        program.tasks.cancel_all()
        program.finetuning.cancel()
        if not monkey.settle(lambda: not program.tasks.running() and not program.finetuning.round.running):
            self.faults.add("no rest", "a task does not end when it is cancelled")
        for clip in (self._world.clips[1], self._world.clips[0]):  # the demo clip may be open already
            program.opening.open(clip)
            if not monkey.settle(lambda clip=clip: self._shows(clip)):
                self.faults.add("no rest", f"{clip.name} does not open: {program.window.error_text}")
        calm_s = time.monotonic() + self._calm_s
        monkey.settle(lambda: time.monotonic() > calm_s)

    def _shows(self, clip: Path) -> bool:
        session = self.program.session
        return not self.program.tasks.running() and session.source_path == clip and session.shown is not None

    def quit(self) -> None:
        """Ends the program by the action that ends it, and takes everything down."""
        self.monkey.settle(lambda: QApplication.activeModalWidget() is None)
        self.program.window.action(LAST).trigger()
        QApplication.processEvents()
        if self.program.window.isVisible():
            self.faults.add("no end", "the window is still there after Quit")
        self.monkey.leave()
        self.program.deleteLater()
        self.program.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
