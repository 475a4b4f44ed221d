import json

import numpy as np
import pytest

from core.errors import FormatError
from core.metrics import posetrack_ap, posetrack_evaluation
from core.metrics.posetrack import inside_polygon


@pytest.mark.parametrize("year", ["17", "18"])
def test_ap_and_mota_equal_the_evaluators_numbers(shared, year):
    folder = shared / "oracles/poseval"
    expected = json.loads((folder / "expected.json").read_text())[year]
    found = posetrack_evaluation(folder / f"gt{year}", folder / f"pred{year}")
    for ours, theirs in (("ap", expected["AP"]["ap"]), ("mota", expected["MOT"]["mota"])):
        names = expected["AP"]["names"]
        for number, name in names.items():
            key = {"neck": "head_bottom", "total": "mean"}.get(name, name)
            assert found[ours][key] == pytest.approx(theirs[int(number)], abs=1e-6), (ours, name)
        assert len(found[ours]) == 16
    assert posetrack_ap(folder / f"gt{year}", folder / f"pred{year}") == found["ap"]


def test_the_two_years_may_be_mixed(shared):
    folder = shared / "oracles/poseval"
    assert posetrack_ap(folder / "gt17", folder / "pred18") == pytest.approx(
        posetrack_ap(folder / "gt18", folder / "pred18")
    )


def square(x, y, size):
    return np.array([[x, y], [x + size, y], [x + size, y + size], [x, y + size]], dtype=float)


def test_a_polygons_border_is_outside_and_concave_ones_work():
    points = np.array([[5, 5], [0, 5], [10, 10], [5, 0], [11, 5], [-1, 0], [np.nan, 5]], dtype=float)
    assert inside_polygon(points, square(0, 0, 10)).tolist() == [True, False, False, False, False, False, False]
    notched = np.array([[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]], dtype=float)
    found = inside_polygon(np.array([[5, 1], [5, 5], [1, 6], [9, 6]], dtype=float), notched)
    assert found.tolist() == [True, False, True, True]


def person(track_id, x, head=True, keypoints=True, score=1.0):
    flat = [value for k in range(17) for value in ((x + 3 * k, 50 + 9 * k, 1) if keypoints else (0, 0, 0))]
    entry = {"track_id": track_id, "bbox": [x, 50, 60, 160], "keypoints": flat, "scores": [score] * 17}
    return entry | ({"bbox_head": [x, 50, 20, 20]} if head else {})


def write_clip(folder, frames, name="a.json"):
    folder.mkdir(exist_ok=True)
    images = [{"id": i, "frame_id": i, "vid_id": "1", "file_name": f"images/a/{i:06d}.jpg"} for i in range(len(frames))]
    people = [{"image_id": i, "category_id": 1, **p} for i, frame in enumerate(frames) for p in frame]
    names = [
        "nose", "head_bottom", "head_top", "left_ear", "right_ear",
        *(f"{s}_{p}" for p in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for s in ("left", "right")),
    ]  # fmt: skip
    categories = [{"id": 1, "name": "person", "keypoints": names}]
    content = {"images": images, "annotations": people, "categories": categories}
    (folder / name).write_text(json.dumps(content))
    return folder


def test_an_unassigned_prediction_costs_precision(tmp_path):
    truth = write_clip(tmp_path / "gt", [[person(0, 100)], [person(0, 100)]])
    # The false person has the highest score, so precision is 1/2 at recall 1/2 and 2/3 at recall 1.
    predicted = [[person(0, 100, score=0.5), person(1, 900, score=0.9)], [person(0, 100, score=0.4)]]
    found = posetrack_ap(truth, write_clip(tmp_path / "pred", predicted))
    assert found["nose"] == pytest.approx(100 * 2 / 3)
    assert found["mean"] == pytest.approx(100 * 2 / 3)


def test_a_switched_track_counts_once_and_the_last_frame_not(tmp_path):
    truth = write_clip(tmp_path / "gt", [[person(0, 100)]] * 5)
    predicted = [[person(7 if i < 2 else 8, 100)] for i in range(5)]
    found = posetrack_evaluation(truth, write_clip(tmp_path / "pred", predicted))
    assert found["mota"]["left_wrist"] == pytest.approx(100 * (1 - 1 / 4))
    assert found["mota_groups"]["Wrist"] == pytest.approx(75)
    assert found["ap"]["mean"] == found["groups"]["Mean"] == pytest.approx(100)


def test_people_without_head_boxes_or_joints_can_be_evaluated(tmp_path):
    frames = [
        [person(0, 100), person(1, 500, keypoints=False)],
        [person(0, 100), person(1, 500, head=False)],
        [person(1, 500, head=False)],
        [],
    ]
    truth = write_clip(tmp_path / "gt", frames)
    only_first = write_clip(tmp_path / "pred", [[person(0, 100)], [person(0, 100)], [person(1, 0)], [person(1, 0)]])
    assert posetrack_ap(truth, only_first)["mean"] == pytest.approx(100), "frames without a head box don't count"


def test_a_head_box_without_size_matches_nothing_and_a_joint_without_a_score_comes_last(tmp_path):
    flat = {**person(0, 100), "bbox_head": [100, 50, 0, 0]}
    truth = write_clip(tmp_path / "gt", [[flat], [person(0, 100)]])
    unscored = {**person(0, 100), "scores": []}
    found = posetrack_ap(truth, write_clip(tmp_path / "pred", [[unscored], [person(0, 100, score=0.01)]]))
    assert found["nose"] == pytest.approx(50)


def test_folders_that_dont_pair_are_said(tmp_path):
    truth = write_clip(tmp_path / "gt", [[person(0, 100)]] * 3)
    predicted = write_clip(tmp_path / "pred", [[person(0, 100)]] * 2)
    with pytest.raises(FormatError, match=r"lacks 1 image of the ground truth .*000002\.jpg"):
        posetrack_ap(truth, predicted)
    write_clip(truth, [[person(0, 100)]], "b.json")
    write_clip(predicted, [[person(0, 100)]] * 3)
    with pytest.raises(FormatError, match=r"no predictions for b\.json"):
        posetrack_ap(truth, predicted)
    with pytest.raises(FormatError, match="no folder of predictions"):
        posetrack_ap(truth, tmp_path / "none")
    with pytest.raises(FormatError, match=r"holds no \.json file"):
        posetrack_ap((tmp_path / "empty").mkdir() or tmp_path / "empty", predicted)
    no_heads = write_clip(tmp_path / "heads", [[person(0, 100, head=False)]])
    with pytest.raises(FormatError, match="no frame of the ground truth"):
        posetrack_ap(no_heads, no_heads)
