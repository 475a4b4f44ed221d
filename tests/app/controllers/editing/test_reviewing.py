"""Deciding what is next, in the real window: entries, filters, done marks, lost people and runs that were cut short."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListView

from core.errors import Cancelled
from core.judging.doubts import Reason
from core.judging.entries import Wanted
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import Project, edits
from core.work.following import LOST_AFTER

WRIST, KNEE = POSETRACK.index("left_wrist"), POSETRACK.index("right_knee")
PLACES = np.column_stack([np.linspace(50, 80, 17), np.linspace(25, 95, 17)])
BOX = np.array([40.0, 20.0, 50.0, 80.0])


def pose(track_id, score=0.9, keypoint=WRIST, shift=0.0):
    scores = np.full(17, 0.9)
    scores[keypoint] = score
    return Pose(
        track_id, BOX + np.array([shift, 0, 0, 0]), PLACES + np.array([shift, 0]),
        np.full(17, Visibility.VISIBLE), scores,
        np.full(17, Provenance.PREDICTED), Provenance.PROPAGATED,
    )  # fmt: skip


def settle(d):
    d.wait(lambda: d.program.review.is_up_to_date, what="the queue")


def predict(d, of_frame, frames=range(12)):
    """Writes poses as a prediction does: `of_frame(index)` gives the people."""
    project = d.session.project
    run_id = project.begin_run("import")
    d.session.touch(project.write_run(run_id, {index: of_frame(index) for index in frames}))
    project.finish_run(run_id)
    settle(d)


@pytest.fixture
def doubtful(drive, clip):
    """#1's left wrist is unsure in frames 2 to 5 (worst in 4), #2's right knee in 8 and 9."""
    d = drive(clip)
    scores = {2: 0.4, 3: 0.3, 4: 0.1, 5: 0.2}
    knees = {8: 0.45, 9: 0.41}
    project = d.session.project
    run_id = project.begin_run("predict")
    for index in range(12):
        people = [pose(1, scores.get(index, 0.9)), pose(2, knees.get(index, 0.9), KNEE, shift=60)]
        d.session.touch(project.write_run(run_id, {index: people}))
    project.finish_run(run_id)
    settle(d)
    return d


def listed(d):
    return [f"{e.where}: {e.sentence}" for e in d.program.review.shown]


def count(d):
    return d.window.queue_panel.findChild(QLabel, "queue_count").text()


def row_of(d, number):
    """The row of an entry of `shown`: above them all may stand the frame where a look would mend most."""
    return d.program.review.listed.index(d.program.review.shown[number])


def click(d, number):
    click_row(d, row_of(d, number))


def click_row(d, row):
    view = d.window.queue_panel.findChild(QListView, "queue_list")
    view.scrollTo(view.model().index(row))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(row)).center())


def test_neighbouring_frames_are_one_entry_and_one_click_goes_to_the_worst_and_zooms_to_the_joint(doubtful):
    d = doubtful
    assert listed(d) == [
        "Frames 2 to 5 · #1: left wrist is unsure (down to 0.10)",
        "Frames 8 to 9 · #2: right knee is unsure (down to 0.41)",
    ]
    d.do("action_fit")
    fitted = d.window.canvas.zoom
    click(d, 0)
    d.wait(lambda: d.session.frame_index == 4, what="the worst frame")
    assert (d.session.track_id, d.session.keypoint) == (1, WRIST)
    assert d.window.canvas.zoom > 1.5 * fitted
    at = d.window.canvas.viewport_position(*PLACES[WRIST])
    middle = d.window.canvas.viewport().rect().center()
    assert (at - middle).manhattanLength() < 60
    view = d.window.queue_panel.findChild(QListView, "queue_list")
    assert view.currentIndex().row() == row_of(d, 0)
    d.go_to(5)
    assert view.currentIndex().row() == row_of(d, 0), "still within the entry"
    d.go_to(7)
    assert not view.currentIndex().isValid(), "the highlight names no other frame than the one shown"


def test_the_frame_where_a_look_would_mend_most_comes_first_and_goes_elsewhere_once_seen(doubtful):
    d = doubtful
    first = d.program.review.most_to_mend
    assert d.program.review.listed[0] is first and count(d) == "0 of 2 done", "it is no doubt, and not counted"
    assert first.sentence.startswith("a look here may mend most: about ") and first.track_id is None
    assert first.frame_index != 0
    d.do("action_first_suggestion")
    d.wait(lambda: d.session.frame_index == first.frame_index, what="the frame named")
    d.go_to(0)
    click_row(d, 0)
    d.wait(lambda: d.session.frame_index == first.frame_index, what="the frame named")
    d.do("action_accept_frame")
    settle(d)
    later = d.program.review.most_to_mend
    assert later is None or (later.frame_index != first.frame_index and later.gain < first.gain)


