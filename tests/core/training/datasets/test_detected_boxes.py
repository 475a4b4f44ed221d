"""Boxes from a detector's file in place of the ground truth's."""

import json

import numpy as np
import pytest

from core.errors import TrainingError
from core.training.datasets import open_dataset
from core.training.samples.augmentation import PAPER_AUGMENTATION


def opened(config, augmentation=None):
    return open_dataset(config, (-1, 1), (96, 128), 1.5, augmentation, 1)


def detections(document):
    """COCO's list of detections: of each frame person 0's box, a little off, and a box with nobody in it."""
    first = {a["image_id"]: a["bbox"] for a in document["annotations"] if a["track_id"] == 0}
    return [
        {"image_id": image["id"], "category_id": 1, "bbox": box, "score": score}
        for image in document["images"]
        for box, score in (
            ([first[image["id"]][0] + 5, *first[image["id"]][1:]], 0.9),
            ([1.0, 1.0, 30.0, 40.0], 0.3),
        )
    ]


def test_coco_detections_by_the_numbers_of_frames(posetrack_tree):
    tree = posetrack_tree()
    path = tree.folder / "boxes.json"
    path.write_text(json.dumps(detections(tree.document)))
    truth = {i.frame_index: i for i in opened(tree.config()).instances if i.track_id == 0}
    dataset = opened(tree.config(boxes=path))
    assert len(dataset) == 40
    for found, nobody in zip(dataset.instances[::2], dataset.instances[1::2], strict=True):
        known = truth[found.frame_index]
        assert (found.track_id, found.score) == (0, 0.9)
        np.testing.assert_allclose(found.bbox_xywh, known.bbox_xywh + np.array([5, 0, 0, 0]))
        np.testing.assert_allclose(found.truth_bbox_xywh, known.bbox_xywh)
        np.testing.assert_allclose(found.keypoints, known.keypoints)
        assert (nobody.track_id, nobody.score, nobody.truth_bbox_xywh) == (-1, 0.3, None)
        assert not nobody.labelled.any()
    assert len(opened(tree.config(boxes=str(path), min_box_score=0.5))) == 20
    training = opened(tree.config(boxes=path), PAPER_AUGMENTATION)
    assert len(training) == 20
    assert training.remarks["a person without labelled joints was left out"] == 20


def test_a_posetrack18_file_of_detections_by_file_names(posetrack_tree):
    tree = posetrack_tree()
    document = {
        "images": [{"id": i, "file_name": f"other/place/060470979_mpii_test/{i:06d}.jpg"} for i in range(10)],
        "annotations": [
            {"image_id": d["image_id"] - tree.document["images"][0]["id"], **{k: d[k] for k in ("bbox", "score")}}
            for d in detections(tree.document)
            if d["image_id"] - tree.document["images"][0]["id"] < 10
        ],
        "categories": [{"id": 1, "name": "person", "keypoints": ["head_bottom", "head_top"]}],
    }
    folder = tree.folder / "boxes"
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "060470979_mpii_test.json").write_text(json.dumps(document))
    dataset = opened(tree.config(boxes=folder))
    assert {i.frame_index for i in dataset.instances} == set(range(10))
    assert {i.score for i in dataset.instances} == {0.9, 0.3}
    assert dataset.remarks["a labelled frame has no detection"] == 10


def test_a_detectors_file_that_does_not_belong_here_says_so(posetrack_tree):
    tree = posetrack_tree(listed=[0, 1])
    path = tree.folder / "boxes.json"
    path.write_text(json.dumps([{"image_id": 7, "bbox": [1, 2, 3, 4], "score": 1.0}]))
    with pytest.raises(TrainingError, match="names different frames"):
        opened(tree.config(boxes=path))
    path.write_text("no json")
    with pytest.raises(TrainingError, match="not a label file"):
        opened(tree.config(boxes=path))
    with pytest.raises(TrainingError, match="no file"):
        opened(tree.config(boxes=tree.folder / "none.json"))
    path.write_text(json.dumps([{"image_id": 5, "bbox": [1, 2, 3, 4], "score": 1.0}]))
    for image, annotation_id in zip(tree.document["images"], ("a", "b"), strict=True):
        image["frame_id"] = 5
        image["file_name"] = image["file_name"].replace("060470979_mpii_test", f"video_{annotation_id}")
    with pytest.raises(TrainingError, match="repeat from video to video"):
        opened(tree.config(boxes=path))
