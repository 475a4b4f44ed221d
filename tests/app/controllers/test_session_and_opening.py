"""Opening anything through the window: what is open stays open and whole whatever comes, and no label is lost."""

import json
import shutil
import threading

import cv2
import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from app.controllers import opening
from app.ui.dialogs import dialogs
from core.project import Project, edits
from core.video import open_source
from tests.guards import PATIENCE_S

SHAPES = {
    "no_json.json": "this is no JSON",
    "list.json": "[1, 2, 3]",
    "number.json": "7",
    "images_no_list.json": '{"images": 3, "annotations": []}',
    "annotation_of_words.json": '{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": ["x"]}',
    "nothing.json": "",
    "deep.json": "[" * 5000,
}


def coco(path, num_frames, name="{:06d}.jpg", folder="images"):
    """A file of labels with one person in each frame."""
    images = [
        {"id": i, "file_name": f"{folder}/{name.format(i)}", "width": 160, "height": 120} for i in range(num_frames)
    ]
    boxes = [
        {
            "id": i,
            "image_id": i,
            "category_id": 1,
            "bbox": [40, 20, 50, 80],
            "keypoints": [50, 30, 2] * 17,
            "track_id": 1,
        }
        for i in range(num_frames)
    ]
    path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "person"}]}))
    return path


def test_bad_input_costs_one_sentence_and_nothing_else(drive, clip, tmp_path):
    d = drive(clip)
    track_id = d.add_person()
    project, bad = d.session.project, tmp_path / "bad"
    bad.mkdir()
    for name, words in SHAPES.items():
        (bad / name).write_text(words)
    (bad / "words.fami").write_text("these are words, " * 400)
    (bad / "cut.mp4").write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    (bad / "empty.mp4").touch()
    (bad / "words.avi").write_text("https://example.org/clip.avi\n")
    (bad / "no_images").mkdir()
    paths = [*sorted(bad.iterdir()), bad / "nowhere.mp4", bad / "nowhere.fami", bad / ("n" * 300 + ".mp4")]
    for path in paths:
        d.program.opening.open(path)
        words = d.told()
        d.idle()
        assert d.session.project is project and d.session.shown.frame_index == 0, path
        assert path.name[:20] in words, (path.name, words)
    d.program.editing.move_keypoint(track_id, 3, 60.0, 30.0)
    assert d.window.error_text == "" and d.pose(track_id).keypoints[3].tolist() == [60.0, 30.0]
    assert d.window.canvas.frame_index == 0


def test_a_text_named_avi(drive, clip, shared):
    d = drive(clip)
    d.program.opening.open(shared / "data" / "malformed" / "vtest_is_a_text_url.avi")
    assert "vtest_is_a_text_url.avi" in d.told()
    assert d.session.project is not None
    assert not list((shared / "data" / "malformed").glob("*.fami"))


def test_labels_whose_images_are_nowhere_ask_for_them(drive, tmp_path, monkeypatch, clip):
    labels, folder = tmp_path / "a" / "labels.json", tmp_path / "b" / "pictures"
    labels.parent.mkdir()
    folder.mkdir(parents=True)
    coco(labels, 3)
    with open_source(clip) as source:
        for i in range(3):
            cv2.imwrite(str(folder / f"{i:06d}.jpg"), source.frame(i)[:, :, ::-1])
    d = drive()
    monkeypatch.setattr(dialogs, "ask_for_source", lambda *_: folder)
    d.program.opening.open(labels)
    d.wait(lambda: d.window.error_text)
    button = d.window.findChild(QPushButton, "message_action")
    assert button.isVisible(), d.window.error_text
    assert "labels.json" in d.window.error_text
    button.click()
    d.wait(lambda: d.session.shown is not None)
    d.idle()
    assert d.session.source_path == folder and d.session.project.labelled_frames().tolist() == [0, 1, 2]


def test_a_moved_video_is_asked_for_and_its_labels_are_whole(drive, clip, tmp_path, monkeypatch, made):
    d = drive(clip)
    track_id = d.add_person()
    d.program.editing.move_keypoint(track_id, 9, 50.0, 40.0)
    project_path = d.session.project.path
    d.close()
    moved, other = tmp_path / "elsewhere" / "renamed.mp4", shutil.copy(made / "long.mp4", tmp_path / "other.mp4")
    moved.parent.mkdir()
    clip.rename(moved)

    d = drive()
    d.program.opening.open(project_path)
    d.wait(lambda: d.window.error_text)
    assert d.session.project is None and "where it is now" in d.window.error_text
    # Another clip is shown with a warning, and asked for again the next time.
    monkeypatch.setattr(dialogs, "ask_for_source", lambda *_: other)
    d.window.findChild(QPushButton, "message_action").click()
    d.wait(lambda: d.session.shown is not None)
    d.idle()
    assert "400 frames" in d.told()
    d.close()

    d = drive()
    d.program.opening.open(project_path)
    d.wait(lambda: d.window.error_text)
    monkeypatch.setattr(dialogs, "ask_for_source", lambda *_: moved)
    d.window.findChild(QPushButton, "message_action").click()
    d.wait(lambda: d.session.shown is not None)
    d.idle()
    assert d.pose(track_id).keypoints[9].tolist() == [50.0, 40.0] and d.window.error_text == ""
    assert d.session.project.source.path == moved
    d.close()
    d = drive(project_path)
    assert d.session.source_path == moved and d.window.error_text == ""


