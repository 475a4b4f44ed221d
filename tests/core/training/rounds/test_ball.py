"""All rounds of a project stay close to the weights before the first one, so that forgetting does not add up."""

import copy
from pathlib import Path

import torch

from core.keypoints import POSETRACK
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import load_model
from core.project import Project
from core.training.rounds.ball import Ball
from core.training.rounds.finetune import finetune
from core.training.rounds.recording import record
from core.training.rounds.report import FinetuneSettings
from tests.core.training.rounds.rounds_project import CONFIG, small_project, small_weights

RADIUS = 0.02


def furthest(model: FamiPose, centre: FamiPose) -> float:
    """The largest move of a tensor, as a part of its norm or of what counts as its norm."""
    return max(
        float((now - then).detach().norm()) / max(float(then.detach().norm()), 0.01 * then.numel() ** 0.5)
        for now, then in zip(model.parameters(), centre.parameters(), strict=True)
    )


def test_what_leaves_the_ball_is_brought_back_and_what_is_inside_stays() -> None:
    torch.manual_seed(0)
    centre = FamiPose(CONFIG)
    ball = Ball(centre, RADIUS)
    near, far = copy.deepcopy(centre), copy.deepcopy(centre)
    with torch.no_grad():
        for model, part in ((near, 0.001), (far, 0.5)):
            for parameter in model.parameters():
                parameter.mul_(1 + part)
    before = [parameter.clone() for parameter in near.parameters()]
    ball.hold(near)
    assert all(torch.allclose(now, then) for now, then in zip(near.parameters(), before, strict=True))
    ball.hold(far)
    assert 0.9 * RADIUS < furthest(far, centre) < 1.01 * RADIUS


def test_the_rows_of_a_new_joint_are_free() -> None:
    torch.manual_seed(0)
    centre = FamiPose(CONFIG)
    nose, wrist = POSETRACK.index("nose"), POSETRACK.index("left_wrist")
    model = copy.deepcopy(centre)
    with torch.no_grad():
        model.head_after.weight[[nose, wrist]] += 7.0
    Ball(centre, RADIUS, ["nose"]).hold(model)
    moved = (model.head_after.weight - centre.head_after.weight).detach()
    assert torch.allclose(moved[nose], torch.full_like(moved[nose], 7.0))
    assert moved[wrist].norm() < 1.01 * RADIUS * max(centre.head_after.weight.detach().norm().item(), 10.0)


def test_rounds_that_follow_each_other_stay_close_to_the_weights_before_the_first(tmp_path: Path) -> None:
    path, start = small_project(tmp_path), small_weights(tmp_path / "start.pth")
    settings = FinetuneSettings(steps=6, batch_size=2, learning_rate=0.05, radius=RADIUS, device="cpu")
    centre, weights, made = load_model(start).model, start, []
    for _ in range(3):
        report = finetune(path, weights, tmp_path / "p.weights", settings)
        assert report.root_weights == str(start) and report.root_sha256 == load_model(start).sha256
        with Project.open(path) as project:
            record(project, report)
        weights = Path(report.weights)
        made.append(report.weights_sha256)
        assert 0.5 * RADIUS < furthest(load_model(weights).model, centre) < 1.02 * RADIUS
    assert len(set(made)) == 3
