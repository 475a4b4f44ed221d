"""Work off the window's thread: one of a kind, told how it ends, cancelled between steps, waited for at the end."""

import threading
import time

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread

from app.threads.tasks import ANOTHER_IS_OPENING, TaskKind, TaskRunner, TimeLeft
from core.errors import FamiError
from tests.guards import PATIENCE_S


@pytest.fixture
def runner(qapp):
    runner = TaskRunner()
    yield runner
    runner.shut_down()
    runner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_results_arrive_on_the_windows_thread_in_order(runner, qtbot):
    seen = []

    def work(task):
        assert threading.current_thread() is not threading.main_thread()
        for step in range(3):
            task.deliver(step)
            task.report(step + 1, 3)
        return "done"

    def note(value):
        assert QThread.currentThread() is runner.thread()
        seen.append(value)

    runner.run("a", "Counting", work, delivered=note, succeeded=note, ended=lambda: note("ended"))
    assert runner.run("a", "Again", work) is None, "one of a kind at a time"
    qtbot.waitUntil(lambda: not runner.running())
    assert seen == [0, 1, 2, "done", "ended"]


def test_whoever_hears_of_a_result_may_start_the_next_work_of_its_kind(runner, qtbot):
    """As where a dialog asks what to do with what was read: its answer comes before the slot returns."""
    refused, done = [], []
    runner.refused.connect(refused.append)

    def ask(_result):
        runner.run("a", "Writing", lambda task: "written", busy="Wait.", succeeded=done.append)

    runner.run("a", "Reading", lambda task: "read", succeeded=ask)
    qtbot.waitUntil(lambda: not runner.running() and bool(done or refused))
    assert done == ["written"] and not refused


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FamiError("A sentence of ours."), "A sentence of ours."),
        (MemoryError(), "There is not enough memory"),
        (KeyError("x"), "internal error"),
    ],
)
def test_what_goes_wrong_is_one_sentence(runner, qtbot, error, words):
    told = []
    runner.failed.connect(told.append)

    def work(_task):
        raise error

    runner.run("a", "Trying", work)
    qtbot.waitUntil(lambda: not runner.running())
    assert len(told) == 1 and words in told[0] and "\n" not in told[0]


def test_cancel_ends_work_at_its_next_step_and_says_nothing(runner, qtbot):
    told, delivered = [], []
    runner.failed.connect(told.append)

    def work(task):
        for step in range(10_000):
            task.deliver(step)
            time.sleep(0.001)  # leaves the window's thread its turn
            task.report(step, 10_000)

    runner.run("a", "Counting", work, delivered=delivered.append)
    qtbot.waitUntil(lambda: len(delivered) > 3)
    runner.cancel_all()
    qtbot.waitUntil(lambda: not runner.running())
    assert not told and delivered == list(range(len(delivered))) and len(delivered) < 10_000


def test_the_bar_shows_who_still_runs(runner, qtbot):
    shown, gate = [], threading.Event()
    runner.shown.connect(lambda name, *_: shown.append(name))
    runner.run("long", "Long", lambda _: gate.wait(PATIENCE_S))
    runner.run("short", "Short", lambda _: None)
    qtbot.waitUntil(lambda: not runner.running("short"))
    assert shown[-1] == "Long"
    gate.set()
    qtbot.waitUntil(lambda: not runner.running())
    assert shown[-1] is None


def test_after_shutting_down_nothing_starts(runner):
    runner.run("a", "Waiting", lambda task: task.wait(0) or [time.sleep(0.01) for _ in range(5)])
    runner.shut_down()
    assert runner.run("b", "Late", lambda _: None) is None
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task ")]


def count_for_ever(task):
    while True:
        time.sleep(0.002)
        task.report(1, 2)


def test_work_on_the_project_is_ended_from_another_thread_and_none_starts_meanwhile(runner, qtbot):
    gate, ended, refused = threading.Event(), [], []
    runner.refused.connect(refused.append)
    runner.run(TaskKind.PREDICT, "Predicting", count_for_ever, on_project=True)
    runner.run(TaskKind.WEIGHTS, "Fetching", lambda _: gate.wait(PATIENCE_S))

    def opening(_):
        ended.append(runner.end_on_project(PATIENCE_S))
        return gate.wait(PATIENCE_S)

    runner.run(TaskKind.OPEN, "Opening", opening, ended=runner.project_taken)
    qtbot.waitUntil(lambda: ended == [True] and not runner.running(TaskKind.PREDICT))
    assert runner.running(TaskKind.WEIGHTS), "what has nothing to do with the project goes on"
    assert runner.run(TaskKind.FOLLOW, "Following", count_for_ever, on_project=True) is None
    assert refused == ["Predicting was ended before it was done; start it again.", ANOTHER_IS_OPENING]
    gate.set()
    qtbot.waitUntil(lambda: not runner.running())
    assert runner.run(TaskKind.FOLLOW, "Following", lambda _: None, on_project=True) is not None
    qtbot.waitUntil(lambda: not runner.running())


