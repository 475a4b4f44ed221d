"""Images pair by what they are called: whatever the order of frames and people, and whatever the numbers of images."""

import copy
import json
import random
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO as CocoDataset  # noqa: N811
from pycocotools.cocoeval import COCOeval

from core.errors import FormatError
from core.keypoints import COCO
from core.metrics import oks_of_folders, pck_of_folders, posetrack_evaluation

OKS_PLACES = {"AP": 0, "AP50": 1, "AP75": 2, "AP_medium": 3, "AR": 5, "AR50": 6, "AR75": 7, "AR_medium": 8}


def coco_files(seed=0, num_images=12):
    """Ground truth with areas of its own, crowds and eyes, and results with scores of their own."""
    made = np.random.default_rng(seed)
    ids = [int(i) for i in made.permutation(90_000)[:num_images] + 1]
    images = [{"id": i, "file_name": f"{i:012d}.jpg", "width": 640, "height": 480} for i in ids]
    truth, results = [], []
    for image_id in ids:
        for _ in range(int(made.integers(1, 4))):
            x, y, width, height = (
                made.uniform(0, 300),
                made.uniform(0, 200),
                made.uniform(40, 200),
                made.uniform(60, 250),
            )
            points = np.column_stack([made.uniform(x, x + width, 17), made.uniform(y, y + height, 17)])
            seen = made.integers(0, 3, 17)
            flat = np.column_stack([points, seen]) * (seen > 0)[:, None]
            crowd = bool(made.random() < 0.15)
            truth.append(
                {
                    "id": len(truth) + 1,
                    "image_id": image_id,
                    "category_id": 1,
                    "bbox": [x, y, width, height],
                    "area": width * height * made.uniform(0.3, 0.7),
                    "iscrowd": int(crowd),
                    "keypoints": [0] * 51 if crowd else flat.ravel().tolist(),
                    "num_keypoints": 0 if crowd else int((seen > 0).sum()),
                }
            )
            found = np.column_stack([points + made.normal(0, 6, (17, 2)), made.uniform(0.2, 0.99, 17)])
            entry = {"image_id": image_id, "category_id": 1, "keypoints": found.ravel().tolist()}
            results.append(entry | {"score": float(made.random()), "bbox": [x, y, width, height]})
    category = {"id": 1, "name": "person", "keypoints": list(COCO.keypoint_names), "skeleton": []}
    return {"images": images, "annotations": truth, "categories": [category]}, results


