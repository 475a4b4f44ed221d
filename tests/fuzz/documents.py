"""Small label files of every JSON format, as programs write them."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.formats import LabelImage, Labels
from core.formats.exporting import FORMATS
from core.keypoints import COCO, POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

K = len(POSETRACK)
NAMES = {str(k): name for k, name in enumerate(COCO.keypoint_names)}


def labels() -> Labels:
    """Three frames: somebody whom a hand corrected, and from the second on somebody whom only the network has seen."""
    return Labels([_image(frame) for frame in range(3)])


def _image(frame: int) -> LabelImage:
    poses = [_pose(1, frame, Provenance.CORRECTED)] + ([_pose(7, frame, Provenance.PREDICTED)] if frame else [])
    region = np.array([[0, 0], [9, 0], [9, 9.5]])
    return LabelImage(
        frame, f"{frame:06d}.jpg", (640, 480), FramePoses(frame, tuple(poses)), (region,), True, frame_id=frame
    )


def _pose(track_id: int, frame: int, by: Provenance) -> Pose:
    keypoints = np.stack([np.linspace(20, 90, K) + frame + 200 * (track_id > 1), np.linspace(30, 180, K)], axis=1)
    visibility = np.full(K, Visibility.VISIBLE, np.uint8)
    visibility[9] = Visibility.OCCLUDED
    scores = np.full(K, 1.0 if by.is_human else 0.625)
    head = np.array([20.0, 30, 10, 12]) if track_id == 1 else None
    return Pose(track_id, (15 + frame, 20, 80, 170), keypoints, visibility, scores, np.full(K, by, np.uint8), by, head)


@cache
def written(format_name: str, suffix: str) -> bytes:
    """The labels as this program writes them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels{suffix}"
        FORMATS[format_name](labels(), path, "clip")
        return path.read_bytes()


def _own(format_name: str) -> Any:
    return json.loads(written(format_name, ".json"))


def coco() -> list[Any]:
    """COCO: this program's, and another's with categories, crowds, scores, tracks and odd ways to write keypoints."""
    flat = [20.5, 30, 2, *[0, 0, 0] * 16]
    images = [{"id": i, "file_name": f"clip/{i:04d}.jpg", "width": 640, "height": 480} for i in (1, 2, 3)]
    people = [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "keypoints": flat,
            "bbox": [1, 2, 30, 40],
            "iscrowd": 0,
            "area": 9,
            "num_keypoints": 1,
            "segmentation": [[1, 2, 3, 4, 5, 6]],
            "attributes": {"track_id": 4, "occluded": False},
        },
        {"id": 2, "image_id": 2, "category_id": 1, "keypoints": [[1, 2, 0.5]] * 17, "bbox": [1, 2, 3, 4], "score": 0.5},
        {
            "id": 3,
            "image_id": "0003.jpg",
            "category_id": 1,
            "keypoints": [[1, 2]] * 17,
            "scores": [0.5] * 17,
            "person_id": "anna",
        },
        {
            "id": 4,
            "image_id": 2,
            "category_id": 1,
            "bbox": [0, 0, 640, 480],
            "iscrowd": 1,
            "segmentation": {"size": [1, 2]},
        },
        {"id": 5, "image_id": 2, "category_id": 2, "bbox": [0, 0, 6, 4]},
    ]
    categories = [
        {"id": 1, "name": "person", "keypoints": list(COCO.keypoint_names), "skeleton": [[1, 2]]},
        {"id": 2, "name": "dog"},
    ]
    return [_own("coco"), {"info": {}, "images": images, "annotations": people, "categories": categories}]


def posetrack18() -> list[Any]:
    """This program's, and the data set's own."""
    images = [
        {
            "id": 10524680000 + i,
            "frame_id": 10524680000 + i,
            "vid_id": "052468",
            "nframes": 3,
            "is_labeled": i == 1,
            "file_name": f"images/val/052468/{i:06d}.jpg",
            "has_no_densepose": True,
            "ignore_regions_x": [[0, 5, 5]],
            "ignore_regions_y": [[0, 0, 5]],
        }
        for i in range(3)
    ]
    person = {
        "id": 1052468000100,
        "image_id": 10524680001,
        "category_id": 1,
        "track_id": 0,
        "bbox": [1, 2, 90, 160],
        "bbox_head": [20, 3, 10, 12],
        "keypoints": [5.5, 6.25, 1] * 17,
        "scores": [],
        "score": 0.5,
    }
    categories = [{"id": 1, "name": "person", "supercategory": "person", "keypoints": list(POSETRACK.keypoint_names)}]
    return [_own("posetrack18"), {"images": images, "annotations": [person], "categories": categories}]


