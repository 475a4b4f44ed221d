"""A second opinion in the window: asked off its thread, never late, taken as the person's edit, freed when off."""

import threading
import weakref
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QTableWidget

from app.controllers.viewing.comparison import ALONE_NAME
from app.threads.frame_asker import _Asked
from core.model import Predictor, Request, load_model
from core.poses import FramePoses, Provenance, Visibility
from core.project import Project
from core.video import open_source
from tests.guards import PATIENCE_S


def compared(d, keypoint=None):
    """A person predicted in frame 0, selected, with a second opinion on screen."""
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.do("action_predict")
    d.idle()
    d.session.select(track_id, keypoint)
    d.do("action_compare")
    d.wait(lambda: d.program.comparison.selected() is not None, what="a second opinion")
    return track_id


def shown(d):
    opinion = d.window.canvas._context.opinion
    return None if opinion is None else opinion.poses


def rows(d):
    return d.window.compare_panel._state.rows


def test_hrnet_alone_is_the_network_without_its_neighbours(drive, clip, tiny_weights):
    d = drive(clip)
    track_id = compared(d)
    box = d.pose(track_id).bbox_xywh
    alone = Predictor(load_model(tiny_weights, folded=True), device="cpu", offsets=())
    with open_source(clip) as source:
        (expected,) = alone.predict([Request(0, track_id, box)], source.frame, len(source))
    second = shown(d).pose(track_id)
    np.testing.assert_allclose(second.keypoints, expected.keypoints, atol=1e-4)
    np.testing.assert_allclose(second.scores, np.clip(expected.scores, 0, 1), atol=1e-5)
    assert not np.allclose(second.keypoints, d.pose(track_id).keypoints, atol=0.5), "the neighbours count"
    assert d.window.canvas._context.opinion.name == ALONE_NAME


def test_it_follows_the_frame_and_drops_what_comes_late(drive, clip, monkeypatch):
    d = drive(clip)
    compared(d)
    asker, asked, gate = d.program.comparison._asker, [], threading.Event()
    real = asker._answer

    def slow(question, source):
        asked.append(question.frame_index)
        assert gate.wait(PATIENCE_S)
        return real(question, source)

    monkeypatch.setattr(asker, "_answer", slow)
    for frame_index in range(1, 8):
        d.go_to(frame_index)  # would wait for the first answer here, if the window did
        assert shown(d) is None, "an opinion on another frame is not drawn"
    gate.set()
    d.wait(lambda: shown(d) is not None, what="the opinion on the last frame")
    assert shown(d).frame_index == 7 and asked[-1] == 7 and len(asked) <= 2
    late = replace(asker.wanted, frame_index=3)
    asker._worker.answered.emit(_Asked(late, asker._times_cleared), FramePoses(3))
    assert shown(d).frame_index == 7 and d.program.comparison.opinion().frame_index == 7
    d.do("action_compare")
    assert shown(d) is None and not d.program.comparison.is_on


def test_it_never_changes_labels_by_itself(drive, clip, second_weights):
    d = drive(clip)
    track_id = compared(d)
    before, entries = d.pose(track_id), len(d.session.project.journal(0))
    d.program.comparison_binding.choose_file(second_weights)
    d.wait(lambda: d.program.comparison.selected() is not None, what="the other weights' opinion")
    d.do("action_compare")
    assert d.pose(track_id).same_as(before) and len(d.session.project.journal(0)) == entries


