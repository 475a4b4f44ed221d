"""Two annotators' projects of one clip: who is who, where they differ, how well they agree, and merging them."""

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from core.errors import Cancelled, ProjectError
from core.keypoints import POSETRACK
from core.metrics.pose_similarity import keypoint_similarities
from core.poses import Pose, Provenance, Visibility
from core.project import Project, SourceRecord, edits
from core.project.records import PoseChange
from core.work.annotators import Kind, Merging, compare, pair_people

WRIST = POSETRACK.index("left_wrist")
ANKLE = POSETRACK.index("left_ankle")
SIZE = 100.0
SHAPE = np.random.default_rng(3).uniform(0, 1, (17, 2)) * [60, SIZE]


def person(track_id, at=(50.0, 40.0), provenance=Provenance.CORRECTED):
    """Somebody 60 x 100 pixels large, labelled in all joints."""
    return Pose(
        track_id,
        np.array([*at, 60.0, SIZE]),
        SHAPE + at,
        np.full(17, Visibility.VISIBLE),
        np.full(17, 1.0 if provenance.is_human else 0.7),
        np.full(17, provenance),
        provenance,
    )


def moved(pose, keypoint, dx, **fields):
    keypoints = pose.keypoints.copy()
    keypoints[keypoint, 0] += dx
    return pose.replaced(keypoints=keypoints, **fields)


def seen_as(pose, keypoint, visibility):
    values = pose.visibility.copy()
    values[keypoint] = visibility
    return pose.replaced(visibility=values)


@pytest.fixture
def projects(tmp_path):
    """Makes two projects of one clip from poses by frame: mine and theirs."""
    opened = []

    def make(mine, theirs, theirs_wh=(640, 480)):
        for name, poses, size in (("mine", mine, (640, 480)), ("anna", theirs, theirs_wh)):
            (tmp_path / name).mkdir()
            record = SourceRecord(tmp_path / name / "clip.mp4", "video", *size, 100)
            project = Project.create(tmp_path / name / f"{name}.fami", record)
            changes = [PoseChange(index, None, pose) for index, people in poses.items() for pose in people]
            project.commit("Label", changes)
            opened.append(project)
        return opened[-2:]

    yield make
    for project in opened:
        project.close()


def test_people_pair_by_joints_then_by_place_never_by_number():
    # Two people who hold each other share a box, which two annotators gave to either; only joints tell them apart.
    one, two = person(1), person(2).replaced(keypoints=SHAPE[::-1] + np.array((52.0, 40.0)))
    theirs = [one.replaced(track_id=2, bbox_xywh=two.bbox_xywh + 6), two.replaced(track_id=1)]
    assert [(a.track_id, b.track_id) for a, b in pair_people([one, two], theirs)] == [(1, 2), (2, 1)]
    mirrored = person(7).replaced(keypoints=SHAPE[::-1] + np.array((50.0, 40.0)))
    assert [(a.track_id, b.track_id) for a, b in pair_people([one], [mirrored])] == [(1, 7)]
    assert pair_people([one], [person(1, at=(400.0, 200.0))]) == []


def test_neighbouring_frames_of_one_joint_are_one_stretch_and_the_worst_first(projects):
    mine = {index: [person(1)] for index in range(10)}
    theirs = {index: [person(4)] for index in range(10)}
    for index, dx in ((2, 12.0), (3, 30.0), (4, 11.0), (8, 15.0)):
        theirs[index] = [moved(person(4), WRIST, dx)]
    theirs[6] = [seen_as(moved(person(4), WRIST, 9.0), ANKLE, Visibility.OCCLUDED)]
    theirs[9] = []
    mine[9] = [person(1), person(2, at=(300.0, 100.0))]
    theirs[9] = [person(4), person(5, at=(500.0, 100.0))]
    found = compare(*projects(mine, theirs)).disagreements
    said = [(one.kind, one.first_frame, one.last_frame, one.mine, one.theirs, one.keypoint) for one in found]
    assert said == [
        (Kind.ONLY_MINE, 9, 9, 2, None, None),
        (Kind.ONLY_THEIRS, 9, 9, None, 5, None),
        (Kind.PLACE, 2, 4, 1, 4, WRIST),
        (Kind.PLACE, 8, 8, 1, 4, WRIST),
        (Kind.VISIBILITY, 6, 6, 1, 4, ANKLE),
    ]
    assert (found[2].worst_frame, found[2].distance_px, found[2].fraction) == (3, 30.0, 0.3)
    assert found[2].sentence == "Frames 2 to 4 · #1 · left wrist 30 px apart (30 % of the size)"
    assert found[4].sentence == "Frame 6 · #1 · left ankle visible, theirs occluded"


