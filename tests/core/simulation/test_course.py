"""The simulated labeller on the demo clip: what it counts, where it ends, and that it stays a labeller's way."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.files.checkout import RESOURCES
from core.model.weights.files import load_model
from core.poses import Provenance
from core.project import Project
from core.simulation.bench import SMALL, run_bench
from core.simulation.course import Course, Plan, RoundDone, Start, run_course, start_of
from core.simulation.labeller import Labeller
from core.simulation.orders import EVEN, KNOWING, ORDERS, QUEUE, RANDOM, evenly_spaced
from core.simulation.tables import as_text, curve, expected_per_100, num_seen_of, summary
from core.simulation.truth import DEMO, TrueClip, errors, is_wrong, known_clip
from core.simulation.ways import NOTHING, PREDICTION, REPAIR, WAYS

STARTER = RESOURCES / "weights/starter.pth"
FEW = 12
"""Person-frames: six frames of the demo clip."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> TrueClip:
    return known_clip(DEMO, tmp_path_factory.mktemp("clips")).first_frames(FEW)


@pytest.fixture(scope="module")
def start(demo: TrueClip, tmp_path_factory: pytest.TempPathFactory) -> Start:
    return start_of(demo, STARTER, tmp_path_factory.mktemp("start"))


def test_the_truth_is_never_told_to_the_program(start: Start) -> None:
    with Project.open(start.project_path, read_only=True) as project:
        poses = [pose for frame in project.frames() for pose in frame.poses]
    assert len(poses) == FEW and all(not pose.human.any() for pose in poses)
    assert all(pose.provenance.max() == Provenance.PREDICTED for pose in poses)


def test_a_joint_is_dragged_that_is_further_off_than_a_tenth_of_the_person(demo: TrueClip) -> None:
    true = demo.people[0][0]
    size = true.bbox_xywh[2:].max()
    joint = int(np.flatnonzero(true.placed)[0])
    for part, wrong in ((0.099, False), (0.101, True)):
        moved = true.keypoints.copy()
        moved[joint, 0] += part * size
        pose = true.replaced(keypoints=moved)
        assert is_wrong(pose, true)[joint] == wrong
        assert errors(pose, true)[joint] == pytest.approx(part)
    assert is_wrong(None, true).sum() == true.placed.sum(), "who is not there has to be made joint by joint"
    assert not is_wrong(None, true)[~true.placed].any(), "what the truth does not know is not asked for"


