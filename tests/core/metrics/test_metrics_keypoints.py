import json
from dataclasses import replace

import numpy as np
import pytest
from pycocotools.coco import COCO as CocoDataset  # noqa: N811
from pycocotools.cocoeval import COCOeval

from core.errors import FormatError
from core.formats import LabelImage, Labels, read_labels
from core.formats.layouts.coco_like import coco
from core.keypoints import POSETRACK
from core.metrics import oks_ap, pck
from core.poses import FramePoses
from core.training.learning.accuracy import accuracy_of

SHOULDER, HIP = POSETRACK.index("left_shoulder"), POSETRACK.index("right_hip")
OTHER_SHOULDER, OTHER_HIP = POSETRACK.index("right_shoulder"), POSETRACK.index("left_hip")


def poses(count):
    keypoints = np.random.default_rng(0).uniform(0, 500, (count, 17, 2))
    keypoints[:, SHOULDER], keypoints[:, HIP] = [100, 100], [130, 140]  # a torso of 50 pixels
    keypoints[:, OTHER_SHOULDER], keypoints[:, OTHER_HIP] = [130, 100], [100, 140]
    return keypoints


def test_pck_counts_what_lies_within_a_fifth_of_the_torso():
    truth = poses(4)
    labelled = np.ones((4, 17), dtype=bool)
    labelled[:, 3] = False
    predicted = truth.copy()
    predicted[0, 0] += [10, 0]  # at the threshold: right
    predicted[1, 0] += [10.1, 0]  # beyond it: wrong
    predicted[2, 0] = np.nan  # not predicted: wrong
    found = pck(truth, labelled, predicted)
    assert found["nose"] == pytest.approx(50)
    assert found["left_wrist"] == 100
    assert np.isnan(found["left_ear"])
    assert found["mean"] == pytest.approx((50 + 15 * 100) / 16)
    assert pck(truth, labelled, predicted, threshold=0.21)["nose"] == pytest.approx(75)


def test_pck_leaves_out_people_without_a_torso():
    labelled = np.ones((2, 17), dtype=bool)
    labelled[0, [HIP, OTHER_HIP]] = False
    predicted = poses(2)
    predicted[0] += 100
    assert pck(poses(2), labelled, predicted)["mean"] == 100
    labelled[1, SHOULDER] = False
    assert pck(poses(2), labelled, predicted)["mean"] == 100, "the other diagonal tells the torso"
    labelled[1, OTHER_SHOULDER] = False
    assert np.isnan(pck(poses(2), labelled, predicted)["mean"])


def test_every_pck_counts_the_same_joints_in_percent_where_it_is_printed():
    truth, labelled = poses(5), np.random.default_rng(1).random((5, 17)) < 0.8
    predicted = truth + np.random.default_rng(2).uniform(-15, 15, truth.shape)
    predicted[0, 3] = np.nan
    percent, shares = pck(truth, labelled, predicted), accuracy_of(predicted, np.ones((5, 17)), truth, labelled)
    assert {name: value / 100 for name, value in percent.items() if name in shares.by_joint} == pytest.approx(
        shares.by_joint
    )
    assert percent["mean"] == pytest.approx(100 * shares.mean)


def test_pck_of_mirrored_people_is_the_same():
    truth, labelled = np.random.default_rng(3).uniform(0, 100, (20, 17, 2)), np.ones((20, 17), dtype=bool)
    predicted = truth + np.random.default_rng(4).uniform(-20, 20, truth.shape)
    order = POSETRACK.flip_order
    mirrored = pck(truth[:, order] * [-1, 1], labelled, predicted[:, order] * [-1, 1])
    assert mirrored["mean"] == pytest.approx(pck(truth, labelled, predicted)["mean"])


def shifted(labels, offset_px):
    images = []
    for image in labels.images:
        people = tuple(
            pose.replaced(
                keypoints=pose.keypoints + offset_px,
                provenance=np.minimum(pose.provenance, 1),
                scores=pose.scores * 0.9,
            )
            for pose in image.poses.poses
        )
        images.append(LabelImage(image.frame_index, "", None, FramePoses(image.frame_index, people)))
    return Labels(images)


def test_oks_falls_with_distance(shared):
    labels = read_labels(shared / "data/posetrack/paddleboard/labels_posetrack18.json")
    values = [oks_ap(labels, shifted(labels, offset))["AP"] for offset in (0, 8, 200)]
    assert values[0] == pytest.approx(100)
    assert values[0] > values[1] > values[2]
    assert oks_ap(labels, Labels([]))["AP"] == 0
    with pytest.raises(FormatError, match="no labelled keypoint"):
        oks_ap(Labels([]), labels)


def test_oks_equals_pycocotools_on_the_files(shared, tmp_path, capsys):
    """The same numbers as COCO's own way: two files, its default sigmas for the joints that COCO shares."""
    truth = coco.read(shared / "data/images/mmpose_coco/test_coco.json")
    guesses = shifted(truth, 6)
    # Without the file's own ids, areas and crowds: the areas are those of the boxes on either side.
    plain = [replace(image, kept={}, kept_of={}) for image in truth.images]
    coco.write(Labels(plain), tmp_path / "truth.json", "a")
    coco.write(
        Labels([LabelImage(i.frame_index, "", None, i.poses, labelled=True) for i in guesses.images]),
        tmp_path / "g.json",
        "a",
    )
    dataset = CocoDataset(str(tmp_path / "truth.json"))
    results = [a for a in json.loads((tmp_path / "g.json").read_text())["annotations"] if a["num_keypoints"]]
    evaluation = COCOeval(dataset, dataset.loadRes(results), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    found = oks_ap(truth, guesses)
    assert 0 < found["AP"] < 100
    assert found["AP"] == pytest.approx(100 * evaluation.stats[0])
    assert found["AR"] == pytest.approx(100 * evaluation.stats[5])
