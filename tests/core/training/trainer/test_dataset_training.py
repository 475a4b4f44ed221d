"""A network is trained on a small PoseTrack18: resumed after a kill, by one process or two, measured by its AP."""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core.errors import TrainingError
from core.files.checkout import REPOSITORY
from core.keypoints import JHMDB, POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.network.hrnet import HRNet
from core.model.network.losses import MutualInformation, heatmap_loss
from core.model.weights.files import WeightsMetadata, load_model, save_weights
from core.training.learning.engine import PlainEngine
from core.training.learning.memory import kept_bytes
from core.training.learning.objective import new_objective
from core.training.learning.optimisation import multi_step_factor
from core.training.learning.recipe import Stage, read_recipe
from core.training.samples.augmentation import PAPER_AUGMENTATION
from core.training.trainer import train
from core.training.trainer.exporting import multi_frame_config
from core.training.trainer.memory_estimate import stage_memory
from core.training.trainer.trainer import Training
from core.training.trainer.warm_start import warm_start
from tests.core.training.trainer.toy_dataset import write_toy
from tests.metrics_csv import read_metrics

PROGRESS = """
import sys
from pathlib import Path
from core.training.trainer import train
train.main(Path(sys.argv[1]), lambda step: print(step.done, flush=True))
"""

TRAIN = "core.training.trainer.train"


def child(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    known = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **environment}
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True, env=known
    )


def checkpoint(recipe: Path) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(recipe.parent / "work/checkpoint.pth", weights_only=True)
    return content


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(t, second[name]) for name, t in first.items())


def test_a_killed_training_ends_with_the_same_weights(shared: Path, tmp_path: Path) -> None:
    whole, killed = write_toy(tmp_path / "whole", shared), write_toy(tmp_path / "killed", shared)
    train.main(whole)
    with child("-c", PROGRESS, str(killed)) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline().strip() for _ in range(5)]
        process.send_signal(signal.SIGKILL)
    assert seen == ["5", "10", "15", "20", "25"]  # 16 people: the checkpoint of the first epoch's end is past
    assert process.returncode == -signal.SIGKILL
    assert 0 < checkpoint(killed)["done"] < 32
    resumed: list[train.TrainingProgress] = []
    train.main(killed, resumed.append)
    assert 5 < resumed[0].done <= 30
    assert resumed[-1].done == 32

    first, second = checkpoint(whole), checkpoint(killed)
    for part in ("model", "average", "information"):
        assert same(first[part], second[part]), part
    assert first["best"] == second["best"]
    outputs = [torch.load(path.parent / "toy.pth", weights_only=True)["state_dict"] for path in (whole, killed)]
    assert same(*outputs)
    unmeasured = ("samples_per_second",)
    lines = [
        [line for line in read_metrics(path.parent / "work") if line[2] not in unmeasured] for path in (whole, killed)
    ]
    assert lines[0] == lines[1]


@pytest.mark.parametrize("content", [b"", b"no checkpoint " * 99, {"seed": 3}], ids=["empty", "text", "another's"])
def test_a_damaged_checkpoint_says_what_to_do(shared: Path, tmp_path: Path, content: bytes | dict[str, int]) -> None:
    path = write_toy(tmp_path, shared)
    (tmp_path / "work").mkdir()
    for name in ("checkpoint.pth", "stage-0.pth"):
        if isinstance(content, bytes):
            (tmp_path / "work" / name).write_bytes(content)
        else:
            torch.save(content, tmp_path / "work" / name)
    training = Training(read_recipe(path), PlainEngine(torch.device("cpu")))
    with pytest.raises(TrainingError, match=r"checkpoint\.pth is .*: remove it to start over"):
        training.resume()
    with pytest.raises(TrainingError, match=r"stage-0\.pth is .*: remove it to start over"):
        training.finished_stage(0)


def test_what_is_logged_measured_and_written(shared: Path, tmp_path: Path) -> None:
    path = write_toy(tmp_path, shared, ('keep = "best"', 'keep = "best"\ntensorboard = true'))
    output = train.main(path)
    lines = read_metrics(tmp_path / "work")
    assert {line[1] for line in lines if line[2] == "validation/PoseTrack AP"} == {20, 32}  # after each epoch
    terms = {"heatmap", "vanishing_key", "vanishing_supporting", "complementary", "mutual_information", "heads"}
    assert {f"loss/{name}" for name in terms | {"total"}} <= {line[2] for line in lines}
    rates = [line[3] for line in lines if line[2] == "learning_rate"]
    assert rates == pytest.approx([1e-3] * 4 + [1e-4] * 3)  # the fifth batch begins in the second epoch
    assert all(line[3] > 0 for line in lines if line[2] == "samples_per_second")
    assert list((tmp_path / "work/tensorboard").glob("events.*"))
    metadata = load_model(output).metadata
    assert 0 <= metadata.accuracy["PoseTrack AP"] <= 100
    assert "left_ear" not in metadata.trained_keypoints
    assert metadata.config.heatmap_activation == "linear"
    assert load_model(tmp_path / "work/last.pth").metadata.config == metadata.config


