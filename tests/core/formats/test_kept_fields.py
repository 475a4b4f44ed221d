"""What a file says besides joints is kept with the import, and written back where image and person still are."""

import json

import cv2
import numpy as np
import pytest

from core.formats import export_project, import_labels, read_labels
from core.keypoints import COCO
from core.project import NOBODY, Project, SourceRecord, edits

NAMES = [f"GX_{n}.jpg" for n in (1001, 1004, 1009)]


def person(number, image_id, x=10.0, **fields):
    keypoints = [value for k in range(17) for value in (x + k, 20 + 3 * k, 2)]
    return {
        "id": number, "image_id": image_id, "category_id": 1, "keypoints": keypoints, "num_keypoints": 17,
        "bbox": [x - 2, 18, 25, 60], "iscrowd": 0, "area": 1500.0,
    } | fields  # fmt: skip


def coco_file(tmp_path, annotations, **top):
    names = list(COCO.keypoint_names)
    document = {
        "images": [
            {"id": int(name[3:7]), "file_name": name, "width": 160, "height": 128, "license": 2} for name in NAMES
        ],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": names, "skeleton": []}],
    }
    (tmp_path / "in.json").write_text(json.dumps(document | top))
    return tmp_path / "in.json"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for name in NAMES:
        cv2.imwrite(str(folder / name), np.zeros((128, 160, 3), np.uint8))
    with Project.create(tmp_path / "x.fami", SourceRecord(folder, "images", 160, 128, 3)) as opened:
        yield opened


def brought(project, path):
    labels = read_labels(path)
    import_labels(project, labels, NAMES)
    return labels.warnings


def written(project, tmp_path, format_name="coco"):
    export_project(project, None, format_name, tmp_path / "out.json")
    return json.loads((tmp_path / "out.json").read_text())


PEOPLE = [
    person(501, 1001, track_id=4, area=600.0, attributes={"shirt": "red", "track_id": 4}, person_id=77),
    person(502, 1001, 70.0, track_id=9, segmentation=[[1, 2, 3, 4, 5, 6]]),
    person(17, 1009, track_id=4),
]


@pytest.mark.parametrize("format_name", ["coco", "posetrack18"])
def test_fields_and_ids_are_written_back(project, tmp_path, format_name):
    crowd = person(9000, 1001, iscrowd=1, segmentation={"counts": [1, 2], "size": [128, 160]})
    remarks = brought(project, coco_file(tmp_path, [*PEOPLE, crowd], info={"description": "club"}))
    assert any("attributes, person_id" in r or "info" in r for r in remarks if "written back" in r), remarks
    for _ in range(2):  # and of our own file again
        document = written(project, tmp_path, format_name)
        images = {image["file_name"].rsplit("/")[-1]: image for image in document["images"]}
        assert {name: image["id"] for name, image in images.items() if name != "GX_1004.jpg"} == {
            "GX_1001.jpg": 1001, "GX_1009.jpg": 1009,
        }  # fmt: skip
        assert images["GX_1001.jpg"]["license"] == 2 and document["info"] == {"description": "club"}
        by_id = {entry["id"]: entry for entry in document["annotations"]}
        assert sorted(by_id) == [17, 501, 502, 9000]
        first = by_id[501]
        assert (first["attributes"], first["person_id"], first["area"]) == (PEOPLE[0]["attributes"], 77, 600.0)
        assert by_id[502]["segmentation"] == [[1, 2, 3, 4, 5, 6]] and by_id[502]["image_id"] == 1001
        assert by_id[9000] == crowd
        project.remove_run(project.runs()[-1].run_id)
        assert project.kept_fields() == {}
        brought(project, tmp_path / "out.json")


def test_a_number_that_the_file_has_as_text_is_renumbered_too(project, tmp_path):
    brought(project, coco_file(tmp_path, [person(501, 1001, attributes={"track_id": "4"})]))
    edits.change_track_id_from(project, 0, 4, 12)
    (entry,) = written(project, tmp_path)["annotations"]
    assert (entry["track_id"], entry["attributes"]) == (12, {"track_id": "12"})


def test_fields_follow_a_person_who_is_renumbered_and_go_with_one_who_is_deleted(project, tmp_path):
    brought(project, coco_file(tmp_path, PEOPLE))
    edits.change_track_id_from(project, 0, 4, 12)
    edits.delete_person(project, 9, 0)
    document = written(project, tmp_path)
    assert {entry["id"]: entry["track_id"] for entry in document["annotations"]} == {501: 12, 17: 12}
    assert document["annotations"][0]["attributes"] == {"shirt": "red", "track_id": 12}
    project.undo()
    project.undo()
    assert sorted(entry["id"] for entry in written(project, tmp_path)["annotations"]) == [17, 501, 502]


def test_a_new_person_gets_an_id_that_nobody_has(project, tmp_path):
    brought(project, coco_file(tmp_path, [person(1, 1001, track_id=4), person(2, 1009, track_id=4)]))
    edits.add_person(project, 0, (80, 5, 20, 30))
    ids = [entry["id"] for entry in written(project, tmp_path)["annotations"]]
    assert len(set(ids)) == 3 and {1, 2} < set(ids)


def test_fields_of_a_later_import_replace_those_of_an_earlier_one(project, tmp_path):
    brought(project, coco_file(tmp_path, PEOPLE))
    brought(project, coco_file(tmp_path, [PEOPLE[0] | {"attributes": {"shirt": "blue"}}]))
    (first,) = (entry for entry in written(project, tmp_path)["annotations"] if entry["id"] == 501)
    assert first["attributes"] == {"shirt": "blue"}


