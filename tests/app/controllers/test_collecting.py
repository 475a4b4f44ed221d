"""Several clips in one window: the list with what is done, from one to the next, one run over all of them."""

import shutil

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QTableWidget

from core.project import Project, edits
from core.work.collection import project_of, read_collection, write_collection


@pytest.fixture
def clips(clip):
    """Three clips in a folder."""
    return [clip, *(shutil.copy(clip, clip.with_name(name)) for name in ("x.mp4", "y.mp4"))]


def listed(d):
    table = d.window.collection_panel.findChild(QTableWidget, "collection_list")
    return [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]


def collect(d, clips, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(clips[0].parent))
    d.do("action_collect")
    d.wait(lambda: d.program.collecting.state.current is not None, what="the first clip")
    d.idle()


def test_a_folder_of_clips_is_worked_through(drive, clips, monkeypatch):
    d = drive()
    collect(d, clips, monkeypatch)
    assert d.session.source_path == clips[0]
    assert [row[0] for row in listed(d)] == ["walk.mp4", "x.mp4", "y.mp4"]
    d.do("action_mark_reviewed")
    d.do("action_next_clip")
    d.wait(lambda: d.session.source_path == clips[1], what="the next clip")
    d.idle()
    assert listed(d)[0][1:] == ["8 %", "0"]
    assert "1 of " in d.window.collection_panel.findChild(QLabel, "collection_sentence").text()
    d.do("action_previous_clip")
    d.wait(lambda: d.session.source_path == clips[0], what="the clip before")
    d.do("action_previous_clip")
    assert d.said == "This is the first clip of the collection."
    file = clips[0].parent / f"{clips[0].parent.name}.famiset"
    d.program.collecting.remove(clips[2])
    assert read_collection(file) == tuple(clips[:2]) and clips[2].is_file()
    d.program.collecting.add([clips[2]])
    d.idle()
    assert [row[0] for row in listed(d)] == ["walk.mp4", "x.mp4", "y.mp4"]


def test_the_collection_that_was_open_is_listed_again_and_opens_nothing(drive, clips, monkeypatch):
    d = drive()
    collect(d, clips, monkeypatch)
    d.window.close()
    again = drive(clips[2])
    assert listed(again) == []
    again.program.collecting.reopen()
    again.idle()
    assert [row[0] for row in listed(again)] == ["walk.mp4", "x.mp4", "y.mp4"]
    assert again.session.source_path == clips[2]
    assert again.window.persons_panel.isVisible(), "nobody asked for the list"
    (clips[0].parent / f"{clips[0].parent.name}.famiset").unlink()
    last = drive(clips[2])
    last.program.collecting.reopen()
    assert listed(last) == [] and not last.window.error_text


def test_a_collection_opens_like_a_clip_at_what_is_not_done(drive, clips):
    d = drive(clips[0])
    with Project.open(d.session.project.path, read_only=True) as project:
        num_frames = project.source.num_frames
    for index in range(num_frames):
        edits.mark_reviewed(d.session.project, index, True)
    d.open(clips[2])
    d.wait(lambda: d.session.source_path == clips[2])
    file = clips[0].with_name("set.famiset")
    write_collection(file, clips[:2])
    d.program.opening.open(file)
    d.wait(lambda: d.session.source_path == clips[1], what="the clip that is not done")
    d.idle()
    assert listed(d)[0][1] == "100 %"


def test_one_run_over_all_clips_goes_on_beside_the_hand(drive, clips, monkeypatch):
    d = drive()
    collect(d, clips, monkeypatch)
    d.open(clips[1])
    d.wait(lambda: d.session.source_path == clips[1])
    d.add_person(0)
    d.open(clips[0])
    d.wait(lambda: d.session.source_path == clips[0])
    d.do("action_predict_clips")
    d.idle()
    with Project.open(project_of(clips[1]), read_only=True) as project:
        assert [run.kind for run in project.runs()] == ["predict"] and project.frame(0).poses[0].labelled.any()
    assert "Predicted 1 pose in 1 of 2 clips." in d.said
    assert "y.mp4" in d.told() and not d.program.collecting.state.at_work


def test_a_damaged_collection_is_one_sentence(drive, clip):
    d = drive(clip)
    file = clip.with_name("set.famiset")
    file.write_text("{}")
    d.program.opening.open(file)
    assert "no collection" in d.told()
    assert d.session.source_path == clip