def test_a_frame_that_is_let_be_gives_way_to_the_next(doubtful):
    d = doubtful
    first = d.program.review.most_to_mend
    assert d.program.review.mark_done(first)
    settle(d)
    later = d.program.review.most_to_mend
    assert later is None or later.frame_index != first.frame_index
    assert not d.session.project.frame(first.frame_index).reviewed


def test_the_hands_own_zoom_stays_where_it_shows_enough(doubtful):
    d = doubtful
    click(d, 0)
    d.wait(lambda: d.session.frame_index == 4, what="the worst frame")
    d.window.canvas.zoom_by(0.7)
    zoom = d.window.canvas.zoom
    d.do("action_next_suggestion")
    d.wait(lambda: d.session.frame_index == 9, what="the next entry")
    assert d.window.canvas.zoom == zoom


def test_space_walks_the_entries_and_leaves_out_who_is_hidden_filtered_or_done(doubtful):
    d = doubtful
    for frame_index in (4, 9, 4):
        d.do("action_next_suggestion")
        d.wait(lambda at=frame_index: d.session.frame_index == at, what="the next entry")
    d.do("action_previous_suggestion")
    d.wait(lambda: d.session.frame_index == 9, what="the one before")
    d.session.set_hidden(frozenset({1}))
    assert [e.track_id for e in d.program.review.shown] == [2] and count(d) == "0 of 1 done"
    d.do("action_next_suggestion")
    assert d.session.playback.wanted == 9
    d.session.set_hidden(frozenset())
    d.program.review.set_wanted(Wanted(keypoint=WRIST))
    d.do("action_next_suggestion")
    d.wait(lambda: d.session.frame_index == 4, what="the only wrist")
    d.do("action_entry_done")
    settle(d)
    assert "All entries are done" in d.said
    d.program.review.set_wanted(Wanted(reason=Reason.LOST))
    d.do("action_next_suggestion")
    assert "filters" in d.said


def test_done_stays_done_after_a_restart_and_comes_back_with_another_pose(doubtful, drive):
    d = doubtful
    d.do("action_next_suggestion")
    d.wait(lambda: d.session.frame_index == 4, what="the first entry")
    d.do("action_entry_done")
    d.wait(lambda: d.session.frame_index == 9, what="the next entry")
    settle(d)
    assert count(d) == "1 of 2 done" and len(d.program.review.shown) == 1
    assert d.session.undo_label is None, "a mark is no edit"
    path = d.session.project.path
    d.close()
    d = drive(path)
    settle(d)
    assert count(d) == "1 of 2 done"
    predict(d, lambda _: [pose(1, 0.35)], range(3, 4))
    assert count(d) == "0 of 2 done" and "Frames 2 to 5" in listed(d)[0]


def test_a_mark_is_taken_back_by_the_same_key(doubtful):
    d = doubtful
    review = d.program.review
    review.set_wanted(Wanted(with_done=True))
    review.go_to_entry(review.shown[0])
    d.do("action_entry_done")
    settle(d)
    done = review.shown[-1]
    assert done.is_done and count(d) == "1 of 2 done"
    review.go_to_entry(done)
    d.do("action_entry_done")
    settle(d)
    assert count(d) == "0 of 2 done"


def test_what_is_corrected_or_accepted_counts_as_done_until_it_is_undone(doubtful):
    d = doubtful
    d.go_to(8)
    d.session.select(2, KNEE)
    d.program.editing.move_keypoint(2, KNEE, 120.0, 70.0)
    settle(d)
    assert count(d) == "0 of 2 done" or "0 of 3 done" in count(d), "frame 9 is still to be looked at"
    d.go_to(9)
    d.program.editing.accept_frame()
    settle(d)
    assert not any(e.keypoint == KNEE and e.reason == Reason.UNSURE for e in d.program.review.shown)
    assert count(d).startswith("1 of ")
    d.do("action_undo")
    d.do("action_undo")
    settle(d)
    assert count(d) == "0 of 2 done"


def test_an_edit_reads_only_the_changed_frames(doubtful, monkeypatch):
    d = doubtful
    asked = []
    real = d.session.project.frames
    monkeypatch.setattr(d.session.project, "frames", lambda *span: asked.append(span) or real(*span))
    d.go_to(6)
    d.program.editing.move_keypoint(1, WRIST, 60.0, 60.0)
    settle(d)
    assert asked == [(5, 8)]


