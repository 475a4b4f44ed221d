"""People found in a clip become people of the project: linked, numbered, never on top of what a person did."""

from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled
from core.files import places
from core.formats import import_labels, read_labels
from core.geometry import intersection_over_union
from core.people.tracking import PersonBox, TrackedBox
from core.poses import Provenance
from core.project import Project, edits
from core.video import Source, open_source
from core.work.finding import Found, find_people, name_people
from core.work.source_record import record_of
from tests.known_boxes import KnownBoxes

STOP = 60


@pytest.fixture
def source() -> Iterator[Source]:
    with open_source(places.DEMO_CLIP) as source:
        yield source


@pytest.fixture
def project(tmp_path: Path, source: Source) -> Iterator[Project]:
    with Project.create(tmp_path / "walkers.fami", record_of(source)) as project:
        yield project


@cache
def truth() -> dict[int, dict[int, np.ndarray]]:
    """The demo's two walkers: boxes by frame and person."""
    images = read_labels(places.DEMO_LABELS).images
    return {image.frame_index: {pose.track_id: pose.bbox_xywh for pose in image.poses.poses} for image in images}


def detected(seed: int = 1) -> KnownBoxes:
    """What a detector might find of them: one in eight missing, all a little off."""
    rng = np.random.default_rng(seed)
    return KnownBoxes(
        {
            index: [
                PersonBox(box + rng.normal(0, 0.02, 4) * np.tile(box[2:], 2), 0.9)
                for box in people.values()
                if rng.random() > 1 / 8
            ]
            for index, people in truth().items()
        },
        "detector for this test",
    )


def find(project: Project, source: Source, start: int = 0, stop: int = STOP, **options: object) -> Found:
    return find_people(project, source, detected(), start, stop, **options)


def test_two_walkers_are_found_through_the_clip(project: Project, source: Source) -> None:
    progress, touched = [], []
    found = find(project, source, on_progress=lambda *step: progress.append(step), on_part=touched.append)
    assert found == Found(2, 2, 0)
    assert progress[-1] == (STOP, STOP) and len(progress) == STOP
    assert {index for part in touched for index in part.frame_indices} == set(range(STOP))
    for index in range(STOP):
        poses = project.frame(index).poses
        assert len(poses) == 2, f"frame {index}, also where a box was missing"
        for pose in poses:
            assert pose.bbox_provenance == Provenance.PROPAGATED and not pose.labelled.any()
            assert max(intersection_over_union(pose.bbox_xywh, box) for box in truth()[index].values()) > 0.6
        assert project.frame_proofs(index)
    run = project.runs()[-1]
    assert (run.kind, run.status, run.settings["method"]) == ("track", "done", "detector for this test")
    project.remove_run(run.run_id)
    assert project.track_ids() == []


def test_whoever_is_added_while_found_people_are_written_gets_another_number(project: Project, source: Source) -> None:
    """A hand adds somebody, and labels are imported, after each part of the run, as beside it in another thread."""
    drawn: list[int] = []
    labels = read_labels(places.DEMO_LABELS)

    def beside(_: object) -> None:
        drawn.extend(edits.add_person(project, 0, (1, 2, 3, 4)).track_ids)
        if len(drawn) == 1:
            labels.images = [image for image in labels.images if image.frame_index < 10]
            import_labels(project, labels, None)

    looked = find(project, source, 20, 100, on_part=beside)
    found = {pose.track_id for frame in project.frames(20, 100) for pose in frame.poses}
    imported = {pose.track_id for frame in project.frames(1, 10) for pose in frame.poses}
    assert len(drawn) == 2 and looked.num_people == len(found)
    assert len({*found, *drawn, *imported}) == len(found) + len(drawn) + len(imported)


def test_looking_at_every_third_frame_bridges_the_others(project: Project, source: Source) -> None:
    assert find(project, source, 0, 30, every=3).num_people == 2
    assert [len(project.frame(index).poses) for index in range(27)] == [2] * 27


def test_people_who_are_there_keep_number_and_hand_drawn_box(project: Project, source: Source) -> None:
    walkers = truth()
    first = walkers[0][min(walkers[0])]
    (drawn,) = edits.add_person(project, 0, first).track_ids
    own_box = walkers[30][min(walkers[30])] * [1, 1, 1, 0.9]
    edits.add_person(project, 30, own_box, drawn)
    assert find(project, source) == Found(2, 1, 0)
    assert len(project.track_ids()) == 2
    np.testing.assert_array_equal(project.frame(0).pose(drawn).bbox_xywh, first)
    np.testing.assert_array_equal(project.frame(30).pose(drawn).bbox_xywh, own_box)
    assert project.frame(30).pose(drawn).bbox_provenance == Provenance.CORRECTED
    assert intersection_over_union(project.frame(20).pose(drawn).bbox_xywh, walkers[20][min(walkers[20])]) > 0.7
    project.remove_run(project.runs()[-1].run_id)
    assert project.track_ids() == [drawn] and project.frame(30).pose(drawn) is not None


