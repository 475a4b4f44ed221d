"""A project of a long clip that turns out to be damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.formats import Labels, export_project, import_labels
from core.formats.labels import LabelImage
from core.poses import FramePoses, Pose, Provenance
from core.project import Project, RunKind, edits
from core.project.storage import state
from core.video import Source, frame_proof, open_source
from core.video import open as open_module
from core.work.opening import open_path
from core.work.recounting import is_to_be_recounted, recount
from core.work.source_record import record_of
from tests.damaged_clips import DESTROYED, NUM_FRAMES, take_clips_for_long_ones, whole_and_damaged

BOX = (10.0, 10.0, 20.0, 40.0)


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    open_module._indexes.clear()
    take_clips_for_long_ones(monkeypatch)
    return whole_and_damaged(tmp_path)[1]


def proof_of(source: Source, frame_index: int) -> tuple[float, str]:
    return float(source.timestamps[frame_index]), frame_proof(source.frame(frame_index))


def labelled_before_the_check(clip: Path, path: Path) -> dict[int, tuple[float, str]]:
    """A project in which a person drew boxes on the pictures of frames 10, 50 and 51, and marked 60."""
    with open_source(clip) as source, Project.create(path, record_of(source)) as project:
        assert project.source.num_frames == NUM_FRAMES
        seen = {index: proof_of(source, index) for index in (10, 50, 51, 60)}
        for index, x in ((10, 1.0), (50, 2.0), (51, 3.0)):
            edits.add_person(project, index, (x, *BOX[1:]), proofs={index: seen[index]})
        edits.mark_reviewed(project, 60, proofs={60: seen[60]})
    return seen


def test_labels_stay_with_their_pictures(clip: Path, tmp_path: Path) -> None:
    seen = labelled_before_the_check(clip, tmp_path / "p.fami")
    with open_source(clip, checked=True) as source, Project.open(tmp_path / "p.fami") as project:
        assert len(source) == NUM_FRAMES - 1
        assert is_to_be_recounted(project.source, source)
        touched = recount(project, source)
        assert project.source.num_frames == NUM_FRAMES - 1
        assert not is_to_be_recounted(project.source, source)
        assert [(f.frame_index, [p.bbox_xywh[0] for p in f.poses], f.reviewed) for f in project.frames()] == [
            (10, [1.0], False),
            (49, [2.0], False),
            (50, [3.0], False),
            (59, [], True),
        ]
        assert set(touched.frame_indices) == {49, 50, 51, 59, 60}
        assert len(project.summary()) == NUM_FRAMES - 1
        for old, new in ((10, 10), (50, 49), (51, 50), (60, 59)):
            assert proof_of(source, new) == seen[old], "the same picture"
            assert project.frame_proofs(new) == [seen[old]]
            assert not project.mismatched(new, proof_of(source, new))
        assert project.frame_proofs(51) == []


def test_the_step_can_be_taken_back_like_any_edit(clip: Path, tmp_path: Path) -> None:
    labelled_before_the_check(clip, tmp_path / "p.fami")
    with open_source(clip, checked=True) as source, Project.open(tmp_path / "p.fami") as project:
        recount(project, source)
        assert project.undo_label == "Move labels to their pictures"
        project.undo()
        assert project.labelled_frames().tolist() == [10, 50, 51, 60]
        project.redo()
        assert project.labelled_frames().tolist() == [10, 49, 50, 59]


def test_imported_labels_stay_at_the_number_that_their_file_counted(clip: Path, tmp_path: Path) -> None:
    pose = Pose.empty(1, np.array(BOX), Provenance.IMPORTED)
    with open_source(clip) as source, Project.create(tmp_path / "p.fami", record_of(source)) as project:
        image = LabelImage(
            frame_index=60, file_name="000060.jpg", size=(96, 64), poses=FramePoses(60, (pose,)), labelled=True
        )
        import_labels(project, Labels([image]), None)
    with open_source(clip, checked=True) as source, Project.open(tmp_path / "p.fami") as project:
        recount(project, source)
        assert project.labelled_frames().tolist() == [60]
        assert project.source.num_frames == NUM_FRAMES - 1


def test_opening_a_project_of_the_wrong_count_settles_it_once_the_clip_is_known(clip: Path, tmp_path: Path) -> None:
    labelled_before_the_check(clip, tmp_path / "p.fami")
    open_source(clip, checked=True).close()
    opened = open_path(tmp_path / "p.fami", lambda *_: None)
    assert opened.project.labelled_frames().tolist() == [10, 49, 50, 59]
    assert any(f"{NUM_FRAMES - 1} of {NUM_FRAMES} frames can be read" in warning for warning in opened.warnings)
    opened.close()


def test_an_export_goes_on_around_what_cannot_be_read(clip: Path, tmp_path: Path) -> None:
    labelled_before_the_check(clip, tmp_path / "p.fami")
    out = tmp_path / "out"
    out.mkdir()
    with open_source(clip) as source, Project.open(tmp_path / "p.fami", read_only=True) as project:
        assert len(source) == NUM_FRAMES, "not checked"
        result = export_project(project, source, "posetrack18", out / "o.json", images_folder=out)
    assert result.missing_images == (DESTROYED,)
    assert result.num_images == NUM_FRAMES - 1 == len(list(out.rglob("*.jpg")))
    assert f"frame {DESTROYED} cannot be read" in result.remarks[0]
    assert np.isfinite(result.num_people) and (out / "o.json").is_file()


TRIANGLE = [np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])]
SQUARE = [np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]])]


def with_something_of_each_kind(clip: Path, path: Path) -> int:
    """Labels, regions, fields and deletions on pictures that are elsewhere, and an import of frames 49 and 50.

    Returns:
        The number of the run that imported.
    """
    with open_source(clip) as source, Project.create(path, record_of(source)) as project:
        seen = {index: proof_of(source, index) for index in (50, 55, 57, 60)}
        imported = {index: [Pose.empty(1, np.array(BOX), Provenance.IMPORTED)] for index in (49, 50)}
        with project.run(RunKind.IMPORT) as run_id:
            project.write_run(run_id, imported)
            project.write_ignore_regions(run_id, {49: SQUARE, 50: TRIANGLE})
            project.write_kept_fields(run_id, {(49, 1): {"club": "red"}, (50, 1): {"club": "blue"}})
        edits.add_person(project, 50, BOX, proofs={50: seen[50]})
        who = edits.add_person(project, 55, BOX, proofs={55: seen[55]}).track_ids[0]
        edits.delete_person(project, who, 55, proofs={55: seen[55]})
        cut = edits.add_person(project, 57, BOX, proofs={57: seen[57]}).track_ids[0]
        edits.cut_person_from(project, 57, cut, proofs={57: seen[57]})
        edits.set_ignore_regions(project, 60, SQUARE, proofs={60: seen[60]})
        project.mark_done([("jump", 50, 7)], True)
    return run_id


def everything(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all that names a frame, but the journal's own."""
    tables = ["poses", "proofs", "ignore_regions", "persons_regions", "kept_fields", "done_marks"]
    tables += ["removals", "creations", "cuts"]
    return {name: sorted(project._store.rows(f"SELECT * FROM {name}"), key=repr) for name in tables}


