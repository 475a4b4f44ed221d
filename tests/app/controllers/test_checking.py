"""A long clip is checked in the background after it was opened."""

import threading
from pathlib import Path

import pytest

from app.threads.tasks import TaskKind
from core.project import edits
from core.video import frame_proof, open_source, plain_decode
from core.video import index as index_module
from core.video import open as open_module
from tests.damaged_clips import DESTROYED, NUM_FRAMES, take_clips_for_long_ones, whole_and_damaged


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    open_module._indexes.clear()
    take_clips_for_long_ones(monkeypatch)
    folder = tmp_path / "clips"
    folder.mkdir()
    return whole_and_damaged(folder)


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch):
    """Has the check wait until the test lets it go on."""
    go_on = threading.Event()
    real = plain_decode.plain_decode

    def waiting(path, num_packets, on_progress=None, cancelled=None, **options):
        while not go_on.wait(0.01):
            plain_decode.report(on_progress, cancelled, 0, num_packets)
        return real(path, num_packets, on_progress, cancelled, **options)

    monkeypatch.setattr(index_module, "plain_decode", waiting)
    return go_on


def opened(drive, path: Path):
    """The program with a clip on screen whose check waits."""
    d = drive()
    d.program.opening.open(path)
    d.wait(lambda: d.session.shown is not None)
    d.wait(lambda: d.program.tasks.running(TaskKind.CHECK))
    return d


def test_a_damaged_clip_is_counted_anew_and_labels_stay_with_their_pictures(drive, clips, held_back):
    _, damaged = clips
    d = opened(drive, damaged)
    assert d.session.project.source.num_frames == NUM_FRAMES and d.window.error_text == ""
    d.session.playback.go_to(50)
    d.wait(lambda: d.session.frame_index == 50)
    seen = d.session.shown.proof
    track_id = edits.add_person(d.session.project, 50, (10, 10, 20, 40), proofs=d.session.proofs()).track_ids[0]
    held_back.set()
    d.wait(lambda: d.session.is_checked, what="the check")
    d.wait(lambda: d.session.shown is not None and d.session.frame_index == 49)
    assert d.session.shown.proof == seen, "the picture on screen stays"
    assert d.session.project.source.num_frames == NUM_FRAMES - 1 == d.session.playback.num_frames
    assert d.window.timeline.num_frames == NUM_FRAMES - 1
    assert d.pose(track_id, 49) is not None and d.pose(track_id, 50) is None
    assert "1 frame is missing before it" in d.window.timeline.description(DESTROYED)
    assert "1 frame is missing after it" in d.window.timeline.description(DESTROYED - 1)
    words = d.told()
    assert f"{NUM_FRAMES - 1} of {NUM_FRAMES} frames can be read, frame {DESTROYED} is missing" in words
    d.session.playback.go_to(DESTROYED)
    d.wait(lambda: d.session.frame_index == DESTROYED)
    with open_source(damaged) as source:
        assert frame_proof(source.frame(DESTROYED)) == d.session.shown.proof


def test_a_whole_clip_is_checked_without_a_word(drive, clips):
    whole, _ = clips
    d = drive(whole)
    d.wait(lambda: d.session.is_checked, what="the check")
    d.idle()
    assert d.window.error_text == "" and d.session.playback.num_frames == NUM_FRAMES
    assert d.window.timeline.description(DESTROYED).endswith("nobody")


def test_the_check_ends_when_another_clip_opens(drive, clips, held_back, tmp_path):
    whole, damaged = clips
    d = opened(drive, damaged)
    d.program.opening.open(whole)
    d.wait(lambda: d.session.source_path == whole)
    held_back.set()
    d.wait(lambda: d.session.is_checked, what="the check of the second clip")
    d.idle()
    assert d.session.playback.num_frames == NUM_FRAMES and d.window.error_text == ""
    open_module._indexes.clear()
    with open_source(damaged) as source:
        assert not source.is_checked, "its check was cancelled"


def test_a_frame_that_fails_starts_the_check_that_was_cancelled(drive, clips, held_back):
    _, damaged = clips
    d = opened(drive, damaged)
    d.program.tasks.cancel_all()
    d.wait(lambda: not d.program.tasks.running(TaskKind.CHECK))
    held_back.set()
    d.idle()
    assert not d.session.is_checked
    d.session.playback.go_to(DESTROYED)
    d.wait(lambda: d.session.is_checked, what="the check")
    d.wait(lambda: d.session.frame_index in (DESTROYED - 1, DESTROYED), what="the neighbour of the one that is missing")
    assert d.session.playback.num_frames == NUM_FRAMES - 1


def test_what_is_known_is_shown_at_once(drive, clips):
    _, damaged = clips
    open_source(damaged, checked=True).close()
    d = drive(damaged)
    assert d.session.is_checked and d.session.gaps
    assert "frame is missing" in d.window.timeline.description(DESTROYED)
    assert "is missing" in d.told()
