"""A round through the real child process on the paddleboarders' video; what is not known teaches nothing."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.files.checkout import REPOSITORY
from core.files.hashing import file_sha256
from core.formats.importing import import_labels
from core.formats.layouts.coco_like import posetrack18
from core.keypoints import POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import WeightsMetadata, load_model, save_weights
from core.project import Project, SourceRecord
from core.training.rounds.correction_batches import LIGHT_AUGMENTATION, CorrectionSampler, cut_people
from core.training.rounds.corrections import CorrectedPose
from core.training.rounds.finetune import finetune
from core.training.rounds.report import FinetuneSettings, RoundWatch
from core.training.rounds.training import RoundTraining
from core.training.samples.batches import SampleSettings
from core.video import open_source

STARTER = REPOSITORY / "resources/weights/starter.pth"
FRAMES = (0, 4, 8, 12, 16, 19)


def make_project(shared: Path, folder: Path, frames: tuple[int, ...]) -> Path:
    """The paddleboarders with ground truth as a person's labels in some frames."""
    video = shared / "data/posetrack/paddleboard"
    labels = posetrack18.read(video / "labels_posetrack18.json")
    labels.images = [image for number, image in enumerate(labels.images) if number in frames]
    with open_source(video / "060470979") as source:
        record = SourceRecord(source.path, source.kind, *source.size, len(source))
        names = [source.frame_name(i) for i in range(len(source))]
    with Project.create(folder / "p.fami", record) as project:
        import_labels(project, labels, names)
    return folder / "p.fami"


