"""Pictures of docs/guide/deciding.md."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QPixmap

from app.application import Program
from core.judging.doubts import Reason
from core.judging.entries import Wanted
from core.project import edits
from guide_pictures.stage import act, beside, go_to, predict, require, settle, wait, wait_for_joints, whole_window

LOST_FROM = 40
CUT_AT = 60
HEIGHT_PX = 1000
"""A higher window than usual, so that the list is seen whole."""


def deciding_queue(program: Program) -> QPixmap:
    """The window at an entry of the queue, some of which are done."""
    predict(program)
    review = program.review
    for entry in review.shown[3:6]:
        review.mark_done(entry)
    review.set_wanted(Wanted(with_done=True))
    wait(lambda: review.is_up_to_date and review.num_done == 3, "the marks")
    review.go_to_entry(review.shown[1])
    wait(lambda: program.session.frame_index == review.shown[1].frame_index, "the entry's frame")
    return whole_window(program)


def deciding_entries(program: Program) -> QPixmap:
    """The queue with a person who was lost and a prediction that was cut short; and filtered by one reason."""
    review, window = program.review, program.window
    window.resize(window.width(), HEIGHT_PX)
    lost = _follow_until_lost(program)
    act(program, "predict")
    wait_for_joints(program, CUT_AT)
    act(program, "cancel")
    settle(program)

    def reasons() -> set[Reason]:
        return {entry.reason for entry in review.shown}

    wait(lambda: review.is_up_to_date and {Reason.LOST, Reason.CUT_SHORT} <= reasons(), "both entries")
    require(any(one.track_id == lost for one in review.shown if one.reason == Reason.LOST), "the lost person's entry")
    window.show_panel("queue")
    panel = window.queue_panel
    settle(program)
    everything = panel.grab()
    review.set_wanted(Wanted(reason=Reason.LOST))
    wait(lambda: review.is_up_to_date and reasons() == {Reason.LOST}, "the filter")
    settle(program)
    return beside(everything, panel.grab())


def _follow_until_lost(program: Program) -> int:
    """Follows somebody's legs alone, which other legs soon hide; the following cannot find them any more."""
    session = program.session
    go_to(program, LOST_FROM)
    x, y, w, h = session.shown_poses().poses[0].bbox_xywh
    touched = edits.add_person(session.project, LOST_FROM, (x + 0.3 * w, y + 0.6 * h, 0.3 * w, 0.4 * h))
    session.touch(touched)
    (track_id,) = touched.track_ids
    wait(lambda: program.network.weights_path is not None and not program.tasks.running(), "the weights")
    followed: list[Any] = []
    program.people.followed.connect(followed.append)
    program.people.follow(track_id)
    wait(lambda: followed, "the following")
    settle(program)
    require(followed[0].lost, "a person who was lost")
    return int(track_id)
