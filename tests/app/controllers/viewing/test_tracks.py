"""The timeline's rows, graph and ranges in the real window."""

import threading

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.controllers.viewing import tracks
from app.controllers.viewing.joint_speed import speeds
from core.frame_range import FrameRange
from core.poses import Pose, Provenance, Visibility
from core.project import JointPath, edits

BOX = (40.0, 20.0, 50.0, 80.0)
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


def settle(d) -> None:
    d.wait(lambda: d.program.tracks.is_up_to_date, what="the rows")


def present(d, track_id: int) -> list[int]:
    row = d.window.timeline._people.rows.row(track_id)
    return [] if row is None else np.flatnonzero(row.present).tolist()


def held(d, track_id: int) -> list[int]:
    return [index for index, _ in d.session.project.track(track_id)]


def test_rows_follow_edits_runs_and_undo(drive, long_clip):
    """What is kept up to date frame by frame is what the project holds."""
    d = drive(long_clip)
    first = d.add_person(0)
    d.fill(first, range(1, 60))
    second = d.add_person(20)
    d.fill(second, range(21, 90))
    for change in (
        lambda: d.session.touch(edits.delete_person(d.session.project, first, 30)),
        lambda: d.session.touch(edits.cut_person_from(d.session.project, 50, second)),
        lambda: d.do("action_undo"),
        lambda: d.session.touch(edits.change_track_id_from(d.session.project, 10, first, 9)),
        lambda: d.do("action_undo"),
    ):
        change()
        settle(d)
        assert d.window.timeline.track_ids == d.session.project.track_ids()
        for track_id in d.window.timeline.track_ids:
            assert present(d, track_id) == held(d, track_id)
    row = d.window.timeline._people.rows.row(first)
    assert np.flatnonzero(row.deleted).tolist() == [30] and not row.lost.any()


def test_a_long_clip_is_read_in_parts_off_the_windows_thread(drive, long_clip, monkeypatch):
    d = drive(long_clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 400))
    settle(d)
    monkeypatch.setattr(tracks, "CELLS_AT_ONCE", 20)
    monkeypatch.setattr(tracks, "PARTS_AT_ONCE", 2)
    readers, parts = set(), []
    read = tracks.ClipTracks.read
    monkeypatch.setattr(tracks.ClipTracks, "read", lambda clip: readers.add(threading.current_thread()) or read(clip))
    d.program.tracks.read.connect(lambda part: parts.append(len(part.frame_indices)))
    d.program.tracks._on_opened()
    d.session.touch(edits.delete_person(d.session.project, track_id, 399))
    settle(d)
    assert len(parts) > 5 and max(parts) < 60
    assert threading.main_thread() not in readers
    assert present(d, track_id) == list(range(399)), "what changed meanwhile is read again"


def test_a_click_on_a_row_selects_the_person_and_goes_to_the_frame(drive, clip):
    d = drive(clip)
    d.add_person(0)
    second = d.add_person(8)
    settle(d)
    timeline = d.window.timeline
    at = QPoint(round(timeline.x_of_frame(8)), round(timeline.y_of_row(second)))
    QTest.mouseClick(timeline, LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert d.session.track_id == second and d.session.playback.wanted == 8
    QTest.keyClick(d.window, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert d.session.track_id == 1, "by key, too, also who is not in this frame"


def test_a_range_is_drawn_on_the_ruler_shown_and_looped(drive, clip):
    d = drive(clip)
    timeline = d.window.timeline
    ends = [QPoint(round(timeline.x_of_frame(frame)), 8) for frame in (3, 6)]
    QTest.mousePress(timeline, LEFT, SHIFT, ends[0])
    QTest.mouseMove(timeline, ends[1])
    QTest.mouseRelease(timeline, LEFT, SHIFT, ends[1])
    assert d.session.selected_range == FrameRange(3, 7)
    d.go_to(9)
    QTest.keyClicks(d.window, "]")
    assert timeline._range.selected == FrameRange(3, 10), "what the keys select is shown"
    d.do("action_timeline_range")
    d.do("action_range_clear")
    assert timeline._range.selected is None


def test_the_graph_is_the_selected_joints_speed_or_the_scores(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    run_id = d.session.project.begin_run("predict")
    pose = Pose.empty(track_id, np.array(BOX), Provenance.PROPAGATED)

    def at(index):
        return pose.with_keypoint(9, (50 + 2 * index, 60), Visibility.VISIBLE, 0.9, Provenance.PREDICTED)

    d.session.touch(d.session.project.write_run(run_id, {index: [at(index)] for index in range(12)}))
    QTest.keyClicks(d.window, "y")
    assert d.said == "Select a joint to see its speed on the timeline."
    d.session.select(track_id, 9)
    d.wait(lambda: d.program.joint_speed.is_up_to_date, what="the speed")
    shown = d.window.timeline._speeds
    np.testing.assert_allclose(shown[1:], 2 / 80 * 25, rtol=0.01)
    assert np.isnan(shown[0])
    d.session.touch(edits.move_keypoint(d.session.project, 4, track_id, 9, (90, 60)))
    d.wait(lambda: d.program.joint_speed.is_up_to_date, what="the speed")
    assert d.window.timeline._speeds[4] > 5, "an edit shows"
    timeline = d.window.timeline
    QTest.mouseClick(timeline, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(50, 54))
    assert timeline._speeds is None, "a click on the graph's name brings the scores back"


def test_no_speed_is_made_up_over_frames_without_the_joint():
    path = JointPath(np.array([2, 3, 6, 7]), np.array([[0, 0], [3, 4], [9, 9], [9, 9]]), np.full(4, 10.0))
    found = speeds(path, np.arange(9) / 10)
    assert np.flatnonzero(~np.isnan(found)).tolist() == [3, 7]
    np.testing.assert_allclose(found[[3, 7]], [5, 0])


def test_where_following_lost_somebody_stays_marked(drive, clip):
    d = drive(clip)
    track_id = d.add_person(2)
    project = d.session.project
    with project.run("track", None, {"track_id": track_id, "from": 2, "method": "optical flow"}) as run_id:
        pose = Pose.empty(track_id, np.array(BOX), Provenance.PROPAGATED)
        d.session.touch(project.write_run(run_id, {index: [pose] for index in (3, 4, 5)}))
    d.program.people.followed.emit(None)
    settle(d)
    timeline = d.window.timeline
    words = timeline.words_at(timeline.x_of_frame(6), timeline.y_of_row(track_id))
    assert words == f"#{track_id}, frame 6: lost, not in this frame"
    d.session.touch(edits.cut_person_from(project, 4, track_id))
    settle(d)
    words = timeline.words_at(timeline.x_of_frame(6), timeline.y_of_row(track_id))
    assert words == f"#{track_id}, frame 6: deleted"