def posetrack17() -> list[Any]:
    """This program's."""
    return [_own("posetrack17")]


def results() -> list[Any]:
    """Lists of results of COCO's tools, AlphaPose, MMPose and YOLO."""
    flat = [20.5, 30, 0.5] * 17
    return [
        [{"image_id": i, "category_id": 1, "keypoints": flat, "score": 0.5, "bbox": [1, 2, 3, 4]} for i in (1, 2)],
        [
            {"image_id": f"{i}.jpg", "category_id": 1, "keypoints": flat, "score": 2.5, "box": [1, 2, 3, 4], "idx": [i]}
            for i in (0, 1)
        ],
        [{"image_id": 2, "keypoints": [[1, 2]] * 17, "keypoint_scores": [0.5] * 17, "track_id": "7"}],
        [{"image_id": "1", "category_id": 0, "keypoints": [1, 2] * 17, "scores": [50.0] * 17, "person_id": 3}],
    ]


def label_studio() -> list[Any]:
    """This program's, an annotator's export, and JSON-MIN."""
    size = {"original_width": 200, "original_height": 100, "image_rotation": 0}
    joint = {
        "id": "a",
        "type": "keypointlabels",
        "parentID": "b",
        "score": 0.5,
        **size,
        "value": {"x": 12, "y": 40, "width": 0.5, "keypointlabels": ["Nose"]},
    }
    box = {
        "id": "b",
        "type": "rectanglelabels",
        **size,
        "value": {"x": 1, "y": 2, "width": 50, "height": 60, "rotation": 0, "rectanglelabels": ["person 3"]},
    }
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    task = {
        "id": 1,
        "data": {"image": "/data/local-files/?d=clip%5C7.png", "frame_index": 0, "nframes": 3},
        "annotations": [{"result": [joint, box, relation], "was_cancelled": False}],
        "predictions": [{"result": [joint, box], "score": 0.5}],
    }
    least = {"image": "s3://b/a/7.png", "id": 1, "kp": [{**joint["value"], **size}], "box": [{**box["value"], **size}]}
    return [_own("label_studio"), [task], [least]]


def _instance(**fields: Any) -> dict[str, Any]:
    joints = [[20.0 + k, 30.5 + k] for k in range(17)]
    return {
        "keypoints": joints,
        "keypoint_scores": [0.5] * 17,
        "bbox": [[15.0, 20, 45, 80]],
        "bbox_score": 0.9,
    } | fields


def mmpose() -> list[Any]:
    """MMPose's inferencer and demos."""
    meta = {"dataset_name": "coco", "keypoint_id2name": NAMES}
    return [
        [{"frame_id": f, "instances": [_instance()]} for f in range(3)],
        {
            "meta_info": meta,
            "instance_info": [{"frame_id": 0, "instances": [_instance(bbox=[1, 2, 3, 4], track_id=4)]}],
        },
        [_instance()],
        {"predictions": [[_instance()], [_instance()]]},
    ]


def openpose() -> list[Any]:
    """OpenPose's, and AlphaPose's in its form."""
    person = {"person_id": [-1], "pose_keypoints_2d": [20.5, 30, 0.5] * 25, "face_keypoints_2d": []}
    return [
        {"version": 1.3, "people": [person]},
        {"0.jpg": {"version": "AlphaPose v0.3", "bodies": [{"joints": [20.5, 30, 0.5] * 18, "idx": 2}]}},
        {"1.jpg": {"people": [{"pose_keypoints_2d": [20.5, 30, 0.5] * 17}]}},
    ]


def vitpose() -> list[Any]:
    """easy_ViTPose's."""
    return [{"keypoints": [{"0": [[30.5 + k, 20.0 + k, 0.5] for k in range(17)]}, {}], "skeleton": NAMES}]


def strangers() -> list[Any]:
    """JSON of programs that are known and cannot be read."""
    return [
        {"shapes": [], "imagePath": "a.jpg"},
        {"a": {"regions": [], "filename": "a.jpg"}},
        {"_via_settings": {}},
        {"items": [], "categories": {}},
    ]
