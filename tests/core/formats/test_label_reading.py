"""Real files, and files that lie."""

import json

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import read_labels, recognition
from core.formats.layouts import posetrack17
from core.formats.layouts.coco_like import coco, posetrack18
from core.keypoints import POSETRACK
from core.poses import Provenance, Visibility

NAMES = list(POSETRACK.keypoint_names)


def test_paddleboard(shared):
    labels = read_labels(shared / "data/posetrack/paddleboard/labels_posetrack18.json")
    assert labels.format_name == "posetrack18"
    assert (len(labels.images), labels.num_people) == (20, 80)
    assert [image.file_name[-9:] for image in labels.images] == [f"{i:05d}.jpg" for i in range(1, 21)]
    raw = json.loads((shared / "data/posetrack/paddleboard/labels_posetrack18.json").read_text())
    triples = np.array([a["keypoints"] for a in raw["annotations"]]).reshape(-1, 17, 3)
    poses = [pose for image in labels.images for pose in image.poses.poses]
    visibility = np.array([pose.visibility for pose in poses])
    assert (visibility == Visibility.VISIBLE).sum() == (triples[..., 2] == 1).sum()
    occluded = (triples[..., 2] == 0) & triples[..., :2].any(axis=-1)
    assert occluded.sum() > 20
    assert (visibility == Visibility.OCCLUDED).sum() == occluded.sum()
    assert all((pose.provenance[pose.labelled] == Provenance.IMPORTED).all() for pose in poses)
    assert all(
        (pose.scores[pose.labelled] == 1).all() and np.isnan(pose.scores[~pose.labelled]).all() for pose in poses
    )
    assert all(pose.bbox_provenance == Provenance.IMPORTED and pose.bbox_head_xywh is not None for pose in poses)
    assert all(pose.provenance[k] == Provenance.NONE for pose in poses for k in (0, 3, 4))


def test_genuine_posetrack18_with_huge_ignore_regions(shared):
    folder = shared / "data/posetrack/mmpose_posetrack18/annotations/val"
    labels = posetrack18.read(folder / "003418_mpii_test.json")
    (image,) = labels.images
    assert image.size == (1920, 1080)
    assert len(image.ignore_regions) == 9
    assert all(region.shape[1] == 2 for region in image.ignore_regions)
    (pose,) = image.poses.poses
    assert pose.labelled.sum() == 11
    assert pose.bbox_xywh[1] + pose.bbox_xywh[3] > 1080, "the box reaches beyond the picture and stays so"
    assert any("nframes says 149, but 1 images" in sentence for sentence in labels.warnings)
    assert len(posetrack18.read(folder / "009473_mpii_test.json").images[0].poses.poses) == 2


def test_genuine_posetrack18_round_trip_keeps_ignore_regions(shared, tmp_path):
    labels = posetrack18.read(shared / "data/posetrack/mmpose_posetrack18/annotations/val/003418_mpii_test.json")
    posetrack18.write(labels, tmp_path / "again.json", "003418_mpii_test")
    again = posetrack18.read(tmp_path / "again.json")
    for old, new in zip(labels.images[0].ignore_regions, again.images[0].ignore_regions, strict=True):
        np.testing.assert_array_equal(old, new)
    assert again.images[0].poses.poses[0].same_as(labels.images[0].poses.poses[0])


def test_coco_of_mmpose(shared):
    labels = coco.read(shared / "data/images/mmpose_coco/test_coco.json")
    raw = json.loads((shared / "data/images/mmpose_coco/test_coco.json").read_text())
    assert (len(labels.images), labels.num_people) == (4, 14)
    pose = labels.images[0].poses.poses[0]
    assert pose.keypoints[0].tolist() == [367, 81]
    assert not pose.labelled[1:3].any(), "head_bottom and head_top are not eyes"
    codes = np.array([a["keypoints"] for a in raw["annotations"]]).reshape(-1, 17, 3)[:, [0, *range(3, 17)], 2]
    visibility = np.concatenate([p.visibility for image in labels.images for p in image.poses.poses])
    for code, state in ((1, Visibility.OCCLUDED), (2, Visibility.VISIBLE)):
        assert (visibility == state).sum() == (codes == code).sum()
    assert any("left_eye, right_eye" in sentence for sentence in labels.warnings)
    ids = [[p.track_id for p in image.poses.poses] for image in labels.images]
    assert all(len(set(frame)) == len(frame) for frame in ids)


