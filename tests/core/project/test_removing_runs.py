"""A run that is taken back leaves nothing behind, whatever a person did beside it."""

import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ProjectError
from core.poses import Pose, Provenance, Visibility
from core.project import PoseChange, Project, ReviewChange, RunKind, SourceRecord, edits
from core.project.storage.codec import encode
from core.project.storage.schema import MIGRATIONS

FRAMES = 6
SQUARE = np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]])


def state_of(project):
    """All that a project holds and a run may add to, but the journal itself and the numbers already given."""
    summary = project.summary()
    columns = {name: column.tolist() for name, column in vars(summary).items() if "score" not in name}
    effort = project.effort()
    return {
        "poses": {(f.frame_index, p.track_id): encode(p) for f in project.frames() for p in f.poses},
        "reviewed": [f.frame_index for f in project.frames() if f.reviewed],
        "labelled frames": project.labelled_frames().tolist(),
        "people": project.track_ids(),
        "proofs": {index: project.frame_proofs(index) for index in range(FRAMES)},
        "regions": {i: [r.tolist() for r in regions] for i, regions in project.ignore_regions().items()},
        "summary": columns,
        "scores": [summary.min_score.tobytes(), summary.mean_score.tobytes()],
        "deleted": {
            i: {who: box.tolist() for who, box in gone.items()} for i, gone in project.deleted_boxes(0, 9).items()
        },
        "undo": (project.undo_label, project.redo_label),
        "effort": effort.counts,
        "kept numbers": project.reserved_track_ids(),
    }


def machine_pose(rng, track_id, provenance=Provenance.PREDICTED):
    return Pose(
        track_id,
        rng.uniform(1, 100, 4),
        rng.uniform(0, 100, (17, 2)),
        np.full(17, Visibility.VISIBLE),
        rng.uniform(0, 1, 17),
        np.full(17, provenance),
        Provenance.PREDICTED,
    )


def seen(rng, frame):
    return {frame: (0.04 * frame, "abc"[rng.integers(3)])}


def edit(project, rng, may_undo=True):
    """One thing that a person does, chosen by what `rng` says and not by what a machine wrote."""
    frame, who, k = (int(rng.integers(n)) for n in (FRAMES, 3, 17))
    proofs, here = seen(rng, frame), rng.uniform(0, 100, 2)
    what = rng.integers(9 if may_undo else 7)
    box = rng.uniform(1, 90, 4)
    try:
        if what <= 1:
            edits.add_person(project, frame, box, who, proofs=proofs)
        elif what == 2:
            edits.move_keypoint(project, frame, who, k, here, proofs=proofs)
        elif what == 3:
            edits.set_box(project, frame, who, box, proofs=proofs)
        elif what == 4:
            edits.mark_reviewed(project, frame, bool(rng.integers(2)), proofs=proofs)
        elif what == 5:
            edits.delete_person(project, who, frame, proofs=proofs)
        elif what == 6:
            edits.accept_frame(project, frame, proofs=proofs)
        elif what == 7:
            project.undo()
        else:
            project.redo()
    except ProjectError:
        pass  # what a person cannot do in this state


def begin_and_write(project, rng, kind):
    """A run of some kind over some frames, some of whose people are new."""
    run_id = project.begin_run(kind)
    project.reserve_track_ids(2, run_id=run_id)
    for _ in range(2):
        frames = [index for index in range(FRAMES) if rng.integers(2)]
        provenance = Provenance.IMPORTED if kind == RunKind.IMPORT else Provenance.PREDICTED
        poses = {i: [machine_pose(rng, who, provenance) for who in range(4) if rng.integers(2)] for i in frames}
        proofs = {index: proof for frame in frames for index, proof in seen(rng, frame).items()}
        marks = [index for index in range(FRAMES) if rng.integers(2)] if kind == RunKind.IMPORT else []
        project.write_run(run_id, poses, proofs, reviewed=marks)
        if kind == RunKind.IMPORT:
            project.write_ignore_regions(run_id, {index: [SQUARE + index] for index in frames})
    if rng.integers(2):
        project.finish_run(run_id)
    return run_id


def replayed(project):
    """Poses and marks as the journal alone adds them up."""
    poses, reviewed = {}, set()
    for entry in project.journal():
        changes = project.changes_of(entry.entry_id)
        people = [change for change in changes if isinstance(change, PoseChange)]
        for change in people:
            if change.before is not None:
                del poses[change.frame_index, change.before.track_id]
        for change in people:
            if change.after is not None:
                poses[change.frame_index, change.after.track_id] = encode(change.after)
        for change in changes:
            if isinstance(change, ReviewChange):
                assert (change.frame_index in reviewed) == change.before
                (reviewed.add if change.after else reviewed.discard)(change.frame_index)
    return poses, sorted(reviewed)