def test_what_names_a_frame_moves_and_comes_back_and_goes_again(clip: Path, tmp_path: Path) -> None:
    path, copy = tmp_path / "p.fami", tmp_path / "copy.fami"
    with_something_of_each_kind(clip, path)
    with open_source(clip, checked=True) as source, Project.open(path) as project:
        before, entry = everything(project), project.last_entry
        deleted = project.deleted_boxes(0, NUM_FRAMES)
        assert sorted(deleted) == [55, 57]
        project._store.write_log_back()
        shutil.copy(path, copy)
        recount(project, source)
        after = everything(project)
        assert {row[0] for row in after["proofs"]} == {49, 54, 56, 59}
        assert set(project.deleted_boxes(0, NUM_FRAMES)) == {54, 56}
        assert project.deleted_boxes(55, 56) == {}
        assert {index: len(polygons) for index, polygons in project.ignore_regions().items()} == {49: 2, 59: 1}
        assert project.kept_fields() == {(49, 1): {"club": "blue"}}
        assert [row[1] for row in after["done_marks"]] == [49]
        assert [end[2] for end in after["cuts"]] == [56]
        for expected, step in ((before, project.undo), (after, project.redo), (before, project.undo)):
            step()
            assert everything(project) == expected
        assert project.deleted_boxes(0, NUM_FRAMES).keys() == deleted.keys()
        project.redo()
        steps = [project.changes_of(one.entry_id) for one in project.journal(entry)]
    with Project.open(copy) as again:
        for changes in steps:
            with again._store.transaction() as store:
                state.apply(store, changes)
        assert everything(again) == after, "the journal says all"


def test_what_went_with_its_run_does_not_come_back(clip: Path, tmp_path: Path) -> None:
    run_id = with_something_of_each_kind(clip, tmp_path / "p.fami")
    with open_source(clip, checked=True) as source, Project.open(tmp_path / "p.fami") as project:
        recount(project, source)
        project.remove_run(run_id)
        assert [(f.frame_index, [p.track_id for p in f.poses]) for f in project.frames() if f.poses] == [(49, [2])]
        project.undo()
        assert project.kept_fields() == {}
        assert list(project.ignore_regions()) == [60], "the person's own"
        assert project.labelled_frames().tolist() == [50]


def test_nobody_counts_as_deleted_by_the_move(clip: Path, tmp_path: Path) -> None:
    labelled_before_the_check(clip, tmp_path / "p.fami")
    with open_source(clip, checked=True) as source, Project.open(tmp_path / "p.fami") as project:
        who = project.frame(51).poses[0]
        recount(project, source)
        assert project.deleted_boxes(0, NUM_FRAMES) == {}
        with project.run(RunKind.IMPORT) as run_id:
            project.write_run(run_id, {51: [who]})
        assert [pose.track_id for pose in project.frame(51).poses] == [who.track_id]