def test_what_cannot_be_kept_is_named_and_boxes_alone_keep_nothing(project, tmp_path):
    path = coco_file(tmp_path, [person(1, 1001, embedding=[0.5] * 200_000, depth=float("nan"))])
    labels = read_labels(path)
    assert sum("too large, or holds what is no number" in sentence for sentence in labels.warnings) == 2
    import_labels(project, labels, NAMES, keypoints=False)
    assert project.kept_fields() == {}
    import_labels(project, labels, NAMES)
    assert set(project.kept_fields()) == {
        (0, NOBODY),
        (1, NOBODY),
        (2, NOBODY),
        (0, labels.images[0].poses.poses[0].track_id),
    }
    result = export_project(project, None, "cvat", tmp_path / "out.xml")
    assert any("COCO" in remark for remark in result.remarks)


def test_a_real_posetrack_file_comes_back_with_its_ids_and_people(tmp_path, shared):
    source = shared / "data/posetrack/mmpose_posetrack18/annotations/val/003418_mpii_test.json"
    before = json.loads(source.read_text())
    folder = shared / "data/posetrack/mmpose_posetrack18/images/val/003418_mpii_test"
    names = [image["file_name"].rsplit("/")[-1] for image in before["images"]]
    with Project.create(tmp_path / "x.fami", SourceRecord(folder, "images", 1280, 720, len(names))) as project:
        labels = read_labels(source)
        import_labels(project, labels, names)
        # Some of its pictures are not in the shared folder: by the made names of a video, everything else is the same.
        after = written(project, tmp_path, "posetrack18")
    assert [image["id"] for image in after["images"]] == [image["id"] for image in before["images"]]
    assert [image["frame_id"] for image in after["images"]] == [image["frame_id"] for image in before["images"]]
    old = {entry["id"]: entry for entry in before["annotations"]}
    new = {entry["id"]: entry for entry in after["annotations"]}
    assert new.keys() == {key for key, entry in old.items() if any(entry["keypoints"]) or entry.get("bbox_head")}
    for key, entry in new.items():
        for field in ("bbox_head", "person_id", "track_id", "image_id", "area"):
            assert entry.get(field) == old[key].get(field, entry.get(field)), field


def test_posetrack17_keeps_what_else_its_people_have(project, tmp_path):
    point = {"id": [0], "x": [5], "y": [6], "is_visible": [1]}
    document = {"annolist": [{
        "image": [{"name": f"bonn/frames/{NAMES[0]}"}], "imgnum": [1], "vididx": [3], "is_labeled": [1],
        "annorect": [{"track_id": [2], "scale": [1.5], "annopoints": [{"point": [point]}]}],
    }]}  # fmt: skip
    (tmp_path / "in.json").write_text(json.dumps(document))
    brought(project, tmp_path / "in.json")
    first = written(project, tmp_path, "posetrack17")["annolist"][0]
    assert (first["vididx"], first["annorect"][0]["scale"]) == ([3], [1.5])
    assert first["image"] == [{"name": f"bonn/frames/{NAMES[0]}"}]


def test_label_studio_keeps_its_tasks(project, tmp_path):
    regions = [
        {"id": "r", "type": "keypointlabels", "original_width": 160, "original_height": 128, "to_name": "img",
         "value": {"x": 10, "y": 20, "width": 0.5, "keypointlabels": ["nose"]}},
    ]  # fmt: skip
    task = {"id": 88, "data": {"img": f"/data/local-files/?d=set%2F{NAMES[1]}", "camera": "left"}, "meta": {"a": 1}}
    (tmp_path / "in.json").write_text(json.dumps([{**task, "annotations": [{"result": regions}]}]))
    brought(project, tmp_path / "in.json")
    (back,) = written(project, tmp_path, "label_studio")
    assert (back["id"], back["meta"]) == (88, {"a": 1})
    assert back["data"].items() >= task["data"].items()


def test_the_short_form_of_label_studio_leaves_nothing_behind_that_would_be_read_twice(project, tmp_path):
    point = {"x": 10, "y": 20, "width": 0.5, "keypointlabels": ["nose"], "original_width": 160, "original_height": 128}
    (tmp_path / "in.json").write_text(json.dumps([{"id": 3, "image": NAMES[1], "kp": [point], "annotator": 1}]))
    brought(project, tmp_path / "in.json")
    (back,) = written(project, tmp_path, "label_studio")
    assert set(back) == {"id", "data", "annotations"}
    (image,) = read_labels(tmp_path / "out.json").images
    assert len(image.poses.poses) == 1


def test_eyes_are_written_back_to_coco_until_somebody_corrects_a_joint(project, tmp_path):
    brought(project, coco_file(tmp_path, [person(1, 1001, track_id=4)]))
    for _ in range(2):
        (entry,) = written(project, tmp_path)["annotations"]
        assert entry["keypoints"] == person(1, 1001)["keypoints"] and entry["num_keypoints"] == 17
        assert "other_keypoints" not in entry
        project.remove_run(project.runs()[-1].run_id)
        brought(project, tmp_path / "out.json")
    edits.move_keypoint(project, 0, 4, 0, (5, 5))
    (entry,) = written(project, tmp_path)["annotations"]
    assert entry["keypoints"][3:9] == [0] * 6 and entry["num_keypoints"] == 15
