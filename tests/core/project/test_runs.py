"""What a machine's run may write, and how it is taken back."""

import threading

import numpy as np
import pytest

from core.errors import ProjectError
from core.poses import Pose, Provenance, Visibility
from core.project import PoseChange, Project, edits
from core.project.storage.codec import identical

WRIST = 9


def run(project, kind, poses_by_frame):
    run_id = project.begin_run(kind, "a" * 64 if kind == "predict" else None, {"kind": kind})
    project.write_run(run_id, poses_by_frame)
    project.finish_run(run_id)
    return run_id


def test_a_prediction_leaves_what_a_person_set(project, predicted):
    edits.add_person(project, 0, (1, 2, 30, 40))
    edits.move_keypoint(project, 0, 1, WRIST, (3, 4))
    edits.set_visibility(project, 0, 1, WRIST, Visibility.NOT_LABELLED)
    run_id = run(project, "predict", {0: [predicted(1)]})
    pose = project.frame(0).pose(1)
    assert pose.keypoints[WRIST].tolist() == [3, 4] and pose.visibility[WRIST] == Visibility.NOT_LABELLED
    assert (np.delete(pose.keypoints, WRIST, 0) == 10).all() and pose.run_id == run_id
    assert pose.bbox_xywh.tolist() == [1, 2, 30, 40] and pose.bbox_provenance == Provenance.CORRECTED


def test_a_prediction_leaves_joints_that_follow_a_correction_and_the_rest_is_its_own(project, predicted):
    run(project, "predict", {0: [predicted(1, at=10)]})
    before = project.frame(0).pose(1)
    carried = before.with_keypoint(WRIST, (30, 31), Visibility.VISIBLE, 0.9, Provenance.PROPAGATED)
    project.commit("Carry left wrist", [PoseChange(0, before, carried)])
    run_id = run(project, "predict", {0: [predicted(1, at=20)]})
    pose = project.frame(0).pose(1)
    assert pose.keypoints[WRIST].tolist() == [30, 31] and pose.provenance[WRIST] == Provenance.PROPAGATED
    assert (np.delete(pose.keypoints, WRIST, 0) == 20).all() and pose.run_id == run_id
    project.undo()
    assert project.frame(0).pose(1).provenance[WRIST] == Provenance.PREDICTED


def test_only_an_import_speaks_for_a_person(project, predicted):
    claims = predicted(1).replaced(provenance=np.full(17, Provenance.CORRECTED), bbox_provenance=Provenance.ACCEPTED)
    run(project, "predict", {0: [claims]})
    run(project, "import", {1: [claims]})
    run(project, "track", {2: [claims]})
    assert (project.frame(0).pose(1).provenance == Provenance.PREDICTED).all()
    assert (project.frame(1).pose(1).provenance == Provenance.CORRECTED).all()
    assert project.frame(1).pose(1).bbox_provenance == Provenance.ACCEPTED
    followed = project.frame(2).pose(1)
    assert not followed.labelled.any() and followed.bbox_provenance == Provenance.PROPAGATED


def test_a_newer_import_replaces_an_earlier_one_s_joints_and_nothing_that_a_person_set_here(project, predicted):
    def imported(at, **fields):
        who = np.full(17, Provenance.IMPORTED)
        pose = predicted(1, at=at, box=(at, at, 40, 50))
        return pose.replaced(provenance=who, bbox_provenance=Provenance.IMPORTED, **fields)

    absent = np.full(17, Visibility.VISIBLE)
    absent[3] = Visibility.NOT_LABELLED
    nobody = np.where(absent == Visibility.NOT_LABELLED, Provenance.NONE, Provenance.IMPORTED)
    first = run(project, "import", {0: [imported(10, bbox_head_xywh=[1, 1, 2, 2])]})
    edits.move_keypoint(project, 0, 1, WRIST, (3, 4))
    earlier = project.frame(0).pose(1)
    newer = imported(20, visibility=absent, bbox_head_xywh=[5, 5, 2, 2]).replaced(provenance=nobody)
    second = run(project, "import", {0: [newer]})
    pose = project.frame(0).pose(1)
    assert pose.keypoints[WRIST].tolist() == [3, 4] and pose.provenance[WRIST] == Provenance.CORRECTED
    assert pose.keypoints[3].tolist() == [10, 10], "the newer file does not label it"
    assert (np.delete(pose.keypoints, [3, WRIST], 0) == 20).all() and pose.bbox_xywh.tolist() == [20, 20, 40, 50]
    run(project, "import", {0: [predicted(1, at=30)]})
    run(project, "predict", {0: [predicted(1, at=30)]})
    assert identical(project.frame(0).pose(1), pose), "a machine's word replaces nobody's"
    project.remove_run(second)
    assert identical(project.frame(0).pose(1), earlier)
    project.remove_run(first)
    pose = project.frame(0).pose(1)
    assert np.flatnonzero(pose.labelled).tolist() == [WRIST]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_imports_taken_back_in_any_order_leave_nothing(project, predicted, order):
    runs = []
    for at in (10, 20):
        pose = predicted(1, at=at).replaced(provenance=np.full(17, Provenance.IMPORTED))
        runs.append(run(project, "import", {0: [pose], 1: [pose]}))
    project.remove_run(runs[order[0]])
    assert (project.frame(0).pose(1).keypoints == (20 if order[0] == 0 else 10)).all()
    project.remove_run(runs[order[1]])
    assert not list(project.frames())