def test_coco_mini_lists_pictures_that_are_not_there_and_crowds(shared):
    labels = read_labels(shared / "data/images/coco_mini_keypoints/annotations/person_keypoints_train2017.json")
    assert (len(labels.images), labels.num_people) == (80, 167)
    assert any("crowd was skipped (5 times)" in sentence for sentence in labels.warnings)


def test_names_say_which_keypoints_are_read_and_no_names_leaves_boxes(shared):
    whole_body = read_labels(shared / "data/images/mmpose_coco/test_keypoint_partition_metric.json")
    plain = read_labels(shared / "data/images/mmpose_coco/test_coco.json")
    for first, second in zip(whole_body.images, plain.images, strict=True):
        for a, b in zip(first.poses.poses, second.poses.poses, strict=True):
            np.testing.assert_array_equal(a.keypoints, b.keypoints)
    halpe = read_labels(shared / "data/malformed/halpe_num_keypoints_mismatch.json")
    assert halpe.num_people == 14
    assert not any(pose.labelled.any() for image in halpe.images for pose in image.poses.poses)
    assert any("names don't say" in sentence for sentence in halpe.warnings)


def test_detections_are_boxes_of_a_machine(shared):
    labels = coco.read(shared / "data/images/mmpose_coco/test_coco_det_AP_H_56.json")
    poses = [pose for image in labels.images for pose in image.poses.poses]
    assert len(poses) > 100
    assert {pose.bbox_provenance for pose in poses} == {Provenance.PREDICTED}
    assert not any(pose.labelled.any() for pose in poses)


def test_posetrack17_and_18_of_one_video_agree(shared):
    for kind in ("gt", "pred"):
        for path in sorted((shared / f"oracles/poseval/{kind}17").glob("*.json")):
            old, new = posetrack17.read(path), posetrack18.read(shared / f"oracles/poseval/{kind}18" / path.name)
            for a, b in zip(old.images, new.images, strict=True):
                assert [p.track_id for p in a.poses.poses] == [p.track_id for p in b.poses.poses]
                for first, second in zip(a.poses.poses, b.poses.poses, strict=True):
                    body = [k for k in range(17) if k not in (3, 4)]
                    np.testing.assert_array_equal(first.keypoints[body], second.keypoints[body])
                    np.testing.assert_array_equal(first.visibility[body], second.visibility[body])
                    np.testing.assert_array_equal(first.provenance[body], second.provenance[body])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("<html></html>", "XML, but not CVAT's"),
        ("{" + '"images": [', "not complete JSON"),
        ('{"frames": 3}', "not a label file of a known format"),
        ("[1, 2]", "not a label file of a known format"),
        ("[]", "not a label file of a known format"),
        ('{"images": {"a": 1}}', "not a label file of a known format"),
        ('{"images": [{"id": 1}], "annotations": 7}', "annotations are not a list"),
        ('{"images": [1, 2]}', "none of its images has an id"),
        ('{"images": [{"id": 1}], "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]}', "no people"),
        ('{"annolist": [3]}', "not a PoseTrack17 file"),
        ("[" * 100_000, "not complete JSON"),
    ],
)
def test_what_is_no_label_file_is_said_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "labels.json"
    path.write_text(content)
    with pytest.raises(FormatError, match=sentence) as caught:
        read_labels(path)
    assert "labels.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode_encoding_is_read(tmp_path, encoding):
    path = tmp_path / "labels.json"
    path.write_bytes(json.dumps(document([{"keypoints": triples(nose=(3, 4, 1))}])).encode(encoding))
    assert read_labels(path).num_people == 1


