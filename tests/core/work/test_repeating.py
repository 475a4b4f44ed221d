"""What edits of many frames would change: computed first, kept as one edit."""

import numpy as np
import pytest

from core.errors import ProjectError
from core.frame_range import FrameRange
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import Project, RunKind, SourceRecord, edits
from core.video import open_source
from core.work.repeating import carrying, interpolating, over_frames, pasting
from core.work.repeating.over_frames import Scope
from core.work.repeating.proposal import Proposal, keep
from tests.app.conftest import encode

LEFT_WRIST, RIGHT_WRIST = POSETRACK.index("left_wrist"), POSETRACK.index("right_wrist")
LEFT_KNEE, RIGHT_KNEE = POSETRACK.index("left_knee"), POSETRACK.index("right_knee")
NUM_FRAMES = 12
BOX = np.array([40.0, 20.0, 50.0, 80.0])


@pytest.fixture
def project(tmp_path):
    source = SourceRecord(tmp_path / "x.mp4", "video", 160, 120, NUM_FRAMES)
    with Project.create(tmp_path / "x.fami", source) as project:
        yield project


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("clip") / "walk.mp4", NUM_FRAMES)


def predicted(track_id, score=0.5):
    """A person all of whose joints a machine set, each in a place of its own."""
    places = np.column_stack([np.linspace(45, 85, 17), np.linspace(25, 95, 17)])
    return Pose.empty(track_id, BOX, Provenance.PROPAGATED).replaced(
        keypoints=places,
        visibility=np.full(17, Visibility.VISIBLE),
        scores=np.full(17, score),
        provenance=np.full(17, Provenance.PREDICTED),
    )


def fill(project, *people, frames=range(NUM_FRAMES)):
    with project.run(RunKind.IMPORT) as run_id:
        project.write_run(run_id, {index: list(people) for index in frames})


def pose(project, frame_index, track_id=1):
    return project.frame(frame_index).pose(track_id)


def held(project):
    """Everything that the project holds."""
    return [(f.frame_index, f.reviewed, [p.track_id for p in f.poses]) for f in project.frames()], [
        p for f in project.frames() for p in f.poses
    ]


def kept_and_undone(project, proposal):
    """Keeps a proposal and sees that one undo takes all of it back, and that one redo does it again."""
    before = held(project)
    assert keep(project, proposal)
    entries = [entry for entry in project.journal() if entry.kind == "edit"]
    after = held(project)
    project.undo()
    now = held(project)
    assert now[0] == before[0]
    assert all(a.same_as(b) for a, b in zip(now[1], before[1], strict=True))
    project.redo()
    again = held(project)
    assert again[0] == after[0]
    assert all(a.same_as(b) for a, b in zip(again[1], after[1], strict=True))
    return entries


def test_accepting_a_range_is_one_edit_of_these_frames_and_people(project):
    fill(project, predicted(1), predicted(2))
    proposal = over_frames.accept(project, Scope(FrameRange(2, 6), frozenset({1})))
    assert (proposal.frame_indices, proposal.num_joints, proposal.track_ids) == ([2, 3, 4, 5], 4 * 17, [1])
    assert len(kept_and_undone(project, proposal)) == 1
    assert pose(project, 3).human.all()
    assert not pose(project, 6).human.any()
    assert not pose(project, 3, 2).human.any()
    assert not project.frame(3).reviewed


def test_accepting_everybody_marks_the_frames_as_reviewed(project):
    fill(project, predicted(1), predicted(2))
    proposal = over_frames.accept(project, Scope(FrameRange(2, 4)))
    assert proposal.num_reviewed == 2
    kept_and_undone(project, proposal)
    assert [project.frame(index).reviewed for index in range(5)] == [False, False, True, True, False]


def test_accepting_above_a_score_takes_those_joints_alone(project):
    unsure = predicted(1, 0.9)
    scores = unsure.scores.copy()
    scores[[LEFT_WRIST, RIGHT_WRIST]] = 0.3, np.nan
    fill(project, unsure.replaced(scores=scores))
    proposal = over_frames.accept(project, Scope(FrameRange(0, 3)), above=0.85)
    assert proposal.num_joints == 3 * 15
    kept_and_undone(project, proposal)
    assert not pose(project, 1).human[[LEFT_WRIST, RIGHT_WRIST]].any()
    assert pose(project, 1).bbox_provenance == Provenance.PROPAGATED
    assert not project.frame(1).reviewed