def test_totals_by_joint_are_the_same_either_way_round(projects):
    mine = {index: [person(1)] for index in range(4)} | {20: [person(1)]}
    theirs = {index: [moved(person(3), WRIST, 4.0 * index)] for index in range(4)}
    theirs[3] += [person(8, at=(400.0, 10.0))]
    theirs[0] = [seen_as(theirs[0][0], ANKLE, Visibility.NOT_LABELLED)]
    mine, theirs = projects(mine, theirs)
    totals, other = compare(mine, theirs).totals, compare(theirs, mine).totals
    wrist = totals.joints[WRIST]
    assert (wrist.num_both, wrist.mean_px, wrist.median_px) == (4, 6.0, 6.0)
    assert (wrist.mean_size, wrist.within) == (pytest.approx(0.06), 0.75)
    assert wrist.oks == pytest.approx(np.mean([similar(4.0 * index, WRIST) for index in range(4)]))
    assert totals.all.oks == pytest.approx(1 - (1 - wrist.oks) / 17, rel=2e-3)
    assert (totals.joints[ANKLE].only_mine, totals.all.only_mine, totals.all.only_theirs) == (1, 1, 0)
    assert (totals.num_pairs, totals.people_only_mine, totals.people_only_theirs) == (4, 0, 1)
    assert (totals.num_frames_both, totals.num_frames_only_mine, totals.num_frames_only_theirs) == (4, 1, 0)
    assert other.joints[WRIST] == wrist and other.people_only_mine == 1
    assert totals.to_dict()["joints"]["left_wrist"]["mean_px"] == 6.0


def similar(distance_px, keypoint):
    return float(keypoint_similarities(np.where(np.arange(17) == keypoint, distance_px, 0.0), 60 * SIZE)[keypoint])


def test_similarity_is_pycocotools_own():
    rng = np.random.default_rng(1)
    truth, guess = rng.uniform(0, 200, (2, 17, 2))
    flat = [np.column_stack([xy, np.full(17, 2)]).ravel().tolist() for xy in (truth, guess)]
    evaluation = COCOeval.__new__(COCOeval)
    evaluation.params = type("Params", (), {"kpt_oks_sigmas": np.array(POSETRACK.sigmas), "maxDets": [20]})
    person_of = {"keypoints": flat[0], "bbox": [0, 0, 90, 90], "area": 5000.0}
    evaluation._gts, evaluation._dts = {(1, 1): [person_of]}, {(1, 1): [{"keypoints": flat[1], "score": 1}]}
    expected = evaluation.computeOks(1, 1)[0, 0]
    assert keypoint_similarities(np.linalg.norm(truth - guess, axis=1), 5000.0).mean() == pytest.approx(expected)


def test_other_clips_and_the_project_itself_are_refused_in_a_sentence(projects):
    mine, theirs = projects({0: [person(1)]}, {0: [person(1)]}, theirs_wh=(320, 240))
    with pytest.raises(ProjectError, match=r"of another clip .*320 × 240"):
        compare(mine, theirs)
    with Project.open(mine.path, read_only=True) as again, pytest.raises(ProjectError, match="this project itself"):
        compare(mine, again)


# ---- merging ----


def start(mine, theirs):
    agreement = compare(mine, theirs)
    return agreement, Merging(mine, theirs, agreement)


