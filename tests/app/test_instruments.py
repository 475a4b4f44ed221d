"""The heatmap and the temporal panel show what belongs to the person, frame, clip and weights on screen, or nothing."""

import threading
from dataclasses import replace

from core.poses import Pose
from tests.guards import PATIENCE_S


def watch(d, track_id, keypoint=9):
    """Selects a joint and has its heatmap drawn."""
    d.session.select(track_id, keypoint)
    d.window.heatmap_panel.set_shown(True)
    d.wait(lambda: d.program.canvas_view._current_answer() is not None, what="the heatmap")


def drawn(d):
    return d.window.canvas._heatmap_item.isVisible()


def test_a_late_heatmap_of_another_frame_or_clip_is_dropped(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    watch(d, track_id)
    assert drawn(d)
    answer = d.program.canvas_view._answer
    d.window.heatmap_panel.set_shown(False)
    d.go_to(5)
    d.window.heatmap_panel.set_shown(True)
    for change in ({"frame_index": 0}, {"path": clip.with_name("other.mp4")}, {"weights_path": clip}, {"track_id": 77}):
        fields = {"frame_index": 5} | change
        d.program.canvas_view._on_answer(replace(answer, question=replace(answer.question, **fields)))
        assert not drawn(d), change
    d.wait(lambda: drawn(d), what="the heatmap of the frame shown")
    assert d.program.canvas_view._answer.question.frame_index == 5


def test_instruments_answer_off_the_windows_thread(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.window.show_panel("temporal")
    watch(d, track_id)
    asked, gate, real = [], threading.Event(), d.program.instruments._worker._answer

    def slow(question):
        asked.append(question.frame_index)
        assert gate.wait(PATIENCE_S)
        return real(question)

    monkeypatch.setattr(d.program.instruments._worker, "_answer", slow)
    for frame_index in range(1, 11):
        d.go_to(frame_index)  # would wait for the first answer here, if the window did
    gate.set()
    d.wait(lambda: d.program.canvas_view._current_answer() is not None, what="the last frame's heatmap")
    assert asked[-1] == 10 and len(asked) <= 2, "frames that passed are not asked for"
    explained = d.program.canvas_view._answer.explanation
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
    d.program.prediction.choose(other)
    d.idle()
    d.wait(lambda: drawn(d), what="the heatmap of the other weights")
    assert d.program.canvas_view._answer.question.weights_path == other


def test_a_broken_instrument_says_so_and_shows_nothing_stale(drive, clip, monkeypatch):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.window.show_panel("temporal")
    watch(d, track_id)
    d.wait(lambda: d.window.temporal_panel._view is not None, what="the explanation")

    def broken(_question):
        raise ZeroDivisionError("for a test")

    monkeypatch.setattr(d.program.instruments._worker, "_answer", broken)
    d.go_to(6)
    d.wait(lambda: "instruments" in d.said)
    assert d.window.temporal_panel._view is None and not drawn(d)
    assert isinstance(d.pose(track_id), Pose) and d.window.error_text == ""
