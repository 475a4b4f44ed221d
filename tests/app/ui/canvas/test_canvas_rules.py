"""The canvas' rules without Qt: the view, hit-testing, gestures, heatmap colours."""

import numpy as np
import pytest

from app.ui.canvas.gestures import BoxDraw, BoxResize, JointDrag
from app.ui.canvas.hand.transforming import PersonDrag
from app.ui.canvas.hit_test import Selection, handle_at, joint_at, person_at
from app.ui.canvas.painting.heatmap_colours import heatmap_peaks, heatmap_rgba
from app.ui.canvas.view import Picture, View, fitted, kept_in_reach, zoom_limits, zoomed_within_limits
from core.poses import FramePoses, Pose, Provenance, Visibility


def person(track_id: int, bbox_xywh: tuple[float, float, float, float], **joints: tuple[float, float]) -> Pose:
    """A person with joints given as j<keypoint>=(x, y)."""
    pose = Pose.empty(track_id, bbox_xywh, Provenance.CORRECTED)
    for name, xy in joints.items():
        pose = pose.with_keypoint(int(name[1:]), xy, Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
    return pose


TWO = FramePoses(
    7,
    (person(1, (10, 10, 80, 80), j0=(50, 50), j5=(60, 60)), person(2, (40, 40, 100, 100), j0=(53, 50), j9=(120, 120))),
)


def test_fit_shows_the_whole_picture_with_its_pixel_aspect():
    picture = Picture(100, 50, 2.0)
    view = fitted(picture, 424, 500)
    left, top = view.to_viewport(-0.5, -0.5)
    right, bottom = view.to_viewport(99.5, 49.5)
    assert (left, right) == pytest.approx((12, 412))
    assert bottom - top == pytest.approx(100) and top + bottom == pytest.approx(500)


@pytest.mark.parametrize("factor", [1.2, 3.0, 0.8])
def test_zooming_keeps_the_place_under_the_pointer(factor):
    picture = Picture(640, 480)
    view = fitted(picture, 800, 600)
    at = (310.0, 222.0)
    before = view.to_picture(*at)
    after = zoomed_within_limits(view, picture, factor, at, (800, 600))
    assert after.zoom == pytest.approx(view.zoom * factor)
    if factor > 1:
        assert after.to_picture(*at) == pytest.approx(before)


def test_nobody_gets_lost():
    picture = Picture(640, 480)
    view = fitted(picture, 800, 600)
    far = kept_in_reach(view.panned(1e6, -1e6), picture, 800, 600)
    assert far.to_picture(400, 300) == pytest.approx((-0.5, 479.5))
    low, high = zoom_limits(picture, 800, 600)
    for factor, limit in ((1e9, high), (1e-9, low)):
        assert zoomed_within_limits(view, picture, factor, (0, 0), (800, 600)).zoom == pytest.approx(limit)


def test_the_nearest_joint_within_the_radius_is_hit():
    view = View()
    hit = joint_at(TWO, view, (52.5, 50), Selection())
    assert hit is not None and (hit.track_id, hit.keypoint) == (2, 0) and hit.distance_px == pytest.approx(0.5)
    assert joint_at(TWO, view, (90, 90), Selection()) is None
    assert joint_at(TWO, View(zoom=0.2), (24 * 0.5, 24 * 0.5), Selection()) is not None, "the radius is of the screen"


def test_the_selected_persons_joints_win():
    hit = joint_at(TWO, View(), (52.9, 50), Selection(1))
    assert hit is not None and hit.track_id == 1


def test_the_selected_joint_wins_over_those_that_it_overlaps_and_over_no_others():
    folded = FramePoses(7, (person(1, (0, 0, 90, 90), j9=(50, 50), j10=(51, 50), j11=(60, 50)),))
    for keypoint in (9, 10):
        hit = joint_at(folded, View(), (50.4, 50), Selection(1, keypoint))
        assert hit is not None and hit.keypoint == keypoint
    hit = joint_at(folded, View(), (60, 50), Selection(1, 10))
    assert hit is not None and hit.keypoint == 11, "within reach of the selected joint, but beside it"


@pytest.mark.parametrize("selection", [Selection(), Selection(2, 0)])
def test_hidden_and_locked_people_are_never_hit(selection):
    hit = joint_at(TWO, View(), (53, 50), selection, ignored={2})
    assert hit is not None and hit.track_id == 1
    assert joint_at(TWO, View(), (120, 120), selection, ignored={2}) is None
    assert person_at(TWO, 130, 130, ignored={2}) is None


def test_a_joint_that_is_not_labelled_is_hit_only_while_it_is_selected():
    gone = person(1, (0, 0, 90, 90), j3=(30, 30)).with_keypoint(
        3, (30, 30), Visibility.NOT_LABELLED, np.nan, Provenance.CORRECTED
    )
    poses = FramePoses(0, (gone,))
    assert joint_at(poses, View(), (30, 30), Selection(1)) is None
    assert joint_at(poses, View(), (30, 30), Selection(1, 3)) is not None
    never_placed = FramePoses(0, (Pose.empty(1, (0, 0, 9, 9), Provenance.CORRECTED),))
    assert joint_at(never_placed, View(), (0, 0), Selection(1, 3)) is None


def test_pixel_aspect_counts_in_distances():
    hit = joint_at(TWO, View(pixel_aspect=2.0), (120.0, 58.0), Selection())
    assert hit is not None and (hit.track_id, hit.keypoint) == (1, 5) and hit.distance_px == pytest.approx(2.0)


def test_the_smallest_box_around_a_place_is_the_person():
    assert person_at(TWO, 50, 50) == 1
    assert person_at(TWO, 130, 130) == 2
    assert person_at(TWO, 5, 5) is None


def test_handles_are_found_at_corners_and_edges():
    box = (10, 20, 100, 60)
    assert handle_at(box, View(), (11, 79)) == (-1, 1)
    assert handle_at(box, View(), (60, 20)) == (0, -1)
    assert handle_at(box, View(), (60, 50)) is None


def test_a_dragged_joint_keeps_its_distance_from_the_hand_and_stays_on_the_picture():
    drag = JointDrag(1, 0, (50, 50), (52, 51), (50, 50))
    assert drag.moved(62, 61, Picture(200, 200)).xy == (60, 60)
    assert drag.moved(-40, 900, Picture(200, 200)).xy == (0, 199)
    shown = drag.moved(62, 61, Picture(200, 200)).preview(TWO)
    assert shown.pose(1).keypoints[0].tolist() == [60, 60]
    assert TWO.pose(1).keypoints[0].tolist() == [50, 50]


def test_a_dragged_person_moves_whole_with_its_box():
    shown = PersonDrag(1, frozenset(), (50, 50)).moved(53, 46, Picture(200, 200)).preview(TWO).pose(1)
    assert shown.keypoints[5].tolist() == [63, 56]
    assert shown.bbox_xywh.tolist() == [13, 6, 80, 80]


@pytest.mark.parametrize(
    ("handle", "to", "expected"),
    [
        ((1, 1), (150, 140), [10, 10, 140, 130]),
        ((-1, 0), (30, 999), [30, 10, 60, 80]),
        ((0, -1), (0, -50), [10, 0, 80, 90]),
        ((1, 0), (-500, 0), [10, 10, 8, 80]),
    ],
)
def test_a_handle_moves_its_edges_only(handle, to, expected):
    start = np.array([10.0, 10.0, 80.0, 80.0])
    assert BoxResize(1, handle, start, start).moved(*to, Picture(200, 200)).bbox_xywh.tolist() == expected


def test_a_box_is_drawn_in_any_direction_and_a_slip_is_none():
    box = BoxDraw((50, 60), (50, 60)).moved(20, 90, Picture(100, 80))
    assert box.bbox_xywh == (20, 60, 30, 19) and box.is_large_enough
    assert not BoxDraw((50, 60), (57, 79)).is_large_enough


def test_opacity_of_a_heatmap_rises_with_its_value_and_nothing_covers_nothing():
    ramp = np.tile(np.linspace(0, 0.4, 24, dtype=np.float16), (8, 1))
    rgba = heatmap_rgba(ramp)
    opacity = rgba[16, :, 3].astype(int)
    assert rgba.shape == (32, 96, 4) and rgba.dtype == np.uint8
    assert opacity[0] == 0 and opacity[-1] == 255 and (np.diff(opacity) >= 0).all()
    luminance = rgba[16, :, :3] @ [0.2126, 0.7152, 0.0722]
    assert luminance[-4] > luminance[40] > luminance[8], "the map is perceptually ordered"
    assert not heatmap_rgba(np.full((8, 6), -1.0)).any()


def test_peaks_come_highest_first_in_full_frame_pixels():
    rows, columns = np.mgrid[:96, :72]
    heatmap = np.exp(-((columns - 40) ** 2 + (rows - 30) ** 2) / 18) + 0.4 * np.exp(
        -((columns - 20) ** 2 + (rows - 60) ** 2) / 18
    )
    peaks = heatmap_peaks(heatmap, [[2, 0, 100], [0, 3, 50]])
    assert [(p.x, p.y) for p in peaks] == [(180, 140), (140, 230)]
    assert [p.value for p in peaks] == pytest.approx([1.0, 0.4], abs=1e-3)
    assert heatmap_peaks(np.zeros((4, 4)), np.eye(3)[:2]) == ()
    plateau = np.zeros((20, 20))
    plateau[5:7, 5:7] = 1.0
    assert len(heatmap_peaks(plateau, np.eye(3)[:2])) == 1
