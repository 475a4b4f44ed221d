"""Eq. 12 in one place, for pictures, clips, rounds and the bench; gradients are clipped for all that is moved."""

import pytest
import torch

from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.network.losses import MutualInformation
from core.training.learning.objective import loss_terms, new_objective
from core.training.learning.optimisation import clip_gradients
from core.training.learning.recipe import Stage


def test_without_an_estimator_nothing_of_the_information_is_computed_and_with_it_the_terms_have_names() -> None:
    torch.manual_seed(0)
    model = FamiPose(FamiPoseConfig("w12", supporting_offsets=(-1, 1)))
    targets, weights = torch.rand(1, 17, 16, 12), torch.ones(1, 17)
    output = model.forward_features(torch.randn(1, 12, 16, 12), torch.randn(1, 2, 12, 16, 12))
    plain = loss_terms("squared_error", output.logits, output.heatmaps, targets, weights, output=output, beta=0.1)
    assert set(plain) == {"heatmap", "total"}
    terms = loss_terms(
        "squared_error", output.logits, output.heatmaps, targets, weights,
        output=output, information=MutualInformation(12, 17), beta=0.1,
    )  # fmt: skip
    expected = terms["heatmap"] + 0.1 * terms["mutual_information"] + terms["heads"]
    assert terms["total"].item() == pytest.approx(expected.item())
    assert {"vanishing_key", "vanishing_supporting", "complementary"} < set(terms)


def test_the_estimators_heads_are_clipped_with_the_network() -> None:
    model = FamiPose(FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8))
    objective = new_objective(model, Stage("s", "clips", 1, 1e-3, samples=1), 0)
    assert objective.information is not None
    optimizer = torch.optim.AdamW(
        [{"params": list(model.parameters())}, {"params": objective.information.parameters()}]
    )
    for parameter in objective.parameters():
        parameter.grad = torch.ones_like(parameter)
    clip_gradients(optimizer, 5.0)
    gradients = torch.cat([p.grad.flatten() for p in objective.parameters() if p.grad is not None])
    assert gradients.norm() == pytest.approx(5.0, rel=1e-3)
