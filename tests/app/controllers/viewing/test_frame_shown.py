"""The window reads the frame on screen once, once more after each write that touches it, and never draws old poses."""

import threading
from contextlib import contextmanager
from dataclasses import fields

import numpy as np
import pytest

from app.bindings.panels import timeline_columns
from app.controllers.session import Session
from core.errors import ProjectError
from core.judging.entries import in_order
from core.judging.review import entries_of
from core.poses import Pose, Provenance, Visibility
from core.project import edits

WRIST = 9
READS_PER_FRAME = 2
"""The frame's people, and the proofs of the pictures that they were labelled on."""
READS_PER_EDIT = 5
"""Beside the edit itself: the frame's people, what undo and redo would do, the same people for the queue, and where a
machine had the joint."""


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch):
    """Which frame was last on screen is written whenever the hand rests: no part of showing one."""
    monkeypatch.setattr(Session, "remember", lambda *_: None)


@contextmanager
def statements(project):
    """The SQL statements that run on the project's connection meanwhile, in any thread."""
    said = []
    project._store._connection.set_trace_callback(said.append)
    try:
        yield said
    finally:
        project._store._connection.set_trace_callback(None)


def settle(d):
    """Waits until the timers that follow a change have run and the queue is worked out."""
    timers = [d.program.review._timer, d.program.panels_binding._timeline_timer, d.program.network_binding._timer]
    timers += [d.program.canvas_binding._timer, d.program.comparison._timer]
    d.wait(lambda: not any(timer.isActive() for timer in timers), what="the timers")
    d.wait(lambda: d.program.review.is_up_to_date, what="the queue")
    d.wait(lambda: d.program.surroundings.is_up_to_date, what="what stands around the frame")


def doubts(entries):
    """What is doubtful and how much of it; spans may reach over frames that a person has settled."""
    return sorted((e.track_id, e.reason.value, e.keypoint, e.frame_index, e.num_open) for e in entries)


def open_doubts(d):
    """All of the queue's entries about joints that are open."""
    columns = d.program.review._columns
    rows = in_order(columns, np.flatnonzero(~columns.is_done))
    return doubts(
        entry for entry in map(columns.entry, rows.tolist()) if entry.reason.value in ("unsure", "jump", "limb")
    )


def predicted(d):
    """A person who was predicted in all twelve frames, selected, with every panel at work."""
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.do("action_predict")
    d.idle()
    d.session.select(track_id, WRIST)
    for panel in ("temporal", "heatmap", "compare", "queue", "finetune"):
        d.window.show_panel(panel)
    d.window.heatmap_panel.set_shown(True)
    d.do("action_compare")
    d.wait(lambda: d.program.comparison.selected() is not None, what="a second opinion")
    d.wait(lambda: d.program.canvas_binding.explained, what="the explanation")
    settle(d)
    return track_id


def drawn(d):
    return d.window.canvas._context.poses


def assert_all_draw_what_is_stored(d):
    """Canvas, lists and controllers show what the project holds of the frame on screen, bit by bit."""
    stored = d.session.project.frame(d.session.frame_index)
    for poses in (drawn(d), d.session.shown_poses()):
        assert poses.frame_index == stored.frame_index and poses.reviewed == stored.reviewed
        assert [pose.track_id for pose in poses.poses] == [pose.track_id for pose in stored.poses]
        assert all(pose.same_as(other) for pose, other in zip(poses.poses, stored.poses, strict=True))
    selected = None if d.session.track_id is None else stored.pose(d.session.track_id)
    listed = d.window.joints_panel._pose
    assert listed is None if selected is None else selected.same_as(listed)
    assert [row.track_id for row in d.window.persons_panel._rows] == [pose.track_id for pose in stored.poses]


def test_a_shown_frame_is_read_once(drive, clip):
    d = drive(clip)
    predicted(d)
    with statements(d.session.project) as said:
        d.go_to(5)
        settle(d)
        d.wait(lambda: d.program.comparison.selected() is not None, what="the second opinion on this frame")
    assert len(said) <= READS_PER_FRAME, said
    with statements(d.session.project) as said:
        d.session.select(d.session.track_id, 3)
        settle(d)
    assert said == [], "another joint is nothing new"