def test_visibility_of_one_joint_over_a_range(project):
    fill(project, predicted(1))
    scope = Scope(FrameRange(4, 9), frozenset({1}), frozenset({LEFT_WRIST}))
    proposal = over_frames.set_visibility(project, scope, Visibility.OCCLUDED)
    assert proposal.num_joints == 5
    assert proposal.label == "Set left wrist of person 1 in frames 4 to 8 to occluded"
    kept_and_undone(project, proposal)
    assert [pose(project, index).visibility[LEFT_WRIST] for index in (3, 4, 8, 9)] == [2, 1, 1, 2]


def test_swapping_a_limb_leaves_the_others_and_outlives_a_prediction(project):
    fill(project, predicted(1))
    edits.move_keypoint(project, 2, 1, LEFT_WRIST, (60, 60))
    was = pose(project, 2)
    arms = over_frames.limb_of(LEFT_WRIST)
    assert arms[0] == "arms"
    proposal = over_frames.swap_sides(project, Scope(FrameRange(2, 4), frozenset({1}), arms[1]))
    kept_and_undone(project, proposal)
    now = pose(project, 2)
    assert now.keypoints[RIGHT_WRIST] == pytest.approx([60, 60])
    assert now.provenance[RIGHT_WRIST] == Provenance.CORRECTED
    assert now.keypoints[LEFT_WRIST] == pytest.approx(was.keypoints[RIGHT_WRIST])
    assert now.provenance[LEFT_WRIST] == Provenance.ACCEPTED
    assert now.keypoints[LEFT_KNEE] == pytest.approx(was.keypoints[LEFT_KNEE])
    with project.run(RunKind.PREDICT) as run_id:
        project.write_run(run_id, {2: [predicted(1)]})
    assert pose(project, 2).keypoints[LEFT_WRIST] == pytest.approx(was.keypoints[RIGHT_WRIST])


def test_a_joint_in_the_middle_is_of_no_limb():
    assert over_frames.limb_of(POSETRACK.index("nose")) is None


def test_deleting_over_a_range_holds_against_later_runs(project):
    fill(project, predicted(1), predicted(2))
    proposal = over_frames.delete_people(project, Scope(FrameRange(5, 8), frozenset({1})))
    assert proposal.num_deleted == 3
    kept_and_undone(project, proposal)
    assert [pose(project, index) is None for index in (4, 5, 7, 8)] == [False, True, True, False]
    with project.run(RunKind.IMPORT) as run_id:
        project.write_run(run_id, {6: [predicted(1)]})
    assert pose(project, 6) is None


def test_who_is_spared_stays(project):
    fill(project, predicted(1), predicted(2))
    scope = Scope(FrameRange(0, 3), spared=frozenset({2}))
    for proposal in (over_frames.delete_people(project, scope), over_frames.swap_sides(project, scope)):
        assert proposal.track_ids == [1]


def test_a_proposal_is_not_kept_once_the_labels_are_others(project):
    fill(project, predicted(1))
    proposal = over_frames.swap_sides(project, Scope(FrameRange(0, 5)))
    edits.move_keypoint(project, 4, 1, LEFT_WRIST, (60, 60))
    with pytest.raises(ProjectError, match="changed meanwhile"):
        keep(project, proposal)
    assert project.undo_label == "Move left wrist"


# ---- copying ----


def test_a_pose_is_pasted_in_place_as_set_by_hand(project):
    fill(project, predicted(1))
    edits.move_keypoint(project, 2, 1, LEFT_WRIST, (50, 60))
    proposal = pasting.paste(project, 3, 1, pose(project, 2), in_place=True, label="Copy")
    kept_and_undone(project, proposal)
    assert pose(project, 3).keypoints[LEFT_WRIST] == pytest.approx([50, 60])
    assert (pose(project, 3).provenance == Provenance.CORRECTED).all()


def test_a_pose_is_pasted_onto_another_persons_box(project):
    fill(project, predicted(1), predicted(2).replaced(bbox_xywh=[80.0, 10.0, 100.0, 160.0]))
    proposal = pasting.paste(project, 3, 2, pose(project, 3), in_place=False, label="Paste")
    keep(project, proposal)
    source, pasted = pose(project, 3, 1), pose(project, 3, 2)
    assert (pasted.keypoints - [80, 10]) == pytest.approx((source.keypoints - BOX[:2]) * 2)


def test_whoever_is_not_there_is_added(project):
    fill(project, predicted(1), frames=range(3))
    keep(project, pasting.paste(project, 7, 1, pose(project, 2), in_place=True, label="Copy"))
    assert pose(project, 7).bbox_xywh == pytest.approx(BOX)


def test_a_pose_without_joints_is_not_pasted(project):
    with pytest.raises(ProjectError, match="no joint to copy"):
        pasting.paste(project, 1, 1, Pose.empty(1, BOX, Provenance.CORRECTED), in_place=True, label="Copy")


# ---- flow ----


