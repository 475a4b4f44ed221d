"""The project file as a file: made, reopened, moved, locked, read from elsewhere, and what it remembers."""

import shutil
import sqlite3
import subprocess
import sys
import threading

import numpy as np
import pytest

from core.errors import ProjectError
from core.poses import Pose, Provenance, Visibility
from core.project import FrameProof, PoseChange, Project, ProjectLockedError, SourceRecord, edits
from core.project.storage import checksums, schema


def test_everything_is_there_after_reopening(project, predicted):
    edits.add_person(project, 4, (1, 2, 30, 40), proofs={4: (0.16, "0123456789abcdef")})
    edits.move_keypoint(project, 4, 1, 9, (3.25, np.nextafter(4.0, 5.0)))
    before = project.frame(4)
    project.undo()
    project.close()
    with Project.open(project.path) as again:
        assert again.source == SourceRecord(project.path.with_name("clip.mp4"), "video", 640, 480, 100, "")
        assert again.undo_label == "Add person 1" and again.redo_label == "Place left wrist"
        again.redo()
        assert again.frame(4).poses[0].same_as(before.poses[0])
        assert again.frame_proofs(4) == [FrameProof(0.16, "0123456789abcdef")]


def test_every_value_of_a_pose_comes_back(project):
    pose = Pose(
        2**40,
        np.array([-0.0, 1e-300, 1e9, 4.0]),
        np.random.default_rng(0).normal(size=(17, 2)),
        np.arange(17) % 3,
        np.where(np.arange(17) % 2, np.nan, 0.1),
        np.arange(17) % 7,
        Provenance.INTERPOLATED,
        np.array([1.0, 2.0, 3.0, 4.0]),
        12,
    )
    project.commit("All", [PoseChange(0, None, pose)])
    found = project.frame(0).poses[0]
    assert found.same_as(pose) and np.signbit(found.bbox_xywh[0]) and found.bbox_provenance is Provenance.INTERPOLATED


