"""`finetune` on one project, on several together, and with weights that were trained elsewhere."""

import io
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from app.cli import main
from app.terminal import Terminal
from core.files.hashing import file_sha256
from core.keypoints import POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import WeightsMetadata, save_weights
from core.poses import Pose, Provenance, Visibility
from core.project import PoseChange, Project, SourceRecord
from core.training.rounds.report import FinetuneSettings
from core.work.collection import write_collection

CONFIG = FamiPoseConfig("w12", supporting_offsets=(), heatmap_activation="softmax", heatmap_sigma=1.0)
WRISTS = ("left_wrist", "right_wrist")


def run(*argv: object) -> tuple[int, str, str]:
    output, errors = io.StringIO(), io.StringIO()
    status = main([str(word) for word in argv], Terminal(output, errors))
    return status, output.getvalue(), errors.getvalue()


def a_project(folder: Path, name: str, num_frames: int = 6) -> Path:
    """Pictures of noise with a person's wrists in each."""
    pictures = folder / name
    pictures.mkdir()
    rng = np.random.default_rng(len(name))
    changes = []
    for i in range(num_frames):
        cv2.imwrite(str(pictures / f"{i}.png"), rng.integers(0, 255, (96, 72, 3), dtype=np.uint8))
        pose = Pose.empty(1, (10, 10, 50, 70), Provenance.CORRECTED)
        for wrist in WRISTS:
            place = (20.0 + 5 * i, 30.0 + 5 * i)
            pose = pose.with_keypoint(POSETRACK.index(wrist), place, Visibility.VISIBLE, 1.0, Provenance.CORRECTED)
        changes.append(PoseChange(i, None, pose))
    path = folder / f"{name}.fami"
    with Project.create(path, SourceRecord(pictures, "images", 72, 96, num_frames)) as project:
        project.commit("Correct", changes, {})
    return path


def some_weights(path: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    model = FamiPose(CONFIG)
    with torch.no_grad():
        model.head_after.weight.normal_(0.0, 0.5)
    save_weights(path, model, WeightsMetadata(path.stem, CONFIG, (48, 64), trained_keypoints=WRISTS))
    return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of two steps."""
    monkeypatch.setattr(
        "app.commands.finetune_command.FinetuneSettings", lambda device: FinetuneSettings(2, 2, device=device)
    )


@pytest.mark.usefixtures("quick")
def test_a_collection_learns_together_and_each_project_has_its_own_proof(tmp_path: Path) -> None:
    paths = [a_project(tmp_path, "first"), a_project(tmp_path, "second")]
    start = some_weights(tmp_path / "start.pth", 0)
    write_collection(tmp_path / "all.famiset", [*paths, tmp_path / "never opened.mp4"])
    result = tmp_path / "result.json"
    status, said, errors = run("finetune", tmp_path / "all.famiset", "--weights", start, "--json", result)
    assert (status, errors) == (0, "")
    assert "first.fami:" in said and "second.fami:" in said and "held out to measure" in said
    report = json.loads(result.read_text())
    assert {"before", "after", "weights", "accepted"} <= set(report) and len(report["projects"]) == 2
    for path, own in zip(paths, report["projects"], strict=True):
        with Project.open(path, read_only=True) as project:
            (one,) = project.rounds()
            copy = project.weights_folder / f"{one.weights_sha256}.pth"
            assert file_sha256(copy) == report["weights_sha256"] == one.weights_sha256
            assert one.report["project"] == str(path) and one.report["held_out_blocks"]
            assert project.active_weights == (one.weights_sha256 if own["accepted"] else None)


@pytest.mark.usefixtures("quick")
def test_weights_that_were_trained_elsewhere_come_back_as_a_round_with_the_same_proof(tmp_path: Path) -> None:
    path = a_project(tmp_path, "first")
    start, other = some_weights(tmp_path / "start.pth", 0), some_weights(tmp_path / "other.pth", 1)
    result = tmp_path / "result.json"
    status, said, errors = run("finetune", path, "--weights", start, "--trained", other, "--json", result)
    assert (status, errors) == (0, "") and "trained elsewhere" in said
    report = json.loads(result.read_text())
    assert report["train_frames"] == [] and report["proof"]["held_out"]["joints"]["mean"]["count"]
    assert report["parent_sha256"] == file_sha256(start)
    with Project.open(path, read_only=True) as project:
        assert (project.weights_folder / f"{report['weights_sha256']}.pth").is_file()
        assert len(project.rounds()) == 1
    status, _, errors = run("finetune", path, "--weights", start, "--trained", shutil.copy(start, tmp_path / "c.pth"))
    assert status == 1 and "exactly what the old ones do" in errors


@pytest.mark.usefixtures("quick")
def test_a_round_that_got_worse_is_remembered_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, start = a_project(tmp_path, "first"), some_weights(tmp_path / "start.pth", 0)
    from core.training.rounds.training import RoundTraining  # noqa: PLC0415

    whole = RoundTraining.loss
    monkeypatch.setattr(RoundTraining, "loss", lambda self, batch: -50.0 * whole(self, batch))
    status, said, errors = run("finetune", path, "--weights", start, "--json", tmp_path / "result.json")
    assert (status, errors) == (0, "")
    report = json.loads((tmp_path / "result.json").read_text())
    with Project.open(path, read_only=True) as project:
        (one,) = project.rounds()
        assert one.report["held_out_blocks"], "what it held out stays held out"
        if not report["accepted"]:
            assert "kept aside" in said and project.active_weights is None
    assert report["accepted"] or report["verdict"] == "worse"


def test_the_labels_go_out_as_a_training_set(tmp_path: Path) -> None:
    path, start = a_project(tmp_path, "first", 16), some_weights(tmp_path / "start.pth", 0)
    status, said, errors = run("finetune", path, "--weights", start, "--training-set", tmp_path / "set")
    assert (status, errors) == (0, "") and "Train with: python main.py train --config" in said
    assert (tmp_path / "set" / "train.toml").is_file()
    with Project.open(path, read_only=True) as project:
        assert not project.rounds()