def texture_at(index):
    """The middle of the figure that walks in the made clip."""
    return np.array([65.0 + round(20 * np.sin(index / 10)), 60.0])


def test_joints_are_interpolated_along_the_flow_and_only_between_a_persons_own(project, clip):
    fill(project, predicted(1))
    for index in (2, 9):
        edits.move_keypoint(project, index, 1, LEFT_WRIST, texture_at(index))
    edits.move_keypoint(project, 5, 1, RIGHT_WRIST, (50, 50))
    before = pose(project, 5)
    with open_source(clip) as source:
        proposal = interpolating.interpolate(project, source, at=6, track_ids=[1])
    assert proposal.frame_indices == [3, 4, 5, 6, 7, 8]
    assert (proposal.num_joints, proposal.kept) == (6, 1)
    assert sorted(proposal.proofs) == list(range(2, 10))
    kept_and_undone(project, proposal)
    for index in range(3, 9):
        now = pose(project, index)
        assert now.provenance[LEFT_WRIST] == Provenance.INTERPOLATED
        assert np.linalg.norm(now.keypoints[LEFT_WRIST] - texture_at(index)) < 1.5
        assert 0 < now.scores[LEFT_WRIST] < 1
    others = np.arange(17) != LEFT_WRIST
    assert pose(project, 5).keypoints[others] == pytest.approx(before.keypoints[others])
    assert pose(project, 5).provenance[RIGHT_WRIST] == Provenance.CORRECTED


def test_interpolating_in_a_range_fills_every_gap_inside_and_adds_who_is_missing(project, clip):
    fill(project, predicted(1), frames=[0, 4, 8])
    for index in (0, 4, 8):
        edits.move_keypoint(project, index, 1, LEFT_WRIST, texture_at(index))
    edits.delete_person(project, 1, 8)
    project.undo()
    with open_source(clip) as source:
        proposal = interpolating.interpolate(project, source, frames=FrameRange(0, 9), track_ids=[1])
    assert proposal.frame_indices == [1, 2, 3, 5, 6, 7]
    keep(project, proposal)
    assert pose(project, 2).bbox_provenance == Provenance.INTERPOLATED
    assert pose(project, 2).labelled.sum() == 1


def test_whom_a_person_deleted_between_is_not_added_again(project, clip):
    fill(project, predicted(1))
    for index in (2, 6):
        edits.move_keypoint(project, index, 1, LEFT_WRIST, texture_at(index))
    edits.delete_person(project, 1, 4)
    with open_source(clip) as source:
        proposal = interpolating.interpolate(project, source, at=4, track_ids=[1])
    assert proposal.frame_indices == [3, 5]


def test_nothing_is_interpolated_between_a_machines_joints(project, clip):
    fill(project, predicted(1))
    with open_source(clip) as source, pytest.raises(ProjectError, match="nothing to interpolate"):
        interpolating.interpolate(project, source, at=5, track_ids=[1])


@pytest.mark.parametrize(("last_frame", "expected"), [(7, [5, 6, 7]), (1, [1, 2, 3])])
def test_a_joint_is_carried_in_either_direction(project, clip, last_frame, expected):
    fill(project, predicted(1))
    edits.move_keypoint(project, 4, 1, LEFT_WRIST, texture_at(4))
    with open_source(clip) as source:
        proposal = carrying.carry(project, source, 4, last_frame, track_id=1, keypoints=[LEFT_WRIST])
    assert proposal.frame_indices == expected
    kept_and_undone(project, proposal)
    for index in expected:
        now = pose(project, index)
        assert now.provenance[LEFT_WRIST] == Provenance.PROPAGATED
        assert np.linalg.norm(now.keypoints[LEFT_WRIST] - texture_at(index)) < 1.5
    assert pose(project, expected[0]).provenance[RIGHT_WRIST] == Provenance.PREDICTED


def test_a_joint_is_carried_up_to_a_persons_own_and_never_onto_it(project, clip):
    fill(project, predicted(1))
    edits.move_keypoint(project, 4, 1, LEFT_WRIST, texture_at(4))
    edits.move_keypoint(project, 7, 1, LEFT_WRIST, (50, 50))
    with open_source(clip) as source:
        proposal: Proposal = carrying.carry(project, source, 4, 11, track_id=1, keypoints=[LEFT_WRIST])
    assert proposal.frame_indices == [5, 6]


def test_what_a_person_set_is_carried_else_all(project):
    fill(project, predicted(1))
    assert len(carrying.joints_to_carry(pose(project, 4))) == 17
    edits.move_keypoint(project, 4, 1, LEFT_WRIST, (50, 50))
    assert carrying.joints_to_carry(pose(project, 4)) == [LEFT_WRIST]