def new_project(folder):
    path = Path(folder) / "clip.fami"
    return Project.create(path, SourceRecord(path.with_suffix(".mp4"), "video", 64, 48, FRAMES))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.integers(0, 14), st.lists(st.sampled_from(RunKind), min_size=1, max_size=3))
def test_the_state_after_is_the_state_before(seed, num_edits, kinds):
    """After any work, runs one upon the other, taken back in any order."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, new_project(folder) as project:
        for _ in range(num_edits):
            edit(project, rng)
        before = state_of(project)
        runs = [begin_and_write(project, rng, kind) for kind in kinds]
        for run_id in runs[::-1]:
            project.remove_run(run_id)
        assert state_of(project) == before
        poses, reviewed = replayed(project)
        assert poses == before["poses"] and reviewed == before["reviewed"]
        project.close()
        with Project.open(project.path) as again:
            assert state_of(again) == before


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.integers(0, 8), st.integers(0, 8), st.sampled_from(RunKind))
def test_so_it_is_after_edits_of_the_runs_people_that_are_undone(seed, num_edits, num_beside, kind):
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, new_project(folder) as project:
        for _ in range(num_edits):
            edit(project, rng)
        before = state_of(project)
        entries = len(project.journal())
        run_id = begin_and_write(project, rng, kind)
        for _ in range(num_beside):
            edit(project, rng, may_undo=False)
        made = sum(entry.kind == "edit" for entry in project.journal()[entries:])
        for _ in range(made):
            project.undo()
        project.remove_run(run_id)
        after = state_of(project)
        for name in ("poses", "reviewed", "people", "regions", "summary", "scores", "deleted", "kept numbers"):
            assert after[name] == before[name], name


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.lists(st.integers(0, 8), min_size=1, max_size=4), st.integers(0, 8))
def test_what_stays_marked_is_what_a_person_said(seed, edits_before_imports, edits_after):
    """Edits between imports, which are all taken back, and edits after that."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, new_project(folder) as project:
        runs = []
        for num_edits in edits_before_imports:
            for _ in range(num_edits):
                edit_marks(project, rng)
            runs.append(begin_and_write(project, rng, RunKind.IMPORT))
        for _ in range(edits_after):
            edit_marks(project, rng)
        for run_id in rng.permutation(runs).tolist():
            project.remove_run(run_id)
            assert replayed(project)[1] == reviewed_frames(project)
        for _ in range(6):
            assert reviewed_frames(project) == said_by_a_person(project)
            edit_marks(project, rng)
        assert project.ignore_regions() == {}


def said_by_a_person(project):
    """The frames that the edits which stand say are reviewed."""
    said = {}
    for entry in project.journal():
        if entry.kind == "edit" and entry.status == "done":
            said |= {change.frame_index: change.after for change in project.changes_of(entry.entry_id)}
    return sorted(frame_index for frame_index, reviewed in said.items() if reviewed)


def edit_marks(project, rng):
    """Says of a frame what it isn't marked as now, or undoes or does again."""
    frame, what, reviewed = int(rng.integers(FRAMES)), rng.integers(4), bool(rng.integers(2))
    if what <= 1:
        edits.mark_reviewed(project, frame, reviewed)
    elif what == 2:
        project.undo()
    else:
        project.redo()


@pytest.fixture
def imported(project, predicted):
    """Two imports that mark frames 0 to 2, and 2 to 4, as reviewed."""
    runs = []
    for frames in ((0, 1, 2), (2, 3, 4)):
        runs.append(project.begin_run(RunKind.IMPORT))
        poses = {index: [predicted(1).replaced(provenance=np.full(17, Provenance.IMPORTED))] for index in frames}
        project.write_run(runs[-1], poses, reviewed=frames)
        project.finish_run(runs[-1])
    return runs


def reviewed_frames(project):
    return [frame.frame_index for frame in project.frames() if frame.reviewed]


def test_marks_of_an_import_are_no_edit(project, imported):
    assert reviewed_frames(project) == [0, 1, 2, 3, 4]
    assert project.undo_label is None and project.effort().counts == {}
    assert project.undo() is None


def test_an_import_leaves_redo_alone(project):
    edits.mark_reviewed(project, 9)
    project.undo()
    project.write_run(project.begin_run(RunKind.IMPORT), {}, reviewed=[3])
    assert project.redo_label == "Mark frame 9 as reviewed"
    assert project.redo() and reviewed_frames(project) == [3, 9]


def test_marks_go_with_their_import_in_any_order(project, imported):
    first, second = imported
    project.remove_run(first)
    assert reviewed_frames(project) == [2, 3, 4], "the second import said so of frame 2, too"
    project.remove_run(second)
    assert reviewed_frames(project) == [] and project.labelled_frames().tolist() == []