def test_a_moved_joint_costs_the_edit_and_a_handful(drive, clip):
    d = drive(clip)
    track_id = predicted(d)
    with statements(d.session.project) as said:
        edits.move_keypoint(d.session.project, 3, track_id, WRIST, (50.0, 51.0), proofs=d.session.proofs())
    alone = len(said)
    with statements(d.session.project) as said:
        d.program.editing.move_keypoint(track_id, WRIST, 50.0, 51.0)
        settle(d)
    assert len(said) <= alone + READS_PER_EDIT, said[alone:]
    assert_all_draw_what_is_stored(d)


def test_edits_undo_and_another_frame_are_drawn_at_once(drive, clip):
    d = drive(clip)
    track_id = predicted(d)
    act = d.program.editing
    for change in (
        lambda: act.move_keypoint(track_id, WRIST, 44.0, 45.0),
        lambda: act.set_visibility(track_id, 3, Visibility.OCCLUDED),
        act.undo,
        act.undo,
        act.redo,
        lambda: act.set_box(track_id, 30.0, 10.0, 60.0, 90.0),
        act.accept_frame,
        lambda: d.go_to(4),
        act.accept_selected,
        act.toggle_reviewed,
        act.undo,
        lambda: d.go_to(0),
        act.delete_selected_here,
        act.undo,
        lambda: act.change_track_id(track_id, 9, swap=False),
        act.undo,
        act.delete_selected,
        act.undo,
    ):
        change()
        assert_all_draw_what_is_stored(d)
        assert d.session.undo_label == d.session.project.undo_label
        assert d.session.redo_label == d.session.project.redo_label


def test_run_parts_for_the_frame_shown_and_their_removal_are_drawn(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, WRIST)
    d.do("action_predict")
    d.idle()
    assert drawn(d).pose(track_id).by_machine.any()
    assert_all_draw_what_is_stored(d)
    d.program.editing.move_keypoint(track_id, WRIST, 61.0, 62.0)
    d.program.runs.remove(d.program.runs.last())
    d.idle()
    assert drawn(d).pose(track_id).labelled.sum() == 1, "the joint set by hand stays, the run's go"
    assert_all_draw_what_is_stored(d)


def test_an_edit_between_a_runs_write_and_its_word_draws_both(drive, clip):
    """A worker writes the shown frame; before the window hears of it, the hand moves a joint of what it still sees."""
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, WRIST)
    project = d.session.project
    run_id = project.begin_run("predict")
    places = np.tile([70.0, 40.0], (17, 1))
    pose = Pose(
        track_id, np.array([40.0, 20.0, 50.0, 80.0]), places, np.full(17, Visibility.VISIBLE), np.full(17, 0.7),
        np.full(17, Provenance.PREDICTED), Provenance.PROPAGATED,
    )  # fmt: skip
    touched = project.write_run(run_id, {0: [pose]})
    assert not drawn(d).pose(track_id).labelled.any(), "the window has not heard of it"
    d.program.editing.move_keypoint(track_id, WRIST, 61.0, 62.0)
    assert drawn(d).pose(track_id).keypoints[WRIST].tolist() == [61.0, 62.0]
    assert drawn(d).pose(track_id).by_machine.sum() == 16
    assert_all_draw_what_is_stored(d)
    d.session.touch(touched)
    assert_all_draw_what_is_stored(d)
    project.finish_run(run_id)


def test_a_refused_edit_draws_what_is_stored(drive, clip):
    """The person was taken away by a write that the window has not heard of: the gesture's picture goes, too."""
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, WRIST)
    touched = edits.delete_person(d.session.project, track_id, 0)
    d.program.editing.move_keypoint(track_id, WRIST, 61.0, 62.0)
    assert "not in frame" in d.told()
    assert drawn(d).poses == ()
    d.session.touch(touched)
    assert d.session.track_id is None
    assert_all_draw_what_is_stored(d)


