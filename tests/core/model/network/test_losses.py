"""Losses: their scale, the estimator on a channel whose information is known, and where gradients go."""

import math
from dataclasses import replace

import pytest
import torch

from core.heatmaps import gaussian_targets
from core.model import FamiPose, FamiPoseConfig, FamiPoseOutput
from core.model.network import losses
from core.model.network.losses import MutualInformation, heatmap_loss, spatial_cross_entropy


@pytest.fixture(autouse=True)
def _one_thread_and_a_seed():
    torch.set_num_threads(1)
    torch.manual_seed(3)


def labels(batch, size_wh=(12, 16)):
    joints = torch.rand(batch, 17, 2).numpy() * size_wh * 4
    pairs = [gaussian_targets(one, [1] * 17, size_wh, 1.0) for one in joints]
    return torch.stack([torch.from_numpy(t) for t, _ in pairs]), torch.stack([torch.from_numpy(w) for _, w in pairs])


def test_the_heatmap_loss_is_half_the_squared_error_of_labelled_joints_over_all_pixels_and_joints():
    heatmaps, targets, weights = torch.ones(2, 4, 3, 3), torch.zeros(2, 4, 3, 3), torch.tensor([[1.0, 1, 0, 0]] * 2)
    assert heatmap_loss(heatmaps, targets, weights).item() == pytest.approx(0.25)


def test_the_cross_entropy_is_least_where_the_softmax_is_the_target():
    targets, weights = labels(2)
    weights[0, 3] = 0
    perfect = spatial_cross_entropy(targets.clamp_min(1e-9).log(), targets, weights)
    other = spatial_cross_entropy(torch.randn_like(targets), targets, weights)
    p = (targets / targets.sum((2, 3), keepdim=True)).clamp_min(1e-30)
    entropy = -(p * p.log()).sum((2, 3))
    assert perfect.item() == pytest.approx((entropy * weights).sum().item() / weights.sum().item(), rel=1e-3)
    assert other > perfect
    changed = torch.randn_like(targets)
    changed_elsewhere = changed.clone()
    changed_elsewhere[0, 3] += torch.randn(16, 12)
    assert spatial_cross_entropy(changed, targets, weights) == spatial_cross_entropy(
        changed_elsewhere, targets, weights
    )


def test_with_no_joint_to_learn_from_every_loss_is_zero_and_finite():
    targets, weights = torch.zeros(1, 17, 16, 12), torch.zeros(1, 17)
    logits = torch.randn(1, 17, 16, 12, requires_grad=True)
    loss = spatial_cross_entropy(logits, targets, weights) + heatmap_loss(logits, targets, weights)
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()


def channel_output(cells, key_error, enhanced_error, size):
    """Features that are a mark in the label's cell, or with the given probability in another (a symmetric channel)."""

    def sent(error):
        wrong = (cells + torch.randint(1, size * size, cells.shape)) % (size * size)
        received = torch.where(torch.rand(len(cells)) < error, wrong, cells)
        return torch.nn.functional.one_hot(received, size * size).float().view(-1, 1, size, size)

    key, enhanced = sent(key_error), sent(enhanced_error)
    nothing = torch.zeros_like(key)
    return FamiPoseOutput(nothing, nothing, key, enhanced[:, None], enhanced[:, None], enhanced, nothing, None, None)


def channel_information(error, cells):
    """I(y; z) in nats of a symmetric channel with evenly distributed input."""
    return math.log(cells) + (1 - error) * math.log(1 - error) + error * math.log(error / (cells - 1))


