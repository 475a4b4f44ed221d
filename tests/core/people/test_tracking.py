"""Boxes followed through real clips and through pictures of known motion."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from core.geometry import bbox_of_points, intersection_over_union
from core.people.tracking import TrackedBox, follow_box
from core.video import open_source


def dance_extents(shared: Path, count: int) -> list[np.ndarray]:
    """Boxes around the labelled network's keypoints in the first frames."""
    with h5py.File(shared / "data/video/dance.mp4.labels.slp") as labels:
        frames, instances, points = labels["frames"][:], labels["instances"][:], labels["pred_points"][:]
    extents = []
    for frame in frames[np.argsort(frames["frame_idx"])][:count]:
        of_frame = instances[frame["instance_id_start"] : frame["instance_id_end"]]
        predicted = of_frame[of_frame["instance_type"] == 1][0]
        found = points[predicted["point_id_start"] : predicted["point_id_end"]]
        found = found[found["visible"]]
        extents.append(bbox_of_points(np.column_stack([found["x"], found["y"]])))
    return extents


def textured(shape: tuple[int, int], seed: int, grain_px: float) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (*shape, 3)).astype(np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), grain_px), None, 0, 255, cv2.NORM_MINMAX)


def moving_patch(
    count: int,
    step: tuple[float, float],
    *,
    growth: float = 1.0,
    pan: int = 0,
    shown_until: int | None = None,
    start: tuple[int, int] = (100, 100),
) -> Iterator[tuple[int, np.ndarray]]:
    """A textured patch of 40x80 that begins at `start` of a 400x300 picture; the background pans by `pan` a frame."""
    margin = 300
    background, patch = textured((300, 1000), 1, 3), textured((80, 40), 2, 2)
    for index in range(count):
        picture = cv2.copyMakeBorder(background[:, index * pan + 300 :][:, :400], *[margin] * 4, cv2.BORDER_REFLECT)
        if shown_until is None or index < shown_until:
            scaled = cv2.resize(patch, None, fx=growth**index, fy=growth**index)
            x, y = (round(start[axis] + step[axis] * index) + margin for axis in (0, 1))
            height, width = picture[y : y + scaled.shape[0], x : x + scaled.shape[1]].shape[:2]
            picture[y : y + height, x : x + width] = scaled[:height, :width]
        yield index, np.ascontiguousarray(picture[margin:-margin, margin:-margin])


def test_dancer_is_followed_for_thirty_frames(shared: Path) -> None:
    extents = dance_extents(shared, 31)
    with open_source(shared / "data/video/dance.mp4") as source:
        boxes = list(follow_box(source.frames(0, 31), extents[0]))
    assert [box.frame_index for box in boxes] == list(range(31))
    overlaps = [intersection_over_union(box.bbox_xywh, extents[box.frame_index]) for box in boxes]
    assert overlaps[0] == 1.0
    assert np.mean(overlaps) > 0.75
    assert min(overlaps) > 0.6
    assert min(box.score for box in boxes) > 0.7


def test_a_pointing_arm_does_not_carry_the_box_away(shared: Path) -> None:
    extents = dance_extents(shared, 120)
    with open_source(shared / "data/video/dance.mp4") as source:
        boxes = list(follow_box(source.frames(0, 120), extents[0]))
    assert len(boxes) == 120
    # From frame 90 on the left arm points aside: the hips stay put, the labels' extent widens to the arm.
    middle = boxes[-1].bbox_xywh[:2] + boxes[-1].bbox_xywh[2:] / 2
    body_x = extents[75][0] + extents[75][2] / 2
    assert abs(middle[0] - body_x) < 0.3 * extents[75][2]