def test_a_look_makes_a_frame_right_and_counts_what_it_took(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "p.fami"
    path.write_bytes(start.project_path.read_bytes())
    with Project.open(path) as project:
        labeller = Labeller(project, start.truth, lambda _: None)
        wrong = labeller.wrong_joints(2)
        assert labeller.look_at(2) == wrong > 0
        frame = project.frame(2)
        assert labeller.wrong_joints(2) == 0 and frame.reviewed
        corrected = sum(int((pose.provenance == Provenance.CORRECTED).sum()) for pose in frame.poses)
        assert corrected == wrong and all(pose.human[pose.labelled].all() for pose in frame.poses)


@pytest.mark.parametrize("order", [*ORDERS, KNOWING])
def test_without_rounds_every_order_costs_the_same_and_ends_when_all_is_right(start: Start, order: str) -> None:
    course = run_course(Plan(start, PREDICTION, order))
    assert sum(course.drags) == course.wrong[0] > 0 and course.wrong[-1] == 0 < course.wrong[-2]
    assert len(set(course.frame_indices)) == len(course.frame_indices) <= FEW // 2
    assert all(a - b == drags for (a, b), drags in zip(pairwise(course.wrong), course.drags, strict=True))


def test_who_knows_the_truth_looks_at_the_worst_frame_first_and_at_none_that_is_right(start: Start) -> None:
    course = run_course(Plan(start, PREDICTION, KNOWING))
    assert list(course.drags) == sorted(course.drags, reverse=True) and min(course.drags) > 0


def test_a_drag_mends_the_frames_around_and_each_of_these_is_paid_only_once(start: Start) -> None:
    alone, mended = (run_course(Plan(start, way, EVEN)) for way in (PREDICTION, REPAIR))
    assert mended.wrong[0] == alone.wrong[0] and mended.wrong[-1] == 0
    assert sum(mended.drags) < sum(alone.drags), "some joints that were wrong at first needed no hand"
    assert mended.drags[0] == alone.drags[0] and mended.wrong[1] < alone.wrong[1], "from the first frame on"


def test_the_same_seed_gives_the_same_course(start: Start) -> None:
    first, again, other = (run_course(Plan(start, PREDICTION, RANDOM, seed)) for seed in (1, 1, 2))
    assert first.frame_indices == again.frame_indices and first.drags == again.drags
    assert other.frame_indices != first.frame_indices


def test_from_nothing_every_joint_is_placed(start: Start) -> None:
    course = run_course(Plan(start, NOTHING, QUEUE))
    assert sum(course.drags) == start.truth.num_joints == course.wrong[0]


def test_a_round_teaches_predicts_anew_and_leaves_the_corrections(start: Start) -> None:
    rounds = next(way for way in WAYS if way.name == "rounds_5")
    course = run_course(Plan(start, rounds, EVEN, steps=1))
    (done,) = course.rounds
    assert done.after_frames == 5 and done.before > 0 and len(course.errors) == 2
    seen = course.frame_indices[:5]
    assert all(course.errors[1][index][0] / course.errors[1][index][1] < 0.1 for index in seen)
    before, after = course.unseen_errors()
    assert done.accepted == (after != before)


def test_all_ways_come_to_one_table_and_the_curve_ends_at_what_they_cost(demo: TrueClip) -> None:
    tiny = replace(SMALL, most_person_frames=4, random_seeds=(0, 1))
    (result,) = results = run_bench([demo], STARTER, tiny, ways=(NOTHING, PREDICTION), workers=1)
    summed = summary(results)
    ways = summed["ways"]
    assert ways["nothing"]["drags_per_100"] == 1500 and ways["nothing"]["seconds"] == 0
    assert 0 < ways["prediction"]["drags_per_100"] < 1500
    by_order = ways["prediction"]["by_order"]
    assert by_order[RANDOM]["seeds"] == 2 and by_order[RANDOM]["spread"] == 0 and by_order[QUEUE]["spread"] is None
    for course in result.courses["prediction", QUEUE]:
        points = curve(course, result.truth)
        assert points[0] == (0, ways["prediction"]["drags_per_100"]) and points[-1][0] == 100
    assert "prediction alone" in as_text(summed)


def test_once_a_fifth_is_seen_the_joints_that_are_wrong_then_count_too(demo: TrueClip) -> None:
    rounds = (RoundDone(2, True, 0.1, 0.05, 1.0),)
    stages = ({0: (3.0, 30), 1: (3.0, 30), 2: (6.0, 30)}, {0: (0.0, 30), 1: (0.0, 30), 2: (1.5, 30)})
    course = Course(QUEUE, 0, (0, 1, 2), (6, 4, 2), (30, 24, 8, 0), 1.0, rounds, stages)
    assert num_seen_of(demo) == 2
    assert expected_per_100(course, demo, 2) == pytest.approx(100 * (6 + 4 + 8) / 12)
    assert course.unseen_errors() == pytest.approx((0.2, 0.05))


def test_even_spacing_halves_the_widest_gap() -> None:
    assert evenly_spaced(range(8)) == [0, 4, 2, 6, 1, 5, 3, 7]
    assert sorted(evenly_spaced([3, 5, 9])) == [3, 5, 9] and evenly_spaced([7]) == [7]


def test_the_starter_is_the_networks_own_start(start: Start) -> None:
    with Project.open(start.project_path, read_only=True) as project:
        assert {run.weights_sha256 for run in project.runs() if run.weights_sha256} == {
            load_model(STARTER, "cpu").sha256
        }
