"""Where a look would mend most: expected wrong joints around a frame that no look was near."""

import numpy as np
import pytest

from core.judging.entries import by_gain, in_order
from core.judging.gain import LOOKED_AT, REACH_FRAMES, ExpectedGain
from core.judging.review import ReviewQueue
from core.poses import FramePoses, Provenance
from tests.core.judging.people import KNEE, WRIST, standing, with_score


def frame(index, wrist=0.9, **fields):
    return FramePoses(index, (with_score(standing(), WRIST, wrist),), **fields)


def gain_of(frames):
    gain = ExpectedGain()
    for one in frames:
        gain.note(one)
    return gain


def test_what_is_expected_around_a_frame_counts_the_less_the_further_off_it_is():
    gain = gain_of([frame(30, wrist=0.2)])
    base = float(np.sum(1 - frame(0).poses[0].scores))
    here, near, far = gain.at(np.array([30, 30 - round(REACH_FRAMES), 12]))
    assert here == pytest.approx(base + 0.7) and near == pytest.approx((base + 0.7) / np.e) and 0 < far < near


def test_the_middle_of_what_is_doubtful_is_named_and_then_the_rest():
    frames = [frame(index, wrist=0.1 if 20 <= index < 41 else 0.95) for index in range(60)]
    gain = gain_of(frames)
    first = gain.most_to_mend()
    assert 25 <= first.frame_index <= 35 and first.gain > 5
    assert f"about {first.gain:.0f} joints" in first.sentence
    gain.note(FramePoses(first.frame_index, frames[first.frame_index].poses, reviewed=True))
    second = gain.most_to_mend()
    assert abs(second.frame_index - first.frame_index) > 3 and second.gain < first.gain


def test_frames_that_a_person_touched_or_let_be_are_not_named_and_a_clip_that_is_sure_has_none():
    frames = [frame(index) for index in range(30)]
    gain = gain_of(frames)
    first = gain.most_to_mend()
    gain.mark({LOOKED_AT: first.places.codes})
    assert gain.most_to_mend().frame_index != first.frame_index
    gain.mark({})
    assert gain.most_to_mend().frame_index == first.frame_index
    sure = standing().replaced(scores=np.full(17, 0.999))
    assert gain_of([FramePoses(index, (sure,)) for index in range(30)]).most_to_mend() is None
    human = standing().replaced(provenance=np.full(17, Provenance.ACCEPTED, np.uint8))
    assert gain_of([FramePoses(index, (human,)) for index in range(30)]).most_to_mend() is None
    assert ExpectedGain().most_to_mend() is None and ExpectedGain().at(np.array([3])).tolist() == [0.0]


def test_entries_come_in_the_order_of_what_a_look_there_may_mend():
    frames = [frame(index) for index in range(80)]
    frames[2] = frame(2, wrist=0.05)  # more urgent, but alone at the clip's end
    for index in range(40, 50):
        frames[index] = FramePoses(index, (with_score(with_score(standing(), WRIST, 0.3), KNEE, 0.3),))
    queue = ReviewQueue()
    queue.look_at(frames)
    columns = queue.columns()
    first = columns.entry(int(in_order(columns, np.arange(len(columns)), by_gain)[0]))
    assert 40 <= first.frame_index < 50 and first.gain == pytest.approx(
        float(queue.gain.at(np.array([first.frame_index]))[0])
    )
    assert columns.entry(int(in_order(columns, np.arange(len(columns)))[0])).frame_index == 2, "by urgency alone"


def test_a_frame_looked_at_again_changes_what_is_expected():
    queue = ReviewQueue()
    frames = {index: frame(index) for index in range(10)}
    queue.look_at(frames.values())
    before = float(queue.gain.at(np.array([5]))[0])
    frames[5] = frame(5, wrist=0.1)
    queue.look_again([5], lambda start, stop: [frames[index] for index in range(max(start, 0), min(stop, 10))])
    assert float(queue.gain.at(np.array([5]))[0]) == pytest.approx(before + 0.8)
