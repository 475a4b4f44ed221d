"""What holds of the network for any window, batch, size and precision; and that it can be exported."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core.errors import WeightsError
from core.model import BACKBONES, TABLE_6, TABLE_7, FamiPose, FamiPoseConfig, ablation
from core.model.network.alignment import GlobalTransformation, LocalCalibration, identity_theta, warp

FEW = settings(max_examples=8, deadline=None)
seeds = st.integers(0, 2**31)
both_modules = st.tuples(st.booleans(), st.booleans())
sizes = st.tuples(st.sampled_from([32, 64, 96]), st.sampled_from([32, 64]))
windows = st.lists(st.sampled_from([-3, -2, -1, 1, 2, 3]), max_size=5, unique=True).map(tuple)


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def small(**fields) -> FamiPoseConfig:
    return FamiPoseConfig("w12", gtm_width=8, lcm_width=8, lcm_blocks=1, **fields)


def frames(batch: int, count: int, size_hw: tuple[int, int]) -> tuple[Tensor, Tensor]:
    return torch.randn(batch, 3, *size_hw), torch.randn(batch, count, 3, *size_hw)


def with_lively_heatmaps(model: FamiPose) -> FamiPose:
    """A final layer whose heatmaps differ from pixel to pixel, as after training."""
    torch.nn.init.normal_(model.backbone.final_layer.weight, std=0.1)
    return model.eval()


@FEW
@given(
    seed=seeds, batch=st.integers(2, 4), window=windows, size_hw=sizes, modules=st.tuples(st.booleans(), st.booleans())
)
def test_any_batch_window_and_crop_size_gives_finite_heatmaps_and_gradients(seed, batch, window, size_hw, modules):
    torch.manual_seed(seed)
    gtm, lcm = modules
    config = small(supporting_offsets=window, use_gtm=gtm, use_lcm=lcm, initialisation="paper")
    model = FamiPose(config).train()
    h, w = size_hw[0] // 4, size_hw[1] // 4
    output = model(*frames(batch, len(window), size_hw))
    assert output.heatmaps.shape == (batch, 17, h, w)
    assert output.aligned_features.shape == (batch, len(window), 12, h, w)
    assert output.theta.shape == (batch, len(window), 2, 3)
    assert (output.offsets is not None) == (output.modulation is not None) == (lcm and bool(window))
    output.heatmaps.square().mean().backward()
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            assert parameter.grad.isfinite().all(), name
    assert model.gain.grad is not None
    assert model.backbone.conv1.weight.grad.any()


@FEW
@given(seed=seeds, batch=st.integers(1, 3))
def test_each_person_of_a_batch_is_predicted_as_if_alone(seed, batch):
    torch.manual_seed(seed)
    model = with_lively_heatmaps(FamiPose(small(initialisation="paper", supporting_offsets=(-1, 1))))
    key, supporting = frames(batch, 2, (64, 64))
    with torch.inference_mode():
        together = model(key, supporting).heatmaps
        alone = torch.cat([model(key[i : i + 1], supporting[i : i + 1]).heatmaps for i in range(batch)])
    assert (together - alone).abs().max() < 1e-4 * together.std()


@FEW
@given(seed=seeds, pairs=st.integers(1, 3), size_hw=st.tuples(st.integers(3, 40), st.integers(3, 40)))
def test_with_theta_offsets_and_modulation_held_the_aligned_feature_is_linear_in_the_neighbours(seed, pairs, size_hw):
    torch.manual_seed(seed)
    channels = 5
    lcm = LocalCalibration(channels, 8, 1, starts_at_identity=False).double()
    theta = identity_theta(pairs, torch.device("cpu")).double() + 0.3 * torch.randn(pairs, 2, 3).double()
    offsets = 3 * torch.randn(pairs, 18, *size_hw).double()
    modulation = 2 * torch.rand(pairs, 9, *size_hw).double()

    def aligned(features: Tensor) -> Tensor:
        return lcm.calibrate(warp(features, theta), offsets, modulation) - lcm.bias.view(-1, 1, 1)

    one, other = torch.randn(2, pairs, channels, *size_hw).double()
    torch.testing.assert_close(aligned(2 * one - 3 * other), 2 * aligned(one) - 3 * aligned(other))


@FEW
@given(seed=seeds)
def test_nothing_of_the_key_frame_enters_an_aligned_feature_but_by_steering(seed):
    """The gradient of z~_t+d with respect to z_t vanishes once Theta, O and M are constants."""
    torch.manual_seed(seed)
    model = FamiPose(small(initialisation="paper", supporting_offsets=(-2, 1))).eval()
    key = torch.randn(2, 12, 16, 12, requires_grad=True)
    supporting = torch.randn(2, 2, 12, 16, 12)
    steered = model.forward_features(key, supporting).aligned_features
    assert torch.autograd.grad(steered.square().sum(), key)[0].any()

    gtm, lcm = model.global_transformation, model.local_calibration
    gtm.estimator.register_forward_hook(lambda *args: args[2].detach())
    lcm.offset_estimator.register_forward_hook(lambda *args: args[2].detach())
    lcm.modulation_estimator.register_forward_hook(lambda *args: args[2].detach())
    held = model.forward_features(key, supporting).aligned_features
    torch.testing.assert_close(held, steered)
    assert torch.autograd.grad(held.square().sum(), key, allow_unused=True)[0] is None


@FEW
@given(seed=seeds, size_hw=st.tuples(st.integers(1, 100), st.integers(1, 80)))
def test_the_identity_changes_nothing(seed, size_hw):
    torch.manual_seed(seed)
    features = torch.randn(2, 3, *size_hw, dtype=torch.float64)
    theta = identity_theta(2, torch.device("cpu"))
    torch.testing.assert_close(warp(features, theta), features, rtol=0, atol=1e-12)
    single = features.float()
    torch.testing.assert_close(warp(single, theta), single, rtol=0, atol=1e-4)


def blobs(count: int) -> Tensor:
    """(count, 4, 32, 24) feature maps, each channel a spot somewhere."""
    place = torch.rand(count, 4, 2, 1, 1) - 0.5
    ys, xs = torch.meshgrid(torch.linspace(-1, 1, 32), torch.linspace(-1, 1, 24), indexing="ij")
    return torch.exp(-((xs - place[:, :, 0]) ** 2 + (ys - place[:, :, 1]) ** 2) / 0.08)


def shifted(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Key features, the neighbours' they are warped from, and the affines that warp them: shifts, a little shear."""
    theta = identity_theta(count, torch.device("cpu")).clone()
    theta[:, :, 2] += 0.6 * (torch.rand(count, 2) - 0.5)
    theta[:, :, :2] += 0.1 * (torch.rand(count, 2, 2) - 0.5)
    supporting = blobs(count)
    return warp(supporting, theta), supporting, theta


