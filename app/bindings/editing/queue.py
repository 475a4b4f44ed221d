"""The queue's panel, and the picture that shows what an entry is about."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.editing.reviewing import ReviewController
from app.controllers.session import Session
from app.ui.main_window import MainWindow
from core.judging.entries import Entry
from core.judging.sizes import person_size_px
from core.poses import Pose

AROUND_JOINT = 0.7
"""Of a person's size: what is shown around a joint that needs a look."""


class QueueBinding(QObject):
    """Lists the entries, passes clicks and filters on, and brings what an entry is about into sight."""

    def __init__(self, session: Session, review: ReviewController, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._review = review
        self._window = window
        self._to_show: Entry | None = None
        review.entries_changed.connect(self._draw)
        review.current_changed.connect(window.queue_panel.set_current)
        review.look_wanted.connect(self._look)
        session.frame_shown.connect(lambda _: self._show_place())
        session.opened.connect(self._forget)
        panel = window.queue_panel
        panel.entry_chosen.connect(review.go_to_entry)
        panel.done_toggled.connect(review.mark_done)
        panel.filters_changed.connect(review.set_wanted)
        window.action("action_entry_done").triggered.connect(lambda _checked: review.done_with_current())
        window.action("action_filter_queue").triggered.connect(self._take_focus)

    def _draw(self) -> None:
        review = self._review
        self._window.queue_panel.set_queue(
            review.listed, review.num_done, review.num_entries, review.choices, review.wanted
        )

    def _take_focus(self) -> None:
        self._window.show_panel("queue")
        self._window.queue_panel.take_focus()

    def _forget(self) -> None:
        self._to_show = None

    def _look(self, entry: Entry) -> None:
        """The place is shown with its frame, which may still have to be decoded."""
        self._to_show = entry
        self._show_place()

    def _show_place(self) -> None:
        entry = self._to_show
        if entry is None or self._session.frame_index != entry.frame_index:
            return
        self._to_show = None
        pose = self._pose_of(entry)
        if pose is not None:
            self._window.canvas.show_place(*place_of(pose, entry.keypoint))

    def _pose_of(self, entry: Entry) -> Pose | None:
        """Whom the entry is about, there or, who was lost, in the frame before."""
        track_id = entry.track_id
        if track_id is None:
            return None
        here = self._session.shown_poses().pose(track_id)
        if here is not None or entry.frame_index == 0:
            return here
        return self._session.read(lambda project: project.frame(entry.frame_index - 1).pose(track_id), None)


def place_of(pose: Pose, keypoint: int | None) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels of what to look at: around a joint, or the person's box."""
    if keypoint is None or not pose.placed[keypoint]:
        left, top, width, height = pose.bbox_xywh.tolist()
        return left, top, width, height
    side = AROUND_JOINT * person_size_px(pose)
    x, y = pose.keypoints[keypoint].tolist()
    return x - side / 2, y - side / 2, side, side
