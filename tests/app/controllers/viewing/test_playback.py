"""Frames are decoded off the window's thread, the newest wish wins, and what is shown is what a plain decode gives."""

import random
import threading
import time

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from app.controllers.viewing.playback import Decoder, Playback
from core.errors import SourceError
from core.video import frame_proof, open_source
from tests.guards import PATIENCE_S


@pytest.fixture
def playback(qapp):
    playback = Playback()
    yield playback
    playback.close()
    # Here and now: a Qt object in a cycle would else be freed by whichever thread collects garbage, and crash.
    playback.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not [thread for thread in threading.enumerate() if thread.name == "decoder"]


@pytest.fixture
def proofs(clip):
    with open_source(clip) as source:
        return [frame_proof(source.frame(index)) for index in range(len(source))]


def test_every_frame_is_the_picture_of_a_plain_decode(playback, clip, proofs, qtbot):
    shown, threads = [], set()
    playback.frame_shown.connect(lambda frame: shown.append((frame.frame_index, frame.proof)))
    source = open_source(clip)
    real = source.frame
    source.frame = lambda index: threads.add(threading.current_thread()) or real(index)
    playback.open(source)
    wishes = [random.Random(3).randrange(12) for _ in range(30)]
    for wish in wishes:
        playback.go_to(wish)
        qtbot.waitUntil(lambda wish=wish: playback.shown is not None and playback.shown.frame_index == wish)
    assert all(proofs[index] == proof for index, proof in shown) and threads
    assert threading.main_thread() not in threads


def test_wishes_that_wait_give_way_to_the_newest(playback, clip, qtbot):
    gate, shown = threading.Event(), []
    source = open_source(clip)
    real = source.frame
    source.frame = lambda index: gate.wait(PATIENCE_S) and real(index)
    playback.frame_shown.connect(lambda frame: shown.append(frame.frame_index))
    playback.open(source)
    for index in (3, 7, 9, 4):
        playback.go_to(index)
    gate.set()
    qtbot.waitUntil(lambda: playback.shown is not None and playback.shown.frame_index == 4)
    # The frame that was being decoded may show on the way, so that a held key doesn't blind; those waiting never do.
    assert shown[-1] == 4 and len(shown) <= 2


def test_scrubbing_shows_the_nearest_at_once_under_its_own_number(playback, clip, proofs, qtbot, monkeypatch):
    playback.open(open_source(clip))
    qtbot.waitUntil(lambda: playback.shown is not None and 11 in playback._decoder._proofs)
    playback._decoder.request = lambda *_: None
    playback._decoder._cache.nearest = lambda _: (6, playback._decoder._cache.peek(6))
    with monkeypatch.context() as patch:
        patch.setattr("app.controllers.viewing.playback.frame_proof", lambda _: pytest.fail("hashed under the hand"))
        playback.scrub(8)
    assert playback.wanted == 8 and playback.shown.frame_index == 6 and playback.shown.proof == proofs[6]


def test_a_frame_on_its_way_never_shows_at_another_clip(playback, clip, tmp_path, qtbot):
    folder = tmp_path / "white"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((40, 60, 3), 255, np.uint8))
    shown = []
    playback.frame_shown.connect(lambda frame: shown.append(frame.rgb.shape))
    playback.open(open_source(clip))
    assert wait_without_events(lambda: playback._decoder._cache.peek(3) is not None)
    playback.open(open_source(folder))
    qtbot.waitUntil(lambda: bool(shown))
    assert shown == [(40, 60, 3)]


def wait_without_events(condition):
    """Waits for a thread, while the window's thread takes no word from it."""
    ends = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < ends:
        time.sleep(0.005)
    return condition()


def test_stepping_stays_within_the_clip_and_stops_playing(playback, clip, qtbot):
    playback.open(open_source(clip))
    playback.step(-5)
    assert playback.wanted == 0
    playback.step(500)
    assert playback.wanted == 11
    playback.toggle_playing()
    assert playback.playing and playback.wanted == 0, "from the start at the end"
    playback.step(1)
    assert not playback.playing


def test_playing_shows_every_frame_in_order_and_ends(playback, clip, qtbot):
    shown = []
    playback.frame_shown.connect(lambda frame: shown.append(frame.frame_index))
    playback.open(open_source(clip))
    qtbot.waitUntil(lambda: playback.shown is not None)
    playback.toggle_playing()
    qtbot.waitUntil(lambda: not playback.playing)
    assert list(dict.fromkeys(shown)) == list(range(12))


@pytest.mark.parametrize("error", [SourceError("Frame 5 is damaged."), MemoryError(), ZeroDivisionError("odd")])
def test_a_frame_that_cannot_be_decoded_is_told_and_the_next_one_shown(playback, clip, qtbot, error):
    told = []
    playback.failed.connect(told.append)
    source = open_source(clip)
    real = source.frame

    def broken(index):
        if index == 5:
            raise error
        return real(index)

    source.frame = broken
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Decoder, "_read_ahead", lambda *_: None)
        playback.open(source)
        qtbot.waitUntil(lambda: playback.shown is not None)
        playback.go_to(5)
        qtbot.waitUntil(lambda: bool(told))
        assert playback.shown.frame_index == 0 and "\n" not in told[0]
        playback.go_to(6)
        qtbot.waitUntil(lambda: playback.shown.frame_index == 6)


@pytest.mark.parametrize("error", [SourceError("Frame 5 is damaged."), MemoryError(), ZeroDivisionError("odd")])
def test_a_fault_while_reading_ahead_leaves_the_next_frame_to_be_shown(playback, clip, qtbot, error):
    source, asked = open_source(clip), []
    real = source.frame

    def broken(index):
        asked.append(index)
        if index == 5:
            raise error
        return real(index)

    source.frame = broken
    told = []
    playback.failed.connect(told.append)
    playback.open(source)
    qtbot.waitUntil(lambda: 5 in asked)
    playback.go_to(9)
    qtbot.waitUntil(lambda: playback.shown is not None and playback.shown.frame_index == 9)
    assert not told, "nobody asked for frame 5"
    playback.go_to(5)
    qtbot.waitUntil(lambda: len(told) == 1)