def test_a_row_selects_its_joint_and_brings_it_in_sight(drive, clip, second_weights):
    d = drive(clip)
    track_id = compared(d)
    d.program.comparison_binding.choose_file(second_weights)
    d.wait(lambda: d.program.comparison.selected() is not None and rows(d), what="the differences")
    table = d.window.findChild(QTableWidget, "compare_table")
    assert table.isVisible() and table.rowCount() == len(rows(d))
    distances = [row.distance_px for row in rows(d) if np.isfinite(row.distance_px)]
    assert distances == sorted(distances, reverse=True)
    d.window.canvas.zoom_by(30)
    d.window.canvas._pan_by(5000, 5000)
    at = table.visualItemRect(table.item(1, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert (d.session.track_id, d.session.keypoint) == (track_id, rows(d)[1].keypoint)
    place = d.window.canvas.viewport_position(*d.pose(track_id).keypoints[d.session.keypoint])
    assert d.window.canvas.viewport().rect().contains(place)
    assert table.currentRow() == 1


def test_a_joint_is_taken_as_an_edit_that_lasts_and_is_undone(drive, clip, second_weights):
    d = drive(clip)
    track_id = compared(d, keypoint=9)
    d.program.comparison_binding.choose_file(second_weights)
    d.wait(lambda: d.program.comparison.selected() is not None, what="the other weights' opinion")
    before, second = d.pose(track_id), shown(d).pose(track_id)
    d.do("action_take_joint")
    after = d.pose(track_id)
    np.testing.assert_array_equal(after.keypoints[9], second.keypoints[9])
    assert (after.provenance[9], after.visibility[9]) == (Provenance.ACCEPTED, Visibility.VISIBLE)
    assert after.scores[9] == second.scores[9]
    others = np.arange(17) != 9
    np.testing.assert_array_equal(after.keypoints[others], before.keypoints[others])
    assert 9 not in [row.keypoint for row in rows(d)], "the two agree on it now"
    assert d.session.project.undo_label == "Take left wrist from other"
    path = d.session.project.path
    with Project.open(path, read_only=True) as stored:
        assert stored.frame(0).pose(track_id).same_as(after), "durable at once"
    d.do("action_undo")
    assert d.pose(track_id).same_as(before)


def test_a_pose_is_taken_without_what_a_person_set(drive, clip, second_weights):
    d = drive(clip)
    track_id = compared(d)
    d.program.comparison_binding.choose_file(second_weights)
    d.wait(lambda: d.program.comparison.selected() is not None, what="the other weights' opinion")
    d.program.editing.move_keypoint(track_id, 7, 60.0, 40.0)
    second = shown(d).pose(track_id)
    d.do("action_take_pose")
    after = d.pose(track_id)
    assert after.keypoints[7].tolist() == [60.0, 40.0] and after.provenance[7] == Provenance.CORRECTED
    free = second.labelled & (np.arange(17) != 7)
    np.testing.assert_array_equal(after.keypoints[free], second.keypoints[free])
    assert (after.provenance[free] == Provenance.ACCEPTED).all() and "1 that you set" in d.said
    d.do("action_take_pose")
    assert "take joints one by one" in d.said and d.pose(track_id).same_as(after)


def test_a_locked_person_takes_nothing(drive, clip):
    d = drive(clip)
    track_id = compared(d, keypoint=9)
    before = d.pose(track_id)
    d.do("action_lock")
    d.do("action_take_joint")
    assert "locked" in d.said and d.pose(track_id).same_as(before)


def test_the_second_network_is_freed_when_switched_off(drive, clip, second_weights):
    d = drive(clip)
    compared(d)
    d.program.comparison_binding.choose_file(second_weights)
    d.wait(lambda: d.program.comparison.selected() is not None, what="the other weights' opinion")
    held = weakref.ref(d.program.comparison._second._predictor.model)
    assert held() is not None and held() is not d.program.network.predictor().model
    d.do("action_compare")
    d.wait(lambda: held() is None, what="the second network to go")


def test_weights_that_cannot_be_loaded_are_told_in_the_panel(drive, clip, tmp_path):
    d = drive(clip)
    compared(d)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not weights")
    d.program.comparison_binding.choose_file(broken)
    words = d.window.findChild(QLabel, "compare_words")
    d.wait(lambda: "broken.pth" in words.text(), what="a sentence in the panel")
    assert shown(d) is None and rows(d) == () and not d.window.action("action_take_pose").isEnabled()
    choice = d.window.findChild(QComboBox, "compare_choice")
    assert choice.currentText() == "broken"
    choice.setCurrentIndex(0)
    choice.activated.emit(0)
    d.wait(lambda: d.program.comparison.selected() is not None, what="HRNet alone again")


def test_other_boxes_and_other_weights_are_asked_again(drive, clip, second_weights):
    d = drive(clip)
    track_id = compared(d)
    first = shown(d).pose(track_id)
    d.program.editing.set_box(track_id, 30.0, 10.0, 70.0, 100.0)
    d.wait(lambda: shown(d) is not None and shown(d).pose(track_id).bbox_xywh[0] == 30.0, what="the other box")
    assert not np.allclose(shown(d).pose(track_id).keypoints, first.keypoints)
    with_box = shown(d).pose(track_id).keypoints
    d.program.weights_in_use.choose(second_weights)
    d.idle()
    d.wait(lambda: d.program.comparison.selected() is not None, what="HRNet alone of the other weights")
    assert not np.allclose(shown(d).pose(track_id).keypoints, with_box)


def test_nobody_and_no_box_are_said(drive, clip):
    d = drive(clip)
    d.do("action_compare")
    words = d.window.findChild(QLabel, "compare_words")
    d.wait(lambda: "Nobody has a box" in words.text(), what="the word that nobody is there")
    track_id = d.add_person(0)
    d.wait(lambda: "Select a person" in words.text(), what="the word to select somebody")
    d.session.select(track_id, None)
    assert "differs in" in words.text() and all(np.isnan(row.distance_px) for row in rows(d))


def test_the_opinion_is_of_the_weights_in_use_though_they_changed_meanwhile(
    drive, clip, tiny_weights, second_weights, monkeypatch
):
    """HRNet alone of weights A is asked, B is taken while the question waits, then A again: no opinion of B's stays."""
    d = drive(clip)
    track_id = compared(d)
    first = shown(d).pose(track_id)
    asker, go_on = d.program.comparison._asker, threading.Event()
    come, real = [], asker._answer

    def slow(question, source):
        come.append(question)
        assert go_on.wait(30)
        return real(question, source)

    d.go_to(4)
    monkeypatch.setattr(asker, "_answer", slow)
    d.go_to(0)
    d.program.comparison.ask_again()
    d.wait(lambda: come, what="the question about A")
    d.program.weights_in_use.choose(second_weights)
    d.idle()
    go_on.set()
    d.wait(lambda: d.program.comparison.selected() is not None, what="the opinion of B")
    assert not np.allclose(shown(d).pose(track_id).keypoints, first.keypoints)
    d.program.weights_in_use.choose(tiny_weights)
    d.idle()
    d.wait(lambda: d.program.comparison.selected() is not None, what="the opinion of A")
    np.testing.assert_allclose(shown(d).pose(track_id).keypoints, first.keypoints)


def test_an_opinion_on_somebody_else_is_not_taken_after_a_swap(drive, clip):
    d = drive(clip)
    first = compared(d)
    second = d.add_person(0, (90.0, 20.0, 50.0, 80.0))
    d.wait(lambda: shown(d) is not None and shown(d).pose(second) is not None, what="an opinion on both")
    d.program.comparison._timer.setInterval(1_000_000)  # the opinion on the people as they are now is not yet asked
    d.program.editing.change_track_id(first, second, swap=True)
    d.session.select(first, None)
    words = d.window.findChild(QLabel, "compare_words").text()
    assert words == f"Asking {ALONE_NAME} …", "somebody is selected: the sentence does not ask to select one"
    assert d.program.comparison.opinion().pose(first) is not None
    assert d.program.comparison.selected() is None
