"""Whatever a machine computed for a person lands on that person, whatever was renumbered or taken away meanwhile."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import PredictionError, ProjectError
from core.people.tracking import PersonBox, TrackedBox
from core.poses import Pose, Provenance
from core.predictions import Prediction
from core.project import Project, RunKind, SourceRecord, edits
from core.work import following
from core.work.finding import find_people
from core.work.following import follow_person
from core.work.predicting import run_prediction
from tests.known_boxes import KnownBoxes

LEFT, RIGHT = (0.0, 0.0, 40.0, 80.0), (300.0, 0.0, 40.0, 80.0)
NUM_FRAMES = 12


class Blank:
    """A clip of black frames."""

    timestamps = np.arange(NUM_FRAMES) / 25

    def __len__(self) -> int:
        return NUM_FRAMES

    def frame(self, index: int) -> np.ndarray:
        return np.zeros((8, 8, 3), np.uint8)

    def frames(self, start: int, stop: int):
        return ((index, self.frame(index)) for index in range(start, stop))


class Network:
    """Places every joint at the left edge of the box that it was asked about."""

    loaded = SimpleNamespace(sha256="a" * 64, metadata=SimpleNamespace(name="edge"))
    offsets, decoding, flip_test, calibrated, device, batch_size = (), "plain", False, False, "cpu", 1

    def predict(self, requests, frame, num_frames):
        return [
            Prediction(r, np.full((17, 2), r.bbox_xywh[0]), np.ones(17), np.zeros((17, 1, 1), np.float16), np.eye(2, 3))
            for r in requests
        ]


@pytest.fixture
def project(tmp_path):
    source = SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, NUM_FRAMES)
    with Project.create(tmp_path / "clip.fami", source) as project:
        with project.run(RunKind.TRACK) as run_id:
            people = [Pose.empty(who, box, Provenance.PROPAGATED) for who, box in ((3, RIGHT), (5, LEFT))]
            project.write_run(run_id, dict.fromkeys(range(NUM_FRAMES), people))
        yield project


def once(do):
    """Does it at the first call, whatever it is called with."""
    waiting = [do]
    return lambda *_: waiting and waiting.pop()()


def lefts(project):
    """The left edges of box and joints of each person, over all frames."""
    seen = {}
    for frame in project.frames():
        for pose in frame.poses:
            seen.setdefault(pose.track_id, set()).add((pose.bbox_xywh[0], pose.keypoints[0, 0]))
    return seen


def swap(project):
    return lambda: edits.change_track_id_from(project, 0, 3, 5, swap=True)


def test_a_swap_while_predicting_leaves_boxes_and_joints_together(project):
    run_prediction(project, Blank(), Network(), 0, NUM_FRAMES, on_predictions=once(swap(project)))
    assert lefts(project) == {5: {(300, 300)}, 3: {(0, 0)}}


def test_who_is_renumbered_while_predicting_gets_all_joints(project):
    renumber = once(lambda: edits.change_track_id_from(project, 0, 3, 7))
    run_prediction(project, Blank(), Network(), 0, NUM_FRAMES, on_predictions=renumber)
    assert lefts(project) == {7: {(300, 300)}, 5: {(0, 0)}}


def test_nobody_comes_back_whose_run_is_removed_while_predicting(project):
    run_prediction(project, Blank(), Network(), 0, NUM_FRAMES, on_predictions=once(lambda: project.remove_run(1)))
    assert lefts(project) == {}


def test_a_swap_between_the_choice_and_the_run_reaches_the_requests(project, monkeypatch):
    """A second hand tries just before the run begins: it waits, or the run must know of it."""
    begin = project.begin_run
    monkeypatch.setattr(project, "begin_run", lambda *args: (swap(project)(), begin(*args))[1])
    run_prediction(project, Blank(), Network(), 0, NUM_FRAMES)
    assert lefts(project) == {5: {(300, 300)}, 3: {(0, 0)}}


@pytest.mark.parametrize("moment", ["looking", "writing"])
def test_a_swap_while_finding_is_not_undone(project, moment):
    boxes = KnownBoxes({i: [PersonBox(np.array(box), 0.9) for box in (LEFT, RIGHT)] for i in range(NUM_FRAMES)})
    hook = {{"looking": "on_progress", "writing": "on_part"}[moment]: once(swap(project))}
    edits.delete_person(project, 3, 1)  # so that there is something to write
    project.undo()
    find_people(project, Blank(), boxes, 0, NUM_FRAMES, **hook)
    assert {who: {box for box, _ in seen} for who, seen in lefts(project).items()} == {5: {300}, 3: {0}}


def test_who_is_chosen_is_followed_though_renumbered_before_it_begins(project, monkeypatch):
    followed = []
    monkeypatch.setattr(following, "follow_box", lambda frames, box, locate: followed.append(box[0]) or iter(()))
    as_of = project.last_entry
    swap(project)()
    told = follow_person(
        project, Blank(), 3, 0, NUM_FRAMES, on_progress=lambda *_: None, on_part=lambda _: None, as_of=as_of
    )
    assert followed == [300] and told.track_id == 5


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "cancelled"), (ProjectError("full"), "failed")])
def test_a_following_that_ends_early_says_how(project, monkeypatch, error, status):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(following, "follow_box", fails)
    with pytest.raises(BaseException):  # noqa: B017 - Ctrl+C is no Exception
        follow_person(project, Blank(), 3, 0, NUM_FRAMES, on_progress=lambda *_: None, on_part=lambda _: None)
    assert project.runs()[-1].status == status


@pytest.mark.parametrize("goes", ["its run", "by hand"])
def test_whose_finding_is_undone_meanwhile_is_no_longer_followed(tmp_path, monkeypatch, goes):
    source = SourceRecord(tmp_path / "new.mp4", "video", 640, 480, NUM_FRAMES)
    monkeypatch.setattr(following, "BATCH_FRAMES", 2)
    monkeypatch.setattr(
        following, "follow_box", lambda seen, *_: (TrackedBox(index, np.array(RIGHT), 1.0) for index, _ in seen)
    )
    with Project.create(tmp_path / "new.fami", source) as project:
        with project.run(RunKind.TRACK) as found:
            project.write_run(found, {0: [Pose.empty(3, np.array(RIGHT), Provenance.PREDICTED)]})

        def take_back():
            if goes == "its run":
                project.remove_run(found)
            else:
                edits.delete_person(project, 3)

        def follow():
            follow_person(
                project, Blank(), 3, 0, NUM_FRAMES, on_progress=lambda *_: None, on_part=once(take_back)
            )  # fmt: skip

        if goes == "its run":
            with pytest.raises(PredictionError, match="no longer followed"):
                follow()
            assert project.labelled_frames().tolist() == [1, 2] and project.runs()[-1].status == "failed"
        else:  # the journal knows who was deleted: nothing is written of them, and nobody complains
            follow()
            assert not project.track_ids()
