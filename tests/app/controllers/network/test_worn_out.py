"""A network without memory or with values that are no numbers, a worker that raises, a child that dies or hangs."""

import os
import signal
from dataclasses import replace

import pytest
import torch

from app.controllers.network import round_process
from app.threads.tasks import TaskKind
from core.model import Predictor
from core.poses import Provenance

OUT_OF_MEMORY = "CUDA out of memory. Tried to allocate 2.00 GiB."


@pytest.fixture
def with_people(drive, clip):
    """Two people in all twelve frames."""
    d = drive(clip)
    for _ in range(2):
        d.fill(d.add_person(0), range(1, 12))
    return d


def test_a_device_without_memory_is_asked_for_less_and_nobody_hears_of_it(with_people, monkeypatch):
    d, forward, sizes = with_people, Predictor.forward, []

    def short_of_memory(predictor, windows, threads=None):
        sizes.append(len(windows))
        if len(windows) > 1:
            raise torch.OutOfMemoryError(OUT_OF_MEMORY)
        return forward(predictor, windows, threads)

    monkeypatch.setattr(Predictor, "forward", short_of_memory)
    d.do("action_predict")
    d.idle()
    assert not d.window.error_text and max(sizes) > 1
    assert all(frame.pose(track).labelled.any() for frame in d.session.project.frames() for track in (1, 2))
    assert d.session.project.runs()[-1].status == "done"


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError(OUT_OF_MEMORY), MemoryError(), RuntimeError("std::bad_alloc")]
)
def test_a_device_with_no_memory_at_all_costs_a_sentence(with_people, monkeypatch, error):
    d = with_people

    def no_memory(*_arguments):
        raise error

    monkeypatch.setattr(Predictor, "forward", no_memory)
    d.do("action_predict")
    d.idle()
    assert "memory" in d.told()
    assert d.session.project.runs()[-1].status != "running"
    monkeypatch.undo()
    assert d.program.editing.move_keypoint(1, 9, 50.0, 60.0)


def test_values_that_are_no_numbers_are_no_labels(with_people, monkeypatch):
    d, forward = with_people, Predictor.forward

    def not_numbers(predictor, windows, threads=None):
        output = forward(predictor, windows, threads)
        return replace(output, heatmaps=torch.full_like(output.heatmaps, torch.nan))

    monkeypatch.setattr(Predictor, "forward", not_numbers)
    d.do("action_predict")
    d.idle()
    assert "not numbers" in d.told()
    assert not any(pose.labelled.any() for frame in d.session.project.frames() for pose in frame.poses)


def test_a_worker_that_raises_ends_its_task_alone(with_people, caplog):
    d = with_people

    def work(_task):
        raise ZeroDivisionError("in the worker")

    sentences = []
    d.program.tasks.failed.connect(sentences.append)
    d.program.tasks.run(TaskKind.REPEAT, "Dividing", work)
    d.idle()
    assert sentences == [d.window.error_text] and "Dividing stopped" in sentences[0]
    assert any(record.exc_info for record in caplog.records)
    d.window.dismiss_error()
    d.do("action_predict_frame")
    d.idle()
    assert not d.window.error_text and d.pose(1).provenance[9] == Provenance.PREDICTED


@pytest.fixture
def corrected(with_people):
    """Enough for a round."""
    d = with_people
    d.do("action_predict")
    d.idle()
    for frame_index in range(6):
        d.go_to(frame_index)
        d.program.editing.accept_frame()
    return d


def test_a_child_that_dies_costs_a_sentence_and_can_be_started_again(corrected):
    d = corrected
    for _ in range(2):
        d.program.finetuning.start(steps=500)
        d.wait(lambda: d.program.finetuning.process.pid, what="the child")
        os.kill(d.program.finetuning.process.pid, signal.SIGKILL)
        d.wait(lambda: not d.program.finetuning.round.running, what="its end")
        sentence = d.told()
        assert "ended early" in sentence and "untouched" in sentence
    assert d.program.editing.move_keypoint(1, 9, 50.0, 60.0)


def test_a_child_that_says_nothing_is_told_of_and_can_be_ended(corrected):
    d, process = corrected, corrected.program.finetuning.process
    d.program.finetuning.start(steps=500)
    d.wait(lambda: process.pid, what="the child")
    os.kill(process.pid, signal.SIGSTOP)
    process._silence.setInterval(1)
    process._silence.start()
    d.wait(lambda: d.said == round_process.HANGS, what="word of its silence")
    d.do("action_cancel")
    d.wait(lambda: not d.program.finetuning.round.running, what="its end")
    assert not d.window.error_text and "cancelled" in d.said