def fit(estimator, output, targets, weights):
    """Fits the estimator's heads to the labels."""
    optimizer = torch.optim.LBFGS(estimator.parameters(), max_iter=20, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = estimator(output, targets, weights)["heads"]
        loss.backward()
        return loss

    optimizer.step(closure)


def test_on_a_channel_of_known_information_the_estimate_is_the_truth():
    size, errors = 3, (0.6, 0.4, 0.2, 0.05)
    knows_nothing = 1 - 1 / size**2  # the received cell is independent of the sent one
    estimates = []
    for error in errors:
        cells = torch.randint(0, size * size, (4000,))
        output = channel_output(cells, knows_nothing, error, size)
        targets = torch.nn.functional.one_hot(cells, size * size).float().view(-1, 1, size, size)
        weights = torch.ones(len(cells), 1)
        estimator = MutualInformation(1, 1)
        fit(estimator, output, targets, weights)
        terms = estimator(output, targets, weights)
        estimates.append(terms["complementary"].item())
        assert terms["vanishing_supporting"].item() == pytest.approx(0, abs=0.02)  # z~ is all that z_t+d is
    truth = [channel_information(error, size * size) for error in errors]
    assert estimates == sorted(estimates)
    assert estimates == pytest.approx(truth, abs=0.08)


def test_what_the_enhanced_feature_loses_of_the_key_frame_is_estimated_in_the_order_of_the_truth():
    """z~ is z_t behind one more symmetric channel, so that I(y; z_t | z~) = I(y; z_t) - I(y; z~), in closed form."""
    size, key_error = 3, 0.1
    others = size**2 - 1
    cells = torch.randint(0, size * size, (6000,))
    targets = torch.nn.functional.one_hot(cells, size * size).float().view(-1, 1, size, size)
    weights = torch.ones(len(cells), 1)
    truth, estimates = [], []
    for added_error in (0.05, 0.3, 0.6):
        output = channel_output(cells, key_error, 0.0, size)
        received = output.key_features.flatten(1).argmax(dim=1)
        enhanced = channel_output(received, 0.0, added_error, size).enhanced_features
        output = replace(output, enhanced_features=enhanced)
        # Wrong in one of the two channels, or in both without the second leading back to the truth.
        error = key_error + added_error - key_error * added_error * (1 + 1 / others)
        truth.append(channel_information(key_error, size * size) - channel_information(error, size * size))
        estimator = MutualInformation(1, 1)
        fit(estimator, output, targets, weights)
        estimates.append(estimator(output, targets, weights)["vanishing_key"].item())
    assert truth == sorted(truth)
    assert estimates == sorted(estimates)
    assert estimates[0] < 0.5 * estimates[1]


def test_from_the_warm_start_the_information_terms_reach_the_alignment_after_the_gains_first_step():
    model = FamiPose(FamiPoseConfig("w12", supporting_offsets=(-1, 1))).train()
    estimator = trained_heads(12)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    targets, weights = labels(2)
    key, supporting = torch.randn(2, 12, 16, 12).relu(), torch.randn(2, 2, 12, 16, 12).relu()
    alignment = (model.global_transformation, model.local_calibration)
    reached = []
    for _ in range(3):
        optimizer.zero_grad()
        estimator(model.forward_features(key, supporting), targets, weights)["mutual_information"].backward()
        with_gradient = [p.grad is not None and bool(p.grad.any()) for m in alignment for p in m.parameters()]
        assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
        reached.append((bool(model.gain.grad.any()), any(with_gradient), all(with_gradient)))
        optimizer.step()
    # The gain; then the last layers of both modules, whose weights start at zero; then all of both.
    assert reached == [(True, False, False), (True, True, False), (True, True, True)]


def test_without_alpha_nothing_of_the_complementary_term_is_computed(monkeypatch):
    model = FamiPose(FamiPoseConfig("w12", initialisation="paper", supporting_offsets=(-1, 1)))
    targets, weights = labels(1)
    output = model.forward_features(torch.randn(1, 12, 16, 12), torch.randn(1, 2, 12, 16, 12))
    computed = []
    divergence = losses._divergence
    monkeypatch.setattr(losses, "_divergence", lambda *args: computed.append(1) or divergence(*args))
    terms = {}
    for alpha in (0.0, 1.0, 2.0):
        torch.manual_seed(3)
        computed.clear()
        terms[alpha] = MutualInformation(12, 17, alpha)(output, targets, weights)
        assert len(computed) == (2 if alpha == 0 else 4)
    assert terms[0.0]["complementary"] == 0
    assert not terms[0.0]["complementary"].requires_grad
    vanishing = terms[0.0]["vanishing_key"] + terms[0.0]["vanishing_supporting"]
    assert terms[0.0]["mutual_information"] == vanishing
    for alpha in (1.0, 2.0):
        expected = vanishing - alpha * terms[alpha]["complementary"]
        torch.testing.assert_close(terms[alpha]["mutual_information"], expected)


def trained_heads(channels):
    estimator = MutualInformation(channels, 17)
    for head in (estimator.key_head, estimator.supporting_head, estimator.enhanced_head):
        torch.nn.init.normal_(head.weight, std=0.5)
    return estimator


def test_each_information_term_reaches_the_alignment_and_nothing_but_through_the_enhanced_feature():
    model = FamiPose(FamiPoseConfig("w12", initialisation="paper", supporting_offsets=(-1, 1)))
    targets, weights = labels(2)
    key = torch.randn(2, 12, 16, 12).relu()
    supporting = torch.randn(2, 2, 12, 16, 12).relu()
    estimator = trained_heads(12)
    for name in ("vanishing_key", "vanishing_supporting", "complementary"):
        model.zero_grad()
        estimator.zero_grad()
        estimator(model.forward_features(key, supporting), targets, weights)[name].backward()
        for module in (model.global_transformation, model.local_calibration):
            assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters()), name
        assert all(p.grad is None or not p.grad.any() for p in estimator.parameters()), name

    z_key, z_supporting = key.requires_grad_(), supporting.requires_grad_()
    output = model.forward_features(z_key, z_supporting)
    apart = replace(output, enhanced_features=output.enhanced_features.detach())
    assert not estimator(apart, targets, weights)["mutual_information"].requires_grad


def test_fitting_the_heads_moves_no_feature():
    model = FamiPose(FamiPoseConfig("w12", initialisation="paper", supporting_offsets=(-1,)))
    output = model.forward_features(torch.randn(1, 12, 16, 12), torch.randn(1, 1, 12, 16, 12))
    estimator = MutualInformation(12, 17)
    estimator(output, *labels(1))["heads"].backward()
    assert all(p.grad is not None and p.grad.any() for p in estimator.parameters())
    assert all(p.grad is None for p in model.parameters())


def test_the_maximised_term_is_bounded_by_what_the_label_says_beyond_the_key_frame():
    targets, weights = labels(1)
    estimator = trained_heads(17)
    nothing = torch.zeros(1, 17, 16, 12)
    extreme = torch.randn(1, 17, 16, 12) * 1e4
    output = FamiPoseOutput(nothing, nothing, nothing, nothing[:, None], nothing[:, None], extreme, nothing, None, None)
    term = estimator(output, targets, weights)["complementary"]
    assert term.isfinite()
    assert term <= math.log(16 * 12)


def test_a_single_frame_network_has_no_neighbours_to_lose():
    model = FamiPose(FamiPoseConfig("w12", supporting_offsets=()))
    output = model.forward_features(torch.randn(1, 12, 16, 12), torch.randn(1, 0, 12, 16, 12))
    terms = MutualInformation(12, 17)(output, *labels(1))
    assert terms["vanishing_supporting"] == 0
    assert all(term.isfinite() for term in terms.values())
