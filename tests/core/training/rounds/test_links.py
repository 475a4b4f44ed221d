"""A round whose corrections do not reach the predictor says so: each link is cut in turn, with real small rounds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import TrainingError
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import WeightsMetadata, load_model
from core.project import PoseChange, Project
from core.training.rounds import finetune, measured, training
from core.training.rounds.report import FinetuneSettings, RoundWatch
from tests.core.training.rounds.rounds_project import CONFIG, small_project, small_weights

SETTINGS = FinetuneSettings(steps=2, batch_size=2, device="cpu")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures of noise with a person's wrists in each."""
    return small_project(tmp_path_factory.mktemp("links"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a tiny network."""
    return small_weights(tmp_path_factory.mktemp("start") / "start.pth")


def test_the_round_itself_works(project: Path, weights: Path, tmp_path: Path) -> None:
    report = finetune.finetune(project, weights, tmp_path, SETTINGS)
    assert Path(report.weights).is_file() and report.best_step == 2
    assert report.proof["held_out"]["joints"]["mean"]["count"] == 2 * len(report.held_out_frames)


def cut_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The joints lose their weight on the way to the loss."""
    cut = finetune.cut_people
    monkeypatch.setattr(finetune, "cut_people", lambda poses, taught, *rest: cut(poses, np.zeros_like(taught), *rest))


def cut_labels_in_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The joints lose their weight batch by batch."""
    whole = training.CorrectionSampler.batch

    def blank(self: training.CorrectionSampler, size: int) -> training.Batch:
        batch = whole(self, size)
        batch.weights.zero_()
        return batch

    monkeypatch.setattr(training.CorrectionSampler, "batch", blank)


def cut_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network is held."""
    monkeypatch.setattr(finetune, "start_new_keypoints", lambda model, *names: model.requires_grad_(False))


def cut_gradients_at_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss has a gradient that is nothing."""
    whole = training.RoundTraining.loss
    monkeypatch.setattr(training.RoundTraining, "loss", lambda self, batch: whole(self, batch) * 0.0)


def cut_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimizer moves nothing."""
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)


def spoil_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = training.RoundTraining.loss
    monkeypatch.setattr(training.RoundTraining, "loss", lambda self, batch: whole(self, batch) * float("inf"))


def save_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is what the round started from."""
    save, first = finetune.save_weights_by_hash, []
    load = finetune.load_model

    def loading(*of: object) -> object:
        first.append(load(*of))
        return first[0]

    monkeypatch.setattr(finetune, "load_model", loading)
    monkeypatch.setattr(
        finetune, "save_weights_by_hash", lambda folder, model, metadata: save(folder, first[0].model, metadata)
    )


def save_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    save = finetune.save_weights_by_hash

    def saving(folder: Path, model: FamiPose, metadata: WeightsMetadata) -> object:
        torch.manual_seed(7)
        other = FamiPose(CONFIG)
        with torch.no_grad():
            other.head_after.weight.normal_(0.0, 5.0)
        return save(folder, other, metadata)

    monkeypatch.setattr(finetune, "save_weights_by_hash", saving)


@pytest.mark.parametrize(
    ("cut", "sentence"),
    [
        (cut_labels, training.NOTHING_TAUGHT),
        (cut_labels_in_the_batches, training.NOTHING_TAUGHT),
        (cut_gradients, training.NO_GRADIENT),
        (cut_gradients_at_the_loss, training.NO_GRADIENT),
        (cut_steps, training.NOTHING_CHANGED),
        (spoil_the_loss, training.NOT_A_NUMBER),
        (save_the_start, measured.SAME_PREDICTIONS),
        (save_something_else, measured.OTHER_PREDICTIONS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_link_that_is_cut_is_noticed(
    project: Path,
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    cut: Callable[[pytest.MonkeyPatch], None],
    sentence: str,
) -> None:
    cut(monkeypatch)
    with pytest.raises(TrainingError) as caught:
        finetune.finetune(project, weights, tmp_path / "w", FinetuneSettings(steps=10, batch_size=2, device="cpu"))
    assert str(caught.value) == sentence
    assert not list((tmp_path / "w").glob("*")), "nothing is left behind"


def test_weights_that_are_no_numbers_are_told(project: Path, weights: Path, tmp_path: Path) -> None:
    loaded = load_model(weights)
    with torch.no_grad():
        loaded.model.head_after.get_parameter("bias").fill_(float("nan"))
    torch.save({**torch.load(weights), "state_dict": loaded.model.state_dict()}, tmp_path / "nan.pth")
    with pytest.raises(Exception, match=r"not finite|not numbers|no longer a number"):
        finetune.finetune(project, tmp_path / "nan.pth", tmp_path / "w", SETTINGS)


def test_a_project_without_corrections_is_told(project: Path, weights: Path, tmp_path: Path) -> None:
    with Project.open(project, read_only=True) as full:
        record = full.source
    with Project.create(tmp_path / "empty.fami", record):
        pass
    with pytest.raises(TrainingError, match=r"at least 4 frames first \(0 so far\)"):
        finetune.finetune(tmp_path / "empty.fami", weights, tmp_path / "w", SETTINGS)


def test_memory_that_runs_out_halves_the_batch_and_is_told(
    project: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, said = training.RoundTraining.loss, []

    def hungry(self: training.RoundTraining, batch: training.Batch) -> torch.Tensor:
        if len(batch) > 2:
            raise torch.OutOfMemoryError
        return whole(self, batch)

    monkeypatch.setattr(training.RoundTraining, "loss", hungry)
    settings = FinetuneSettings(steps=2, batch_size=8, device="cpu")
    finetune.finetune(project, weights, tmp_path, settings, RoundWatch(on_progress=said.append))
    assert any("down to 2" in progress.remark for progress in said)


def test_several_projects_learn_together_and_each_has_its_own_proof(
    project: Path, weights: Path, tmp_path: Path
) -> None:
    with Project.open(project, read_only=True) as full:
        record, changes = full.source, [PoseChange(f.frame_index, None, f.poses[0]) for f in full.frames()]
    paths = [project]
    for name, count in (("second", 6), ("few", 2)):
        with Project.create(tmp_path / f"{name}.fami", record) as another:
            another.commit("Correct", changes[:count], {})
        paths.append(tmp_path / f"{name}.fami")
    reports = finetune.finetune_together(paths, weights, tmp_path / "w", SETTINGS)
    assert [Path(report.project).stem for report in reports] == ["p", "second"]
    assert len({report.weights_sha256 for report in reports}) == 1
    assert "few.fami was left out" in reports[0].remarks[0]
    assert all(report.held_out_frames and report.proof["held_out"]["frames"] for report in reports)