@pytest.mark.parametrize(
    ("launcher", "change"),
    [
        (["-m", TRAIN], ("devices = 1", "devices = 2")),
        (
            ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "core.training.trainer.train"],
            None,
        ),
    ],
    ids=["by hand", "torchrun"],
)
def test_two_processes_have_the_gradients_of_one(
    shared: Path, tmp_path: Path, launcher: list[str], change: tuple[str, str] | None
) -> None:
    one_step = ("epochs = 2", "samples = 5"), ("gradient_clip = 5.0", "gradient_clip = 0.0")
    one_step += (('schedule = "multi_step"', 'schedule = "constant"'),)
    one = write_toy(tmp_path / "one", shared, *one_step)
    two = write_toy(tmp_path / "two", shared, *one_step, *([change] if change else []))
    train.main(one)
    process = child(*launcher, "--config", str(two))
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    gradients = [
        {key: state["exp_avg"] for key, state in checkpoint(path)["optimizer"]["state"].items()} for path in (one, two)
    ]
    largest = 0.0
    for key, expected in gradients[0].items():
        largest = max(largest, float(expected.abs().max()))
        assert torch.allclose(gradients[1][key], expected, rtol=1e-3, atol=1e-6 * max(1.0, float(expected.abs().max())))
    assert largest > 1e-4
    logged = [
        {line[2]: line[3] for line in read_metrics(path.parent / "work") if line[2].startswith("loss/")}
        for path in (one, two)
    ]
    assert logged[0] == pytest.approx(logged[1], rel=1e-4)


@pytest.mark.parametrize(
    "change", [("micro_batch_size = 0", "micro_batch_size = 2"), ("recompute = false", "recompute = true")]
)
def test_less_at_once_and_recomputing_leave_the_gradients_alone(
    shared: Path, tmp_path: Path, change: tuple[str, str]
) -> None:
    gradients = []
    for name, changes in (("plain", []), ("changed", [change])):
        recipe = read_recipe(write_toy(tmp_path / name, shared, *changes))
        training = Training(recipe, PlainEngine(torch.device("cpu")))
        batch = training.source.sampler(0, training.stage, training.settings).batch(0, 5)
        training.objective.train()
        terms = training._gradients(batch)
        gradients.append((terms, {n: p.grad for n, p in training.objective.named_parameters()}))
    assert gradients[0][0] == pytest.approx(gradients[1][0], rel=1e-4)
    for name, expected in gradients[0][1].items():
        found = gradients[1][1][name]
        assert expected is not None and found is not None
        assert torch.allclose(found, expected, rtol=1e-3, atol=1e-6 * max(1.0, float(expected.abs().max()))), name


