"""Label Studio's tasks: whose joints, whose word, which picture."""

import json

import numpy as np

from core.formats import read_labels
from core.keypoints import POSETRACK
from core.poses import Provenance

SIZE = {"original_width": 200, "original_height": 100, "image_rotation": 0}


def joint(name, x, y, **more):
    value = {"x": x, "y": y, "width": 0.5, "keypointlabels": [name]}
    return {"type": "keypointlabels", "from_name": "kp", "to_name": "image", "value": value, **SIZE, **more}


def box(identity, x, y, width, height):
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": 0, "rectanglelabels": ["Person"]}
    return {"id": identity, "type": "rectanglelabels", "from_name": "box", "to_name": "image", "value": value, **SIZE}


def read(tmp_path, *tasks):
    path = tmp_path / "project.json"
    path.write_text(json.dumps(list(tasks)))
    return read_labels(path)


def task(image, regions, key="annotations", **more):
    return {"id": 1, "data": {"image": image}, key: [{"result": regions, **more}]}


def test_percents_become_pixels_and_addresses_names(tmp_path):
    names = {
        "/data/upload/4/0a1b2c3d-frame_7.png": "data/upload/4/0a1b2c3d-frame_7.png",
        "/data/local-files/?d=clips%5Cmy clip%5C7.png": "clips/my clip/7.png",
        "s3://bucket/a/7.png": "a/7.png",
    }
    for address, name in names.items():
        (image,) = read(tmp_path, task(address, [joint("Nose", 12, 40)])).images
        pose = image.poses.poses[0]
        assert image.file_name == name and image.size == (200, 100)
        assert pose.keypoints[0].tolist() == [24, 40] and pose.provenance[0] == Provenance.IMPORTED


def test_joints_go_to_their_parent_to_whom_they_are_related_and_else_to_the_smallest_box_around(tmp_path):
    regions = [
        box("a", 0, 0, 100, 100),
        box("b", 50, 0, 30, 100),
        joint("nose", 60, 10, parentID="a"),
        joint("nose", 10, 10, id="k"),
        {"type": "relation", "from_id": "k", "to_id": "b", "direction": "right"},
        joint("left wrist", 60, 50),
    ]
    (image,) = read(tmp_path, task("a.png", regions)).images
    large, small = sorted(image.poses.poses, key=lambda pose: -pose.bbox_xywh[2])
    wrist = POSETRACK.index("left_wrist")
    assert large.keypoints[0].tolist() == [120, 10] and small.keypoints[0].tolist() == [20, 10]
    assert small.labelled[wrist] and not large.labelled[wrist]
    assert small.bbox_xywh.tolist() == [100, 0, 60, 100]


def test_a_network_s_answer_counts_only_where_nobody_annotated(tmp_path):
    guess = {"result": [joint("nose", 1, 1, score=0.5)], "score": 0.5}
    both = task("a.png", [joint("nose", 2, 2)]) | {"predictions": [guess]}
    skipped = task("b.png", [joint("nose", 9, 9)], was_cancelled=True) | {"predictions": [guess]}
    first, second = read(tmp_path, both, skipped).images
    assert first.poses.poses[0].keypoints[0].tolist() == [4, 2]
    guessed = second.poses.poses[0]
    assert (guessed.provenance[0], guessed.scores[0]) == (Provenance.PREDICTED, 0.5)


def test_the_short_form_is_read(tmp_path):
    short = {
        "image": "/data/upload/1/a.png",
        "id": 3,
        "kp": [{"x": 50, "y": 50, "width": 1, "keypointlabels": ["nose"], **SIZE}],
    }
    (image,) = read(tmp_path, short).images
    assert image.poses.poses[0].keypoints[0].tolist() == [100, 50]


def test_two_joints_of_one_name_without_boxes_are_said(tmp_path):
    labels = read(tmp_path, task("a.png", [joint("nose", 1, 1), joint("nose", 90, 90)]))
    assert np.isfinite(labels.images[0].poses.poses[0].keypoints[0]).all()
    assert any("twice" in warning and "rectangle" in warning for warning in labels.warnings)


def test_what_begins_as_an_address_and_is_none_is_a_name(tmp_path):
    (image,) = read(tmp_path, task("http://[x/7.png", [joint("Nose", 12, 40)])).images
    assert image.file_name == "http://[x/7.png"
