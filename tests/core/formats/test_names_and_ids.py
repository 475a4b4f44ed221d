"""Who is who and what is what, in the words of other programs."""

import json

import pytest

from core.errors import FormatError
from core.formats import read_labels
from core.formats.texts.names import joint_named, usual_name
from core.keypoints import COCO, POSETRACK
from core.poses import Provenance, Visibility

PERSON = {"id": 1, "name": "person", "keypoints": list(COCO.keypoint_names)}


def entry(image_id=0, x=10.0, third=2, **fields):
    flat = [value for k in range(17) for value in (x + k, 20 + 3 * k, third)]
    return {"image_id": image_id, "category_id": 1, "bbox": [x, 10, 20, 60], "keypoints": flat} | fields


def read(tmp_path, annotations, categories=(PERSON,), names=("000000.jpg", "000001.jpg")):
    images = [{"id": n, "file_name": name} for n, name in enumerate(names)]
    document = {"images": images, "annotations": annotations, "categories": list(categories)}
    (tmp_path / "labels.json").write_text(json.dumps(document))
    return read_labels(tmp_path / "labels.json")


def track_ids(labels):
    return [[pose.track_id for pose in image.poses.poses] for image in labels.images]


@pytest.mark.parametrize(
    "fields",
    [
        lambda n: {"track_id": n},
        lambda n: {"track_id": str(n)},
        lambda n: {"attributes": {"track_id": n, "occluded": False}},
        lambda n: {"attributes": {"object_id": str(n)}},
        lambda n: {"attributes": {"track_id": f"person_{n}"}},
        lambda n: {"instance_id": float(n)},
    ],
)
def test_a_track_id_is_read_wherever_and_however_it_stands(tmp_path, fields):
    # The two change places, so that the overlap of boxes would exchange them.
    places = [(0, 10, 7), (0, 80, 3), (1, 80, 7), (1, 10, 3)]
    people = [entry(image_id, x, **fields(track_id)) for image_id, x, track_id in places]
    labels = read(tmp_path, people)
    assert track_ids(labels) == [[3, 7], [3, 7]]
    assert labels.images[1].poses.pose(7).bbox_xywh[0] == 80
    assert not any("overlap" in sentence for sentence in labels.warnings)


def test_names_of_people_get_numbers_beside_those_that_are_there(tmp_path):
    people = [entry(0, 10, track_id="Ann"), entry(0, 80, track_id=1), entry(1, 80, track_id="Ann")]
    assert track_ids(read(tmp_path, people)) == [[1, 2], [2]]


@pytest.mark.parametrize("spelled", [str.upper, lambda n: n.replace("_", " "), lambda n: n.replace("_", "-").title()])
def test_joints_are_known_however_they_are_spelled(tmp_path, spelled):
    category = PERSON | {"keypoints": [spelled(name) for name in COCO.keypoint_names]}
    (pose,) = read(tmp_path, [entry()], [category]).images[0].poses.poses
    for name in ("nose", "left_ear", "right_ankle"):
        assert pose.keypoints[POSETRACK.index(name)].tolist() == [10 + COCO.index(name), 20 + 3 * COCO.index(name)]


def test_the_side_may_stand_last(tmp_path):
    names = [f"{part}_{side}" for side, _, part in (name.partition("_") for name in COCO.keypoint_names[1:])]
    (pose,) = read(tmp_path, [entry()], [PERSON | {"keypoints": ["nose", *names]}]).images[0].poses.poses
    assert pose.keypoints[POSETRACK.index("right_hip")].tolist() == [10 + COCO.index("right_hip"), 20 + 36]


def test_a_file_without_a_known_joint_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"no joint that this program knows.*kp_0, kp_1, kp_2 and 14 more"):
        read(tmp_path, [entry()], [PERSON | {"keypoints": [f"kp_{k}" for k in range(17)]}])


def test_only_people_are_people(tmp_path):
    dog = {"id": 2, "name": "dog", "keypoints": ["nose", "left_hip"]}
    labels = read(tmp_path, [entry(), entry(1, category_id=2)], [PERSON, dog])
    assert [len(image.poses.poses) for image in labels.images] == [1, 0]
    assert "labels.json: an annotation of something other than a person was skipped." in labels.warnings
    players = [PERSON | {"name": "player"}, PERSON | {"id": 2, "name": "referee"}]
    labels = read(tmp_path, [entry(), entry(1, category_id=2)], players)
    assert [len(image.poses.poses) for image in labels.images] == [1, 1]
    assert any("player, referee" in sentence for sentence in labels.warnings)