def test_a_missing_file_a_folder_and_a_text_named_avi(shared, tmp_path):
    with pytest.raises(FormatError, match="There is no file"):
        read_labels(tmp_path / "none.json")
    with pytest.raises(FormatError, match="is a folder"):
        read_labels(tmp_path)
    with pytest.raises(FormatError, match="not a label file"):
        read_labels(shared / "data/malformed/vtest_is_a_text_url.avi")
    with pytest.raises(FormatError, match="not a PoseTrack18 file"):
        posetrack18.read(shared / "data/images/mmpose_coco/test_coco.json")
    with pytest.raises(FormatError, match="not a COCO file"):
        coco.read(shared / "data/posetrack/paddleboard/labels_posetrack18.json")


def document(annotations, images=None, names=NAMES):
    return {
        "images": images or [{"id": 5, "frame_id": 5, "file_name": "images/a/000005.jpg"}],
        "annotations": [{"image_id": 5, "category_id": 1, "track_id": 0, **a} for a in annotations],
        "categories": [{"id": 1, "name": "person", "keypoints": names}],
    }


def read_document(tmp_path, content):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    return read_labels(path)


def triples(**joints):
    return [value for name in NAMES for value in joints.get(name, (0, 0, 0))]


def test_what_is_missing_or_wrong_is_counted_and_the_rest_is_read(tmp_path):
    labels = read_document(
        tmp_path,
        document(
            [
                {"keypoints": triples(nose=(3, 4, 1), left_hip=(9, 0, 0)), "scores": [], "bbox_head": [-20, -5, 9, 9]},
                {"bbox": [1, 2, 30, 40], "track_id": 1, "num_keypoints": 9},
                {"keypoints": [1, 2], "bbox": [1, 2, 30, 40], "track_id": 2},
                {"keypoints": triples(nose=(float("nan"), 4, 1)), "bbox": [1, 2, 3, 4], "track_id": 3},
                {"bbox": [1, 2, "x", 4], "track_id": 4},
                {"bbox": [1, 2, 30, 40], "track_id": 1},
                {"bbox": [1, 2, 30, 0], "keypoints": triples(nose=(3, 4, 1)), "track_id": 6},
                {"image_id": 77, "bbox": [1, 2, 30, 40]},
                {"category_id": 3, "bbox": [1, 2, 30, 40]},
            ]
        ),
    )
    (image,) = labels.images
    first = image.poses.pose(0)
    assert first.visibility[0] == Visibility.VISIBLE
    assert first.visibility[NAMES.index("left_hip")] == Visibility.OCCLUDED, "one coordinate may be zero"
    assert first.bbox_head_xywh.tolist() == [-20, -5, 9, 9]
    assert first.bbox_provenance == Provenance.NONE, "the box around its keypoints is nobody's word"
    assert image.poses.pose(1).bbox_xywh.tolist() == [1, 2, 30, 40]
    assert len(image.poses.poses) == 6, "all but the one without a box, of no listed image, and of no person"
    said = " ".join(labels.warnings)
    for part in (
        "names no listed image",
        "not triples",
        "finite coordinates",
        "not four numbers",
        "same track id",
        "neither a box nor a keypoint",
        "without width or height",
        "something other than a person",
    ):
        assert part in said, part
    assert all(sentence.endswith(".") and sentence.startswith("labels.json: ") for sentence in labels.warnings)


def test_keypoints_are_matched_by_name_not_by_place(tmp_path):
    names = NAMES[::-1]
    flat = [value for name in names for value in (NAMES.index(name) + 1, 2 * NAMES.index(name) + 1, 1)]
    scores = [(NAMES.index(name) + 1) / 20 for name in names]
    provenance = ["corrected" if name == "nose" else "predicted" for name in names]
    content = document(
        [{"keypoints": flat, "scores": scores, "provenance": provenance, "bbox": [0, 0, 9, 9]}], names=names
    )
    pose = read_document(tmp_path, content).images[0].poses.poses[0]
    np.testing.assert_array_equal(pose.keypoints[:, 0], np.arange(17) + 1)
    np.testing.assert_allclose(pose.scores, (np.arange(17) + 1) / 20)
    assert pose.provenance.tolist() == [Provenance.CORRECTED] + [Provenance.PREDICTED] * 16