def test_taking_a_joint_takes_it_in_the_whole_stretch_as_one_edit(projects):
    theirs = {index: [moved(moved(person(4), WRIST, 20.0), ANKLE, 3.0)] for index in range(5)}
    mine, theirs = projects({index: [person(1)] for index in range(5)}, theirs)
    agreement, merging = start(mine, theirs)
    taken = merging.take(agreement.disagreements[0])
    assert taken.touched.frame_indices == (0, 1, 2, 3, 4) and not taken.changed
    after = mine.frame(3).pose(1)
    assert np.array_equal(after.keypoints[WRIST], theirs.frame(3).pose(4).keypoints[WRIST])
    assert after.keypoints[ANKLE, 0] == person(1).keypoints[ANKLE, 0]
    assert after.provenance[WRIST] == Provenance.CORRECTED and after.scores[WRIST] == 1
    assert mine.undo_label == "Take left wrist from anna in frames 0 to 4"
    mine.undo()
    assert mine.frame(3).pose(1).same_as(person(1))
    assert merging.take(agreement.disagreements[0]).touched, "taken again after an undo"
    assert compare(mine, theirs).disagreements == ()


def test_a_machines_joint_that_is_taken_is_accepted_with_its_score(projects):
    theirs = {0: [moved(person(4, provenance=Provenance.PREDICTED), WRIST, 20.0)]}
    mine, theirs = projects({0: [person(1)]}, theirs)
    agreement, merging = start(mine, theirs)
    merging.take(agreement.disagreements[0])
    after = mine.frame(0).pose(1)
    assert (after.provenance[WRIST], after.scores[WRIST]) == (Provenance.ACCEPTED, 0.7)


def test_a_whole_pose_is_taken_with_its_box(projects):
    their = moved(person(4), WRIST, 20.0).replaced(bbox_xywh=np.array([48.0, 38.0, 66.0, 104.0]))
    their = seen_as(moved(their, ANKLE, 2.0), 0, Visibility.OCCLUDED)
    mine, theirs = projects({0: [person(1)]}, {0: [their]})
    agreement, merging = start(mine, theirs)
    merging.take_pose(agreement.disagreements[0])
    assert mine.frame(0).pose(1).same_as(their.replaced(track_id=1))


def test_what_i_set_meanwhile_is_left_and_counted(projects):
    theirs = {index: [moved(person(4), WRIST, 20.0)] for index in range(3)}
    mine, theirs = projects({index: [person(1)] for index in range(3)}, theirs)
    agreement, merging = start(mine, theirs)
    edits.move_keypoint(mine, 1, 1, WRIST, (77.0, 88.0))
    edits.change_track_id_from(mine, 0, 1, 9)
    taken = merging.take(agreement.disagreements[0])
    assert taken.changed == 1 and taken.touched.frame_indices == (0, 2)
    assert mine.frame(1).pose(9).keypoints[WRIST].tolist() == [77.0, 88.0]


def test_a_person_only_theirs_comes_under_the_number_that_they_have_here(projects):
    far = (400.0, 100.0)
    theirs = {index: [person(1), person(6, at=far)] for index in range(4)}
    mine, theirs = projects({0: [person(6), person(2, at=far)], 1: [person(6)], 2: [person(6)]}, theirs)
    agreement, merging = start(mine, theirs)
    only = next(one for one in agreement.disagreements if one.kind == Kind.ONLY_THEIRS)
    assert (only.theirs, only.first_frame, only.last_frame) == (6, 1, 2)
    merging.take(only)
    assert [pose.track_id for pose in mine.frame(2).poses] == [2, 6]
    assert mine.frame(2).pose(2).same_as(person(2, at=far))
    again = merging.take(only)
    assert not again.touched and again.changed == 2, "somebody is there by now"