def test_work_that_does_not_end_keeps_the_project(runner, qtbot):
    gate = threading.Event()
    runner.run(TaskKind.IMPORT, "Importing", lambda _: gate.wait(PATIENCE_S), on_project=True)
    assert not runner.end_on_project(0.01)
    assert runner.run(TaskKind.EXPORT, "Exporting", lambda _: None, on_project=True) is not None
    gate.set()
    qtbot.waitUntil(lambda: not runner.running())


def test_a_cancel_is_heard_while_the_last_part_is_waited_for(runner, qtbot):
    gate = threading.Event()
    runner.run(TaskKind.IMPORT, "Importing", lambda _: gate.wait(PATIENCE_S), on_project=True)
    assert not runner.end_on_project(10 * PATIENCE_S, lambda: True)
    assert runner.run(TaskKind.EXPORT, "Exporting", lambda _: None, on_project=True) is not None
    gate.set()
    qtbot.waitUntil(lambda: not runner.running())


def test_work_on_the_project_writes_its_last_part_when_the_program_closes(runner):
    written = []

    def write_the_last_part(task):
        assert task._cancel.wait(PATIENCE_S)
        time.sleep(0.2)
        written.append(True)

    runner.run(TaskKind.FIND, "Finding", write_the_last_part, on_project=True)
    runner.shut_down(timeout_s=0.0)
    assert written, "the project is closed right after this"


def test_a_task_that_exits_is_not_waited_for_for_ever(runner, qtbot, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def leave(_):
        raise SystemExit

    ended = []
    runner.run(TaskKind.FIND, "Finding", leave, ended=lambda: ended.append(True))
    qtbot.waitUntil(lambda: bool(ended))
    assert not runner.running()


def test_work_waits_for_work_in_its_turn(runner, qtbot):
    """What follows people comes first; nobody overtakes who waits longer for the same."""
    gate, told, order = threading.Event(), [], []
    runner.refused.connect(told.append)

    def begin(kind, name):
        runner.run(kind, name, lambda _: order.append(name))

    runner.run(TaskKind.FOLLOW, "Following", lambda _: gate.wait(PATIENCE_S), ended=lambda: order.append("Following"))
    both = (TaskKind.FOLLOW, TaskKind.PREDICT)
    runner.when_free(both, "Predicting", lambda: begin(TaskKind.PREDICT, "Predicting"))
    runner.when_free((TaskKind.PREDICT,), "Predicting here", lambda: begin(TaskKind.PREDICT, "Predicting here"))
    runner.when_free((TaskKind.EXPORT,), "Exporting", lambda: begin(TaskKind.EXPORT, "Exporting"))
    assert told == [
        "Predicting waits until this is done: Following.",
        "Predicting here waits until this is done: Predicting.",
    ]
    qtbot.waitUntil(lambda: order == ["Exporting"])
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 4)
    assert order == ["Exporting", "Following", "Predicting", "Predicting here"]
    qtbot.waitUntil(lambda: not runner.running())


@pytest.mark.parametrize("end", ["cancel_all", "end_on_project"])
def test_what_waits_is_not_started_after_a_cancel_or_in_another_project(runner, qtbot, end):
    started = []

    def work(task):
        while not task.is_cancelled():
            time.sleep(0.001)

    runner.run(TaskKind.FOLLOW, "Following", work, on_project=True)
    runner.when_free((TaskKind.FOLLOW,), "Predicting", lambda: started.append(True))
    if end == "cancel_all":
        runner.cancel_all()
    else:
        assert runner.end_on_project(PATIENCE_S)
        runner.project_taken()
    qtbot.waitUntil(lambda: not runner.running())
    QCoreApplication.processEvents()
    assert not started


def test_time_left_follows_the_share_done(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("app.threads.tasks.time.monotonic", lambda: now[0])
    left = TimeLeft()
    assert left.estimate_s(0, 10) is None
    now[0] = 104.0
    assert left.estimate_s(2, 10) == pytest.approx(16.0)
    assert left.estimate_s(10, 10) == 0.0