def test_scores_tell_a_person_from_a_machine(tmp_path):
    keypoints = triples(nose=(3, 4, 1), left_hip=(9, 7, 1), right_hip=(9, 8, 1))
    given = [0.0] * 17
    given[0], given[NAMES.index("left_hip")], given[NAMES.index("right_hip")] = 1.0, 0.7, 1.25
    labels = read_document(tmp_path, document([{"keypoints": keypoints, "scores": given, "bbox": [0, 0, 9, 9]}]))
    pose = labels.images[0].poses.poses[0]
    assert pose.provenance[0] == Provenance.IMPORTED
    assert pose.provenance[NAMES.index("left_hip")] == Provenance.PREDICTED
    assert pose.provenance[NAMES.index("right_hip")] == Provenance.PREDICTED
    assert pose.scores[NAMES.index("right_hip")] == 1.0
    assert any("outside 0 to 1" in sentence for sentence in labels.warnings)


def test_the_order_of_frame_id_is_the_order_of_frames(tmp_path):
    images = [
        {"id": 1, "frame_id": 30, "file_name": "a/000001.jpg"},
        {"id": 2, "frame_id": 10, "file_name": "a/000009.jpg"},
        {"id": 3, "frame_id": 20, "file_name": "a/000004.jpg"},
    ]
    labels = read_document(tmp_path, document([], images))
    assert [image.file_name for image in labels.images] == ["a/000009.jpg", "a/000004.jpg", "a/000001.jpg"]
    assert [image.frame_index for image in labels.images] == [0, 1, 2]


def test_people_without_track_ids_are_linked_by_overlap(tmp_path):
    images = [{"id": i, "file_name": f"{i:06d}.jpg"} for i in range(4)]
    content = document([], images)
    for i in range(4):
        walkers = [[10 + 5 * i, 10, 40, 100], [300 - 5 * i, 10, 40, 100]]
        for box in walkers if i % 2 else walkers[::-1]:
            content["annotations"].append({"image_id": i, "category_id": 1, "bbox": box})
    content["annotations"].append({"image_id": 3, "category_id": 1, "bbox": [600, 10, 40, 100]})
    labels = read_document(tmp_path, content)
    lefts = [{p.track_id: p.bbox_xywh[0] for p in image.poses.poses} for image in labels.images]
    left, right = (next(t for t, x in lefts[0].items() if x == start) for start in (10, 300))
    assert [frame[left] for frame in lefts] == [10, 15, 20, 25]
    assert [frame[right] for frame in lefts] == [300, 295, 290, 285]
    assert len(lefts[3]) == 3


def test_people_without_track_ids_keep_theirs_over_gaps_and_behind_others(tmp_path):
    """Both walk on through each other and are not labelled where they are hidden; one's number is known at the end."""
    images = [{"id": i, "file_name": f"{i:06d}.jpg"} for i in range(12)]
    content = document([], images)
    for i in range(12):
        right, left = [10 + 8 * i, 10, 40, 100], [98 - 8 * i, 10, 40, 100]
        people = [left, right] if i % 2 else [right, left]
        for box in [right] if i in (5, 6) else people:
            annotation = {"image_id": i, "category_id": 1, "bbox": box}
            content["annotations"].append(annotation | ({"track_id": 7} if i == 11 and box is left else {}))
    labels = read_document(tmp_path, content)
    lefts = [{p.track_id: p.bbox_xywh[0] for p in image.poses.poses} for image in labels.images]
    (other,) = set().union(*lefts) - {7}
    assert [frame[other] for frame in lefts] == [10 + 8 * i for i in range(12)]
    assert [frame[7] for frame in lefts if 7 in frame] == [98 - 8 * i for i in range(12) if i not in (5, 6)]


def test_a_format_is_recognised_whatever_the_name(shared, tmp_path):
    copy = tmp_path / "no suffix at all"
    copy.write_bytes(b"\xef\xbb\xbf" + (shared / "oracles/poseval/gt17/000342_mpii_test.json").read_bytes())
    assert recognition.read_labels(copy).format_name == "posetrack17"
