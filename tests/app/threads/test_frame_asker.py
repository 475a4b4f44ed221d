"""The newest question about a frame is answered, kept within bounds, and never given to another question."""

import shutil
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtWidgets import QApplication

from app.threads.frame_asker import FrameAsker
from core.errors import PredictionError
from core.video.video_file import VideoFile


class Question(NamedTuple):
    path: Path
    frame_index: int


class Asked:
    """An asker that reads frames, what it was asked, and what it said."""

    def __init__(self, clip: Path, room: float) -> None:
        self.clip, self.come, self.said, self.failed, self.lengths = clip, [], [], [], []
        self.free = threading.Event()
        self.free.set()
        self.asker = FrameAsker("comparison", self.answer, room=room, size_of=len)
        self.asker.answered.connect(lambda question, answer: self.said.append((question.frame_index, answer)))
        self.asker.failed.connect(lambda question, sentence: self.failed.append((question.frame_index, sentence)))

    def answer(self, question, source):
        self.come.append(question.frame_index)
        self.lengths.append(len(source))
        assert self.free.wait(30)
        if question.frame_index == 9:
            raise PredictionError("Nothing can be said.")
        return source.frame(question.frame_index).tobytes()[:100]

    def ask(self, frame_index: int) -> None:
        self.asker.ask(Question(self.clip, frame_index))

    def wait(self, condition) -> None:
        ends = time.monotonic() + 30
        while not condition():
            QApplication.processEvents()
            time.sleep(0.002)
            assert time.monotonic() < ends


@pytest.fixture
def asked(qapp, clip):
    made = []

    def make(room: float = 1000) -> Asked:
        made.append(Asked(clip, room))
        return made[-1]

    yield make
    for one in made:
        one.free.set()
        one.asker.stop()
        one.asker.deleteLater()
    QApplication.processEvents()


def test_an_answer_is_kept_and_given_at_once(asked):
    a = asked()
    a.ask(1)
    assert a.asker.answer() is None
    a.wait(lambda: a.said)
    a.ask(2)
    a.wait(lambda: len(a.said) == 2)
    a.ask(1)
    assert a.said[-1] == a.said[0] and a.asker.answer() == a.said[0][1] and a.come == [1, 2]


def test_the_least_recently_used_answer_goes_first(asked):
    a = asked(room=200)
    for count, frame_index in enumerate((1, 2, 1, 3, 1), 1):
        a.ask(frame_index)
        a.wait(lambda count=count: len(a.said) == count)
    assert a.come == [1, 2, 3], "1 was used between 2 and 3"
    a.ask(2)
    a.wait(lambda: len(a.said) == 6)
    assert a.come == [1, 2, 3, 2]


def test_an_answer_too_large_to_keep_is_still_given(asked):
    a = asked(room=50)
    a.ask(1)
    a.wait(lambda: a.said)
    assert a.asker.answer() == a.said[0][1]
    a.ask(2)
    assert a.asker.answer() is None


def test_only_the_newest_question_is_answered_and_late_answers_are_kept(asked):
    a = asked()
    a.free.clear()
    a.ask(1)
    a.wait(lambda: a.come == [1])
    a.ask(2)
    a.ask(3)
    a.free.set()
    a.wait(lambda: a.said)
    assert [frame_index for frame_index, _ in a.said] == [3] and a.come == [1, 3]
    a.ask(1)
    assert a.said[-1][0] == 1 and a.come == [1, 3]


def test_what_was_forgotten_is_not_said_and_what_was_cleared_not_kept(asked):
    a = asked()
    for forget, kept in ((a.asker.forget, True), (a.asker.clear, False)):
        a.said.clear(), a.come.clear(), a.asker.clear()
        a.free.clear()
        a.ask(4)
        a.wait(lambda: a.come == [4])
        forget()
        a.ask(5)
        a.free.set()
        a.wait(lambda: a.said)
        assert [frame_index for frame_index, _ in a.said] == [5]
        a.ask(4)
        assert (a.asker.answer() is not None) == kept
        a.wait(lambda: len(a.said) == 2)


def test_a_failure_is_told_of_the_wanted_question_only(asked):
    a = asked()
    a.ask(9)
    a.wait(lambda: a.failed)
    assert a.failed == [(9, "Nothing can be said.")] and a.asker.answer() is None
    a.free.clear()
    a.ask(9)
    a.wait(lambda: a.come == [9, 9])
    a.ask(1)
    a.free.set()
    a.wait(lambda: a.said)
    assert len(a.failed) == 1


def test_a_clip_that_was_replaced_is_read_anew_once_all_is_cleared(asked, made):
    a = asked()
    a.ask(1)
    a.wait(lambda: a.said)
    a.asker.clear()
    shutil.copy(made / "long.mp4", a.clip)
    a.ask(1)
    a.wait(lambda: len(a.said) == 2)
    assert a.lengths == [12, 400]


def test_the_clip_is_closed_in_the_thread_that_reads_it(asked, monkeypatch):
    closed = []
    close = VideoFile.close
    monkeypatch.setattr(
        VideoFile, "close", lambda source: closed.append(threading.current_thread().name) or close(source)
    )
    a = asked()
    a.ask(1)
    a.wait(lambda: a.said)
    closed.clear()  # finding out what a file is opens and closes it, too
    a.asker.stop()
    assert closed == ["comparison"]