@pytest.fixture(scope="module")
def project_path(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(shared, tmp_path_factory.mktemp("round"), FRAMES)


def start_child(project: Path, out: Path, steps: int) -> "subprocess.Popen[str]":
    out.mkdir(exist_ok=True)
    settings = {"steps": steps, "batch_size": 2, "device": "cpu"}
    job = {"project": str(project), "weights": str(STARTER), "out": str(out), "settings": settings}
    (out / "job.json").write_text(json.dumps(job))
    return subprocess.Popen(
        [sys.executable, "-m", "core.training.rounds.child", str(out / "job.json")],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_round_measures_frames_that_it_never_trained_on(project_path: Path, tmp_path: Path) -> None:
    untouched = file_sha256(STARTER)
    child = start_child(project_path, tmp_path / "w", steps=6)
    output, errors = child.communicate(timeout=240)
    assert child.returncode == 0, errors
    events = [json.loads(line) for line in output.splitlines()]
    progress = [event for event in events if event["event"] == "progress"]
    assert [event["step"] for event in progress] == [*range(7), 6]
    assert [event["phase"] for event in progress] == ["training"] * 7 + ["measuring"]
    assert all(np.isfinite(event["loss"]) for event in progress[1:-1])
    plan = events[0]
    assert plan["event"] == "plan" and plan["seconds"] > 0 and plan["memory_bytes"] > 1e6
    assert (plan["held_out_frames"], plan["batch_size"], plan["device"]) == (2, 2, "cpu")

    report = events[-1]
    assert report["event"] == "report"
    assert len(report["held_out_frames"]) == 2
    assert set(report["train_frames"]) | set(report["held_out_frames"]) == set(FRAMES)
    assert not set(report["train_frames"]) & set(report["held_out_frames"])
    joints = set(report["before"]) - {"mean"}
    assert joints == set(report["after"]) - {"mean"} <= set(POSETRACK.keypoint_names)
    assert 0 < report["before"]["mean"] < 1
    assert report["after"] != report["before"]
    assert report["accepted"] == (report["after"]["mean"] <= report["before"]["mean"])

    loaded = load_model(report["weights"])
    assert loaded.sha256 == report["weights_sha256"] == Path(report["weights"]).stem
    assert loaded.metadata.parent_sha256 == report["parent_sha256"] == untouched == file_sha256(STARTER)
    assert loaded.metadata.flip_test == load_model(STARTER).metadata.flip_test
    assert loaded.metadata.score_model is None, "two frames don't tell what the scores of new weights mean"
    assert loaded.metadata.trained_keypoints == load_model(STARTER).metadata.trained_keypoints
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == sorted(
        ["job.json", Path(report["weights"]).name]
    )


def test_a_cancelled_round_leaves_nothing(project_path: Path, tmp_path: Path) -> None:
    child = start_child(project_path, tmp_path / "w", steps=100_000)
    assert child.stdout is not None
    event = json.loads(child.stdout.readline())
    assert event["event"] == "plan"
    child.terminate()
    output, _ = child.communicate(timeout=240)
    assert len(output.splitlines()) < 100_000
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["job.json"]


def test_a_round_that_is_stopped_early_keeps_what_was_best_and_measures_it(project_path: Path, tmp_path: Path) -> None:
    child = start_child(project_path, tmp_path / "w", steps=100_000)
    assert child.stdout is not None and child.stdin is not None
    events = [json.loads(child.stdout.readline()) for _ in range(4)]
    assert events[-1]["step"] == 2
    child.stdin.write("stop\n")
    child.stdin.flush()
    output, errors = child.communicate(timeout=240)
    assert child.returncode == 0, errors
    report = json.loads(output.splitlines()[-1])
    assert report["event"] == "report" and 2 <= report["best_step"] < report["steps"] == 100_000
    assert Path(report["weights"]).is_file() and report["after"] != report["before"]


def test_three_frames_are_no_round(shared: Path, tmp_path: Path) -> None:
    path = make_project(shared, tmp_path, (2, 9, 15))
    with pytest.raises(TrainingError, match="3 so far"):
        finetune(path, STARTER, tmp_path / "w", FinetuneSettings())
    assert not (tmp_path / "w").exists()


def test_only_joints_that_the_weights_do_not_know_are_no_round(project_path: Path, tmp_path: Path) -> None:
    config = FamiPoseConfig("w12", supporting_offsets=(), heatmap_sigma=1.0)
    model = FamiPose(config)
    metadata = WeightsMetadata("plain", config, (96, 128), trained_keypoints=("nose",))
    save_weights(tmp_path / "plain.pth", model, metadata)
    settings = FinetuneSettings(steps=1, batch_size=1, new_joint_examples=999, device="cpu")
    with pytest.raises(TrainingError, match="hold no joint that these weights locate"):
        finetune(project_path, tmp_path / "plain.pth", tmp_path / "w", settings)
    assert not (tmp_path / "w").exists()


def test_a_job_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text('{"project": 3}')
    command = [sys.executable, "-m", "core.training.rounds.child", str(tmp_path / "job.json")]
    child = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False)
    assert child.returncode == 1
    event = json.loads(child.stdout)
    assert event["event"] == "error"
    assert "job.json" in event["message"]


def test_unknown_and_senseless_settings_are_refused() -> None:
    assert FinetuneSettings.from_dict({"steps": 3}).steps == 3
    with pytest.raises(TrainingError, match="speed"):
        FinetuneSettings.from_dict({"speed": 3})
    with pytest.raises(TrainingError, match="one step"):
        FinetuneSettings(steps=0)


def tiny_round(known: list[int], taught: list[int], *, head: bool = False) -> tuple[RoundTraining, FamiPose]:
    config = FamiPoseConfig(
        "w12", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8, heatmap_activation="softmax", heatmap_sigma=1.0
    )
    torch.manual_seed(0)
    model = FamiPose(config)
    mask = np.isin(np.arange(17), known)
    keypoints = np.random.default_rng(0).uniform(30, 90, (17, 2))
    pose = CorrectedPose(5, 1, np.array([20.0, 10.0, 80.0, 110.0]), np.where(mask[:, None], keypoints, 0.0), mask)
    frame = np.random.default_rng(1).integers(0, 255, (120, 120, 3)).astype(np.uint8)
    people = cut_people(
        [pose], np.isin(np.arange(17), taught), (96, 128), lambda index: [index - 1, index + 1], lambda index: frame
    )
    sampler = CorrectionSampler(people, SampleSettings((96, 128), 1.0, LIGHT_AUGMENTATION), seed=0)
    return RoundTraining(model, sampler, FinetuneSettings(steps=2, batch_size=2, head=head)), model


def test_a_joint_that_nobody_touched_gets_no_gradient() -> None:
    wrists = [POSETRACK.index("left_wrist"), POSETRACK.index("right_wrist")]
    ankles = [POSETRACK.index("left_ankle"), POSETRACK.index("right_ankle")]
    # The ankles are known but not taught: too few examples of a joint that is new.
    training, model = tiny_round(wrists + ankles, wrists, head=True)
    training.loss(training.sampler.batch(4)).backward()
    by_joint = model.head_after.weight.grad.abs().sum(dim=(1, 2, 3))
    others = [k for k in range(17) if k not in wrists]
    assert (by_joint[wrists] > 0).all()
    assert (by_joint[others] == 0).all()
    assert (model.head_after.bias.grad[others] == 0).all()


def test_the_head_is_held_where_no_joint_is_new() -> None:
    training, model = tiny_round([13, 14], [13, 14])
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    training.run(RoundWatch())
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved and not any(name.startswith(("head_", "backbone.final_layer.")) for name in moved)


def test_statistics_of_batch_norms_are_held() -> None:
    training, model = tiny_round([13, 14], [13, 14])
    before = {name: tensor.clone() for name, tensor in model.state_dict().items() if "running" in name}
    training.run(RoundWatch())
    after = model.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_a_round_keeps_what_the_weights_say_of_themselves(project_path: Path, tmp_path: Path) -> None:
    config = FamiPoseConfig("w12", supporting_offsets=(), heatmap_activation="linear", heatmap_sigma=1.0)
    model = FamiPose(config)
    with torch.no_grad():
        model.backbone.final_layer.bias += 0.1
    metadata = WeightsMetadata("plain", config, (96, 128), trained_keypoints=("left_wrist", "nose"))
    parent = save_weights(tmp_path / "plain.pth", model, metadata)
    settings = FinetuneSettings(steps=2, batch_size=2, new_joint_examples=10, device="cpu")
    report = finetune(project_path, tmp_path / "plain.pth", tmp_path / "w", settings)
    loaded = load_model(report.weights)
    assert loaded.metadata.config == config
    assert loaded.metadata.parent_sha256 == parent
    # Labels of every LSPET joint of four people in four frames: known now, apart from the ears.
    assert set(POSETRACK.keypoint_names) - set(loaded.metadata.trained_keypoints) == {"left_ear", "right_ear"}
    assert set(report.before) == {"mean", "left_wrist"}
    assert set(report.new_keypoints) < set(report.after)
