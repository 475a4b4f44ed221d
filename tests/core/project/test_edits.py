"""What each thing that a person can do changes, and what the undo menu calls it."""

import sqlite3

import numpy as np
import pytest

from core.errors import ProjectError
from core.poses import Provenance, Visibility
from core.project import PoseChange, Project, edits
from core.training.rounds.corrections import corrected_pose
from core.transforming import translation

WRIST = 9


@pytest.fixture
def people(project, predicted):
    """Persons 1 and 2, predicted in frames 0 to 4."""
    run_id = project.begin_run("predict", "a" * 64, {})
    project.write_run(run_id, {i: [predicted(1, at=10.0 + i), predicted(2, at=50.0 + i)] for i in range(5)})
    project.finish_run(run_id)
    return project


def test_moving_a_joint_keeps_an_occlusion_and_touches_nothing_else(people):
    edits.set_visibility(people, 1, 1, WRIST, Visibility.OCCLUDED)
    before = people.frame(1).pose(1)
    touched = edits.move_keypoint(people, 1, 1, WRIST, (33.5, -4.25), proofs={1: (0.04, "ab")})
    after = people.frame(1).pose(1)
    assert touched.frame_indices == (1,) and touched.track_ids == (1,) and not touched.people_changed
    assert after.keypoints[WRIST].tolist() == [33.5, -4.25]
    assert after.visibility[WRIST] == Visibility.OCCLUDED
    assert after.scores[WRIST] == 1 and after.provenance[WRIST] == Provenance.CORRECTED
    others = np.arange(17) != WRIST
    assert np.array_equal(after.keypoints[others], before.keypoints[others])
    assert (after.provenance[others] == Provenance.PREDICTED).all()
    assert people.undo_label == "Move left wrist"
    assert people.frame_proofs(1) == [(0.04, "ab")]


def test_a_joint_without_a_place_is_placed_visible(project):
    edits.add_person(project, 3, (1, 2, 30, 40))
    edits.move_keypoint(project, 3, 1, WRIST, (5, 6))
    pose = project.frame(3).pose(1)
    assert pose.visibility[WRIST] == Visibility.VISIBLE and pose.labelled.sum() == 1
    assert project.undo_label == "Place left wrist"


def test_not_labelled_keeps_where_the_joint_stood(people):
    edits.set_visibility(people, 0, 1, WRIST, Visibility.NOT_LABELLED)
    pose = people.frame(0).pose(1)
    assert pose.keypoints[WRIST].tolist() == [10, 10]
    assert not pose.labelled[WRIST] and pose.visibility_by_hand[WRIST]
    assert pose.provenance[WRIST] == Provenance.PREDICTED, "nobody has judged the place"
    assert people.undo_label == "Set left wrist to not labelled"


def test_a_joint_without_a_place_cannot_become_visible_unplaced(project):
    edits.add_person(project, 3, (1, 2, 30, 40))
    with pytest.raises(ProjectError, match="no place yet"):
        edits.set_visibility(project, 3, 1, WRIST, Visibility.VISIBLE)


def test_accepting_keeps_scores_and_what_was_corrected(people):
    edits.move_keypoint(people, 2, 1, WRIST, (1, 1))
    edits.accept_pose(people, 2, 1)
    pose = people.frame(2).pose(1)
    assert pose.provenance[WRIST] == Provenance.CORRECTED
    assert (np.delete(pose.provenance, WRIST) == Provenance.ACCEPTED).all()
    assert (np.delete(pose.scores, WRIST) == 0.8).all()
    assert not edits.accept_pose(people, 2, 1), "accepting twice is not an edit"
    assert people.undo_label == "Accept person 1"


def test_accepting_a_frame_is_one_edit(people):
    edits.accept_frame(people, 2)
    frame = people.frame(2)
    assert frame.reviewed and all(pose.human.all() for pose in frame.poses)
    people.undo()
    frame = people.frame(2)
    assert not frame.reviewed and not any(pose.human.any() for pose in frame.poses)


def test_an_empty_frame_can_be_reviewed(project):
    edits.mark_reviewed(project, 7)
    assert project.frame(7).reviewed and project.labelled_frames().tolist() == [7]
    assert project.summary().reviewed[7]
    edits.mark_reviewed(project, 7, False)
    assert not project.frame(7).reviewed and project.labelled_frames().tolist() == []


def test_moving_a_person_moves_labelled_joints_and_boxes(people):
    edits.set_visibility(people, 0, 1, WRIST, Visibility.NOT_LABELLED)
    edits.transform_pose(people, 0, 1, translation(2.5, -1))
    pose = people.frame(0).pose(1)
    assert pose.keypoints[0].tolist() == [12.5, 9] and pose.keypoints[WRIST].tolist() == [10, 10]
    assert pose.bbox_xywh.tolist() == [7.5, 5, 70, 80] and pose.bbox_provenance == Provenance.CORRECTED
    assert (np.delete(pose.provenance, WRIST) == Provenance.CORRECTED).all()


def test_numbers_of_people_are_never_used_again(project):
    assert edits.add_person(project, 0, (1, 2, 3, 4)).track_ids == (1,)
    edits.delete_person(project, 1)
    assert edits.add_person(project, 0, (1, 2, 3, 4)).track_ids == (2,)


@pytest.mark.parametrize("box", [(1, 2, 0, 5), (1, 2, 5, -5), (1, 2, np.nan, 4), (1, 2, 3)])
def test_a_box_without_extent_is_refused(project, box):
    with pytest.raises(ProjectError, match="width and a height"):
        edits.add_person(project, 0, box)
    assert project.undo_label is None


