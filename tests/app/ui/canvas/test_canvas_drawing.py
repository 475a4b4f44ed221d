"""What the canvas draws."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint

from app.ui import theme
from app.ui.canvas import pose_item
from app.ui.canvas.painting.pose_painting import PoseContext, describe_keypoint
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility
from tests.app.ui.canvas.canvas_hand import (
    WRIST,
    Heard,
    drag,
    move,
    picture,
    pixels,
    press,
    release,
    standing,
    wheel,
    wrist,
)


def test_frame_pixels_are_shown_exactly(canvas):
    canvas.set_poses(FramePoses(12))
    canvas.zoom_by(8 / canvas.zoom)
    shown, rgb = pixels(canvas), picture()
    for x, y in ((150, 115), (160, 120), (171, 131)):
        at = canvas.viewport_position(x, y)
        assert shown[at.y(), at.x()].tolist() == rgb[y, x].tolist()


def test_a_hidden_person_is_not_drawn(canvas):
    everyone = pixels(canvas)
    canvas.set_hidden({1})
    without = pixels(canvas)
    canvas.set_poses(FramePoses(12, (standing(2, 180),)))
    assert (everyone != without).any() and (without == pixels(canvas)).all()


def test_the_first_frame_is_fitted_and_the_view_is_kept_after(canvas):
    canvas.show_frame(13, picture())
    assert canvas.zoom == pytest.approx(3)
    canvas.show_frame(0, np.zeros((50, 80, 3), np.uint8))
    assert canvas.zoom == pytest.approx((1000 - 24) / 80)


def test_pixel_aspect_is_for_the_eye_only(canvas):
    canvas.show_frame(0, picture(), 1.5)
    origin, right, below = (canvas.view.to_viewport(*at) for at in ((0, 0), (100, 0), (0, 100)))
    assert (right[0] - origin[0]) == pytest.approx(1.5 * (below[1] - origin[1]))
    canvas.set_poses(FramePoses(0, (standing(1, 60),)))
    heard = Heard(canvas)
    x, y = wrist(canvas)
    drag(canvas, (x, y), (x + 30, y + 30))
    assert heard.of("keypoint_moved")[0][2:] == pytest.approx((x + 30, y + 30), abs=0.5)


def test_what_belongs_to_another_frame_is_dropped(canvas):
    before = pixels(canvas)
    canvas.set_poses(FramePoses(11))
    canvas.set_heatmap(11, np.ones((96, 72), np.float16), [[2, 0, 0], [0, 2, 0]])
    assert (pixels(canvas) == before).all()
    canvas.set_heatmap(12, np.ones((96, 72), np.float16), [[2, 0, 0], [0, 2, 0]])
    assert (pixels(canvas) != before).any()


def test_another_frame_takes_people_heatmap_and_drag_along(canvas):
    heard = Heard(canvas)
    canvas.set_heatmap(12, np.ones((96, 72), np.float16), [[2, 0, 0], [0, 2, 0]])
    x, y = wrist(canvas)
    press(canvas, x, y)
    move(canvas, x + 30, y)
    canvas.show_frame(13, picture())
    release(canvas, x + 30, y)
    assert heard.of("keypoint_moved") == []
    shown = pixels(canvas)
    canvas.set_poses(FramePoses(13))
    canvas.set_heatmap(13, None, None)
    assert (pixels(canvas) == shown).all()


def test_the_heatmap_lies_where_its_affine_says_and_fades(canvas):
    canvas.set_poses(FramePoses(12))
    rows, columns = np.mgrid[:96, :72]
    heatmap = np.exp(-((columns - 50) ** 2 + (rows - 20) ** 2) / 18).astype(np.float16)
    plain = pixels(canvas).astype(int)
    canvas.set_heatmap(12, heatmap, [[2.5, 0, 60], [0, 2, 30]])
    canvas.set_heatmap_opacity(1.0)
    covered = np.abs(pixels(canvas) - plain).sum(axis=2).astype(float)
    rows, columns = np.nonzero(covered > 60)
    centre = canvas.view.to_picture(float(columns.mean()), float(rows.mean()))
    assert centre == pytest.approx((60 + 2.5 * 50, 30 + 2 * 20), abs=1.5)
    canvas.set_heatmap_opacity(0.0)
    assert (pixels(canvas) == plain).all()


def test_provenance_occlusion_doubt_and_selection_each_change_the_mark(canvas):
    def shown(**changes):
        pose = standing(1, 60)
        fields = {
            name: np.where(np.arange(len(POSETRACK)) == WRIST, value, getattr(pose, name))
            for name, value in changes.items()
        }
        canvas.set_poses(FramePoses(12, (pose.replaced(**fields),)))
        at = canvas.viewport_position(*pose.keypoints[WRIST])
        return pixels(canvas)[at.y() - 12 : at.y() + 13, at.x() - 12 : at.x() + 13].tobytes()

    marks = [shown(provenance=who) for who in list(Provenance)[1:]]
    marks += [shown(visibility=Visibility.OCCLUDED), shown(visibility=Visibility.NOT_LABELLED), shown(scores=0.1)]
    canvas.set_selection(1, WRIST)
    marks.append(shown(provenance=Provenance.PREDICTED))
    assert len(set(marks)) == len(marks)
    doubtful_but_human = shown(scores=0.1, provenance=Provenance.CORRECTED)
    assert doubtful_but_human == shown(scores=0.9, provenance=Provenance.CORRECTED), "a person's word is not doubted"


def test_sides_have_their_colours(canvas):
    shown = pixels(canvas)
    for left, right, side in (("left_hip", "left_knee", "left"), ("right_hip", "right_knee", "right")):
        a, b = (canvas._poses.pose(1).keypoints[POSETRACK.index(name)] for name in (left, right))
        at = canvas.viewport_position(*(a + b) / 2)
        colour = theme.side_colour(side)
        assert shown[at.y(), at.x()].tolist() == [colour.red(), colour.green(), colour.blue()]


def test_words_for_a_joint():
    pose = standing(1, 60).with_keypoint(WRIST, (1, 2), Visibility.OCCLUDED, 0.25, Provenance.PREDICTED)
    assert describe_keypoint(pose, WRIST, POSETRACK) == "left wrist · predicted 0.25 · occluded"
    assert describe_keypoint(pose, POSETRACK.index("left_ear"), POSETRACK) == "left ear · not labelled"


def test_names_are_shown_on_demand(canvas):
    canvas.set_selection(1, None)
    plain = pixels(canvas)
    canvas.set_joint_names_visible(True)
    assert (pixels(canvas) != plain).any()
    canvas.set_joint_names_visible(False)
    assert (pixels(canvas) == plain).all()


def test_an_empty_canvas_says_what_to_do_and_takes_no_harm(canvas):
    canvas.clear()
    empty = pixels(canvas)
    assert (empty != empty[0, 0]).any()
    drag(canvas, (100, 100), (200, 200))
    wheel(canvas, QPoint(50, 50), 1)
    assert (pixels(canvas) == empty).all()


def test_who_is_not_selected_is_drawn_once_while_the_hand_moves_somebody(canvas, monkeypatch):
    """How long it takes: benchmarks/bench_window.py."""
    drawn, paint = [], pose_item.paint_others

    def noted(painter, others):
        drawn.append([pose.track_id for pose in others.poses.poses])
        paint(painter, others)

    monkeypatch.setattr(pose_item, "paint_others", noted)
    crowd = FramePoses(12, tuple(standing(i + 1, 12.0 * i) for i in range(20)))
    canvas.set_poses(crowd)
    canvas.set_selection(7, WRIST)
    canvas.viewport().grab()
    drawn.clear()
    x, y = crowd.pose(7).keypoints[WRIST]
    press(canvas, x, y)
    for step in range(1, 6):
        move(canvas, x + 4 * step, y)
        canvas.viewport().grab()
    assert drawn == []
    release(canvas, x + 20, y)
    canvas.set_hidden({3})
    canvas.viewport().grab()
    assert drawn == [[n for n in range(1, 21) if n not in (3, 7)]]


def test_what_was_kept_is_drawn_anew_in_other_colours(canvas):
    before = pixels(canvas)
    try:
        theme.use_palette(theme.palette_names()[1])
        assert (pixels(canvas) != before).any()
    finally:
        theme.use_palette(theme.palette_names()[0])


def test_the_context_is_a_value():
    assert PoseContext() == PoseContext()


def test_a_real_frame_and_its_labels(canvas, shared):
    bgr = cv2.imread(str(next((shared / "data/posetrack/paddleboard/060470979").glob("*.jpg"))))
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    canvas.show_frame(0, rgb)
    canvas.zoom_by(10)
    x, y = (int(value) for value in canvas.view.to_picture(500, 380))
    at = canvas.viewport_position(x, y)
    assert pixels(canvas)[at.y(), at.x()].tolist() == rgb[y, x].tolist()


def test_the_number_of_a_person_out_of_sight_is_not_drawn(canvas):
    canvas.zoom_by(10)
    canvas.set_poses(FramePoses(12))
    nobody = pixels(canvas)
    canvas.set_poses(FramePoses(12, (Pose.empty(1, (2, 2, 20, 20), Provenance.CORRECTED),)))
    assert (pixels(canvas) == nobody).all()
