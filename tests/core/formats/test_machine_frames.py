"""Files of MMPose, OpenPose, AlphaPose and ViTPose as these programs write them: predicted joints, scores and boxes."""

import json

import pytest

from core.errors import FormatError
from core.formats import match_frames, read_labels
from core.keypoints import COCO, POSETRACK
from core.poses import Provenance

WRIST = POSETRACK.index("left_wrist")
AT = COCO.index("left_wrist")
FRAMES = (0, 1, 2, 5)


def instance(frame, **fields):
    return {
        "keypoints": [[20.0 + k + frame, 30.5 + k] for k in range(17)],
        "keypoint_scores": [0.5 + 0.01 * k for k in range(17)],
        "bbox": [[15.0, 20.0, 45.0, 80.0]],
        "bbox_score": 0.9,
    } | fields


def openpose(frame, count=25):
    flat = [0.0] * 3 * count
    at = {25: 7, 18: 7, 17: AT}[count]
    flat[3 * at : 3 * at + 3] = [20.0 + AT + frame, 30.5 + AT, 0.5 + 0.01 * AT]
    flat[0:6] = [20.0, 30.0, 0.9, 22.0, 35.0, 0.8]
    return {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": flat, "face_keypoints_2d": []}]}


def vitpose(frame):
    return {"0": [[30.5 + k, 20.0 + k + frame, 0.5 + 0.01 * k] for k in range(17)]}


NAMES = {str(k): name for k, name in enumerate(COCO.keypoint_names)}
FILES = {
    "MMPose's inferencer": [{"frame_id": f, "instances": [instance(f)]} for f in FRAMES],
    "MMPose's demo": {
        "meta_info": {"dataset_name": "coco", "keypoint_id2name": NAMES},
        "instance_info": [{"frame_id": f, "instances": [instance(f, bbox=[15, 20, 45, 80])]} for f in FRAMES],
    },
    "AlphaPose, open": {f"{f:06d}.jpg": openpose(f, 18) for f in FRAMES},
    "AlphaPose, cmu": {
        f"{f:06d}.jpg": {
            "version": "AlphaPose v0.3",
            "bodies": [{"joints": openpose(f, 18)["people"][0]["pose_keypoints_2d"]}],
        }
        for f in FRAMES
    },
    "ViTPose": {"keypoints": [vitpose(f) if f in FRAMES else {} for f in range(6)], "skeleton": NAMES},
}


def check(labels):
    frames = match_frames(labels, None, 10).frames
    found = {frames[image.frame_index]: image for image in labels.images if image.poses.poses}
    assert sorted(found) == list(FRAMES)
    for frame, image in found.items():
        (pose,) = image.poses.poses
        assert pose.keypoints[WRIST].tolist() == [20 + AT + frame, 30.5 + AT]
        assert pose.scores[WRIST] == pytest.approx(0.5 + 0.01 * AT)
        assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}
        assert not pose.labelled[POSETRACK.index("head_bottom")]


@pytest.mark.parametrize("program", FILES)
def test_a_file_of_a_whole_clip(tmp_path, program):
    (tmp_path / "clip.json").write_text(json.dumps(FILES[program]))
    labels = read_labels(tmp_path / "clip.json")
    check(labels)
    if program.startswith("MMPose"):
        pose = labels.images[0].poses.poses[0]
        assert pose.bbox_xywh.tolist() == [15, 20, 30, 60] and pose.bbox_provenance == Provenance.PREDICTED


@pytest.mark.parametrize("kind", ["openpose", "mmpose"])
def test_a_folder_with_a_file_a_frame(tmp_path, kind):
    for frame in range(6):
        if kind == "openpose":
            name, content = f"clip_{frame:012d}_keypoints", openpose(frame) if frame in FRAMES else {"people": []}
        else:
            name, content = f"{frame:06d}", [instance(frame)] if frame in FRAMES else []
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "._a.json").write_bytes(b"\x00")
    check(read_labels(tmp_path))


def test_one_file_of_openpose_is_its_frame_and_says_what_to_do(tmp_path):
    (tmp_path / "clip_000000000005_keypoints.json").write_text(json.dumps(openpose(5)))
    labels = read_labels(tmp_path / "clip_000000000005_keypoints.json")
    assert match_frames(labels, None, 10).frames == {0: 5}
    assert any("import its folder" in sentence for sentence in labels.warnings)


def test_a_folder_of_other_files_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(FormatError, match="is a folder"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"version": "5.0", "shapes": [], "imagePath": "a.jpg"}, "labelme"),
        ({"a.jpg123": {"filename": "a.jpg", "size": 123, "regions": []}}, "CVAT and Label Studio"),
        ({"info": {}, "categories": {}, "items": []}, "datum convert"),
    ],
)
def test_kinds_that_are_known_and_not_read_say_which_tool_writes_what_is(tmp_path, content, words):
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(FormatError, match=words):
        read_labels(tmp_path / "a.json")