def test_deleting_from_one_frame_from_a_frame_on_and_from_the_clip(people):
    edits.delete_person(people, 1, 1)
    assert [i for i, _ in people.track(1)] == [0, 2, 3, 4]
    edits.cut_person_from(people, 3, 1)
    assert [i for i, _ in people.track(1)] == [0, 2]
    touched = edits.delete_person(people, 2)
    assert touched.frame_indices == (0, 1, 2, 3, 4) and touched.people_changed
    assert people.track_ids() == [1]
    for _ in range(3):
        people.undo()
    assert [len(frame.poses) for frame in people.frames()] == [2] * 5
    with pytest.raises(ProjectError, match="not in frame"):
        edits.cut_person_from(people, 5, 1)


def test_a_number_that_is_taken_is_refused_or_swapped(people):
    with pytest.raises(ProjectError, match="already in 3 of these frames"):
        edits.change_track_id_from(people, 2, 1, 2)
    edits.change_track_id_from(people, 2, 1, 2, swap=True)
    assert [people.frame(i).pose(1).keypoints[0, 0] for i in range(5)] == [10, 11, 52, 53, 54]
    assert people.undo_label == "Swap numbers 1 and 2 from frame 2 on"
    edits.change_track_id_from(people, 4, 1, 9)
    assert people.track_ids() == [1, 2, 9]
    people.undo()
    people.undo()
    assert [people.frame(i).pose(1).keypoints[0, 0] for i in range(5)] == [10, 11, 12, 13, 14]


def test_somebody_who_is_not_there_cannot_be_edited(people):
    with pytest.raises(ProjectError, match="Person 7 is not in frame 0"):
        edits.move_keypoint(people, 0, 7, WRIST, (1, 1))


def test_an_edit_on_a_pose_that_a_machine_rewrote_meanwhile_changes_only_its_joint(people, predicted):
    before = people.frame(0).pose(1)
    after = before.with_keypoint(WRIST, (1, 2), Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    people.write_run(people.begin_run("predict"), {0: [predicted(1, at=99)]})
    people.commit("Move left wrist", [PoseChange(0, before, after)])
    pose = people.frame(0).pose(1)
    assert pose.keypoints[WRIST].tolist() == [1, 2] and (np.delete(pose.keypoints, WRIST, 0) == 99).all()
    people.undo()
    assert (people.frame(0).pose(1).keypoints == 99).all()


def test_a_visibility_is_no_word_on_the_place(people):
    edits.set_visibility(people, 0, 1, WRIST, Visibility.OCCLUDED)
    pose = people.frame(0).pose(1)
    assert pose.visibility[WRIST] == Visibility.OCCLUDED and pose.visibility_by_hand[WRIST]
    assert pose.provenance[WRIST] == Provenance.PREDICTED and pose.scores[WRIST] == 0.8
    assert people.summary().num_corrected[0] == 0 and corrected_pose(0, pose) is None, "nothing to train on"
    run_id = people.begin_run("predict")
    people.write_run(run_id, {0: [pose.replaced(keypoints=pose.keypoints + 5, visibility=np.full(17, 2))]})
    moved = people.frame(0).pose(1)
    assert (moved.keypoints == pose.keypoints + 5).all(), "the network may still move it"
    assert moved.visibility[WRIST] == Visibility.OCCLUDED and moved.visibility_by_hand[WRIST]
    people.remove_run(run_id)
    people.undo()
    assert not people.frame(0).pose(1).visibility_by_hand.any()
    edits.accept_pose(people, 0, 1)
    edits.set_visibility(people, 0, 1, WRIST, Visibility.OCCLUDED)
    assert people.frame(0).pose(1).provenance[WRIST] == Provenance.ACCEPTED


def as_version_6(path):
    """Takes away what came with versions 7 and 8: an index, and the checksums."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX changes_of_frames")
        connection.execute("ALTER TABLE entries DROP COLUMN checksum")
        connection.execute("UPDATE poses SET pose = substr(pose, 1, length(pose) - 4)")
        connection.execute(
            "UPDATE changes SET before = substr(before, 1, length(before) - 4),"
            " after = substr(after, 1, length(after) - 4) WHERE what = 'pose'"
        )
        connection.execute("PRAGMA user_version = 6")
    connection.close()


def test_in_an_older_project_such_joints_are_told_from_corrected_ones(people):
    """Version 6 wrote a changed visibility as a corrected place with a score of 1."""
    before = people.frame(0).pose(1)
    occluded = before.with_keypoint(WRIST, before.keypoints[WRIST], Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)
    seen = occluded.with_keypoint(WRIST, before.keypoints[WRIST], Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    moved = seen.with_keypoint(3, (4, 5), Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    people.commit("Set left wrist to occluded", [PoseChange(0, before, occluded)], None, "set_visibility")
    people.commit("Set left wrist to visible", [PoseChange(0, occluded, seen)], None, "set_visibility")
    people.commit("Move nose", [PoseChange(0, seen, moved)], None, "move_keypoint")
    assert people.summary().num_corrected[0] == 2
    people.close()
    as_version_6(people.path)
    with Project.open(people.path) as opened:
        pose = opened.frame(0).pose(1)
        assert pose.visibility_by_hand.nonzero()[0].tolist() == [WRIST]
        assert pose.provenance[WRIST] == Provenance.PREDICTED and pose.scores[WRIST] == 0.8
        assert pose.provenance[3] == Provenance.CORRECTED
        assert opened.summary().num_corrected[0] == 1 and opened.summary().num_predicted[0] == 2 * 17 - 1
        for _ in range(3):
            opened.undo()
        assert opened.frame(0).pose(1).same_as(before)
        for _ in range(3):
            opened.redo()
        assert opened.frame(0).pose(1).same_as(pose)
