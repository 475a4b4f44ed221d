"""How many SQL statements a thing costs: with the disk's care for each, they are what a hand waits for."""

import pytest

from core.errors import ProjectError
from core.project import Project, RunKind, SourceRecord, edits

PEOPLE = 10


@pytest.fixture(params=[10, 1000])
def crowded(request, tmp_path, predicted):
    """A project with ten people in each of its frames."""
    source = SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, request.param)
    with Project.create(tmp_path / "crowded.fami", source) as project:
        everybody = [predicted(who, at=10.0 * who) for who in range(1, PEOPLE + 1)]
        project.write_run(project.begin_run(RunKind.PREDICT), dict.fromkeys(range(request.param), everybody))
        yield project


def statements(project, do):
    found = []
    project._store._connection.set_trace_callback(found.append)
    do()
    project._store._connection.set_trace_callback(None)
    assert found.count("BEGIN IMMEDIATE") == found.count("COMMIT") == 1
    return [sql for sql in found if sql not in {"BEGIN IMMEDIATE", "COMMIT"}]


def moved(project, frame_index, x):
    proofs = {frame_index: (0.04 * frame_index, "0123456789abcdef")}
    return lambda: edits.move_keypoint(project, frame_index, 3, 9, (x, 2.0), proofs=proofs)


def test_a_moved_joint_costs_five_statements(crowded):
    last = len(crowded.summary()) - 1
    edits.mark_reviewed(crowded, 0)
    crowded.frame(last)  # on screen
    for x in range(3):
        assert len(statements(crowded, moved(crowded, last, x))) == 5
    assert crowded.frame(last).pose(3).keypoints[9].tolist() == [2, 2]
    assert crowded.summary().num_corrected[last] == 1
    crowded.close()
    with Project.open(crowded.path) as again:
        assert again.frame(last).pose(3).keypoints[9].tolist() == [2, 2]
        assert again.undo_label == "Move left wrist" and again.summary().num_corrected[last] == 1


def test_after_an_opening_it_costs_two_more(crowded):
    """One reads the frame, one makes sure that nothing can be redone."""
    crowded.close()
    with Project.open(crowded.path) as again:
        assert len(statements(again, moved(again, 5, 1.0))) == 7
        assert len(statements(again, moved(again, 5, 2.0))) == 5


def test_a_frame_at_hand_is_what_the_disk_holds_after_a_refused_edit(crowded):
    before = crowded.frame(2)
    connection = crowded._store._connection
    connection.execute("CREATE TEMP TRIGGER refuse BEFORE INSERT ON proofs BEGIN SELECT raise(ABORT, 'refused'); END")
    with pytest.raises(ProjectError, match="refused"):
        moved(crowded, 2, 50.0)()
    connection.execute("DROP TRIGGER refuse")
    assert crowded.frame(2).pose(3).same_as(before.pose(3))
    assert crowded.summary().num_corrected[2] == 0


@pytest.mark.parametrize(
    "edit",
    [
        lambda project: edits.delete_person(project, 3),
        lambda project: edits.change_track_id_from(project, 0, 3, 4, swap=True),
    ],
)
def test_a_long_clip_is_read_no_oftener_than_a_short_one(crowded, edit):
    """Whole-clip edits read all frames in three statements: the person's poses (of two for a swap), and the frames."""
    crowded.close()
    with Project.open(crowded.path) as again:
        reads = [sql for sql in statements(again, lambda: edit(again)) if sql.startswith("SELECT") and "pose" in sql]
        assert len(reads) <= 5


@pytest.mark.parametrize("walk", [Project.undo, lambda project: project.remove_run(1)])
def test_a_whole_clip_is_taken_back_without_reading_it_frame_by_frame(crowded, walk):
    """Of a long clip, what no longer is at hand is read together once more to be written."""
    edits.delete_person(crowded, 3)
    crowded.close()
    with Project.open(crowded.path) as again:
        read = statements(again, lambda: walk(again))
        reads = [sql for sql in read if sql.startswith("SELECT") and " FROM poses " in sql]
        assert 1 <= len(reads) <= 2