def test_a_project_that_another_program_holds_is_shown_to_read(drive, clip, made):
    with open_source(clip) as source:
        record = opening.open_path.__globals__["record_of"](source)
    with Project.create(clip.with_suffix(".fami"), record) as holder:
        track_id = edits.add_person(holder, 0, (40, 20, 50, 80)).track_ids[0]
        edits.move_keypoint(holder, 0, track_id, 3, (50, 30))
        d = drive(clip)
        assert d.session.project.read_only
        assert d.window.findChild(QLabel, "read_only_badge").isVisible()
        d.session.select(track_id, 3)
        d.drag((50, 30), (60, 50))
        assert "read-only" in d.told()
        assert d.pose(track_id).keypoints[3].tolist() == [50.0, 30.0]
        # What is drawn is what is stored: the joint lies where it lay, and can be taken hold of there.
        assert d.window.canvas._poses.pose(track_id).keypoints[3].tolist() == [50.0, 30.0]
        for name in ("action_mark_reviewed", "action_accept", "action_add_person", "action_delete_person"):
            d.do(name)
            assert "read-only" in d.told(), name
            assert not d.window.action(name).isChecked(), name
        for name in ("action_predict", "action_finetune", "action_track_person"):
            d.do(name)
            assert "read-only" in d.told(), name
        assert d.window.canvas.tool == "select"
        edits.move_keypoint(holder, 0, track_id, 3, (55, 35))
        d.close()
    with Project.open(clip.with_suffix(".fami")) as project:
        assert project.frame(0).pose(track_id).keypoints[3].tolist() == [55.0, 35.0]


def test_opening_runs_off_the_windows_thread(drive, long_clip, turning):
    turning.during(opening, "open_path")
    d = drive()
    d.idle()
    d.open(long_clip)
    assert turning.free


def test_another_clip_opens_while_the_network_predicts(drive, long_clip, clip, tiny_weights):
    d = drive(long_clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 400))
    first = d.session.project.path
    d.do("action_predict")
    d.wait(lambda: d.session.project.runs()[-1].kind == "predict" and d.pose(track_id, 0).labelled.any())
    d.program.opening.open(clip)
    d.wait(lambda: d.session.project is not None and d.session.project.path != first)
    d.idle()
    assert d.window.error_text == ""
    with Project.open(first) as project:
        run = project.runs()[-1]
        assert run.status == "cancelled"
        done = [frame.frame_index for frame in project.frames() if frame.poses[0].labelled.any()]
        assert done == list(range(len(done))) and done


def test_closing_while_a_clip_opens_leaves_nothing_open(drive, clip, monkeypatch):
    real = opening.open_path

    def slow(*arguments):
        opened = real(*arguments)
        was_open.set()
        assert closing.wait(PATIENCE_S)
        return opened

    was_open, closing = threading.Event(), threading.Event()
    monkeypatch.setattr(opening, "open_path", slow)
    d = drive()
    shut_down = d.program.tasks.shut_down
    monkeypatch.setattr(d.program.tasks, "shut_down", lambda: (closing.set(), shut_down()))
    d.program.opening.open(clip)
    assert was_open.wait(PATIENCE_S)
    d.close()
    for _ in range(20):
        d.qtbot.wait(10)
    assert d.session.project is None and d.session.playback.num_frames == 0
    Project.open(clip.with_suffix(".fami")).close()  # refused with ProjectLockedError if the window still held it


def test_the_last_frame_is_shown_again_and_the_selection_drops(drive, clip):
    d = drive(clip)
    track_id = d.add_person()
    d.session.select(track_id, 4)
    d.go_to(7)
    assert d.session.track_id == track_id, "the selection stays while frames pass"
    d.close()
    d = drive(clip)
    assert d.session.frame_index == 7 and d.session.track_id is None
    d.session.select(track_id, 4)
    d.do("action_undo")
    assert d.session.track_id is None, "who was undone is selected no more"
    d.wait(lambda: d.session.frame_index == 0, what="undo to go where it undid")
    d.do("action_redo")
    assert d.pose(track_id, 0) is not None


def test_import_of_another_clips_labels_is_refused(drive, clip, tmp_path):
    d = drive(clip)
    track_id = d.add_person()
    d.program.exporting.import_file(coco(tmp_path / "longer.json", 40), keypoints=True)
    words = d.told()
    d.idle()
    assert "longer.json" in words or "frames" in words
    assert d.session.project.labelled_frames().tolist() == [0] and d.pose(track_id) is not None
    d.program.exporting.import_file(tmp_path / "nowhere.json", keypoints=True)
    assert "nowhere.json" in d.told()


@pytest.mark.parametrize("place", ["no folder/labels.json", "folder/", "."])
def test_export_to_an_unwritable_place_is_told(drive, clip, tmp_path, place):
    d = drive(clip)
    d.add_person()
    (tmp_path / "folder").mkdir()
    (tmp_path / "no folder").write_text("a file, not a folder")
    d.program.exporting.export("posetrack18", tmp_path / place, only_reviewed=False, images_folder=None)
    d.told()
    d.idle()
    d.program.exporting.export("posetrack18", tmp_path / "out.json", only_reviewed=False, images_folder=None)
    d.idle()
    assert d.window.error_text == "" and json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert "1 box without joints" in d.said