def test_a_person_only_mine_can_go_and_a_machines_can_be_kept(projects):
    far, farther = (400.0, 100.0), (500.0, 300.0)
    mine = {index: [person(1), person(2, at=far), person(3, farther, Provenance.PREDICTED)] for index in range(3)}
    mine, theirs = projects(mine, {index: [person(1)] for index in range(3)})
    agreement, merging = start(mine, theirs)
    two, three = agreement.disagreements
    merging.take(two)
    assert [pose.track_id for pose in mine.frame(1).poses] == [1, 3]
    kept = merging.keep(three)
    assert kept.touched.frame_indices == (0, 1, 2)
    assert set(mine.frame(1).pose(3).provenance) == {Provenance.ACCEPTED}
    assert not merging.keep(three).touched
    mine.undo()
    mine.undo()
    assert len(mine.frame(1).poses) == 3


def test_nobody_goes_where_the_other_labelled_nothing(projects):
    mine, theirs = projects({0: [person(1)], 1: [person(1)]}, {0: [person(1)]})
    agreement, merging = start(mine, theirs)
    (only,) = agreement.disagreements
    assert only.other_unlabelled
    with pytest.raises(ProjectError, match="anna labelled nothing in frame 1"):
        merging.take(only)
    assert mine.frame(1).pose(1) is not None


def test_all_that_i_lack_is_one_edit_without_whom_i_deleted(projects):
    far, farther = (400.0, 100.0), (500.0, 300.0)
    mine = {0: [seen_as(person(1), WRIST, 0).replaced(provenance=np.where(np.arange(17) == WRIST, 0, 6))]}
    theirs = {0: [person(4), person(5, at=far)], 1: [person(4), person(5, far, Provenance.PREDICTED)]}
    theirs[0].append(person(6, at=farther))
    mine, theirs = projects(mine, theirs)
    gone = edits.add_person(mine, 0, person(6, at=farther).bbox_xywh).track_ids[0]
    edits.delete_person(mine, gone, 0)
    _, merging = start(mine, theirs)
    before = mine.last_entry
    taken = merging.take_missing()
    assert mine.last_entry == before + 1 and taken.deleted == 1
    assert mine.undo_label == "Take what is missing from anna"
    first, second = mine.frame(0).poses, mine.frame(1).poses
    assert len(first) == 2 and first[0].labelled[WRIST] and first[0].provenance[WRIST] == Provenance.CORRECTED
    assert second[0].track_id == 1, "the person of mine with whom theirs shares frames"
    assert set(second[1].provenance) == {Provenance.PREDICTED}, "nobody looked at it"
    assert first[1].track_id == second[1].track_id
    mine.undo()
    assert len(mine.frame(0).poses) == 1 and not mine.frame(1).poses


def test_what_is_written_while_all_is_taken_is_read_again(projects):
    far = (400.0, 100.0)
    mine, theirs = projects({0: [person(1)]}, {0: [person(4), person(5, at=far)], 1: [person(4)]})
    _, merging = start(mine, theirs)

    def add_meanwhile(done, total):
        if not mine.frame(1).poses:
            edits.add_person(mine, 1, person(4).bbox_xywh)

    taken = merging.take_missing(add_meanwhile)
    assert taken.changed == 1 and taken.touched.frame_indices == (0,)
    assert len(mine.frame(1).poses) == 1


def test_what_is_taken_brings_the_proof_of_its_picture(projects):
    mine, theirs = projects({0: [person(1)]}, {})
    theirs.commit("Label", [PoseChange(0, None, moved(person(4), WRIST, 20.0))], {0: (0.0, "picture")})
    agreement, merging = start(mine, theirs)
    merging.take(agreement.disagreements[0])
    assert mine.mismatched(0, (0.0, "another picture")) and not mine.mismatched(0, (0.0, "picture"))


def test_a_comparison_reports_and_can_be_cancelled(projects):
    mine, theirs = projects(
        {index: [person(1)] for index in range(60)}, {index: [person(1)] for index in range(40, 90)}
    )
    steps = []
    compare(mine, theirs, lambda done, total: steps.append((done, total)))
    assert steps == [(0, 90), (50, 90)]

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        compare(mine, theirs, cancel)
