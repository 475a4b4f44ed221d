"""What the timeline shows of each person in each frame, against what the project holds."""

import numpy as np
import pytest

from core.poses import Pose, Provenance
from core.project import RunKind, edits


@pytest.fixture
def filled(project, predicted):
    """Two people predicted in frames 0 to 9, the second not very surely."""
    run_id = project.begin_run(RunKind.PREDICT)
    project.write_run(run_id, {index: [predicted(1), predicted(2, score=0.3)] for index in range(10)})
    project.finish_run(run_id)
    return project


def whole(project, limit):
    """All cells, read in parts of about `limit`."""
    found, start = [], 0
    while start is not None:
        cells, start = project.track_cells(start, limit)
        found.append(cells)
    rows = [list(zip(*(getattr(cells, name).tolist() for name in vars(cells)), strict=True)) for cells in found]
    return [row for part in rows for row in part]


def test_cells_say_whose_word_the_joints_are(filled):
    edits.move_keypoint(filled, 3, 1, 9, (30, 40))
    edits.accept_pose(filled, 4, 2)
    edits.mark_reviewed(filled, 5)
    cells, _ = filled.track_cells(0, 1000)
    by_place = {place: row for row, place in enumerate(zip(cells.frame_index, cells.track_id, strict=True))}
    moved, accepted, reviewed, unsure = (by_place[place] for place in ((3, 1), (4, 2), (5, 2), (6, 2)))
    counts = [(cells.num_machine[at], cells.num_accepted[at], cells.num_corrected[at]) for at in (moved, accepted)]
    assert counts == [(16, 0, 1), (0, 17, 0)]
    assert cells.machine[unsure] == Provenance.PREDICTED and cells.machine[accepted] == Provenance.NONE
    assert cells.doubtful[[moved, accepted, reviewed, unsure]].tolist() == [False, False, False, True]
    assert len(cells) == 20 and cells.box[moved] == Provenance.PREDICTED and cells.box[accepted] == Provenance.ACCEPTED


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 19, 20, 21])
def test_parts_of_any_size_add_up_and_cut_no_frame(filled, limit):
    assert whole(filled, limit) == whole(filled, 1000)
    cells, _ = filled.track_cells(0, limit)
    assert (np.bincount(cells.frame_index)[cells.frame_index] == 2).all(), "whole frames"


def test_some_frames_are_read_alone(filled):
    assert sorted(set(filled.track_cells_of([8, 2]).frame_index.tolist())) == [2, 8]
    assert len(filled.track_cells_of([])) == 0 and len(filled.track_cells_of([50])) == 0


def test_why_somebody_is_missing(filled):
    edits.delete_person(filled, 2, 4)
    edits.cut_person_from(filled, 7, 1)
    run_id = filled.begin_run(RunKind.TRACK, None, {"track_id": 2, "from": 9})
    filled.write_run(run_id, {index: [Pose.empty(2, (1, 2, 3, 4), Provenance.PROPAGATED)] for index in range(10, 14)})
    filled.finish_run(run_id)
    ends = filled.track_ends()
    assert (4, 2) in ends.deleted
    assert ends.deleted_from == {1: (7, None)} and ends.followed_from == ((2, 9),)
    filled.undo()
    filled.undo()
    assert not filled.track_ends().deleted and not filled.track_ends().deleted_from
    edits.delete_person(filled, 1)
    assert not filled.track_ends().deleted, "who is nowhere has no row"


def test_a_joints_path_leaves_out_where_it_is_not_placed(filled):
    edits.move_keypoint(filled, 3, 1, 9, (30, 40))
    edits.set_visibility(filled, 5, 1, 9, 0)
    path = filled.joint_path(1, 9)
    assert path.frame_index.tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert path.xy[3].tolist() == [30, 40] and set(path.size_px.tolist()) == {80.0}