def test_poses_keep_the_box_on_a_dancer_who_bends(shared: Path) -> None:
    """With the labelled network's poses, the box holds the joints that the flow alone loses."""
    with h5py.File(shared / "data/video/dance.mp4.labels.slp") as labels:
        frames, instances, points = labels["frames"][:], labels["instances"][:], labels["pred_points"][:]
    joints = {}
    for frame in frames:
        of_frame = instances[frame["instance_id_start"] : frame["instance_id_end"]]
        predicted = of_frame[of_frame["instance_type"] == 1][0]
        found = points[predicted["point_id_start"] : predicted["point_id_end"]]
        joints[int(frame["frame_idx"])] = np.column_stack([found["x"], found["y"]]), found["score"]

    def holds(box: TrackedBox) -> bool:
        xy = joints[box.frame_index][0][joints[box.frame_index][1] >= 0.5]
        low, high = box.bbox_xywh[:2], box.bbox_xywh[:2] + box.bbox_xywh[2:]
        return bool(((xy >= low) & (xy <= high)).all(axis=1).mean() >= 0.9)

    first = bbox_of_points(joints[180][0], margin=0.1)
    with open_source(shared / "data/video/dance.mp4") as source:
        clip = list(source.frames(180, 260))
    by_flow = list(follow_box(clip, first))
    by_pose = list(follow_box(clip, first, lambda index, rgb, box: joints[index]))
    assert len(by_pose) == 80
    assert np.mean([holds(box) for box in by_pose]) > 0.9 > np.mean([holds(box) for box in by_flow])


