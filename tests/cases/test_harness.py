"""The harness passes a case that holds and fails one that does not: two cases in a folder like FAMI_CASES."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.keypoints import COCO
from tests.cases.harness import cases_of, run_case

NAMES = ("IMG_0007.png", "IMG_0010.png", "IMG_0012.png")


def annotation(number: int, image: int, x: float) -> dict[str, object]:
    keypoints = [value for k in range(17) for value in (x + k, 20.5 + 3 * k, 2)]
    return {
        "id": number, "image_id": image, "category_id": 3, "keypoints": keypoints, "num_keypoints": 17,
        "bbox": [x - 2, 18, 25, 60], "iscrowd": 0, "area": 700.0, "track_id": 6, "attributes": {"hat": True},
    }  # fmt: skip


def pictures(folder: Path) -> None:
    folder.mkdir()
    for name in NAMES:
        cv2.imwrite(str(folder / name), np.zeros((96, 128, 3), np.uint8))


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Two cases: pictures numbered with gaps go there and back; OpenPose's files in a folder."""
    first, second = tmp_path / "cases/names-with-gaps", tmp_path / "cases/openpose-folder"
    for case in (first, second):
        case.mkdir(parents=True)
        (case / "case.md").write_text("# a case\n")
        pictures(case / "frames")
    document = {
        "images": [{"id": 70 + n, "file_name": name, "width": 128, "height": 96} for n, name in enumerate(NAMES)],
        "annotations": [annotation(40 + n, 70 + n, 10.0 + 3 * n) for n in range(3)],
        "categories": [{"id": 3, "name": "person", "keypoints": list(COCO.keypoint_names)}],
    }
    (first / "in.json").write_text(json.dumps(document))
    (first / "case.toml").write_text("""
[[step]]
command = ["import", "in.json", "--source", "frames", "--project", "a.fami"]
says = ["attributes.*written back"]
[[step.project]]
path = "a.fami"
frames = [0, 1, 2]
track_ids = [6]
joints = [{frame = 2, at = {nose = [16, 20.5]}}]

[[step]]
command = ["export", "a.fami", "--format", "coco", "--out", "out.json"]
[[step.json]]
path = "out.json"
[step.json.values]
"images.*.file_name" = ["IMG_0007.png", "IMG_0010.png", "IMG_0012.png"]
"images.*.id" = [70, 71, 72]
"annotations.*.attributes.hat" = [true, true, true]
"annotations.*.area" = [700.0, 700.0, 700.0]

[[step]]
command = ["import", "out.json", "--source", "frames", "--project", "b.fami"]
same = [["a.fami", "b.fami"]]
""")
    results = second / "results"
    results.mkdir()
    for n, name in enumerate(NAMES):
        flat = [value for k in range(25) for value in (10.0 + n + k, 30.0 + k, 0.75)]
        people = [{"person_id": [-1], "pose_keypoints_2d": flat}]
        (results / f"{Path(name).stem}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": people}))
    (second / "case.toml").write_text("""
[[step]]
command = ["import", "results", "--source", "frames", "--project", "a.fami"]
[[step.project]]
path = "a.fami"
frames = [0, 1, 2]
provenance = "predicted"
joints = [{frame = 1, at = {nose = [11, 30], left_ankle = [25, 44]}, absent = ["head_bottom"], scores = {nose = 0.75}}]
""")
    return tmp_path / "cases"


def test_cases_that_hold_pass_and_others_fail(cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cases_of(cases)
    assert [case.name for case in found] == ["names-with-gaps", "openpose-folder"]
    for number, case in enumerate(found):
        folder = tmp_path / f"run{number}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        run_case(case, folder)
    for case, was, wrong in (
        (found[0], '"images.*.id" = [70, 71, 72]', '"images.*.id" = [1, 2, 3]'),
        (
            found[0],
            "joints = [{frame = 2, at = {nose = [16, 20.5]}}]",
            "joints = [{frame = 2, at = {nose = [10, 20.5]}}]",
        ),
        (found[1], 'provenance = "predicted"', 'provenance = "imported"'),
    ):
        text = case.expectation.read_text()
        assert was in text
        case.expectation.write_text(text.replace(was, wrong))
        folder = tmp_path / f"wrong{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        with pytest.raises(AssertionError, match=case.name):
            run_case(case, folder)
        case.expectation.write_text(text)