def test_a_new_edit_after_undo_drops_what_could_be_redone_but_not_from_the_journal(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    edits.add_person(project, 1, (1, 2, 3, 4))
    project.undo()
    project.undo()
    assert project.undo() is None and project.undo_label is None
    edits.mark_reviewed(project, 5)
    assert project.redo() is None and project.redo_label is None
    assert [(entry.kind, entry.status) for entry in project.journal()] == [
        ("edit", "dropped"),
        ("edit", "dropped"),
        ("undo", ""),
        ("undo", ""),
        ("edit", "done"),
    ]


def test_frames_gives_only_those_that_hold_something_in_a_range(project, predicted):
    project.write_run(project.begin_run("predict"), {i: [predicted(1)] for i in range(0, 100, 3)})
    edits.mark_reviewed(project, 50)
    assert [frame.frame_index for frame in project.frames(45, 55)] == [45, 48, 50, 51, 54]
    assert len(list(project.frames())) == 35
    said = []
    project._store._connection.set_trace_callback(said.append)
    assert len(list(project.frames())) == 35 and project.frame(45).poses and len(said) <= 2, "one statement each"
    project._store._connection.set_trace_callback(None)


def test_a_second_writer_is_refused_and_may_read(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    with pytest.raises(ProjectLockedError, match="already open in another program"):
        Project.open(project.path)
    with Project.open(project.path, read_only=True) as reader:
        assert len(reader.frame(0).poses) == 1
        edits.add_person(project, 1, (1, 2, 3, 4))
        assert len(reader.frame(1).poses) == 1, "a reader sees what was committed since it opened"
        assert reader.summary().num_people[:3].tolist() == [1, 1, 0]
        edits.add_person(project, 2, (1, 2, 3, 4))
        assert reader.summary().num_people[:3].tolist() == [1, 1, 1]
        with pytest.raises(ProjectError, match="open read-only"):
            edits.add_person(reader, 1, (1, 2, 3, 4))
    project.close()
    Project.open(project.path).close()


def test_another_process_is_refused_and_may_read(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    program = (
        "import sys; from core.project import *\n"
        "print(len(Project.open(sys.argv[1], read_only=True).frame(0).poses))\n"
        "try: Project.open(sys.argv[1])\n"
        "except ProjectLockedError: print('locked')\n"
        "assert not {'torch', 'PySide6'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(project.path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "locked"]


def test_a_project_moved_with_its_video_finds_it(project, tmp_path):
    project.close()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.copy(project.path, moved / "clip.fami")
    shutil.copy(tmp_path / "clip.mp4", moved / "clip.mp4")
    with Project.open(moved / "clip.fami") as there:
        assert there.source.path == moved / "clip.mp4"
        (moved / "clip.mp4").rename(moved / "renamed.mp4")
        assert there.source.path == tmp_path / "clip.mp4", "the old place is the next best"
        there.relocate(moved / "renamed.mp4")
        assert there.source.path == moved / "renamed.mp4" and there.source.num_frames == 100


def test_a_label_knows_its_picture(project):
    edits.add_person(project, 0, (1, 2, 3, 4), proofs={0: (0.0, "aa")})
    assert not project.mismatched(0, FrameProof(0.5, "aa"))
    assert project.mismatched(0, FrameProof(0.0, "bb"))
    assert not project.mismatched(1, FrameProof(0.0, "bb")), "no label, no mismatch"
    edits.set_box(project, 0, 1, (1, 2, 3, 5), proofs={0: (0.0, "bb")})
    assert project.mismatched(0, FrameProof(0.0, "bb")), "working on does not hide that the picture is another"


def test_rounds_settings_and_weights(project):
    assert project.active_weights is None and project.rounds() == []
    number = project.record_round({"before": {"mean": 0.1}}, "c" * 64, None)
    project.record_round({"before": {"mean": 0.05}}, "d" * 64, "c" * 64)
    project.set_active_weights("c" * 64)
    project.set_setting("view", "zoomed")
    project.close()
    with Project.open(project.path) as again:
        assert again.rounds()[0].round_id == number and again.rounds()[0].report == {"before": {"mean": 0.1}}
        assert again.rounds()[1].parent_sha256 == "c" * 64
        assert again.active_weights == "c" * 64 and again.setting("view") == "zoomed"
        assert again.undo_label is None, "choosing weights is not an edit"
        again.set_active_weights(None)
        assert again.active_weights is None
    assert project.weights_folder == project.path.with_name("clip.weights")


def test_the_ledger_counts_work_by_kind(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    for x in range(3):
        edits.move_keypoint(project, 0, 1, 9, (x, 1))
    project.undo()
    effort = project.effort()
    assert effort.counts == {"add_person": 1, "move_keypoint": 2, "undone": 1, "undo": 1}
    assert 0 < effort.active_s < 60


def test_time_away_is_not_work(project):
    for box in ((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 3, 6)):
        edits.add_person(project, 0, box)
    project.close()
    with sqlite3.connect(project.path) as connection:
        connection.execute("UPDATE entries SET created_s = CASE entry_id WHEN 1 THEN 0 WHEN 2 THEN 30 ELSE 4000 END")
        connection.executemany("UPDATE entries SET checksum = ? WHERE entry_id = ?", list(checksums.sums(connection)))
    connection.close()
    with Project.open(project.path) as again:
        assert again.effort().active_s == 30


def test_the_ledger_tells_the_work_before_and_after_each_round(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    for frame, x in ((0, 1), (0, 2), (1, 3)):
        if frame:
            edits.add_person(project, frame, (1, 2, 3, 4))
        edits.move_keypoint(project, frame, frame + 1, 9, (x, 1))
    number = project.record_round({}, "b" * 64, None)
    edits.move_keypoint(project, 0, 1, 9, (5, 5))
    project.undo()
    before, after = project.effort_by_round()
    assert (before.after_round, before.num_frames, before.num_edits) == (None, 2, 5)
    assert (after.after_round, after.num_frames, after.num_edits) == (number, 0, 0)
    assert after.counts == {"undone": 1, "undo": 1}
    assert project.effort().num_frames == 2


def test_threads_may_share_a_project(project, predicted):
    run_id = project.begin_run("predict")
    edits.add_person(project, 0, (1, 2, 3, 4))
    errors = []

    def predict():
        try:
            for index in range(20):
                project.write_run(run_id, {index: [predicted(1, at=index)]})
        except ProjectError as error:
            errors.append(error)

    worker = threading.Thread(target=predict)
    worker.start()
    for x in range(20):
        edits.move_keypoint(project, 0, 1, 9, (x, 1))
    worker.join()
    assert not errors
    pose = project.frame(0).pose(1)
    assert pose.keypoints[9].tolist() == [19, 1] and pose.labelled.all()
    assert (project.summary().num_people[:21] == [1] * 20 + [0]).all()
    for _ in range(20):
        project.undo()
    assert project.undo_label == "Add person 1"


def test_the_summary_tells_machines_from_people(project, predicted):
    summary = project.summary()
    run_id = project.begin_run("predict")
    project.write_run(run_id, {0: [predicted(1, 0.3)], 1: [predicted(1, 0.9)], 2: [predicted(1), predicted(2, 0.4)]})
    edits.accept_pose(project, 0, 1)
    edits.move_keypoint(project, 1, 1, 9, (1, 1))
    edits.set_visibility(project, 1, 1, 8, Visibility.NOT_LABELLED)
    project.write_run(project.begin_run("import"), {3: [predicted(1).replaced(provenance=np.full(17, 4))]})
    assert summary.num_people[:5].tolist() == [1, 1, 2, 1, 0]
    assert summary.num_predicted[:5].tolist() == [0, 15, 34, 0, 0]
    assert summary.num_accepted[:5].tolist() == [17, 0, 0, 0, 0]
    assert summary.num_corrected[:5].tolist() == [0, 1, 0, 0, 0], "of joint 8 nobody judged the place"
    assert summary.num_imported[:5].tolist() == [0, 0, 0, 17, 0]
    np.testing.assert_allclose(summary.min_score[:5], [np.nan, 0.9, 0.4, np.nan, np.nan], rtol=1e-6)
    np.testing.assert_allclose(summary.mean_score[:5], [np.nan, 0.9, 0.6, np.nan, np.nan], rtol=1e-6)
    assert summary.doubtful[:5].tolist() == [False, False, True, False, False]
    assert summary.frame_index.tolist() == list(range(100)) and len(summary) == 100
    with pytest.raises(ValueError, match="read-only"):
        summary.num_people[0] = 3


def test_an_existing_file_is_not_overwritten(project):
    with pytest.raises(ProjectError, match="exists already"):
        Project.create(project.path, project.source)


def test_a_project_of_a_newer_program_is_refused(project):
    project.close()
    with sqlite3.connect(project.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ProjectError, match="newer version of this program"):
        Project.open(project.path)


def test_an_older_file_is_brought_up_to_date_or_asks_for_it(project, monkeypatch):
    edits.add_person(project, 0, (1, 2, 3, 4))
    project.close()
    step = ("ALTER TABLE entries ADD COLUMN author TEXT", "UPDATE entries SET author = 'somebody'")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    monkeypatch.setattr(schema, "READABLE_FROM", len(schema.MIGRATIONS))
    with pytest.raises(ProjectError, match="open it once for writing"):
        Project.open(project.path, read_only=True)
    with Project.open(project.path) as again:
        assert again.frame(0).poses and again.undo() is not None
    connection = sqlite3.connect(project.path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
    assert connection.execute("SELECT author FROM entries ORDER BY entry_id").fetchall() == [("somebody",), (None,)]
    connection.close()


def test_a_migration_that_fails_changes_nothing(project, monkeypatch):
    edits.add_person(project, 0, (1, 2, 3, 4))
    project.close()
    step = ("DELETE FROM poses", "ALTER TABLE nowhere ADD COLUMN author TEXT")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
        with pytest.raises(ProjectError):
            Project.open(project.path)
    with Project.open(project.path) as again:
        assert again.frame(0).poses


def test_reading_leaves_nothing_beside_a_project(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    project.close()
    before = sorted(path.name for path in project.path.parent.iterdir())
    with Project.open(project.path, read_only=True) as reader, Project.open(project.path, read_only=True) as other:
        assert reader.frame(0).poses
        assert other.frame(0).poses
    assert sorted(path.name for path in project.path.parent.iterdir()) == before


def test_a_reader_that_closes_does_not_disturb_a_writer(project):
    project.close()
    with Project.open(project.path, read_only=True) as reader, Project.open(project.path) as writer:
        edits.add_person(writer, 0, (1, 2, 3, 4))
        reader.close()
        edits.add_person(writer, 1, (1, 2, 3, 4))
        with Project.open(project.path, read_only=True) as again:
            assert again.frame(1).poses