def test_finding_again_finds_nobody_new(project: Project, source: Source) -> None:
    find(project, source)
    before = project.track_ids()
    assert find_people(project, source, detected(seed=2), 0, STOP).num_new == 0
    assert project.track_ids() == before


def test_the_frames_after_go_on_with_the_same_people(project: Project, source: Source) -> None:
    find(project, source, 0, 20)
    assert find(project, source, 20, 40).num_new == 0, "their last boxes are just before"
    assert find(project, source, 45, 46).num_new == 0, "one frame, five after the last"
    assert len(project.track_ids()) == 2


def test_a_reviewed_frame_is_left_alone(project: Project, source: Source) -> None:
    edits.mark_reviewed(project, 5)
    find(project, source, 0, 12)
    assert [len(project.frame(index).poses) for index in range(3, 8)] == [2, 2, 0, 2, 2]


def test_who_was_deleted_is_not_found_again_under_another_number(project: Project, source: Source) -> None:
    find(project, source)
    gone, other = project.track_ids()
    edits.delete_person(project, gone)
    assert find_people(project, source, detected(seed=2), 0, STOP) == Found(1, 0, 0)
    assert project.track_ids() == [other]
    project.undo()
    assert find_people(project, source, detected(seed=2), 0, STOP) == Found(2, 0, 0), "undone: there again"
    edits.delete_person(project, other, 7)
    edits.cut_person_from(project, 30, gone)
    assert find_people(project, source, detected(seed=3), 0, STOP).num_new == 0
    assert [pose.track_id for pose in project.frame(7).poses] == [gone], "only where deleted"
    assert {pose.track_id for pose in project.frame(29).poses} == {gone, other}
    assert {pose.track_id for frame in project.frames(30, STOP) for pose in frame.poses} == {other}


def test_who_stands_where_somebody_was_deleted_is_still_found(project: Project, source: Source) -> None:
    """Two people were drawn for one walker; the second was too many."""
    box = truth()[0][min(truth()[0])]
    (kept,) = edits.add_person(project, 0, box).track_ids
    (twin,) = edits.add_person(project, 0, box * [1, 1, 0.9, 0.95]).track_ids
    edits.delete_person(project, twin)
    find(project, source, 0, 20)
    assert len(project.track_ids()) == 2
    assert all(project.frame(index).pose(kept) is not None for index in range(20))


def test_a_cancel_keeps_what_was_found(project: Project, source: Source) -> None:
    def stop_at_ten(done: int, total: int) -> None:
        if done == 10:
            raise Cancelled

    with pytest.raises(Cancelled):
        find(project, source, on_progress=stop_at_ten)
    assert project.runs()[-1].status == "cancelled"
    assert project.labelled_frames().tolist() == list(range(10))


def test_nobody_is_found(project: Project, source: Source) -> None:
    assert find_people(project, source, KnownBoxes({}), 0, 10) == Found(0, 0, None)
    assert project.runs()[-1].status == "done"


def at(x: float, frames: range) -> list[TrackedBox]:
    return [TrackedBox(index, np.array([x, 0.0, 40, 80]), 1.0) for index in frames]


def test_a_track_that_changes_persons_is_divided() -> None:
    """The detector took one for the other half way; the project knows better."""
    people = {index: {1 if index < 5 else 2: np.array([0.0, 0, 40, 80])} for index in range(10)}
    people[2][2] = people[7][1] = np.array([300.0, 0, 40, 80])
    named = name_people([at(0, range(10))], people, count(3), 5)
    assert [list(named[index]) for index in range(10)] == [[1]] * 5 + [[2]] * 5


def test_nobody_is_in_two_places() -> None:
    people = {0: {7: np.array([0.0, 0, 40, 80])}, 1: {7: np.array([200.0, 0, 40, 80])}}
    named = name_people([at(0, range(3)), at(200, range(3))], people, count(8), 5)
    assert named[0][7][0] == 0 and named[1][7][0] == 200
    assert all(len(boxes) == 2 for boxes in named.values())
