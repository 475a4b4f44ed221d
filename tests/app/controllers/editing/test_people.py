"""People are drawn, followed one after the other, cancelled, redrawn where they were lost, and kept."""

import numpy as np

from app.controllers.editing import people
from core.errors import ProjectError
from core.poses import Provenance
from core.project.storage import ledger


def test_a_box_is_drawn_and_followed_off_the_windows_thread(drive, clip, turning):
    turning.during(people, "follow_person")
    d = drive(clip)
    d.do("action_add_person")
    assert d.window.canvas.tool == "box" and d.window.action("action_add_person").isChecked()
    d.drag((42, 18), (88, 102))
    assert d.window.canvas.tool == "select" and not d.window.action("action_add_person").isChecked()
    d.idle()
    assert turning.free
    track_id = d.session.track_id
    assert d.pose(track_id, 0).bbox_provenance == Provenance.CORRECTED
    assert d.pose(track_id, 5).bbox_provenance == Provenance.PROPAGATED
    # The figure walks to the right, and the box with it.
    assert d.pose(track_id, 9).bbox_xywh[0] > d.pose(track_id, 0).bbox_xywh[0] + 8
    assert d.session.project.runs()[-1].status == "done"


def test_people_drawn_quickly_are_all_followed(drive, clip):
    d = drive(clip)
    for x in (40.0, 44.0, 48.0):
        d.program.people.add_person(x, 20.0, 46.0, 80.0)
        d.session.select(None, None)
    d.idle()
    d.wait(lambda: not d.program.tasks.running())
    numbers = d.session.project.track_ids()
    assert len(numbers) == 3
    for track_id in numbers:
        assert d.pose(track_id, 3) is not None, f"person {track_id} was followed"


def test_cancel_of_following_keeps_what_was_found(drive, long_clip, steps_after_cancel):
    d = drive(long_clip)
    d.program.people.add_person(40.0, 20.0, 46.0, 80.0)
    track_id = d.session.track_id
    d.program.people.follow(track_id)  # waits for its turn, and is meant by the cancel as well
    d.wait(lambda: d.pose(track_id, 20) is not None)
    d.do("action_cancel")
    d.idle()
    assert len(steps_after_cancel) <= 1
    run = d.session.project.runs()[-1]
    assert run.status == "cancelled" and d.pose(track_id, 20) is not None and d.pose(track_id, 399) is None
    assert len(d.session.project.runs()) == 1, "nobody else is followed after a cancel"
    assert not d.window.action("action_cancel").isEnabled()


def test_an_absent_person_is_redrawn_under_the_same_number(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.go_to(6)
    d.session.select(track_id, None)
    d.do("action_add_person")
    assert f"person {track_id}" in d.said
    d.drag((42, 18), (100, 102))
    d.idle()
    assert d.pose(track_id, 6).bbox_provenance == Provenance.CORRECTED and d.session.project.track_ids() == [track_id]


def test_after_undo_a_new_box_is_somebody_new(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, None)
    d.do("action_undo")
    d.do("action_add_person")
    assert "new person" in d.said
    d.drag((42, 18), (88, 102))
    d.idle()
    assert d.session.track_id is not None and d.pose(d.session.track_id, 0) is not None


def test_what_cannot_be_followed_is_told(drive, clip):
    d = drive(clip)
    d.do("action_track_person")
    assert "Select a person" in d.said
    track_id = d.add_person(0)
    d.go_to(3)
    d.session.select(track_id, None)
    d.do("action_track_person")
    assert f"Person {track_id} is not in frame 3" in d.told()
    d.go_to(11)
    d.session.select(track_id, None)
    d.do("action_track_person")
    assert "last frame" in d.said
    d.idle()


def test_a_project_that_cannot_be_read_is_told_to_who_wants_to_follow(drive, clip, monkeypatch):
    d = drive(clip)
    d.session.select(d.add_person(0), None)

    def broken(_store):
        raise ProjectError("clip.fami is damaged or incomplete; open a backup of it.")

    with monkeypatch.context() as failing:
        failing.setattr(ledger, "last_entry", broken)
        d.do("action_track_person")
    assert "damaged" in d.told() and not d.program.tasks.running()
    d.do("action_track_person")
    d.idle()
    assert d.pose(d.session.track_id, 5) is not None


def test_following_never_moves_a_box_that_a_person_drew(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.go_to(4)
    d.program.editing.set_box(track_id, 10.0, 10.0, 30.0, 60.0)
    d.go_to(0)
    d.session.select(track_id, None)
    d.do("action_track_person")
    d.idle()
    np.testing.assert_array_equal(d.pose(track_id, 4).bbox_xywh, (10, 10, 30, 60))


def test_closing_while_following_ends_the_thread_and_keeps_all(drive, long_clip, steps_after_cancel):
    d = drive(long_clip)
    d.program.people.add_person(40.0, 20.0, 46.0, 80.0)
    track_id, path = d.session.track_id, d.session.project.path
    d.wait(lambda: d.pose(track_id, 20) is not None)
    d.close()
    assert len(steps_after_cancel) <= 1
    d = drive(path)
    assert d.pose(track_id, 0).bbox_provenance == Provenance.CORRECTED and d.pose(track_id, 20) is not None
    assert d.window.error_text == ""
