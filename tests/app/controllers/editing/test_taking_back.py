"""Runs of the machine are taken back, refusals are forgotten once an edit goes well, joints are placed by clicks."""

import numpy as np
from PySide6.QtCore import Qt

from app.ui.dialogs import dialogs
from core.poses import Provenance, Visibility


def test_a_prediction_is_taken_back_and_corrections_stay(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = d.add_person(0)
    d.do("action_predict_frame")
    d.idle()
    d.program.editing.move_keypoint(track_id, 9, 60.0, 50.0)
    assert d.pose(track_id, 0).labelled.sum() > 1
    asked = []
    monkeypatch.setattr(dialogs.Question, "agreed", lambda question: asked.append(question.sentence.text()) or True)
    d.do("action_remove_run")
    d.idle()
    assert " prediction?" in asked[0]
    pose = d.pose(track_id, 0)
    assert np.flatnonzero(pose.labelled).tolist() == [9] and pose.provenance[9] == Provenance.CORRECTED
    d.do("action_remove_run")
    assert len(asked) == 1, "nothing is left to take back"


def test_a_refusal_goes_once_an_edit_went_well(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.program.editing.set_visibility(track_id, 3, Visibility.OCCLUDED)  # it has no place yet
    assert "no place" in d.window.error_text
    d.program.editing.move_keypoint(track_id, 3, 60.0, 40.0)
    assert d.window.error_text == ""


def test_joints_are_placed_by_clicks_and_marked_on_the_way(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.session.select(track_id, None)
    d.do("action_place_by_clicks")
    assert d.window.canvas.tool == "place" and d.session.keypoint == 0
    d.click((60, 30))
    assert d.pose(track_id, 0).labelled[0] and d.session.keypoint == 1
    d.click((60, 30), Qt.MouseButton.RightButton)
    assert d.pose(track_id, 0).visibility[0] == Visibility.OCCLUDED and d.session.keypoint == 1
    for step in range(1, 17):
        d.click((45 + 2 * step, 35 + 3 * step))
    assert d.pose(track_id, 0).labelled.all()
    assert d.window.canvas.tool == "select" and not d.window.action("action_place_by_clicks").isChecked()