def test_an_annotation_without_a_category_has_the_only_one(tmp_path):
    annotation = entry()
    del annotation["category_id"]
    reverse = PERSON | {"id": 5, "keypoints": list(reversed(COCO.keypoint_names))}
    (pose,) = read(tmp_path, [annotation], [reverse]).images[0].poses.poses
    assert pose.keypoints[POSETRACK.index("right_ankle")].tolist() == [10, 20]
    dog = {"id": 2, "name": "dog", "keypoints": ["nose"]}
    assert read(tmp_path, [annotation], [reverse, dog]).num_people == 0, "it may be the dog's"


@pytest.mark.parametrize("image_id", ["000001.jpg", "000001", "1", "train/000001.jpg"])
def test_an_image_may_be_named_in_place_of_its_id(tmp_path, image_id):
    names = ("train/000000.jpg", "train/000001.jpg") if "/" in image_id else ("000000.jpg", "000001.jpg")
    labels = read(tmp_path, [entry(image_id)], names=names)
    assert [len(image.poses.poses) for image in labels.images] == [0, 1]


def test_scores_in_place_of_visibility_make_predicted_joints(tmp_path):
    (pose,) = read(tmp_path, [entry(third=0.7)]).images[0].poses.poses
    assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}
    assert pose.scores[POSETRACK.index("nose")] == 0.7


def test_posetracks_names_with_cocos_visibility_are_cocos(tmp_path):
    category = PERSON | {"keypoints": list(POSETRACK.keypoint_names)}
    occluded = [value for k in range(17) for value in (5 + k, 6, 1 if k == 0 else 2)]
    (pose,) = read(tmp_path, [entry(keypoints=occluded)], [category]).images[0].poses.poses
    assert pose.visibility[0] == Visibility.OCCLUDED
    assert pose.visibility[POSETRACK.index("head_top")] == Visibility.VISIBLE


@pytest.mark.parametrize(
    "spelled", ["lwrist", "LWrist", "wristleft", "WristL", "9_left_wrist", "9: wrist (left)", "kpt_lwrist"]
)
def test_a_joints_name_may_be_glued_numbered_or_abbreviated(spelled):
    assert joint_named(spelled) == POSETRACK.index("left_wrist")
    assert usual_name(spelled.replace("wrist", "eye").replace("Wrist", "Eye")) == "left_eye"


@pytest.mark.parametrize("spelled", ["wrist", "left", "hand_l", "left_right_wrist", "l_nose", "9", ""])
def test_what_is_no_joints_name_means_none(spelled):
    assert joint_named(spelled) is None


@pytest.mark.parametrize("key", ["trackId", "Track_ID", "object-id"])
def test_a_field_of_the_track_is_known_however_it_is_spelled(tmp_path, key):
    people = [entry(0, 10, attributes={key: "7"}), entry(1, 80, attributes={key: "7"}), entry(1, 10, track_id=3)]
    assert track_ids(read(tmp_path, people)) == [[7], [3, 7]]


def test_a_negative_track_id_is_nobodys(tmp_path):
    people = [
        entry(0, 10, track_id=-1),
        entry(0, 80, track_id=-1),
        entry(1, 80, track_id=-1),
        entry(1, 10, track_id=-1),
    ]
    labels = read(tmp_path, people)
    boxes = [{pose.track_id: pose.bbox_xywh[0] for pose in image.poses.poses} for image in labels.images]
    assert boxes[0] == boxes[1] and min(boxes[0]) >= 0
    assert any("overlap" in sentence for sentence in labels.warnings)


def test_thirds_of_up_to_100_are_scores_in_percent(tmp_path):
    labels = read(tmp_path, [entry(0, third=85)])
    (pose,) = labels.images[0].poses.poses
    assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}
    assert pose.scores[pose.labelled] == pytest.approx(0.85)
    assert any("percent" in sentence for sentence in labels.warnings)


@pytest.mark.parametrize(("track_id", "number"), [("²", 1), ("--5", 5), ("9" * 5000, 999_999_999)])
def test_text_that_is_almost_a_number_is_a_name(tmp_path, track_id, number):
    assert track_ids(read(tmp_path, [entry(0, track_id=track_id)])) == [[number], []]
