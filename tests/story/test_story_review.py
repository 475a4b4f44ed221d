"""The whole story on real video: open, people, predict, correct, undo, reopen, export, fine-tune, predict again."""

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from pycocotools.coco import COCO

from core.metrics import posetrack_ap
from core.poses import Pose, Provenance
from core.video import open_source

WRISTS_AND_ANKLES = (9, 10, 15, 16, 7)
SHORT_ROUND_STEPS = 6


def first_frames(clip: Path, count: int, out: Path) -> Path:
    """The first frames of a clip as a clip of their own."""
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        stream = None
        for index, frame in enumerate(source.decode(video=0)):
            if index == count:
                break
            if stream is None:
                stream = target.add_stream("libx264", rate=30, options={"crf": "18"})
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                stream.time_base = Fraction(1, 30)
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = index, stream.time_base
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return out


def state(driver) -> dict[tuple[int, int], Pose]:
    project = driver.session.project
    return {(frame.frame_index, pose.track_id): pose for frame in project.frames() for pose in frame.poses}


def assert_same(first: dict, second: dict) -> None:
    assert first.keys() == second.keys()
    assert all(pose.same_as(second[key]) for key, pose in first.items())


def correct_five_joints(driver, frames: list[int]) -> list[tuple[int, int, int]]:
    """Drags one joint in each of five frames; says which (frame, person, joint)."""
    corrected = []
    for frame_index, joint in zip(frames, WRISTS_AND_ANKLES, strict=True):
        driver.go_to(frame_index)
        pose = driver.session.shown_poses().poses[0]
        driver.session.select(pose.track_id, joint)
        start = pose.keypoints[joint]
        middle = pose.bbox_xywh[:2] + pose.bbox_xywh[2:] / 2
        aim = start + np.clip(middle - start, -12, 12) + (6, 7)
        driver.drag(start, aim)
        moved = driver.session.shown_poses().pose(pose.track_id)
        assert moved.provenance[joint] == Provenance.CORRECTED, (frame_index, joint)
        assert np.abs(moved.keypoints[joint] - aim).max() < 3, "the joint lies where the hand let go"
        corrected.append((frame_index, pose.track_id, joint))
    return corrected


def review(start: Callable, path: Path, add_people: Callable, correct_at: list[int], pictures: Path) -> None:
    """The story from the people on; the same for every clip."""
    driver = start()
    driver.program.mending.on = False  # what follows the drags in other frames has tests of its own
    driver.open(path)
    driver.idle()
    add_people(driver)
    driver.idle()
    boxes = state(driver)
    assert boxes and not any(pose.labelled.any() for pose in boxes.values())
    driver.picture(pictures / "1_people.png")

    driver.do("action_predict")
    driver.idle(300)
    predicted = state(driver)
    assert predicted.keys() == boxes.keys()
    assert all(pose.labelled.sum() >= 14 for pose in predicted.values())
    runs = [run for run in driver.session.project.runs() if run.kind == "predict"]
    assert len(runs) == 1 and len(runs[0].weights_sha256) == 64 and runs[0].settings["offsets"]
    driver.go_to(correct_at[0])
    driver.picture(pictures / "2_predicted.png")

    corrected = correct_five_joints(driver, correct_at)
    after_drags = state(driver)
    driver.picture(pictures / "3_corrected.png")
    for _ in range(5):
        driver.do("action_undo")
    assert_same(state(driver), predicted)
    for _ in range(5):
        driver.do("action_redo")
    assert_same(state(driver), after_drags)

    project_path = driver.session.project.path
    driver.close()
    driver = start()
    driver.open(project_path)
    assert_same(state(driver), after_drags)
    driver.do("action_undo")  # undo reaches over the restart
    driver.do("action_redo")
    assert_same(state(driver), after_drags)

    check_export(driver, pictures.parent)
    fine_tune(driver, pictures)
    driver.do("action_predict")
    driver.idle(300)
    again = state(driver)
    for frame_index, track_id, joint in corrected:
        kept, now = after_drags[frame_index, track_id], again[frame_index, track_id]
        assert (now.keypoints[joint] == kept.keypoints[joint]).all() and now.provenance[joint] == Provenance.CORRECTED
    assert len([run for run in driver.session.project.runs() if run.kind == "predict"]) == 2
    driver.do("action_rollback")
    assert driver.session.project.active_weights is None
    driver.idle()
    driver.picture(pictures / "5_predicted_again.png")


def check_export(driver, folder: Path) -> None:
    out = folder / "truth" / "labels.json"
    out.parent.mkdir()
    driver.program.exporting.export("posetrack18", out, only_reviewed=False, images_folder=None)
    driver.idle()
    assert driver.window.error_text == ""
    coco = COCO(str(out))
    assert len(coco.getImgIds()) == driver.session.project.source.num_frames
    assert len(coco.getAnnIds()) == len(state(driver))
    document = json.loads(out.read_text())
    assert any("bbox_head" in annotation for annotation in document["annotations"])
    shutil.copytree(out.parent, folder / "same")
    ap = posetrack_ap(folder / "truth", folder / "same")
    assert ap["left_wrist"] == pytest.approx(100), "the evaluator reads what was exported"


def fine_tune(driver, pictures: Path) -> None:
    finetuning = driver.program.finetuning
    finetuning.start(steps=SHORT_ROUND_STEPS)
    driver.wait(lambda: not finetuning.round.running, 240, "the round to end")
    report = finetuning.round.report
    assert report is not None, driver.window.error_text
    assert report["before"]["mean"] > 0 and report["after"]["mean"] > 0
    assert report["held_out_frames"] and not set(report["held_out_frames"]) & set(report["train_frames"])
    assert finetuning.round.losses
    driver.window.show_panel("finetune")
    driver.picture(pictures / "4_finetuned.png")
    before = driver.program.network.weights_path
    finetuning.accept()
    driver.idle()
    assert driver.program.network.weights_path != before
    assert driver.session.project.active_weights == report["weights_sha256"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def test_dance(drive, shared: Path, tmp_path: Path, pictures: Path) -> None:
    clip = first_frames(shared / "data/video/dance.mp4", 30, tmp_path / "dance.mp4")

    def draw_a_box(driver) -> None:
        driver.do("action_add_person")
        driver.drag((95, 150), (330, 690))

    with open_source(clip) as source:
        assert len(source) == 30 and source.timestamps[-1] == pytest.approx(29 / 30, abs=1e-3)
    review(drive, clip, draw_a_box, [2, 8, 14, 20, 26], pictures)


def test_paddleboard(drive, shared: Path, tmp_path: Path, pictures: Path) -> None:
    images = tmp_path / "060470979"
    shutil.copytree(shared / "data/posetrack/paddleboard/060470979", images)
    images.chmod(0o755)  # the shared folder is marked read-only, and the copy with it

    def import_boxes(driver) -> None:
        labels = shared / "data/posetrack/paddleboard/labels_posetrack18.json"
        driver.program.exporting.import_file(labels, keypoints=False)
        driver.idle()
        assert len(state(driver)) == 80

    review(drive, images, import_boxes, [1, 5, 9, 13, 17], pictures)
