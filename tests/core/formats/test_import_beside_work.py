"""An import lets others read and write between its parts, is one run nevertheless, and can be ended at any time."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled, ProjectError
from core.formats import import_labels, read_labels
from core.formats.import_writing import POSES_AT_ONCE
from core.formats.texts.json_text import parse_json
from core.keypoints import COCO
from core.poses import Pose, Provenance
from core.project import Project, SourceRecord, edits
from core.project.storage.codec import encode

NUM_FRAMES, NUM_PEOPLE = 60, 6
RECORD = SourceRecord(Path("clip.mp4"), "video", 640, 480, NUM_FRAMES, "")


def crowd(path, first_id=1, fields=()):
    images = [{"id": i, "file_name": f"{i:06d}.jpg", "width": 640, "height": 480} for i in range(NUM_FRAMES)]
    people = [
        {
            "image_id": i,
            "category_id": 1,
            "track_id": first_id + p,
            "bbox": [100 * p, 20, 60, 90],
            "keypoints": [100 * p + 30, 50, 2] * 17,
        }
        | dict(fields)
        for i in range(NUM_FRAMES)
        for p in range(NUM_PEOPLE)
    ]
    for place, person in enumerate(people):
        person["id"] = place
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO.keypoint_names)}]
    path.write_text(json.dumps({"images": images, "annotations": people, "categories": categories}))
    return path


class CountingLock:
    """The project's lock, which tells how many poses there are each time that a hold begins and ends."""

    def __init__(self, project, lock):
        self._project, self.lock, self._depth = project, lock, 0
        self.most_in_a_hold = 0
        self._before = 0

    def _count(self):
        connection = self._project._store._connection
        return connection.execute("SELECT count(*) FROM changes WHERE what = 'pose'").fetchone()[0]

    def __enter__(self):
        self.lock.acquire()
        self._depth += 1
        if self._depth == 1:
            self._before = self._count()

    def __exit__(self, *error):
        if self._depth == 1:
            self.most_in_a_hold = max(self.most_in_a_hold, self._count() - self._before)
        self._depth -= 1
        self.lock.release()


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.fami", RECORD) as project:
        yield project


def test_no_hold_of_the_project_writes_more_than_a_few_people(project, tmp_path):
    labels = read_labels(crowd(tmp_path / "a.json", fields={"segmentation": [[1, 2, 3]]}))
    counting = project._store.mutex = CountingLock(project, project._store.mutex)
    import_labels(project, labels, None)
    assert 0 < counting.most_in_a_hold <= POSES_AT_ONCE
    assert len(project.runs()) == 1 and project.runs()[0].status == "done"
    assert len(project.kept_fields()) >= NUM_FRAMES * NUM_PEOPLE

    def give_up(done, _):
        if done > NUM_FRAMES // 2:
            raise Cancelled

    counting.most_in_a_hold = 0
    assert len(state(project)) == NUM_FRAMES * NUM_PEOPLE
    with pytest.raises(Cancelled):
        import_labels(project, read_labels(crowd(tmp_path / "b.json", 11)), None, on_progress=give_up)
    assert counting.most_in_a_hold <= POSES_AT_ONCE, "nor is more taken back at once"
    project._store.mutex = counting.lock


def state(project):
    return {
        (frame.frame_index, pose.track_id): (encode(pose), frame.reviewed)
        for frame in project.frames()
        for pose in frame.poses
    }


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt, ProjectError("the disk is full")])
@pytest.mark.parametrize("first_id", [1, 21])
def test_what_was_written_before_it_was_ended_is_taken_back(project, tmp_path, error, first_id):
    import_labels(project, read_labels(crowd(tmp_path / "a.json")), None)
    edits.move_keypoint(project, 3, 1, 0, (7, 8))
    before, kept = state(project), project.kept_fields()
    moved = json.loads(crowd(tmp_path / "b.json", first_id, {"segmentation": [[4, 5]]}).read_text())
    for person in moved["annotations"]:
        person["keypoints"] = [value + (at % 3 == 0) for at, value in enumerate(person["keypoints"])]
    (tmp_path / "b.json").write_text(json.dumps(moved))

    def end_late(done, total):
        if done > total // 2 and state(project) != before:
            raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        import_labels(project, read_labels(tmp_path / "b.json"), None, on_progress=end_late)
    assert state(project) == before and project.kept_fields() == kept
    assert [run.status for run in project.runs()] == ["done", "removed"]
    project.undo()
    assert project.frame(3).pose(1).keypoints[0].tolist() == [30, 50]


def test_nobody_gets_its_numbers_and_nobodys_work_is_lost_while_it_writes(project, tmp_path):
    numbers = []

    def draw_before_the_first_part():
        numbers.append(edits.add_person(project, 0, (300.0, 300.0, 50.0, 80.0)).track_ids[0])
        with pytest.raises(ProjectError, match="reserved"):
            edits.change_track_id_from(project, 0, numbers[0], 3)

    def meanwhile(*_):
        if not numbers and project.reserved_track_ids():
            worker = threading.Thread(target=draw_before_the_first_part)
            worker.start()
            worker.join(60)
            assert not worker.is_alive()

    import_labels(project, read_labels(crowd(tmp_path / "a.json")), None, on_progress=meanwhile)
    assert numbers == [NUM_PEOPLE + 1]
    assert project.track_ids() == list(range(1, NUM_PEOPLE + 2))
    assert project.frame(0).pose(3).bbox_xywh.tolist() == [200, 20, 60, 90]
    assert not project.reserved_track_ids()


def test_somebody_renumbered_between_two_parts_is_written_under_the_new_number(project, tmp_path):
    with project.run("track") as run_id:
        boxes = {
            i: [Pose.empty(2, np.array([100.0, 20.0, 60.0, 90.0]), Provenance.PROPAGATED)] for i in range(NUM_FRAMES)
        }
        project.write_run(run_id, boxes)
    done_it = []

    def renumber(done, _):
        if done >= NUM_FRAMES // 2 and project.frame(0).pose(1) is not None and not done_it:
            done_it.append(edits.change_track_id_from(project, 0, 2, 40))

    import_labels(project, read_labels(crowd(tmp_path / "a.json")), None, on_progress=renumber)
    assert done_it and 2 not in project.track_ids()
    assert all(project.frame(index).pose(40).labelled.any() for index in range(NUM_FRAMES))


@pytest.mark.parametrize("step", [2, 100, 500])
def test_reading_can_be_ended_between_any_two_pieces(tmp_path, step):
    steps = []

    def on_step():
        steps.append(None)
        if len(steps) == step:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_labels(crowd(tmp_path / "a.json"), on_step)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from([None, 1, "\t"]))
def test_json_in_pieces_is_what_it_is_at_one_go(value, indent):
    text = json.dumps(value, indent=indent)
    assert parse_json(text, lambda: None) == json.loads(text)
    assert parse_json(f" \n{text}\r\n", lambda: None) == value


@given(JSON, st.data())
def test_what_is_no_json_is_none_in_pieces(value, data):
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text)))
    broken = text[:at] + data.draw(st.sampled_from(["", ",", "]", "}", '"', ":", "x"])) + text[at + 1 :]
    try:
        expected = json.loads(broken)
    except json.JSONDecodeError:
        with pytest.raises(json.JSONDecodeError):
            parse_json(broken, lambda: None)
    else:
        assert parse_json(broken, lambda: None) == expected
