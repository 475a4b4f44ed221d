"""All rounds of a project are drawn to the weights before the first one, so that forgetting does not add up."""

import copy
from pathlib import Path

import torch

from core.keypoints import POSETRACK
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import load_model
from core.project import Project
from core.training.rounds.finetune import finetune
from core.training.rounds.pull import Pull
from core.training.rounds.recording import record
from core.training.rounds.report import FinetuneSettings
from tests.core.training.rounds.rounds_project import CONFIG, small_project, small_weights


def moved(model: FamiPose, centre: FamiPose) -> float:
    """How far all weights are from where they were."""
    pairs = zip(model.parameters(), centre.parameters(), strict=True)
    return float(torch.stack([(now - then).detach().square().sum() for now, then in pairs]).sum().sqrt())


def test_a_step_goes_a_part_of_the_way_back() -> None:
    torch.manual_seed(0)
    centre = FamiPose(CONFIG)
    model = copy.deepcopy(centre)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1)
    before = moved(model, centre)
    Pull(centre).draw(model, 0.1)
    assert abs(moved(model, centre) - 0.9 * before) < 1e-3 * before


def test_the_rows_of_a_new_joint_are_not_drawn_to_what_means_nothing() -> None:
    torch.manual_seed(0)
    centre = FamiPose(CONFIG)
    nose, wrist = POSETRACK.index("nose"), POSETRACK.index("left_wrist")
    model = copy.deepcopy(centre)
    with torch.no_grad():
        model.head_after.weight[[nose, wrist]] += 7.0
    Pull(centre, ["nose"]).draw(model, 0.5)
    now = (model.head_after.weight - centre.head_after.weight).detach()
    assert torch.allclose(now[nose], torch.full_like(now[nose], 7.0))
    assert torch.allclose(now[wrist], torch.full_like(now[wrist], 3.5))


def test_at_the_end_a_part_of_the_way_is_kept(tmp_path: Path) -> None:
    path, start = small_project(tmp_path), small_weights(tmp_path / "start.pth")
    centre, far = load_model(start).model, []
    for kept in (1.0, 0.25):
        report = finetune(path, start, tmp_path / "w", FinetuneSettings(steps=3, batch_size=2, kept=kept, device="cpu"))
        far.append(moved(load_model(report.weights).model, centre))
    assert abs(far[1] - 0.25 * far[0]) < 0.01 * far[0]


def test_rounds_that_follow_each_other_are_drawn_to_the_weights_before_the_first(tmp_path: Path) -> None:
    path, start = small_project(tmp_path), small_weights(tmp_path / "start.pth")
    centre, weights, far = load_model(start).model, start, []
    for pull in (0.0, 0.9):
        settings = FinetuneSettings(steps=8, batch_size=2, learning_rate=1e-3, pull=pull, device="cpu")
        report = finetune(path, weights, tmp_path / "p.weights", settings)
        assert report.root_weights == str(start) and report.root_sha256 == load_model(start).sha256
        with Project.open(path) as project:
            record(project, report)
        weights = Path(report.weights)
        far.append(moved(load_model(weights).model, centre))
    assert far[1] < 0.5 * far[0], "the second round is drawn back past where it began"
