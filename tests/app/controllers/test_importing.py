"""Importing through the window: what it will touch is shown first, and every remark reaches the person."""

import json

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QPushButton,
    QRadioButton,
)

from app.controllers import exporting
from core.formats import import_writing
from core.poses import Visibility
from core.project import Project, SourceRecord, edits

BOX = [40, 20, 50, 80]


def labels_file(path, numbers, track_id=None, bbox=BOX, size=(160, 120)):
    """A file of labels with one person in each of the images of these numbers."""
    images = [
        {"id": i, "file_name": f"walk/{n:06d}.jpg", "width": size[0], "height": size[1]} for i, n in enumerate(numbers)
    ]
    people = [
        {"id": i, "image_id": i, "category_id": 1, "bbox": bbox, "keypoints": [50, 30, 2] * 17}
        | ({} if track_id is None else {"track_id": track_id})
        for i in range(len(images))
    ]
    path.write_text(json.dumps({"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}))
    return path


class Import:
    """Chooses a file to import and answers the dialog with what it is asked to do there."""

    def __init__(self, d, monkeypatch):
        self.d, self._monkeypatch = d, monkeypatch
        self.seen = {}

    def __call__(self, path, act):
        self.seen = {}
        self._monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        # Before the action: a file that is read at once opens the dialog while the action still runs.
        QTimer.singleShot(0, lambda: self._answer(act))
        self.d.do("action_open_labels")
        self.d.wait(lambda: self.seen, what="the dialog")
        self.d.idle()

    def _answer(self, act):
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            if not self.d.window.error_text:
                QTimer.singleShot(10, lambda: self._answer(act))
            return
        self.look(dialog)
        act(dialog)

    def look(self, dialog):
        self.seen = {
            "labels": {label.objectName(): label.text() for label in dialog.findChildren(QLabel)},
            "remarks": items(dialog),
            "same": not dialog.findChild(QCheckBox, "import_same_people").isHidden(),
        }


def items(dialog):
    found = dialog.findChild(QListWidget, "remarks_list")
    return [found.item(row).text() for row in range(found.count())]


def press(name):
    return lambda dialog: dialog.findChild(QPushButton, name).click()


def all_remarks(d):
    """What the button "Show all" lists, and what "Copy all" copies."""
    listed = []

    def answer():
        dialog = QApplication.activeModalWidget()
        listed.extend(items(dialog))
        dialog.findChild(QPushButton, "remarks_copy").click()
        assert dialog.findChild(QLabel, "remarks_count").text() == f"{len(listed)} remarks"
        dialog.findChild(QPushButton, "do_it").click()

    QTimer.singleShot(0, answer)
    button = d.window.findChild(QPushButton, "message_action")
    assert button.text() == "Show all"
    button.click()
    assert QApplication.clipboard().text() == "\n".join(listed)
    return listed


def test_what_it_will_touch_is_shown_and_cancel_leaves_nothing(drive, clip, tmp_path, monkeypatch):
    d = drive(clip)
    labels = labels_file(tmp_path / "labels.json", [*range(11), 12], track_id=3, size=(320, 240))
    ask = Import(d, monkeypatch)
    ask(labels, press("cancel"))
    shown = ask.seen["labels"]
    assert shown["sentence"].startswith("labels.json: COCO keypoints JSON")
    assert shown["import_summary"] == "11 frames, 1 person; 1 of 12 labelled images is not in this clip."
    assert "was taken as frame 0" in shown["import_decision"]
    assert any("320x240" in remark for remark in ask.seen["remarks"])
    assert any("000012.jpg" in remark for remark in ask.seen["remarks"])
    assert not len(d.session.project.labelled_frames()) and not d.session.project.runs()
    ask(labels, press("do_it"))
    assert len(d.session.project.labelled_frames()) == 11
    listed = all_remarks(d)
    assert set(ask.seen["remarks"]) | {shown["import_decision"]} == set(listed)


def test_boxes_alone(drive, clip, tmp_path, monkeypatch):
    d = drive(clip)

    def boxes(dialog):
        dialog.findChild(QRadioButton, "import_boxes_only").click()
        press("do_it")(dialog)

    Import(d, monkeypatch)(labels_file(tmp_path / "labels.json", range(12), track_id=3), boxes)
    assert not d.pose(3, 0).labelled.any() and d.pose(3, 11) is not None


@pytest.mark.parametrize("same", [True, False])
def test_people_without_numbers_who_overlap_the_projects_are_asked_for(drive, clip, tmp_path, monkeypatch, same):
    d = drive(clip)
    track_id = d.add_person()
    d.fill(track_id, range(1, 12))

    def choose(dialog):
        box = dialog.findChild(QCheckBox, "import_same_people")
        assert box.isChecked() and f"#{track_id}" in box.text()
        box.setChecked(same)
        press("do_it")(dialog)

    ask = Import(d, monkeypatch)
    ask(labels_file(tmp_path / "again.json", range(12)), choose)
    assert ask.seen["same"]
    assert len(d.session.project.track_ids()) == (1 if same else 2)


def test_nobody_is_asked_where_everybody_has_a_number(drive, clip, tmp_path, monkeypatch):
    d = drive(clip)
    d.add_person()
    ask = Import(d, monkeypatch)
    ask(labels_file(tmp_path / "labels.json", range(12), track_id=7), press("cancel"))
    assert not ask.seen["same"]


def test_whether_numbers_count_from_0_or_1_is_a_choice_with_its_effect(drive, clip, tmp_path, monkeypatch):
    d = drive(clip)
    effects = []

    def from_one(dialog):
        decision = dialog.findChild(QLabel, "import_decision")
        effects.append(decision.text())
        dialog.findChild(QRadioButton, "import_first_0").click()
        effects.append(decision.text())
        dialog.findChild(QRadioButton, "import_first_1").click()
        effects.append(decision.text())
        press("do_it")(dialog)

    Import(d, monkeypatch)(labels_file(tmp_path / "labels.json", [3, 5, 9], track_id=2), from_one)
    assert ["frame 3" in words for words in effects] == [True, True, False]
    assert "frame 2" in effects[2]
    assert d.session.project.labelled_frames().tolist() == [2, 4, 8]


def test_a_cancel_while_reading_or_writing_leaves_nothing(drive, clip, tmp_path, monkeypatch):
    d = drive(clip)
    labels = labels_file(tmp_path / "labels.json", range(12), track_id=3)

    def cancelled_at(name):
        real = getattr(exporting, name)

        def work(*arguments, **options):
            d.program.tasks.cancel_all()
            return real(*arguments, **options)

        return work

    for name in ("read_labels", "preview_imports", "import_labels"):
        with monkeypatch.context() as patch:
            patch.setattr(exporting, name, cancelled_at(name))
            d.program.exporting.import_file(labels, keypoints=True)
            d.idle()
        assert not len(d.session.project.labelled_frames()), name
        assert all(run.status == "removed" for run in d.session.project.runs()), name
        assert not d.window.error_text, name
    d.program.exporting.import_file(labels, keypoints=True)
    d.idle()
    assert len(d.session.project.labelled_frames()) == 12
    assert d.session.shown_poses().pose(3) is not None


def test_what_was_written_of_an_import_that_is_cancelled_goes_from_the_picture_too(drive, clip, tmp_path, monkeypatch):
    d = drive(clip)
    monkeypatch.setattr(import_writing, "POSES_AT_ONCE", 4)
    seen = []

    real = Project.write_run

    def cancelled_at_the_second(project, *arguments, **options):
        if project.labelled_frames().size:
            d.program.tasks.cancel_all()
        return real(project, *arguments, **options)

    monkeypatch.setattr(Project, "write_run", cancelled_at_the_second)
    d.session.poses_changed.connect(lambda _: seen.append(d.session.shown_poses().pose(3) is not None))
    d.program.exporting.import_file(labels_file(tmp_path / "labels.json", range(12), track_id=3), keypoints=True)
    d.idle()
    assert seen[0] and not seen[-1]
    assert not len(d.session.project.labelled_frames())


def test_what_a_format_cannot_hold_is_said_after_the_export(drive, clip, tmp_path):
    d = drive(clip)
    track_id = d.add_person()
    project = d.session.project
    d.session.touch(edits.move_keypoint(project, 0, track_id, 0, (60, 40)))
    d.session.touch(edits.move_keypoint(project, 0, track_id, 1, (60, 45)))
    d.session.touch(edits.set_visibility(project, 0, track_id, 0, Visibility.OCCLUDED))
    d.program.exporting.export("deeplabcut", tmp_path / "out.csv", only_reviewed=False, images_folder=None)
    d.idle()
    assert "… and 2 more." in d.window.error_text
    listed = all_remarks(d)
    assert listed == [
        "1 occluded joint is written as a visible one: the file has no place for that.",
        "1 box is left out: the file has no place for that.",
        "Who set each of 2 joints is left out: the file has no place for that.",
    ]


def test_all_remarks_of_an_opening_are_listed(drive, tmp_path, made):
    folder = tmp_path / "walk"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"{index:06d}.jpg"), np.full((120, 160, 3), 90, np.uint8))
    d = drive(labels_file(tmp_path / "labels.json", [0, 1, 2, 7], size=(320, 240)))
    assert "more." in d.window.error_text
    listed = all_remarks(d)
    assert any("320x240" in remark for remark in listed) and any("000007.jpg" in remark for remark in listed)
    assert any("without a track id" in remark for remark in listed)


def test_what_is_noted_and_what_is_warned_of_at_an_opening_are_both_listed(drive, clip):
    record = SourceRecord(clip, "video", 160, 120, 40, "")
    with Project.create(clip.with_suffix(".fami"), record):  # another program's, that is
        d = drive(clip)
        listed = all_remarks(d)
    assert len(listed) == 2
    assert "40 of 160x120" in listed[0] and "read-only" in listed[1]
