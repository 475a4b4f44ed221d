"""Held-out frames are blocks of time, no neighbours of what is trained on, and stay so for the life of a project."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TrainingError
from core.training.rounds.holding_out import FEWEST_FRAMES, History, choosing_frames, divide, is_in
from core.training.rounds.report import FinetuneSettings

REACH = 2


def test_fewer_than_four_frames_are_no_round() -> None:
    with pytest.raises(TrainingError, match=r"at least 4 frames first \(3 so far\)"):
        divide([1, 5, 9], History(), 0.25, REACH, 0)


def test_frames_that_lie_too_close_together_are_told() -> None:
    with pytest.raises(TrainingError, match="too close together"):
        divide([3, 4, 5, 6], History(), 0.25, REACH, 0)


@pytest.mark.parametrize(("count", "held_out"), [(4, 1), (8, 2), (20, 5), (64, 16)])
def test_a_quarter_is_held_out_in_blocks(count: int, held_out: int) -> None:
    frames = [7 * i for i in range(count)]
    parts = divide(frames, History(), 0.25, REACH, 0)
    assert len(parts.held_out) == held_out
    assert sorted({*parts.train, *parts.held_out}) == frames, "far apart, no frame is lost to a neighbour"
    assert divide(frames, History(), 0.25, REACH, 0) == parts
    assert len(parts.spans) == max(1, round(held_out**0.5))
    for start, stop in parts.spans:
        assert [f for f in frames if start <= f < stop] == [f for f in parts.held_out if start <= f < stop]


def test_no_more_frames_are_measured_than_an_answer_needs() -> None:
    parts = divide(list(range(0, 4000, 5)), History(), 0.25, REACH, 0)
    assert len(parts.held_out) == 40


def as_report(parts, train=None):
    return {"train_frames": list(parts.train if train is None else train), "held_out_blocks": list(parts.spans)}


@given(
    st.lists(st.sets(st.integers(0, 160), min_size=1, max_size=25), min_size=1, max_size=4),
    st.integers(0, 5),
)
def test_what_was_held_out_once_is_never_trained_on_nor_seen_beside_it(additions: list[set[int]], seed: int) -> None:
    frames: set[int] = set()
    reports: list[dict] = []
    earlier: list[tuple[int, int]] = []
    for added in additions:
        frames |= added
        if len(frames) < FEWEST_FRAMES:
            continue
        try:
            parts = divide(sorted(frames), History.of(reports), 0.25, REACH, seed)
        except TrainingError:
            continue
        trained_before = {f for report in reports for f in report["train_frames"]}
        assert parts.held_out
        for frame in parts.train:
            window = range(frame - REACH, frame + REACH + 1)
            assert not any(is_in(near, parts.spans) for near in window)
            assert not set(window) & set(parts.held_out)
        if not parts.flattered:
            assert set(earlier) <= set(parts.spans)
            seen = {f + step for f in trained_before for step in range(-REACH, REACH + 1)}
            assert not seen & set(parts.held_out), "no measured frame was ever seen by an earlier round"
            earlier = list(parts.spans)
            reports.append(as_report(parts))


def test_later_corrections_bring_blocks_of_their_own() -> None:
    first = divide(list(range(0, 100, 10)), History(), 0.25, REACH, 0)
    then = divide(list(range(0, 100, 10)) + list(range(103, 203, 10)), History.of([as_report(first)]), 0.25, REACH, 0)
    assert set(first.spans) < set(then.spans)
    assert set(first.held_out) < set(then.held_out)
    assert all(start > 100 for start, _ in set(then.spans) - set(first.spans))


def test_where_all_was_trained_on_the_measure_says_that_it_is_flattered() -> None:
    frames = list(range(0, 100, 10))
    parts = divide(frames, History((), frozenset(frames)), 0.25, REACH, 0)
    assert parts.flattered and parts.held_out


def test_frames_that_choose_are_apart_from_those_that_teach() -> None:
    settings = FinetuneSettings(choosing_part=0.15, fewest_to_choose=12)
    few, many = list(range(0, 55, 5)), list(range(0, 100, 5))
    assert choosing_frames(few, settings, REACH) == ((), tuple(few))
    choosing, train = choosing_frames(many, settings, REACH)
    assert len(choosing) == 3 and sorted([*choosing, *train]) == many
    dense = list(range(40))
    choosing, train = choosing_frames(dense, settings, REACH)
    assert np.abs(np.subtract.outer(train, choosing)).min() > REACH