def test_memory_that_runs_out_makes_less_at_once_of_the_same_batch(
    shared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    training = Training(read_recipe(write_toy(tmp_path, shared)), PlainEngine(torch.device("cpu")))
    objective = training.objective
    sizes: list[int] = []

    class Small(torch.nn.Module):
        """The objective on a device that holds two samples."""

        def forward(self, key: torch.Tensor, *rest: Any) -> dict[str, torch.Tensor]:
            if len(key) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            sizes.append(len(key))
            terms: dict[str, torch.Tensor] = objective(key, *rest)
            return terms

    training._wrapped = Small()
    training.step()
    assert sizes == [2, 2, 1]
    assert training.done == 5
    assert "2 samples at once" in caplog.text


def test_the_estimators_heads_are_clipped_with_the_network(shared: Path, tmp_path: Path) -> None:
    path = write_toy(tmp_path, shared, ("gradient_clip = 5.0", "gradient_clip = 0.001"))
    training = Training(read_recipe(path), PlainEngine(torch.device("cpu")))
    training.step()
    gradients = [p.grad.flatten() for p in training.objective.parameters() if p.grad is not None]
    assert any(p.grad is not None and p.grad.any() for p in training.objective.information.parameters())
    assert torch.cat(gradients).norm() == pytest.approx(0.001, rel=0.01)


def test_eq_12_is_what_is_minimised(shared: Path, tmp_path: Path) -> None:
    training = Training(read_recipe(write_toy(tmp_path, shared)), PlainEngine(torch.device("cpu")))
    model, objective, stage = training.model, training.objective.train(), training.stage
    assert isinstance(model, FamiPose)
    assert isinstance(objective.information, MutualInformation)
    batch = training.source.sampler(0, stage, training.settings).batch(0, 3)
    found = objective(batch.key, batch.supporting, batch.targets, batch.weights)
    output = model(batch.key, batch.supporting)
    expected = {"heatmap": heatmap_loss(output.heatmaps, batch.targets, batch.weights)}
    expected |= objective.information(output, batch.targets, batch.weights)
    expected["total"] = expected["heatmap"] + stage.beta * expected["mutual_information"] + expected["heads"]
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert torch.allclose(found[name], value, rtol=1e-4, atol=1e-6), name


def test_statistics_that_move_cannot_be_shared_without_gpus(shared: Path, tmp_path: Path) -> None:
    class Two(PlainEngine):
        def __init__(self) -> None:
            super().__init__(torch.device("cpu"))
            self.processes = 2

    path = write_toy(tmp_path, shared, ('frozen_statistics = "all"', 'frozen_statistics = "backbone"'))
    with pytest.raises(TrainingError, match="frozen_statistics"):
        Training(read_recipe(path), Two())


@pytest.mark.parametrize(
    ("frozen", "moving"), [("all", set()), ("backbone", {"alignment"}), ("none", {"alignment", "backbone"})]
)
def test_frozen_statistics_do_not_move(shared: Path, tmp_path: Path, frozen: str, moving: set[str]) -> None:
    path = write_toy(tmp_path, shared, ('frozen_statistics = "all"', f'frozen_statistics = "{frozen}"'))
    training = Training(read_recipe(path), PlainEngine(torch.device("cpu")))
    before = {name: tensor.clone() for name, tensor in training.model.state_dict().items() if "running" in name}
    training.step()
    after = training.model.state_dict()
    moved = {name.split(".")[0] for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert {"backbone" if name == "backbone" else "alignment" for name in moved} == moving


def test_warm_start_from_a_checkpoint(shared: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    public = HRNet("w12")
    torch.save(public.state_dict(), tmp_path / "pose_hrnet.pth")
    changes = (
        'warm_start = ""',
        f'warm_start = "{(tmp_path / "pose_hrnet.pth").as_posix()}"\nwarm_start_keypoints = "posetrack"',
    )
    training = Training(read_recipe(write_toy(tmp_path, shared, changes)), PlainEngine(torch.device("cpu")))
    assert isinstance(training.model, FamiPose)
    assert same(training.model.backbone.state_dict(), public.state_dict())


def test_an_epoch_shows_everybody_once_in_a_new_order(shared: Path, tmp_path: Path) -> None:
    training = Training(read_recipe(write_toy(tmp_path, shared)), PlainEngine(torch.device("cpu")))
    sampler: Any = training.source.sampler(0, training.stage, training.settings)
    epochs = [[sampler.index_of(number)[0] for number in range(start, start + 16)] for start in (0, 16)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(16))
    assert epochs[0] != epochs[1]
    assert not torch.equal(sampler.batch(0, 1).key, sampler.batch(16 + epochs[1].index(epochs[0][0]), 1).key)


def test_rates_fall_at_the_milestones() -> None:
    rates = [1e-4 * multi_step_factor(epoch, (8, 12, 16), 0.1) for epoch in (0, 7, 8, 11, 12, 15, 16, 19)]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6, 1e-7, 1e-7])


def test_two_processes_without_fabric_say_what_to_install(shared: Path, tmp_path: Path) -> None:
    path = write_toy(tmp_path, shared, ("devices = 1", "devices = 2"))
    code = "import sys; sys.modules['lightning_fabric'] = None; from core.training.trainer.train import _command_line; "
    code += "sys.exit(_command_line())"
    process = child("-c", code, "--config", str(path))
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "pip install lightning-fabric" in errors


def test_the_starters_recipe_needs_no_other_library() -> None:
    needless = ["av", "pycocotools", "scipy", "rich", "platformdirs", "lightning_fabric", "tensorboard", "PySide6"]
    code = f"import sys; sys.modules.update(dict.fromkeys({needless!r})); "
    code += "from core.training.sources import people; from core.training.trainer import train, trainer"
    process = child("-c", code)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors


def test_ctrl_c_saves(shared: Path, tmp_path: Path) -> None:
    path = write_toy(
        tmp_path, shared, ("epochs = 2", "epochs = 200"), ("checkpoint_every = 8", "checkpoint_every = 100000")
    )
    with child("main.py", "train", "--config", str(path)) as process:
        while not (tmp_path / "work/metrics.csv").is_file() or len(read_metrics(tmp_path / "work")) < 10:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=240)
    assert process.returncode == 130, errors
    assert "kept" in errors
    assert checkpoint(path)["done"] >= 5


