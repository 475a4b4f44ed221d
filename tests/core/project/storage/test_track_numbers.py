"""People's numbers: whoever asks meanwhile, two people never get one."""

import threading

import numpy as np
import pytest

from core.errors import ProjectError
from core.formats import import_labels
from core.formats.labels import LabelImage, Labels
from core.poses import FramePoses, Pose, Provenance
from core.project import PoseChange, Project, RunKind, edits


def labels_of(frames):
    """Labels of a file: {frame index: {track id: left}}."""
    images = []
    for index in range(20):
        people = [
            Pose.empty(who, (left, 400, 20, 20), Provenance.IMPORTED)
            for who, left in sorted(frames.get(index, {}).items())
        ]
        images.append(
            LabelImage(index, "", None, FramePoses(index, tuple(people)), source_frame_index=index, num_frames=100)
        )
    return Labels(images, "posetrack18")


def people_by_left(project):
    """Whom each number names, told by where people stand: {track id: set of lefts}."""
    found = {}
    for frame in project.frames():
        for pose in frame.poses:
            found.setdefault(pose.track_id, set()).add(float(pose.bbox_xywh[0]))
    return found


def write(project, run_id, numbers, first_left):
    poses = {0: [Pose.empty(n, (first_left + i, 9, 9, 9), Provenance.PROPAGATED) for i, n in enumerate(numbers)]}
    project.write_run(run_id, poses)


def test_numbers_are_given_once_and_higher_than_asked(project):
    assert list(project.reserve_track_ids(3)) == [1, 2, 3]
    assert list(project.reserve_track_ids(0)) == []
    assert list(project.reserve_track_ids(2, above=10)) == [11, 12]
    with pytest.raises(ValueError, match="none or more"):
        project.reserve_track_ids(-1)
    assert edits.add_person(project, 0, (1, 2, 3, 4)).track_ids == (13,)
    project.close()
    with Project.open(project.path) as again:
        assert list(again.reserve_track_ids(1)) == [14]


def test_a_run_an_import_and_a_hand_between_choice_and_writing(project):
    """Everybody chooses numbers before anybody writes; all people are different, and so are their numbers."""
    run_id = project.begin_run(RunKind.TRACK)
    found = project.reserve_track_ids(3, run_id=run_id)
    edits.add_person(project, 5, (100, 1, 9, 9))
    import_labels(project, labels_of({7: {1: 200, 2: 201, 4: 202, 9: 203}}), None)
    edits.add_person(project, 6, (101, 1, 9, 9))
    more = project.reserve_track_ids(1, run_id=run_id)
    edits.add_person(project, 6, (102, 1, 9, 9))
    write(project, run_id, [*found, *more], first_left=300)
    project.finish_run(run_id)
    by_number = people_by_left(project)
    assert sorted(left for lefts in by_number.values() for left in lefts) == [
        *(100, 101, 102), *(200, 201, 202, 203), *(300, 301, 302, 303)
    ]  # fmt: skip
    assert all(len(lefts) == 1 for lefts in by_number.values())
    assert by_number[9] == {203}, "a number that nobody has is taken over from the file"


@pytest.mark.parametrize("seed", range(8))
def test_any_interleaving_of_threads(project, seed):
    """Three threads take turns as a random list says, one call each; an event hands the turn on."""
    rng = np.random.default_rng(seed)
    run_id = project.begin_run(RunKind.TRACK)

    def finding():
        numbers = []
        for count in (2, 1, 3):
            numbers.extend(project.reserve_track_ids(count, run_id=run_id))
            yield
        for at, number in enumerate(numbers):
            write(project, run_id, [number], first_left=300 + at)
            yield

    def drawing():
        for at in range(8):
            edits.add_person(project, 5, (100 + at, 1, 9, 9))
            yield

    def importing():
        for at in range(3):
            who = sorted(rng.choice(np.arange(1, 25), 3, replace=False).tolist())
            # Where nobody is: a number that the project has is somebody else's.
            import_labels(
                project, labels_of({10 + at: dict(zip(who, range(200 + 3 * at, 203 + 3 * at), strict=True))}), None
            )
            yield

    planned = rng.permutation([0] * 9 + [1] * 8 + [2] * 3).tolist()
    turns = [*planned, None]
    baton = threading.Condition()
    errors = []

    def work(mine, steps):
        for _ in range(planned.count(mine)):
            with baton:
                baton.wait_for(lambda: errors or turns[0] == mine, timeout=60)
                if errors:
                    return
                try:
                    next(steps)
                except ProjectError as error:
                    errors.append(error)
                turns.pop(0)
                baton.notify_all()

    workers = [threading.Thread(target=work, args=pair) for pair in enumerate((finding(), drawing(), importing()))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not errors
    by_number = people_by_left(project)
    assert all(len(lefts) == 1 for lefts in by_number.values())
    assert len(by_number) == 6 + 8 + 9


def test_an_addition_in_the_middle_of_another_waits(project, monkeypatch):
    """A second hand asks for a number after the first got its own, and before the first has written."""
    reserve = project.reserve_track_ids
    others = []

    def beside(count):
        numbers = reserve(count)
        if not others:
            others.append(threading.Thread(target=edits.add_person, args=(project, 1, (101, 1, 9, 9))))
            others[0].start()
        return numbers

    monkeypatch.setattr(project, "reserve_track_ids", beside)
    edits.add_person(project, 0, (100, 1, 9, 9))
    others[0].join()
    assert people_by_left(project) == {1: {100}, 2: {101}}


def test_a_hand_cannot_choose_a_number_that_a_run_keeps(project):
    edits.add_person(project, 0, (1, 2, 3, 4))
    run_id = project.begin_run(RunKind.TRACK)
    first, second = project.reserve_track_ids(2, run_id=run_id)
    assert project.reserved_track_ids() == {first, second}
    for choose in (
        lambda: edits.change_track_id_from(project, 0, 1, first),
        lambda: edits.add_person(project, 3, (1, 2, 3, 4), second),
        lambda: project.commit("Add", [PoseChange(3, None, Pose.empty(first, (1, 2, 3, 4), Provenance.CORRECTED))]),
    ):
        with pytest.raises(ProjectError, match="is reserved for somebody who is being found"):
            choose()
    write(project, run_id, [first], first_left=50)
    edits.change_track_id_from(project, 0, 1, first, swap=True)
    project.finish_run(run_id)
    edits.add_person(project, 3, (1, 2, 3, 4), second)
    assert project.reserved_track_ids() == frozenset()


def test_only_a_running_run_keeps_numbers(project):
    run_id = project.begin_run(RunKind.TRACK)
    project.finish_run(run_id)
    with pytest.raises(ProjectError, match="is over"):
        project.reserve_track_ids(1, run_id=run_id)
    assert list(project.reserve_track_ids(1)) == [1]