def test_following_moves_boxes_but_not_joints_nor_drawn_boxes(project, predicted):
    run(project, "predict", {0: [predicted(1)], 1: [predicted(1)]})
    edits.set_box(project, 1, 1, (9, 9, 9, 9))
    box = Pose.empty(1, (2, 2, 2, 2), Provenance.PROPAGATED)
    run(project, "track", {0: [box], 1: [box]})
    assert project.frame(0).pose(1).bbox_xywh.tolist() == [2, 2, 2, 2]
    assert (project.frame(0).pose(1).keypoints == 10).all()
    assert project.frame(1).pose(1).bbox_xywh.tolist() == [9, 9, 9, 9]


def test_people_whom_a_person_deleted_stay_deleted_until_undone(project, predicted):
    run(project, "predict", {i: [predicted(1)] for i in range(4)})
    edits.delete_person(project, 1, 1)
    run(project, "predict", {1: [predicted(1)]})
    assert not project.frame(1).poses
    edits.cut_person_from(project, 3, 1)
    run(project, "track", {i: [predicted(1)] for i in range(10)})
    assert [i for i, _ in project.track(1)] == [0, 2]
    project.undo()
    run(project, "track", {i: [predicted(1)] for i in range(10)})
    assert [i for i, _ in project.track(1)] == [0, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_person_drawn_again_after_a_cut_can_be_followed_from_there(project, predicted):
    run(project, "track", {i: [predicted(1)] for i in range(8)})
    edits.cut_person_from(project, 3, 1)
    edits.add_person(project, 5, (1, 1, 9, 9), 1)
    run(project, "track", {i: [predicted(1)] for i in range(8)})
    assert [i for i, _ in project.track(1)] == [0, 1, 2, 5, 6, 7]


def test_a_run_that_began_before_a_renumbering_writes_the_new_number(project, predicted):
    run(project, "track", {i: [predicted(1), predicted(2)] for i in range(4)})
    slow = project.begin_run("predict")
    edits.change_track_id_from(project, 2, 1, 5)
    edits.change_track_id_from(project, 2, 5, 2, swap=True)
    project.write_run(slow, {i: [predicted(1, at=1), predicted(2, at=2)] for i in range(6)})
    seen = [{pose.track_id: pose.keypoints[0, 0] for pose in project.frame(i).poses} for i in range(6)]
    assert seen == [{1: 1, 2: 2}] * 2 + [{2: 1, 5: 2}] * 4


def test_removing_a_run_brings_the_one_before_back_and_keeps_work(project, predicted):
    first = run(project, "predict", {0: [predicted(1, at=10)], 1: [predicted(1, at=10)]})
    second = run(project, "predict", {0: [predicted(1, at=20)], 1: [predicted(1, at=20)], 2: [predicted(1, at=20)]})
    edits.move_keypoint(project, 0, 1, WRIST, (3, 4))
    edits.accept_pose(project, 2, 1)
    touched = project.remove_run(second)
    assert touched.frame_indices == (0, 1)
    moved = project.frame(0).pose(1)
    assert moved.keypoints[WRIST].tolist() == [3, 4] and (np.delete(moved.keypoints, WRIST, 0) == 10).all()
    assert moved.run_id == first
    assert (project.frame(2).pose(1).keypoints == 20).all(), "what a person accepted is the person's"
    project.remove_run(first)
    assert not project.frame(1).poses
    assert project.frame(0).pose(1).labelled.sum() == 1
    assert [run.status for run in project.runs()] == ["removed", "removed"]


def test_undoing_after_its_run_was_removed_does_not_bring_the_prediction_back(project, predicted):
    run_id = run(project, "predict", {0: [predicted(1)]})
    edits.move_keypoint(project, 0, 1, WRIST, (3, 4))
    project.remove_run(run_id)
    project.undo()
    assert not project.frame(0).poses
    project.redo()
    assert project.frame(0).pose(1).keypoints[WRIST].tolist() == [3, 4]


def test_removing_a_run_finds_people_who_were_renumbered_since(project, predicted):
    run_id = run(project, "predict", {0: [predicted(1), predicted(2, at=70)]})
    edits.change_track_id_from(project, 0, 1, 2, swap=True)
    edits.move_keypoint(project, 0, 1, WRIST, (3, 4))
    project.remove_run(run_id)
    assert [pose.track_id for pose in project.frame(0).poses] == [1]
    assert project.frame(0).pose(1).labelled.nonzero()[0].tolist() == [WRIST]


def test_undo_passes_over_runs(project, predicted):
    edits.add_person(project, 0, (1, 2, 30, 40))
    edits.move_keypoint(project, 0, 1, WRIST, (3, 4))
    run(project, "predict", {0: [predicted(1)], 1: [predicted(1)]})
    assert project.undo().label == "Place left wrist"
    pose = project.frame(0).pose(1)
    assert (np.delete(pose.keypoints, WRIST, 0) == 10).all() and not pose.labelled[WRIST]
    assert project.frame(1).poses
    project.redo()
    assert project.frame(0).pose(1).keypoints[WRIST].tolist() == [3, 4]


def test_a_run_says_what_it_was(project):
    run_id = project.begin_run("predict", "b" * 64, {"window": [-2, 2], "flip": True})
    project.finish_run(run_id, "cancelled")
    (found,) = project.runs()
    assert (found.run_id, found.kind, found.weights_sha256, found.status) == (run_id, "predict", "b" * 64, "cancelled")
    assert found.settings == {"window": [-2, 2], "flip": True}
    assert found.started_s <= found.ended_s and found.program_version
    with pytest.raises(ProjectError, match="is over"):
        project.write_run(run_id, {})
    with pytest.raises(ProjectError, match="no run 99"):
        project.finish_run(99)


def test_a_run_that_the_program_did_not_outlive_is_called_interrupted(project, predicted):
    run_id = project.begin_run("predict")
    project.write_run(run_id, {0: [predicted(1)]})
    project.close()
    with Project.open(project.path) as again:
        assert again.runs()[0].status == "interrupted"
        assert again.frame(0).poses


def test_the_project_tells_which_runs_scores_were_measured(project, predicted):
    first = project.begin_run("predict", "a" * 64, {"calibrated": True})
    assert project.calibrated_runs == {first}
    second = project.begin_run("predict", "b" * 64, {"calibrated": False})
    run(project, "import", {0: [predicted(1)]})
    third = project.begin_run("predict", "a" * 64, {"calibrated": True})
    assert project.calibrated_runs == {first, third} and second not in project.calibrated_runs


def test_who_reads_only_learns_which_scores_of_another_program_s_runs_were_measured(project):
    with Project.open(project.path, read_only=True) as reader:
        assert reader.calibrated_runs == frozenset()
        run_id = project.begin_run("predict", "a" * 64, {"calibrated": True})
        assert reader.calibrated_runs == {run_id}


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        (lambda project: edits.delete_person(project, 1), {}),
        (lambda project: edits.cut_person_from(project, 2, 1), {1: [0, 1]}),
        (lambda project: edits.change_track_id_from(project, 0, 1, 7), {7: [0, 1, 2, 3, 4, 5]}),
    ],
)
def test_an_edit_of_a_person_holds_for_frames_that_a_run_writes_meanwhile(project, predicted, monkeypatch, edit, left):
    """A following tries to write between what the edit reads and what it commits: it has to wait."""
    run(project, "track", {i: [predicted(1)] for i in range(4)})
    slow, commit, written = project.begin_run("track"), project.commit, []

    def write():
        written.append(project.write_run(slow, {i: [predicted(1)] for i in (4, 5)}))

    def beside():
        if project._store.mutex.acquire(blocking=False):
            write()
            project._store.mutex.release()

    def disturbed(*args):
        thread = threading.Thread(target=beside)
        thread.start()
        thread.join()
        return commit(*args)

    monkeypatch.setattr(project, "commit", disturbed)
    edit(project)
    if not written:
        write()
    assert {who: [i for i, _ in project.track(who)] for who in project.track_ids()} == left