def test_joints_of_another_skeleton_start_as_the_ones_of_the_same_name() -> None:
    config = FamiPoseConfig("w12", supporting_offsets=(-1,), gtm_width=8, lcm_width=8)
    ours, theirs = FamiPose(replace(config, num_keypoints=len(JHMDB))), FamiPose(config)
    torch.nn.init.normal_(theirs.backbone.final_layer.weight)
    before = ours.backbone.final_layer.weight.clone()
    with tempfile.TemporaryDirectory() as folder:
        save_weights(Path(folder) / "w.pth", theirs, WeightsMetadata("w", config, (64, 64)), half=False)
        warm_start(ours, Path(folder) / "w.pth", "auto", JHMDB)
    rows, known = ours.backbone.final_layer.weight, theirs.backbone.final_layer.weight
    for name, same_as in (("left_wrist", "left_wrist"), ("neck", "head_bottom")):
        assert torch.equal(rows[JHMDB.index(name)], known[POSETRACK.index(same_as)])
    assert torch.equal(rows[JHMDB.index("belly")], before[JHMDB.index("belly")])
    assert same(
        {n: t for n, t in ours.backbone.state_dict().items() if "final_layer" not in n},
        {n: t for n, t in theirs.backbone.state_dict().items() if "final_layer" not in n},
    )


def test_memory_is_told_from_shapes_alone() -> None:
    recipe = read_recipe(REPOSITORY / "resources/configs/starter.toml")
    stage = Stage("clips", "clips", 2, 1e-3, samples=2, precision="float32", input_size_wh=(64, 64))
    recipe = replace(recipe, backbone="w12")
    told = stage_memory(recipe, stage, 2)
    torch.manual_seed(0)
    objective = new_objective(FamiPose(multi_frame_config(recipe, 17)), stage, 0).train()
    inputs = [torch.rand(2, *shape) for shape in ((3, 64, 64), (4, 3, 64, 64), (17, 16, 16), (17,))]
    really = kept_bytes(lambda: objective(*inputs), objective.parameters())
    assert told.activations == pytest.approx(really, rel=0.02)
    assert stage_memory(recipe, replace(stage, recompute=True), 2).activations < 0.6 * told.activations


def test_the_papers_schedule_is_what_is_shipped() -> None:
    for name in ("posetrack17", "posetrack18", "subjhmdb"):
        recipe = read_recipe(REPOSITORY / f"resources/configs/{name}.toml")
        (stage,) = recipe.stages
        assert (recipe.backbone, recipe.input_size_wh, recipe.supporting_offsets) == ("w48", (288, 384), (-2, -1, 1, 2))
        assert (stage.optimizer, stage.learning_rate, stage.backbone_learning_rate) == ("adam", 1e-4, 1e-4)
        assert (stage.epochs, stage.batch_size, stage.milestones, stage.decay) == (20, 48, (8, 12, 16), 0.1)
        assert (stage.loss, stage.alpha, stage.beta) == ("squared_error", 1.0, 0.1)
        assert recipe.augmentation == PAPER_AUGMENTATION
        assert multi_frame_config(recipe, 17).initialisation == "warm"


def test_sub_jhmdb_is_trained_and_measured_by_pck(shared: Path, tmp_path: Path) -> None:
    folder = (shared / "data/jhmdb/mmpose_jhmdb").as_posix()
    root = (shared / "data/posetrack/paddleboard").as_posix()
    tables = [
        (f'"posetrack18"\nroot = "{root}"\nlabels = "{tmp_path.as_posix()}/{part}.json"', f'split = "{part}"')
        for part in ("train", "val")
    ]
    jhmdb = f'"jhmdb"\nroot = "{folder}"\nlabels = "{folder}/test_jhmdb_sub1.json"'
    changes = [(places, jhmdb) for places, _ in tables] + [(split, 'split = "test1"') for _, split in tables]
    changes += [("epochs = 2", "epochs = 1"), ('keep = "best"', 'keep = "last"')]
    output = train.main(write_toy(tmp_path, shared, *changes))
    metadata = load_model(output).metadata
    assert metadata.keypoints == "jhmdb"
    assert metadata.config.num_keypoints == 15
    assert "belly" in metadata.trained_keypoints
    assert 0 <= metadata.accuracy["PCK@0.2 of the torso"] <= 100
