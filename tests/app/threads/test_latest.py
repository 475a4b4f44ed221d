"""Threads that serve only the newest request: no fault ends one in silence, only the newest question is answered."""

import threading

from PySide6.QtCore import QCoreApplication, QEvent

from app.threads.latest import LatestLoop, LatestWorker
from core.errors import Cancelled, FamiError
from tests.guards import PATIENCE_S


def test_a_fault_ends_no_thread_in_silence(qtbot, caplog):
    served = []

    def serve(request):
        served.append(request)
        raise {"index": IndexError, "memory": MemoryError}.get(request, RuntimeError)(request)

    loop = LatestLoop("oracle", serve, at_end=lambda: serve("end"))
    for request in ("index", "memory", "other"):
        loop.request(request)
        qtbot.waitUntil(lambda request=request: request in served)
    loop.stop()
    assert served == ["index", "memory", "other", "end"]
    assert len([record for record in caplog.records if record.exc_info]) == 4
    assert not [thread for thread in threading.enumerate() if thread.name == "oracle"]


def test_only_the_newest_question_is_answered(qtbot):
    gate, answers, failures = threading.Event(), [], []

    def answer(question):
        assert gate.wait(PATIENCE_S)
        if question == "bad":
            raise FamiError("There is no answer.")
        if question == "cancelled":
            raise Cancelled
        return question.upper()

    worker = LatestWorker("oracle", answer)
    worker.answered.connect(lambda question, said: answers.append((question, said)))
    worker.failed.connect(lambda question, words: failures.append((question, words)))
    assert worker.is_idle
    worker.ask("a")
    qtbot.wait(20)
    for question in "bcd":
        worker.ask(question)
    assert not worker.is_idle
    gate.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    qtbot.waitUntil(lambda: worker.is_idle)
    assert answers == [("a", "A"), ("d", "D")]
    worker.ask("bad")
    qtbot.waitUntil(lambda: bool(failures))
    assert failures == [("bad", "There is no answer.")]
    worker.ask("cancelled")
    qtbot.waitUntil(lambda: worker.is_idle)
    worker.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "oracle"]
    worker.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