def test_a_mark_comes_back_to_the_import_before(project, imported):
    project.remove_run(imported[1])
    assert reviewed_frames(project) == [0, 1, 2]
    project.remove_run(imported[0])
    assert reviewed_frames(project) == []


def test_a_persons_word_on_a_frame_stays(project, imported):
    assert edits.mark_reviewed(project, 0), "an import's mark becomes the person's own"
    assert not edits.mark_reviewed(project, 0), "and saying it twice is no edit"
    edits.mark_reviewed(project, 1, False)
    edits.accept_frame(project, 3)
    for run_id in imported:
        project.remove_run(run_id)
    assert reviewed_frames(project) == [0, 3]
    project.undo()
    project.undo()
    assert reviewed_frames(project) == [0], "undoing 'not reviewed' brings no removed mark back"
    project.undo()
    assert reviewed_frames(project) == []
    project.redo()
    assert reviewed_frames(project) == [0]


def test_only_an_import_says_that_a_frame_is_reviewed(project):
    with pytest.raises(ValueError, match="only an import"):
        project.write_run(project.begin_run(RunKind.PREDICT), {}, reviewed=[0])


def test_a_run_that_was_taken_back_stays_so(project, predicted):
    """Its worker may not know yet: it ends the run, or brings regions, after it was taken back."""
    run_id = project.begin_run(RunKind.IMPORT)
    project.write_run(run_id, {0: [predicted(1)]})
    project.remove_run(run_id)
    project.finish_run(run_id, "done")
    assert [run.status for run in project.runs()] == ["removed"]
    with pytest.raises(ProjectError, match="is over"):
        project.write_ignore_regions(run_id, {0: [SQUARE]})
    with pytest.raises(ProjectError, match="is over"):
        project.write_run(run_id, {0: [predicted(1)]})
    assert project.ignore_regions() == {} and not project.frame(0).poses


def test_a_proof_that_others_brought_too_stays(project, predicted):
    first, second = (project.begin_run(RunKind.PREDICT) for _ in range(2))
    project.write_run(first, {0: [predicted(1)]}, {0: (0.0, "aa")})
    project.write_run(second, {0: [predicted(1, at=20)]}, {0: (0.0, "aa")})
    edits.move_keypoint(project, 0, 1, 9, (1, 2), proofs={0: (0.5, "bb")})
    project.remove_run(first)
    assert project.frame_proofs(0) == [(0.0, "aa"), (0.5, "bb")]
    project.remove_run(second)
    assert project.frame_proofs(0) == [(0.5, "bb")]


def test_undo_takes_what_is_the_last_edit_when_it_writes(project, monkeypatch):
    """Another thread undoes just before: each takes back one edit, not both the same."""
    edits.mark_reviewed(project, 0)
    edits.mark_reviewed(project, 1)
    transaction = project._store.transaction

    def beside():
        monkeypatch.setattr(project._store, "transaction", transaction)
        project.undo()
        return transaction()

    monkeypatch.setattr(project._store, "transaction", beside)
    project.undo()
    assert reviewed_frames(project) == [] and project.undo_label is None
    assert project.effort().counts == {"undone": 2, "undo": 2}


def test_a_project_of_version_2_opens_replays_and_undoes(project, predicted):
    """Its import marked frames as an edit, and its edits name themselves as what applied them."""
    run_id = project.begin_run(RunKind.IMPORT)
    project.write_run(run_id, {0: [predicted(1)]}, {0: (0.0, "aa")})
    project.commit("Mark imported frames as reviewed", [ReviewChange(0, False, True)], {})
    project.close()
    with sqlite3.connect(project.path) as connection:
        connection.execute("UPDATE entries SET applied_by = entry_id WHERE kind = 'edit'")
        connection.execute("ALTER TABLE proofs RENAME TO newer")
        connection.execute(next(s for s in MIGRATIONS[0] if "TABLE proofs" in s))
        connection.execute("INSERT INTO proofs SELECT frame_index, pixel_hash, timestamp_s, entry_id FROM newer")
        connection.execute("DROP TABLE newer")
        connection.execute("DROP TABLE kept_fields")
        connection.execute("DROP TABLE persons_regions")
        connection.execute("DROP TABLE done_marks")
        connection.execute("DROP INDEX changes_of_frames")
        connection.execute("ALTER TABLE entries DROP COLUMN checksum")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with Project.open(project.path, read_only=True) as reader:
        assert reader.frame_proofs(0) == [(0.0, "aa")] and reader.frame(0).reviewed
    with Project.open(project.path) as again:
        assert again.frame_proofs(0) == [(0.0, "aa")]
        assert replayed(again) == ({(0, 1): encode(again.frame(0).pose(1))}, [0])
        assert again.undo().label == "Mark imported frames as reviewed" and not again.frame(0).reviewed
        again.redo()
        again.remove_run(run_id)
        assert reviewed_frames(again) == [0], "in its journal the mark is a person's"