def write(folder, content, name="val.json"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    return folder


def theirs(truth_path, results):
    dataset = CocoDataset(str(truth_path))
    evaluation = COCOeval(dataset, dataset.loadRes(results), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return {name: 100 * evaluation.stats[place] for name, place in OKS_PLACES.items()}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("with_boxes", [True, False])
def test_coco_ground_truth_gives_pycocotools_own_numbers(tmp_path, seed, with_boxes, capsys):
    truth, results = coco_files(seed)
    if not with_boxes:
        for result in results:
            del result["bbox"]
    found = oks_of_folders(write(tmp_path / "gt", truth), write(tmp_path / "pred", results))
    for name, value in theirs(tmp_path / "gt/val.json", results).items():
        assert found[name] == pytest.approx(value, abs=1e-6), name
    assert 0 < found["AP"] < 100


def test_a_coco_file_of_predictions_counts_as_its_results_do(tmp_path):
    truth, results = coco_files(2)
    annotations = [{**result, "id": n} for n, result in enumerate(results, start=1)]
    names = list(reversed(COCO.keypoint_names))
    for annotation in annotations:
        triples = np.array(annotation["keypoints"]).reshape(17, 3)[::-1]
        annotation["keypoints"] = triples.ravel().tolist()
    document = {**truth, "annotations": annotations, "categories": [{"id": 1, "name": "person", "keypoints": names}]}
    gt = write(tmp_path / "gt", truth)
    as_list = oks_of_folders(gt, write(tmp_path / "list", results))
    assert oks_of_folders(gt, write(tmp_path / "file", document)) == pytest.approx(as_list)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shuffle=st.randoms(use_true_random=False))
def test_oks_and_pck_stay_the_same_in_any_order_and_with_any_ids(tmp_path, shuffle):
    truth, results = coco_files(1)
    expected = numbers(tmp_path, truth, results)
    truth, results = copy.deepcopy(truth), copy.deepcopy(results)
    new_ids = {
        image["id"]: number for image, number in zip(truth["images"], shuffle.sample(range(10**6), 12), strict=True)
    }
    for entry in (*truth["annotations"], *results):
        entry["image_id"] = new_ids[entry["image_id"]]
    for image in truth["images"]:
        image["id"] = new_ids[image["id"]]
    for entries in (truth["images"], truth["annotations"], results):
        shuffle.shuffle(entries)
    assert numbers(tmp_path, truth, results) == pytest.approx(expected, abs=1e-6)


def numbers(folder, truth, results):
    gt, pred = write(folder / "gt", truth), write(folder / "pred", results)
    pck = pck_of_folders(gt, pred)["box"]
    return oks_of_folders(gt, pred) | {name: value for name, value in pck.items() if not np.isnan(value)}


@pytest.mark.parametrize("year", ["17", "18"])
@pytest.mark.parametrize("seed", range(3))
def test_posevals_numbers_stay_the_same_in_any_order_and_beside_other_frames(shared, tmp_path, year, seed):
    folder = shared / "oracles/poseval"
    expected = posetrack_evaluation(folder / f"gt{year}", folder / f"pred{year}")
    shuffle = random.Random(seed)
    for side in ("gt", "pred"):
        shutil.copytree(folder / f"{side}{year}", tmp_path / side)
        (tmp_path / side / "._000342_mpii_test.json").write_bytes(b"\x00\x05\x16\x07")
        for path in (tmp_path / side).glob("0*.json"):
            document = json.loads(path.read_text())
            for key in ("images", "annolist"):
                shuffle.shuffle(document.get(key, []))
            path.write_text(json.dumps(document))
    remarks = []
    found = posetrack_evaluation(tmp_path / "gt", tmp_path / "pred", remarks.append)
    for part in ("ap", "mota"):
        assert found[part] == pytest.approx(expected[part], abs=1e-6, nan_ok=True)
    assert remarks == []


def posetrack18(frames, names=None, offset=0):
    images = [
        {"id": 10003420000 + f + offset, "frame_id": 10003420000 + f + offset, "vid_id": "000342",
         "file_name": (names or "images/000342/{:06d}.jpg").format(f)}
        for f in frames
    ]  # fmt: skip
    people = [
        {"id": n, "image_id": image["id"], "category_id": 1, "track_id": 1, "bbox": [10 * f, 0, 50, 90],
         "bbox_head": [10 * f, 0, 20, 20], "keypoints": [v for k in range(17) for v in (10 * f + k, 5 * k + 1, 1)],
         "scores": [0.9] * 17}
        for n, (f, image) in enumerate(zip(frames, images, strict=True))
    ]  # fmt: skip
    joints = ["nose", "head_bottom", "head_top", "left_ear", "right_ear", *COCO.keypoint_names[5:]]
    return {"images": images, "annotations": people, "categories": [{"id": 1, "name": "person", "keypoints": joints}]}


def test_other_frames_are_refused_with_their_names(tmp_path):
    gt, pred = write(tmp_path / "gt", posetrack18(range(6))), write(tmp_path / "pred", posetrack18(range(6, 12)))
    with pytest.raises(FormatError, match=r"No image of .*000006\.jpg.*ground truth .*000000\.jpg"):
        posetrack_evaluation(gt, pred)


def test_frames_that_the_truth_does_not_list_are_left_out_and_counted(tmp_path):
    gt, pred = write(tmp_path / "gt", posetrack18([3, 4, 7])), write(tmp_path / "pred", posetrack18(range(12)))
    remarks = []
    assert posetrack_evaluation(gt, pred, remarks.append)["ap"]["nose"] == pytest.approx(100)
    assert remarks == [f"{pred / 'val.json'}: 9 frames that the ground truth does not list were left out."]


def test_ids_and_names_that_contradict_each_other_are_refused(tmp_path):
    gt, pred = write(tmp_path / "gt", posetrack18(range(6))), write(tmp_path / "pred", posetrack18(range(6), offset=1))
    with pytest.raises(FormatError, match=r"contradict each other: images/000342/000001\.jpg would be"):
        posetrack_evaluation(gt, pred)
    other = write(tmp_path / "other", posetrack18(range(6), names="images/000342/take_{0:06d}_b.jpg"))
    assert posetrack_evaluation(gt, other)["ap"]["nose"] == pytest.approx(100), "another name for the same number"


@pytest.mark.parametrize("first", [0, 1])
def test_this_programs_own_frames_of_a_video_pair_by_their_number(tmp_path, first):
    truth = posetrack18(range(first, 12 + first), names="frame_{:05d}.png")
    own = posetrack18(range(12))
    for index, image in enumerate(own["images"]):
        image |= {"frame_index": index, "file_name_made": True}
    for annotation in truth["annotations"]:
        annotation["keypoints"] = [v - 10 * first * (n % 3 == 0) for n, v in enumerate(annotation["keypoints"])]
    found = posetrack_evaluation(write(tmp_path / "gt", truth), write(tmp_path / "pred", own))
    assert found["ap"]["nose"] == pytest.approx(100)


def test_a_list_of_results_without_an_image_means_that_nobody_was_found_there(tmp_path):
    truth, results = coco_files(3)
    gt = write(tmp_path / "gt", truth)
    without = [result for result in results if result["image_id"] != truth["images"][0]["id"]]
    remarks = []
    found = oks_of_folders(gt, write(tmp_path / "pred", without), remarks.append)
    assert found["AR"] < oks_of_folders(gt, write(tmp_path / "all", results))["AR"]
    assert remarks == [f"{tmp_path / 'pred/val.json'}: 1 image of the ground truth without predictions count as empty."]


def test_results_name_images_by_their_file(tmp_path):
    truth, results = coco_files(4)
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    by_name = [{**result, "image_id": names[result["image_id"]]} for result in results]
    by_stem = [{**result, "image_id": names[result["image_id"]].removesuffix(".jpg")} for result in results]
    gt = write(tmp_path / "gt", truth)
    expected = oks_of_folders(gt, write(tmp_path / "a", results))
    assert oks_of_folders(gt, write(tmp_path / "b", by_name)) == expected
    assert oks_of_folders(gt, write(tmp_path / "c", by_stem)) == expected


@pytest.mark.parametrize("change", [{"category_id": None}, {"category_id": "person"}, {"image_id": str}])
def test_results_count_however_their_ids_and_categories_are_written(tmp_path, change):
    truth, results = coco_files(5)
    changed = [{**r, **{k: v(r[k]) if callable(v) else v for k, v in change.items()}} for r in results]
    gt = write(tmp_path / "gt", truth)
    assert oks_of_folders(gt, write(tmp_path / "b", changed)) == oks_of_folders(gt, write(tmp_path / "a", results))


def test_an_empty_list_of_results_found_nobody(tmp_path):
    truth, _ = coco_files(5)
    remarks = []
    found = oks_of_folders(write(tmp_path / "gt", truth), write(tmp_path / "pred", []), remarks.append)
    assert found["AP"] == 0
    assert "without predictions count as empty" in remarks[0]


def test_a_truth_that_spells_its_joints_otherwise_gives_the_same_numbers(tmp_path):
    truth, results = coco_files(6)
    pred = write(tmp_path / "pred", results)
    expected = oks_of_folders(write(tmp_path / "gt", truth), pred)
    truth["categories"][0]["keypoints"] = [name.replace("_", " ").title() for name in COCO.keypoint_names]
    assert oks_of_folders(write(tmp_path / "spelled", truth), pred) == expected
