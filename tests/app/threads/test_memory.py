"""What is closed lets its memory go at once: no frame, dialog or circle of references waits for the program's end."""

import gc
import sys
import weakref

import numpy as np
import pytest
from PySide6.QtWidgets import QDialog, QWidget

from app import memory
from app.controllers.viewing.playback import Decoder, Playback
from app.threads.collector import WindowThreadCollector
from app.threads.latest import LatestLoop
from app.ui.dialogs.question import Question
from core.video import open_source


class Frame(np.ndarray):
    """An array that can be referred to weakly."""


@pytest.fixture
def no_collection():
    """Nothing is freed but by the end of its last reference."""
    was_enabled = gc.isenabled()
    gc.disable()
    yield
    if was_enabled:
        gc.enable()


def test_a_decoder_that_has_ended_holds_no_frames_and_is_in_no_circle(qtbot, clip, no_collection):
    decoder, shown = Decoder(open_source(clip)), []
    decoder.decoded.connect(lambda _, frame: shown.append(frame.frame_index))
    decoder.request(3, 1)
    qtbot.waitUntil(lambda: bool(shown))
    cache, held = decoder._cache, weakref.ref(decoder)
    decoder.stop()
    assert len(cache) == 0
    del decoder
    assert held() is None


def test_clips_that_were_closed_leave_nothing_behind(qtbot, clip, no_collection):
    playback, closed = Playback(), []
    for _ in range(3):
        playback.open(open_source(clip))
        qtbot.waitUntil(lambda: playback.shown is not None)
        closed.append(weakref.ref(playback._decoder))
    playback.close()
    qtbot.waitUntil(lambda: not any(decoder() for decoder in closed))


def test_a_loop_that_has_ended_holds_nobody(no_collection):
    class Owner:
        def __init__(self) -> None:
            self.loop = LatestLoop("owned", self.serve, at_end=self.end)

        def serve(self, _request: object) -> None:
            """Nothing."""

        def end(self) -> None:
            """Nothing."""

    owner = Owner()
    owner.loop.stop()
    held = weakref.ref(owner)
    del owner
    assert held() is None


def test_a_dialog_goes_once_its_answer_was_read(qtbot, monkeypatch):
    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(QDialog, "exec", lambda dialog: QDialog.DialogCode.Accepted)
    for _ in range(3):
        question = Question(window, "some_dialog", "Title", "Really?", "Yes")
        assert question.agreed()
        assert question.sentence.text() == "Really?"  # whoever asked still reads it
    qtbot.waitUntil(lambda: not window.findChildren(QDialog))


def test_the_oldest_garbage_is_collected_and_libraries_never_are(qtbot, monkeypatch):
    asked, frozen = [], []
    monkeypatch.setattr(gc, "collect", asked.append)
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    monkeypatch.setattr(gc, "get_count", lambda: (10_000, 100, 100))
    collector = WindowThreadCollector()
    assert len(frozen) == 1
    collector._collect()
    assert asked == [2]
    monkeypatch.setitem(sys.modules, "a_library_that_was_just_loaded", sys)
    collector._collect()
    assert asked == [2, 1] and len(frozen) == 2
    collector.stop()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's own functions")
def test_the_c_library_is_told_to_give_memory_back():
    assert memory.give_large_blocks_back()
    memory.give_free_memory_back()
