"""The network's promises: it starts as the single-frame network, and the key frame only steers the alignment."""

import pytest
import torch
from torch import Tensor

from core.model import FamiPose, FamiPoseConfig
from core.model.network.alignment import identity_theta, warp

HEIGHT_WIDTH = (64, 48)


@pytest.fixture(autouse=True)
def _one_thread_and_a_seed():
    torch.set_num_threads(1)
    torch.manual_seed(7)


def trained_looking(model: FamiPose) -> FamiPose:
    """Batch norms and a final layer as after some training, so that outputs are not all alike."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in model.backbone.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith("running_mean") or name == "final_layer.weight":
            tensor.normal_(std=0.1, generator=generator)
    return model.eval()


def frames(batch: int, count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(batch, 3, *HEIGHT_WIDTH), torch.randn(batch, count, 3, *HEIGHT_WIDTH)


@pytest.mark.parametrize("offsets", [(-2, -1, 1, 2), (-1,), (-1, 1), (-2, -1, 1), ()])
@pytest.mark.parametrize("modules", [(True, True), (True, False), (False, False)])
def test_before_training_any_neighbours_leave_the_single_frame_heatmaps_as_they_are(offsets, modules):
    config = FamiPoseConfig("w12", supporting_offsets=offsets, use_gtm=modules[0], use_lcm=modules[1])
    model = trained_looking(FamiPose(config))
    key, supporting = frames(2, len(offsets))
    with torch.inference_mode():
        output = model(key, supporting)
        single = model.backbone(key)
    assert single.std() > 0
    assert (output.heatmaps - single).abs().max() < 1e-4 * single.std()
    assert output.aligned_features.shape == (2, len(offsets), 12, 16, 12)
    assert output.theta.shape == (2, len(offsets), 2, 3)


def test_before_training_the_alignment_is_the_identity():
    model = trained_looking(FamiPose(FamiPoseConfig("w12")))
    with torch.inference_mode():
        output = model(*frames(1, 4))
    supporting, aligned = output.supporting_features, output.aligned_features
    assert (aligned - supporting).abs().max() < 1e-4 * supporting.std()
    torch.testing.assert_close(output.theta.flatten(0, 1), identity_theta(4, torch.device("cpu")))
    assert not output.offsets.any()
    torch.testing.assert_close(output.modulation, torch.ones_like(output.modulation))


def test_theta_moves_by_a_share_of_the_map_whatever_its_size():
    for width in (12, 24):
        features = torch.zeros(1, 1, 16, width)
        features[0, 0, 8, width // 2] = 1
        theta = identity_theta(1, torch.device("cpu")).clone()
        theta[0, 0, 2] = 0.5  # a quarter of the map's extent of 2
        assert warp(features, theta)[0, 0, 8].argmax() == width // 2 - width // 4


def test_warping_in_half_precision_keeps_the_places_of_full_precision():
    features = torch.rand(1, 2, 96, 72)
    theta = identity_theta(1, torch.device("cpu")) + 0.013
    difference = warp(features.half(), theta) - warp(features, theta)
    assert difference.abs().max() < 1e-3


def moved_parameters(model: FamiPose) -> dict[str, bool]:
    """For each part of the network whether the last backward pass reached it."""
    reached = {}
    for name, parameter in model.named_parameters():
        part = name.split(".")[0]
        reached[part] = reached.get(part, False) or (parameter.grad is not None and bool(parameter.grad.any()))
    return reached


def test_from_the_warm_start_the_first_step_moves_the_gain_and_then_the_alignment_learns():
    model = trained_looking(FamiPose(FamiPoseConfig("w12")))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    key, supporting = frames(2, 4)
    target = torch.rand(2, 17, 16, 12)
    reached = []
    for _ in range(2):
        optimizer.zero_grad()
        (model(key, supporting).heatmaps - target).square().mean().backward()
        reached.append(moved_parameters(model))
        optimizer.step()
    assert reached[0]["gain"]
    assert not reached[0]["global_transformation"]
    assert not reached[0]["local_calibration"]
    assert all(reached[1].values()), reached[1]


def test_from_the_papers_initialisation_every_parameter_of_the_alignment_learns_at_once():
    model = FamiPose(FamiPoseConfig("w12", initialisation="paper")).train()
    model(*frames(2, 2)).heatmaps.square().mean().backward()
    for module in (model.global_transformation, model.local_calibration):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_an_offset_that_is_no_number_shows_in_the_result_and_does_not_end_the_process():
    lcm = FamiPose(FamiPoseConfig("w12")).local_calibration
    offsets = torch.zeros(1, 18, 16, 12)
    offsets[0, 0, 4, 4] = torch.nan
    aligned = lcm.calibrate(torch.ones(1, 12, 16, 12), offsets, torch.ones(1, 9, 16, 12))
    assert aligned.isnan().sum() == 12
    assert aligned[..., 4, 4].isnan().all()


def test_cached_features_give_what_frames_give():
    model = trained_looking(FamiPose(FamiPoseConfig("w12", initialisation="paper", supporting_offsets=(-1, 1))))
    key, supporting = frames(2, 2)
    with torch.inference_mode():
        whole = model(key, supporting)
        z = model.backbone.features(key)
        z_supporting = torch.stack([model.backbone.features(supporting[:, s]) for s in range(2)], dim=1)
        cached = model.forward_features(z, z_supporting)
    torch.testing.assert_close(cached.heatmaps, whole.heatmaps, rtol=1e-3, atol=1e-4 * float(whole.heatmaps.std()))


def test_softmax_heatmaps_peak_at_one_where_the_head_is_certain_as_a_gaussian():
    model = FamiPose(FamiPoseConfig("w12", heatmap_activation="softmax", heatmap_sigma=1.5, supporting_offsets=()))
    ys, xs = torch.meshgrid(torch.arange(16.0), torch.arange(12.0), indexing="ij")
    log_gaussian = -((xs - 6) ** 2 + (ys - 8) ** 2) / (2 * 1.5**2)
    model.head = lambda _: log_gaussian.expand(1, 17, 16, 12)
    output = model.eval()(*frames(1, 0))
    torch.testing.assert_close(output.heatmaps[0, 3], log_gaussian.exp(), atol=0.01, rtol=0)


@pytest.mark.parametrize(
    "fields",
    [
        {"initialisation": "cold"},
        {"supporting_offsets": (0, 1)},
        {"supporting_offsets": (1, 1)},
        {"heatmap_activation": "x"},
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValueError, match=str(next(iter(fields)))):
        FamiPoseConfig("w12", **fields)