def test_a_lost_person_is_an_entry_until_drawn_again_or_done(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 6))
    project = d.session.project
    run_id = project.begin_run("track", None, {"track_id": track_id, "from": 0, "to": 12})
    project.note_run(run_id, {LOST_AFTER: 5})
    project.finish_run(run_id)
    d.program.review._review.note(people=True)
    d.program.review._ask()
    settle(d)
    (entry,) = d.program.review.shown
    assert entry.where == f"Frame 6 · #{track_id}" and "was lost after frame 5: draw the box again" in entry.sentence
    click(d, 0)
    d.wait(lambda: d.session.frame_index == 6, what="the frame after")
    assert d.session.track_id == track_id
    d.do("action_entry_done")
    settle(d)
    assert d.program.review.shown == [] and count(d) == "1 of 1 done"
    edits.add_person(project, 8, (40.0, 20.0, 50.0, 80.0), track_id)
    d.program.review._review.note(people=True)
    d.program.review._ask()
    settle(d)
    assert d.program.review.num_entries == 0, "drawn again: nobody is lost"


def test_following_that_loses_somebody_makes_the_entry(drive, long_clip):
    """The figure leaves the box's place for a wall: the flow ends before the clip does, or else nobody is lost."""
    d = drive(long_clip)
    followed = []
    d.program.people.followed.connect(followed.append)
    track_id = d.add_person(0, (0.0, 0.0, 30.0, 20.0))
    d.program.people.follow(track_id)
    d.idle()
    settle(d)
    (result,) = followed
    lost = [e for e in d.program.review.shown if e.reason == Reason.LOST]
    assert len(lost) == result.lost
    assert (d.session.project.runs()[-1].settings.get(LOST_AFTER) == result.last_frame) == result.lost


def cut_short(d, start, stop, wrote):
    project = d.session.project
    with pytest.raises(Cancelled), project.run("predict", None, {"asked": [start, stop]}) as run_id:
        project.write_run(run_id, {index: [pose(1)] for index in range(start, wrote)})
        raise Cancelled


def test_a_prediction_that_was_ended_is_an_entry_until_the_rest_is_predicted(drive, clip):
    d = drive(clip)
    d.session.touch(edits.add_person(d.session.project, 0, BOX, 1))
    d.fill(1, range(1, 12))
    cut_short(d, 0, 12, 5)
    path = d.session.project.path
    d.close()
    d = drive(path)
    settle(d)
    (entry,) = d.program.review.shown
    assert entry.where == "Frames 5 to 11" and entry.reason == Reason.CUT_SHORT
    assert entry.sentence == "the prediction was cut short: “Predict from here” goes on"
    click(d, 0)
    d.wait(lambda: d.session.frame_index == 5, what="where it stopped")
    d.do("action_predict_from_here")
    d.idle()
    settle(d)
    assert not any(e.reason == Reason.CUT_SHORT for e in d.program.review.shown)


def test_a_killed_prediction_is_one_too_and_the_newest_of_several_counts(drive, clip):
    d = drive(clip)
    d.session.touch(edits.add_person(d.session.project, 0, BOX, 1))
    d.fill(1, range(1, 12))
    cut_short(d, 0, 12, 3)
    project = d.session.project
    run_id = project.begin_run("predict", None, {"asked": [3, 12]})
    project.write_run(run_id, {index: [pose(1)] for index in range(3, 8)})
    path = project.path
    d.close()  # nobody finished the run: as after a kill
    with Project.open(path) as again:
        assert again.runs()[-1].status == "interrupted"
    d = drive(path)
    settle(d)
    assert [e.where for e in d.program.review.shown if e.reason == Reason.CUT_SHORT] == ["Frames 8 to 11"]
    d.program.runs.remove(d.program.runs.last())
    d.idle()
    settle(d)
    assert [e.where for e in d.program.review.shown if e.reason == Reason.CUT_SHORT] == ["Frames 3 to 11"]


def test_a_track_that_goes_on_under_another_number_is_proposed(drive, clip):
    d = drive(clip)
    first = d.add_person(0)
    d.fill(first, range(1, 5))
    second = d.add_person(6)
    d.fill(second, range(7, 12))
    settle(d)
    (entry,) = [e for e in d.program.review.shown if e.reason == Reason.SAME_PERSON]
    assert entry.where == f"Frame 6 · #{second}" and f"begins where #{first} ends in frame 4" in entry.sentence
    d.program.editing.change_track_id(second, first, swap=False)
    settle(d)