def test_another_clip_shows_none_of_the_last_ones_people(drive, clip, long_clip):
    d = drive(clip)
    d.add_person(0)
    shown = []
    d.session.opened.connect(lambda: shown.append(d.session.shown_poses().poses))
    d.open(long_clip)
    d.idle()
    d.wait(lambda: drawn(d) is not None, what="its frame")
    assert shown == [()] and d.session.shown_poses().poses == () and drawn(d).poses == ()
    assert d.session.undo_label is None and not d.window.action("action_undo").isEnabled()


def test_the_queue_and_the_timeline_follow_edits_and_runs(drive, clip):
    """What is kept up to date frame by frame is what a look at the whole clip gives."""
    d = drive(clip)
    track_id = predicted(d)
    act, project = d.program.editing, d.session.project
    for change in (
        lambda: act.move_keypoint(track_id, WRIST, 150.0, 110.0),
        act.accept_frame,
        act.undo,
        lambda: d.go_to(6),
        act.delete_selected_here,
        act.cut_selected,
        act.undo,
        act.undo,
        act.toggle_reviewed,
        act.delete_selected,
        act.undo,
        lambda: (d.do("action_predict"), d.idle()),
        lambda: (d.program.runs.remove(d.program.runs.last()), d.idle()),
    ):
        change()
        settle(d)
        assert open_doubts(d) == doubts(entries_of(project.frames()))
        summary = project.summary()
        whole = timeline_columns(summary, summary.frame_index).dense(12)
        for column in fields(whole):
            shown = getattr(d.window.timeline._dense, column.name)
            np.testing.assert_array_equal(shown, getattr(whole, column.name), err_msg=column.name)


def test_what_changes_while_the_queue_is_worked_out_is_looked_at_again(drive, clip, monkeypatch):
    """Edits come while the worker reads: none is lost, though only the newest question is answered."""
    d = drive(clip)
    track_id = predicted(d)
    begun, go_on = threading.Event(), threading.Event()
    real = d.session.project.frames

    def slow(*frame_range):
        begun.set()
        assert go_on.wait(30)
        return real(*frame_range)

    monkeypatch.setattr(d.session.project, "frames", slow)
    d.program.editing.move_keypoint(track_id, WRIST, 150.0, 110.0)
    d.wait(begun.is_set, what="the queue's worker")
    for frame_index in (4, 8):
        d.go_to(frame_index)
        d.program.editing.accept_frame()
        d.wait(lambda: not d.program.review._timer.isActive(), what="the next question")
    go_on.set()
    settle(d)
    assert open_doubts(d) == doubts(entries_of(real()))


def test_a_clip_that_could_not_be_read_is_looked_at_as_a_whole_again(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = predicted(d)

    def broken(*_range):
        raise ProjectError("The disk is gone.")

    with monkeypatch.context() as patch:
        patch.setattr(d.session.project, "frames", broken)
        d.program.editing.move_keypoint(track_id, WRIST, 150.0, 110.0)
        settle(d)
        assert d.said == "The disk is gone."
    d.go_to(5)
    d.program.editing.accept_frame()
    settle(d)
    assert open_doubts(d) == doubts(entries_of(d.session.project.frames()))


@pytest.mark.parametrize("frame_index", [0, 7])
def test_an_empty_frame_is_read_once_too(drive, clip, frame_index):
    d = drive(clip)
    d.go_to(3)
    settle(d)
    with statements(d.session.project) as said:
        d.go_to(frame_index)
        settle(d)
    assert len(said) <= READS_PER_FRAME, said


def test_a_project_that_cannot_be_read_is_told_and_ends_nothing(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, None)
    d.session.project.close()  # as a disk that is gone: whatever is asked now raises
    d.go_to(3)
    assert "closed" in d.told()
    d.program.panels_binding._draw_changed_frames()
    assert d.program.runs.last() is None and d.program.finetuning.corrected_frames() == 0
    assert d.session.shown_poses().poses == () and d.session.calibrated_runs == frozenset()
