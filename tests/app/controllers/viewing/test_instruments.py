"""The heatmap and the temporal panel show what belongs to the person, frame, clip and weights on screen, or nothing."""

import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest

from app.weights.in_use import Network
from core.errors import Cancelled
from core.model import Predictor, Request, load_model
from core.poses import Pose
from core.video import open_source
from tests.guards import PATIENCE_S


def watch(d, track_id, keypoint=9):
    """Selects a joint and has its heatmap drawn."""
    d.session.select(track_id, keypoint)
    d.window.heatmap_panel.set_shown(True)
    d.wait(lambda: d.program.canvas_binding._current_answer() is not None, what="the heatmap")


def drawn(d):
    return d.window.canvas._heatmap_item.isVisible()


def test_a_late_heatmap_of_another_frame_or_clip_is_dropped(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    watch(d, track_id)
    assert drawn(d)
    answer = d.program.canvas_binding._answer
    d.window.heatmap_panel.set_shown(False)
    d.go_to(5)
    d.window.heatmap_panel.set_shown(True)
    for change in ({"frame_index": 0}, {"path": clip.with_name("other.mp4")}, {"weights_path": clip}, {"track_id": 77}):
        fields = {"frame_index": 5} | change
        d.program.canvas_binding._on_answer(replace(answer, question=replace(answer.question, **fields)))
        assert not drawn(d), change
    d.wait(lambda: drawn(d), what="the heatmap of the frame shown")
    assert d.program.canvas_binding._answer.question.frame_index == 5


def test_instruments_answer_off_the_windows_thread(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.window.show_panel("temporal")
    watch(d, track_id)
    wanted, asked, gate, real = [], [], threading.Event(), d.program.instruments._asker._answer
    ask = d.program.instruments._asker.ask

    def slow(question, source):
        asked.append(question.frame_index)
        assert gate.wait(PATIENCE_S)
        return real(question, source)

    monkeypatch.setattr(d.program.instruments._asker, "_answer", slow)
    monkeypatch.setattr(d.program.instruments._asker, "ask", lambda one: (wanted.append(one.frame_index), ask(one)))
    for frame_index in range(1, 11):
        d.go_to(frame_index)  # would wait for the first answer here, if the window did
    d.wait(lambda: wanted[-1:] == [10], what="the question for the last frame")
    gate.set()
    d.wait(lambda: d.program.canvas_binding._current_answer() is not None, what="the last frame's heatmap")
    assert asked[-1] == 10 and len(asked) <= 2, "frames that passed are not asked for"
    explained = d.program.canvas_binding._answer.explanation
    assert explained is not None and explained.frame_index == 10


def test_nobody_selected_shows_nothing(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    watch(d, track_id)
    d.do("action_undo")
    assert d.session.track_id is None and not drawn(d)
    d.go_to(4)
    assert not drawn(d) and d.window.error_text == ""


def test_other_weights_bring_another_heatmap(drive, clip, tiny_weights):
    d = drive(clip)
    track_id = d.add_person(0)
    watch(d, track_id)
    other = tiny_weights.with_name("other.pth")
    other.write_bytes(tiny_weights.read_bytes())
    d.program.weights_in_use.choose(other)
    d.idle()
    d.wait(lambda: drawn(d), what="the heatmap of the other weights")
    assert d.program.canvas_binding._answer.question.weights_path == other


def test_a_broken_instrument_says_so_and_shows_nothing_stale(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.window.show_panel("temporal")
    watch(d, track_id)
    d.wait(lambda: d.window.temporal_panel._explanation is not None, what="the explanation")

    def broken(*_asked):
        raise ZeroDivisionError("for a test")

    monkeypatch.setattr(d.program.instruments._asker, "_answer", broken)
    d.go_to(6)
    d.wait(lambda: "instruments" in d.said)
    assert d.window.temporal_panel._explanation is None and not drawn(d)
    assert isinstance(d.pose(track_id), Pose) and d.window.error_text == ""


def held_back(d, asker, monkeypatch):
    """The asker's thread waits at its next question. Returns the questions that came, and what lets it go on."""
    come, go_on, real = [], threading.Event(), asker._answer

    def slow(question, source):
        come.append(question)
        assert go_on.wait(30)
        return real(question, source)

    monkeypatch.setattr(asker, "_answer", slow)
    return come, go_on


def test_what_is_shown_is_of_the_weights_in_use_though_they_changed_meanwhile(
    drive, clip, tiny_weights, second_weights, monkeypatch
):
    """A question about weights A waits while B is taken; B's answer is never shown as A's when A is back."""
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    watch(d, track_id)
    come, go_on = held_back(d, d.program.instruments._asker, monkeypatch)
    d.go_to(3)
    d.wait(lambda: come, what="the question about A")
    d.program.weights_in_use.choose(second_weights)
    d.idle()
    go_on.set()
    d.wait(lambda: drawn(d), what="B's heatmap")
    d.program.weights_in_use.choose(tiny_weights)
    d.idle()
    d.wait(lambda: drawn(d), what="A's heatmap")
    answer = d.program.canvas_binding._current_answer()
    assert answer.question.weights_path == tiny_weights and answer.question.frame_index == 3
    first, second = (
        predicted_alone(clip, weights, 3, track_id, d.pose(track_id).bbox_xywh)
        for weights in (tiny_weights, second_weights)
    )
    assert not np.allclose(first, second, atol=1e-2)
    np.testing.assert_allclose(answer.prediction.heatmaps, first, atol=2e-3)


def predicted_alone(clip, weights, frame_index, track_id, bbox_xywh):
    with open_source(clip) as source:
        predictor = Predictor(load_model(weights, folded=True), device="cpu")
        (prediction,) = predictor.predict([Request(frame_index, track_id, bbox_xywh)], source.frame, len(source))
    return prediction.heatmaps


def test_a_network_gives_no_predictor_of_other_weights_than_asked_for(made):
    network = Network("cpu")
    network.choose(made / "tiny.pth")
    assert network.predictor(made / "tiny.pth") is network.predictor()
    with pytest.raises(Cancelled):
        network.predictor(made / "other.pth")
    network.choose(made / "other.pth")
    with pytest.raises(Cancelled):
        network.predictor(made / "tiny.pth")


def test_a_clip_of_the_same_name_is_asked_about_anew(drive, clip, long_clip, made, monkeypatch):
    d = drive(clip)
    track_id = d.add_person(0)
    watch(d, track_id)
    lengths, real = [], d.program.instruments._asker._answer
    monkeypatch.setattr(
        d.program.instruments._asker,
        "_answer",
        lambda question, source: lengths.append(len(source)) or real(question, source),
    )
    project = d.session.project.path
    d.program.opening.open(long_clip)
    d.wait(lambda: d.session.project is not None and d.session.project.path != project, what="the other clip")
    shutil.copy(made / "long.mp4", clip)
    d.program.opening.open(clip)
    d.wait(lambda: d.session.project is not None and d.session.project.path == project, what="the first clip")
    d.wait(lambda: d.session.frame_index == 0, what="its first frame")
    watch(d, track_id)
    assert lengths == [400]
