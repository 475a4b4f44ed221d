"""Works in the program until it is killed: edits by the real controllers, half of the time beside a machine's work.

Runs in a process of its own. Each entry of the journal is acknowledged in a file once the controller that wrote it has
returned; what is acknowledged has to be there after the kill.
"""

import hashlib
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.application import Program
from core.poses import Visibility
from core.project import Project

WAYS = ("edit", "predict", "follow", "finetune", "import", "export", "make", "migrate")
"""What is under way at the kill."""
NUM_JOINTS = 17


def digest_of(project: Project, entry_id: int) -> str:
    """Of all that an entry says."""
    rows = project._store.rows(
        "SELECT kind, label, '', '', '', '' FROM entries WHERE entry_id = :id UNION ALL "
        "SELECT position, what, frame_index, before, after, '' FROM changes WHERE entry_id = :id",
        {"id": entry_id},
    )
    return hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()[:16]


class Driver:
    """The program without a screen, and a hand that never rests."""

    def __init__(self, folder: Path, way: str, seed: int) -> None:
        self._way = way
        self._folder = folder
        self._random = random.Random(seed)
        self._acks = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._program = Program(device="cpu")
        os.write(self._acks, b"begins\n")
        self._acknowledged = 0
        self._exported = 0

    def run(self) -> None:
        """Opens the clip of the folder, and works on it for ever."""
        program = self._program
        program.opening.open(self._folder / "clip.mp4")
        self._turn_until(lambda: program.session.shown is not None)
        project = program.session.project
        self._acknowledged = project.last_entry
        os.write(self._acks, b"ready\n")
        if self._way in ("follow", "predict", "finetune", "edit") and not project.track_ids():
            program.people.add_person(40.0, 20.0, 50.0, 80.0)
            self._acknowledge()
        while True:
            self._keep_the_machine_busy()
            self._edit()
            self._acknowledge()
            self._turn()

    def _keep_the_machine_busy(self) -> None:
        program = self._program
        if program.tasks.running() or program.finetuning.round.running:
            return
        if self._way == "predict":
            program.prediction.predict_all()
        elif self._way == "follow":
            people = program.session.shown_poses().poses
            if people:
                program.people.follow(self._random.choice(people).track_id)
        elif self._way == "import":
            program.exporting.import_file(self._folder / "labels.json", keypoints=True)
        elif self._way == "export":
            self._exported += 1
            name, suffix = self._random.choice((("posetrack18", "json"), ("csv", "csv"), ("coco", "json")))
            target = self._folder / "out" / f"{name}.{suffix}"
            program.exporting.export(name, target, only_reviewed=False, images_folder=None)
        elif self._way == "finetune" and program.finetuning.why_not() is None:
            program.finetuning.start(steps=20)

    def _edit(self) -> None:
        """One thing that a hand does."""
        program, chance = self._program, self._random
        session, editing = program.session, program.editing
        people = session.shown_poses().poses
        x, y = chance.uniform(0, 150), chance.uniform(0, 110)
        acts: list[Callable[[], object]] = [lambda: self._go_to(chance.randrange(session.playback.num_frames))]
        if len(people) < 4 and chance.random() < 0.2:
            acts.append(lambda: program.people.add_person(x, y, 30.0, 40.0))
        if people:
            pose, joint = chance.choice(people), chance.randrange(NUM_JOINTS)
            session.select(pose.track_id, joint)
            acts += [lambda: editing.move_keypoint(pose.track_id, joint, x, y)] * 8
            acts += [
                lambda: editing.set_visibility(pose.track_id, joint, chance.choice(list(Visibility))),
                lambda: editing.set_box(pose.track_id, x, y, 40.0, 50.0),
                lambda: editing.set_head_box(pose.track_id, (x, y, 9.0, 9.0)),
                lambda: editing.transform_pose(pose.track_id, "Move", np.array([[1.0, 0, 1], [0, 1, 2]])),
                editing.accept_frame,
                editing.delete_selected_here,
                editing.undo,
                editing.undo,
                editing.redo,
                editing.toggle_reviewed,
            ]
        chance.choice(acts)()

    def _go_to(self, frame_index: int) -> None:
        self._program.session.playback.go_to(frame_index)
        self._turn_until(lambda: self._program.session.frame_index == frame_index)

    def _acknowledge(self) -> None:
        project = self._program.session.project
        for entry in project.journal(after=self._acknowledged):
            os.write(self._acks, f"{entry.entry_id} {digest_of(project, entry.entry_id)}\n".encode())
            self._acknowledged = entry.entry_id

    def _turn(self) -> None:
        loop = QEventLoop()
        QTimer.singleShot(0, loop.quit)
        loop.exec()

    def _turn_until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._program.window.error_text:
                os.write(self._acks, f"said {self._program.window.error_text}\n".encode())
                self._program.window.dismiss_error()
            self._turn()


def drive(folder: Path, way: str, seed: int) -> None:
    """Never returns."""
    application = QApplication(sys.argv[:1])
    driver = Driver(folder, way, seed)
    driver.run()
    application.quit()