@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("other", ["juggle.mp4", "armwrestling_sar64-51.mp4", "ntu_drink_h264_avi.avi"])
def test_following_ends_at_a_cut_though_the_network_is_sure_of_somebody(shared: Path, other: str, every: int) -> None:
    """Thirty frames of the dancer, then another scene, in which a sure pose is found wherever the box is."""
    figure = np.stack(np.meshgrid([0.2, 0.5, 0.8], [0.1, 0.4, 0.6, 0.9]), axis=-1).reshape(-1, 2)

    def locate(index: int, rgb: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores = np.full(len(figure), np.nan if index % every else 0.9)
        return box[:2] + figure * box[2:], scores

    with open_source(shared / "data/video/dance.mp4") as dance, open_source(shared / "data/video" / other) as scene:
        before = [frame for _, frame in dance.frames(0, 30)]
        after = [cv2.resize(frame, (406, 720)) for _, frame in scene.frames(0, 20)]
    boxes = list(follow_box(enumerate(before + after), dance_extents(shared, 1)[0], locate))
    assert [box.frame_index for box in boxes] == list(range(30))


def test_a_network_that_is_sure_of_nothing_changes_nothing() -> None:
    def locate(index: int, rgb: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full((17, 2), np.nan), np.full(17, np.nan)

    plain = list(follow_box(moving_patch(20, (3, 1)), (100, 100, 40, 80)))
    other = list(follow_box(moving_patch(20, (3, 1)), (100, 100, 40, 80), locate))
    np.testing.assert_array_equal([box.bbox_xywh for box in plain], [box.bbox_xywh for box in other])


def test_backwards_in_time(shared: Path) -> None:
    extents = dance_extents(shared, 31)
    with open_source(shared / "data/video/dance.mp4") as source:
        boxes = list(follow_box(source.frames(30, 9, -1), extents[30]))
    assert [box.frame_index for box in boxes] == list(range(30, 9, -1))
    assert min(intersection_over_union(box.bbox_xywh, extents[box.frame_index]) for box in boxes) > 0.6


def test_four_people_on_paddle_boards(shared: Path) -> None:
    """Some boxes begin above the picture's edge; the camera moves, and a box that stood still would miss by far."""
    folder = shared / "data/posetrack/paddleboard"
    labels = json.loads((folder / "labels_posetrack18.json").read_text())
    index_of = {image["id"]: at for at, image in enumerate(sorted(labels["images"], key=lambda i: i["file_name"]))}
    people: dict[int, dict[int, list[float]]] = {}
    for annotation in labels["annotations"]:
        people.setdefault(annotation["track_id"], {})[index_of[annotation["image_id"]]] = annotation["bbox"]
    assert len(people) == 4
    assert min(boxes[0][1] for boxes in people.values()) < 0
    with open_source(folder / "060470979") as source:
        for truth in people.values():
            boxes = list(follow_box(source.frames(), truth[0]))
            assert len(boxes) == 20
            overlaps = [intersection_over_union(box.bbox_xywh, truth[box.frame_index]) for box in boxes]
            assert np.mean(overlaps) > 0.75
            assert min(overlaps) > 0.55


@pytest.mark.parametrize(("step", "pan"), [((5, 2), 0), ((-2, 1), 0), ((0, 0), 4), ((3, 0), 4)])
def test_known_motion(step: tuple[int, int], pan: int) -> None:
    boxes = list(follow_box(moving_patch(30, step, pan=pan), (100, 100, 40, 80)))
    assert len(boxes) == 30
    for box in boxes:
        expected = np.array([100 + step[0] * box.frame_index, 100 + step[1] * box.frame_index, 40, 80])
        np.testing.assert_allclose(box.bbox_xywh, expected, atol=2.0)


def test_known_growth() -> None:
    boxes = list(follow_box(moving_patch(30, (0, 0), growth=1.02), (100, 100, 40, 80)))
    grown = 1.02**29
    assert len(boxes) == 30
    assert intersection_over_union(boxes[-1].bbox_xywh, (100, 100, 40 * grown, 80 * grown)) > 0.85


def test_box_that_begins_partly_outside() -> None:
    boxes = list(follow_box(moving_patch(30, (4, 3), start=(-15, -25)), (-15, -25, 40, 80)))
    assert len(boxes) == 30
    np.testing.assert_allclose(boxes[-1].bbox_xywh, (-15 + 4 * 29, -25 + 3 * 29, 40, 80), atol=3.0)


def test_who_leaves_the_picture_is_lost() -> None:
    boxes = list(follow_box(moving_patch(80, (6, 0)), (100, 100, 40, 80)))
    # The patch begins to leave at frame 44 and is gone at frame 50.
    assert 44 <= boxes[-1].frame_index <= 50
    assert boxes[-1].score < boxes[10].score


def test_who_vanishes_is_lost() -> None:
    boxes = list(follow_box(moving_patch(40, (5, 0), shown_until=15), (100, 100, 40, 80)))
    assert 12 <= boxes[-1].frame_index <= 17


def test_a_cut_to_another_scene_loses_the_person(shared: Path) -> None:
    def frames() -> Iterator[tuple[int, np.ndarray]]:
        with open_source(shared / "data/video/dance.mp4") as dance:
            yield from dance.frames(0, 8)
        with open_source(shared / "data/video/mmpose_street_5fps_5f.mp4") as street:
            for index, rgb in street.frames():
                yield 8 + index, cv2.resize(rgb, (406, 720))

    boxes = list(follow_box(frames(), dance_extents(shared, 1)[0]))
    assert boxes[-1].frame_index == 7


def test_nothing_to_follow_in_a_blank_picture() -> None:
    blank = np.full((200, 200, 3), 90, np.uint8)
    assert [box.frame_index for box in follow_box(((i, blank) for i in range(5)), (50, 50, 40, 80))] == [0]


def test_no_frames_give_no_boxes() -> None:
    assert list(follow_box([], (0, 0, 10, 10))) == []


def test_box_wholly_outside_gives_only_itself() -> None:
    boxes = list(follow_box(moving_patch(5, (0, 0)), (900, 900, 40, 80)))
    assert [box.frame_index for box in boxes] == [0]


@pytest.mark.parametrize("box", [(0, 0, 0, 10), (0, 0, 10, -1), (np.nan, 0, 1, 1), (1, 2, 3)])
def test_what_is_not_a_box_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="not a box"):
        list(follow_box(moving_patch(2, (0, 0)), box))
