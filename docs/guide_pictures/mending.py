"""Pictures of docs/guide/mending.md."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPixmap

from app.application import Program
from core.files import places
from core.formats import read_labels
from core.keypoints import POSETRACK
from guide_pictures.stage import go_to, label_a_little, require, wait, whole_window

ANKLES = POSETRACK.index("right_ankle"), POSETRACK.index("left_ankle")


def mending_window(program: Program) -> QPixmap:
    """Ankles that the network had exchanged were dragged; a frame that followed, and on the timeline all that did."""
    label_a_little(program)
    session = program.session
    truth = read_labels(places.DEMO_LABELS).images[46].poses.poses[0]
    go_to(program, 46)
    people = session.shown_poses().poses
    track_id = min(people, key=lambda pose: np.abs(pose.bbox_xywh - truth.bbox_xywh).sum()).track_id
    before = session.project.frame(44).pose(track_id)
    for ankle in ANKLES:
        session.select(track_id, ankle)
        x, y = truth.keypoints[ankle].tolist()
        program.editing.move_keypoint(track_id, ankle, x, y)
        wait(lambda: program.mending.is_idle, "the frames around")
    go_to(program, 44)
    after = session.project.frame(44).pose(track_id)
    require(not np.array_equal(after.keypoints, before.keypoints), "a frame that followed")
    program.window.timeline.zoom(2.5)
    return whole_window(program)
