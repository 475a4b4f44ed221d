"""Which frame is played when: on a clock of the test's own."""

import numpy as np
import pytest

from app.controllers.viewing.pace import Pace
from core.frame_range import FrameRange

TIMES_S = np.arange(20) / 10


def played(pace: Pace, current: int, steps: int, late_s: float = 0.0) -> list[tuple[int, float]]:
    """Frames and when they are shown, each as soon as it is due, or so much later where decoding is slow."""
    now_s, shown = 0.0, []
    pace.begin(now_s)
    for _ in range(steps):
        following = pace.following(current, now_s)
        if following is None:
            break
        current, due_s = following
        now_s = max(due_s, now_s) + late_s
        shown.append((current, round(now_s, 6)))
    return shown


@pytest.mark.parametrize(("speed", "gap_s"), [(0.1, 1.0), (0.5, 0.2), (1.0, 0.1), (2.0, 0.05), (4.0, 0.025)])
def test_each_frame_stays_as_long_as_the_speed_says(speed, gap_s):
    pace = Pace(TIMES_S)
    pace.speed = speed
    assert played(pace, 3, 4) == [(3 + n, pytest.approx(n * gap_s)) for n in (1, 2, 3, 4)]


def test_up_to_normal_speed_nothing_is_left_out_where_decoding_is_slow():
    assert [index for index, _ in played(Pace(TIMES_S), 0, 10, late_s=0.35)] == list(range(1, 11))


def test_faster_than_that_what_cannot_be_shown_in_time_is_left_out():
    pace = Pace(TIMES_S)
    pace.speed = 4.0
    frames = [index for index, _ in played(pace, 0, 4, late_s=0.1)]
    assert frames[1:] == [frames[0] + 4, frames[0] + 8, frames[0] + 12], "0.4 s of the clip in 0.1 s"


def test_playing_ends_on_the_last_frame_also_where_frames_are_left_out():
    pace = Pace(TIMES_S)
    pace.speed = 4.0
    assert played(pace, 0, 100, late_s=0.25)[-1][0] == 19
    assert pace.following(19, 100.0) is None


def test_a_range_is_played_over_and_over():
    pace = Pace(TIMES_S)
    pace.loop = FrameRange(4, 7)
    assert [index for index, _ in played(pace, 5, 6)] == [6, 4, 5, 6, 4, 5]
    assert pace.start(5) == 5 and pace.start(12) == 4, "from its start where one is not in it"
    pace.loop = FrameRange(19, 20)
    assert [index for index, _ in played(pace, 19, 2)] == [19, 19]


def test_one_frame_can_be_played():
    assert Pace(np.zeros(1)).following(0, 0.0) is None
    assert Pace(np.zeros(1)).start(0) == 0
