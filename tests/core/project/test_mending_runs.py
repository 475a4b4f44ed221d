"""What was mended after an edit is a run that goes with the edit, and leaves all else alone."""

import numpy as np
import pytest

from core.poses import Pose, Provenance, Visibility
from core.project import FOLLOWS, Project, RunKind, edits
from core.project.storage.codec import identical

WRIST, KNEE = 9, 13


def mended(xy, keypoint=WRIST, box=(5.0, 6.0, 70.0, 80.0)):
    alone = Pose.empty(1, np.array(box), Provenance.NONE)
    return alone.with_keypoint(keypoint, xy, Visibility.VISIBLE, 0.9, Provenance.PROPAGATED)


def mend(project, edit, poses):
    with project.run(RunKind.MEND, None, {FOLLOWS: edit.entry_id}) as run_id:
        project.write_run(run_id, {index: [pose] for index, pose in poses.items()})
    return run_id


@pytest.fixture
def labelled(project, predicted):
    """A person predicted in five frames."""
    with project.run(RunKind.PREDICT, "a" * 64) as run_id:
        project.write_run(run_id, {index: [predicted(1)] for index in range(5)})
    return project


def people(project):
    return [project.frame(index).pose(1) for index in range(5)]


def test_mending_writes_its_joint_and_nothing_else(labelled):
    before = people(labelled)
    edit = edits.move_keypoint(labelled, 2, 1, WRIST, (30, 30))
    mend(labelled, edit, {3: mended((31, 31), box=(0.0, 0.0, 9.0, 9.0))})
    now = labelled.frame(3).pose(1)
    assert now.keypoints[WRIST].tolist() == [31, 31] and now.provenance[WRIST] == Provenance.PROPAGATED
    as_before = now.with_keypoint(
        WRIST, before[3].keypoints[WRIST], Visibility.VISIBLE, before[3].scores[WRIST], Provenance.PREDICTED
    )
    assert identical(as_before, before[3])


def test_mending_leaves_what_a_person_set_and_adds_nobody(labelled):
    edits.move_keypoint(labelled, 3, 1, WRIST, (3, 4))
    edits.set_visibility(labelled, 4, 1, WRIST, Visibility.NOT_LABELLED)
    edits.delete_person(labelled, 1, 1)
    edit = edits.move_keypoint(labelled, 2, 1, WRIST, (30, 30))
    before = people(labelled)
    mend(labelled, edit, {index: mended((31, 31)) for index in (1, 3, 4, 50)})
    assert all(identical(was, now) for was, now in zip(before, people(labelled), strict=True))
    assert not labelled.frame(50).poses


def test_a_visibility_set_by_hand_stays_where_its_joint_is_mended(labelled):
    edits.set_visibility(labelled, 3, 1, WRIST, Visibility.OCCLUDED)
    mend(labelled, edits.move_keypoint(labelled, 2, 1, WRIST, (30, 30)), {3: mended((31, 31))})
    now = labelled.frame(3).pose(1)
    assert now.keypoints[WRIST].tolist() == [31, 31]
    assert now.visibility[WRIST] == Visibility.OCCLUDED and now.visibility_by_hand[WRIST]


def test_undo_takes_an_edit_back_with_what_was_mended_after_it(labelled):
    before = people(labelled)
    first = edits.move_keypoint(labelled, 2, 1, WRIST, (30, 30))
    second = edits.move_keypoint(labelled, 2, 1, KNEE, (50, 50))
    mend(labelled, first, {1: mended((31, 31)), 3: mended((32, 32))})  # an answer that came after the next edit
    mend(labelled, second, {3: mended((51, 51), KNEE)})
    touched = labelled.undo()
    assert touched.label == "Move left knee" and touched.frame_indices == (2, 3)
    assert labelled.frame(3).pose(1).keypoints[WRIST].tolist() == [32, 32]
    assert labelled.frame(3).pose(1).keypoints[KNEE].tolist() == [10, 10]
    labelled.undo()
    assert all(identical(was, now) for was, now in zip(before, people(labelled), strict=True))
    labelled.redo()
    assert labelled.frame(2).pose(1).keypoints[WRIST].tolist() == [30, 30]
    assert identical(labelled.frame(3).pose(1), before[3])


def test_undo_leaves_what_a_person_made_of_a_mended_joint(labelled):
    edit = edits.move_keypoint(labelled, 2, 1, WRIST, (30, 30))
    mend(labelled, edit, {1: mended((31, 31)), 3: mended((32, 32))})
    edits.move_keypoint(labelled, 3, 1, WRIST, (40, 40))
    labelled.undo()
    assert labelled.frame(3).pose(1).keypoints[WRIST].tolist() == [32, 32]
    labelled.redo()
    run_id = next(run.run_id for run in labelled.runs() if run.kind == RunKind.MEND)
    labelled.remove_run(run_id)
    assert labelled.frame(3).pose(1).keypoints[WRIST].tolist() == [40, 40]
    assert labelled.frame(1).pose(1).keypoints[WRIST].tolist() == [10, 10]


def test_it_goes_with_its_edit_after_a_restart(labelled):
    before = people(labelled)
    mend(labelled, edits.move_keypoint(labelled, 2, 1, WRIST, (30, 30)), {3: mended((31, 31))})
    path = labelled.path
    labelled.close()
    with Project.open(path) as again:
        again.undo()
        assert all(identical(was, now) for was, now in zip(before, people(again), strict=True))
        assert not again.summary().num_corrected[:5].any()