def test_the_global_transformation_recovers_known_shifts_after_a_few_steps():
    torch.manual_seed(0)
    gtm = GlobalTransformation(4, 24, starts_at_identity=True)
    optimizer = torch.optim.Adam(gtm.parameters(), lr=3e-3)
    for _ in range(100):
        key, supporting, _ = shifted(16)
        loss = (gtm(key, supporting)[1] - key).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    key, supporting, theta = shifted(64)  # shifts and features that it has not seen
    with torch.inference_mode():
        found, warped = gtm.eval()(key, supporting)
    unmoved = identity_theta(64, torch.device("cpu"))
    error = (found - theta)[:, :, 2].abs().mean()
    assert error < 0.4 * (unmoved - theta)[:, :, 2].abs().mean()
    assert (warped - key).square().mean() < 0.2 * (supporting - key).square().mean()


@pytest.mark.parametrize("backbone", sorted(BACKBONES))
@settings(max_examples=2, deadline=None)
@given(seed=seeds)
def test_before_training_any_five_frames_give_the_single_frame_networks_heatmaps(backbone, seed):
    torch.manual_seed(seed)
    model = with_lively_heatmaps(FamiPose(FamiPoseConfig(backbone)))
    key, supporting = frames(1, 4, (64, 64))
    with torch.inference_mode():
        single = model.backbone(key)
        heatmaps = model(key, 10 * supporting).heatmaps
    assert single.std() > 0
    assert (heatmaps - single).abs().max() < 1e-4 * single.std()


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("automatic", [False, True], ids=["whole network", "autocast"])
def test_half_precision_gives_nearly_what_single_precision_gives(precision, automatic):
    torch.manual_seed(2)
    model = with_lively_heatmaps(FamiPose(small(initialisation="paper", supporting_offsets=(-1, 1))))
    with torch.no_grad():  # at its random start the calibration is chaotic: make the alignment a mild one
        model.local_calibration.weight.mul_(0.1)
    key, supporting = frames(2, 2, (64, 64))
    with torch.inference_mode():
        exact = model(key, supporting).heatmaps
        if automatic:
            with torch.autocast("cpu", precision):
                heatmaps = model(key, supporting).heatmaps
        else:
            heatmaps = model.to(precision)(key.to(precision), supporting.to(precision)).heatmaps
    tolerance = 0.02 if precision == torch.float16 else 0.15
    assert heatmaps.dtype == precision
    assert (heatmaps.float() - exact).abs().max() < tolerance * exact.std()


def test_gradients_of_half_precision_training_are_finite():
    torch.manual_seed(3)
    model = FamiPose(small(initialisation="paper", supporting_offsets=(-1, 1))).train()
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(*frames(2, 2, (64, 64))).heatmaps.float().square().mean()
    loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    assert model.local_calibration.weight.grad.any()


@pytest.mark.slow
def test_the_exported_network_gives_the_same_numbers_for_any_batch():
    torch.manual_seed(4)
    model = with_lively_heatmaps(FamiPose(small(initialisation="paper")))
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(model, frames(2, 4, (32, 32)), dynamic_shapes=({0: batch}, {0: batch})).module()
    for count in (1, 2, 5):
        key, supporting = frames(count, 4, (32, 32))
        with torch.inference_mode():
            ours, exported = model(key, supporting), program(key, supporting)
        for name in ("heatmaps", "aligned_features", "theta", "offsets", "modulation"):
            torch.testing.assert_close(getattr(exported, name), getattr(ours, name))


def test_the_tables_of_the_paper_are_configurations():
    built = {}
    for line in (*TABLE_6, *TABLE_7):
        chosen = ablation(line, small())
        model = FamiPose(chosen.network)
        has_modules = (model.global_transformation is not None, model.local_calibration is not None)
        built[line] = (len(chosen.network.supporting_offsets), *has_modules, chosen.beta)
        assert chosen.network.lcm_width == 8
    assert built == {
        "single frame": (0, False, False, 0.0),
        "GTM": (4, True, False, 0.0),
        "GTM + LCM": (4, True, True, 0.0),
        "GTM + LCM + MI": (4, True, True, 0.1),
        "N = {-1}": (1, True, True, 0.1),
        "N = {-1, 1}": (2, True, True, 0.1),
        "N = {-2, -1, 1}": (3, True, True, 0.1),
        "N = {-2, -1, 1, 2}": (4, True, True, 0.1),
    }
    assert ablation("GTM").network.backbone == "w48"
    with pytest.raises(WeightsError, match="GTM"):
        ablation("DCN")
