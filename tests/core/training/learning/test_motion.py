"""Theta supervised by a known motion: the convention, what is unknown, what it reaches, and that it learns it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.heatmaps import STRIDE
from core.model.network.alignment import warp
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.prediction.explanation import affines_in_crop_pixels
from core.training.learning.motion import motion_loss, true_theta
from core.training.learning.objective import new_objective
from core.training.learning.recipe import Stage
from core.training.samples.batches import Batch, Sample, collate

SIZE = (64, 96)
STAGE = Stage("clips", "clips", 8, 2e-3, samples=8, beta=0.0, motion_weight=1.0, precision="float32")


def shift(x: float, y: float) -> np.ndarray:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y]])


def network() -> FamiPose:
    torch.manual_seed(0)
    return FamiPose(FamiPoseConfig("w12", supporting_offsets=(-1,), gtm_width=16, lcm_width=8))


def moved_pictures(count: int, seed: int) -> tuple[Batch, np.ndarray]:
    """Bright blobs that go as a whole, and by how many crop pixels (count, 2)."""
    rng = np.random.default_rng(seed)
    samples, shifts = [], rng.uniform(-10, 10, (count, 2))
    for x, y in shifts:
        picture = cv2.resize(rng.integers(0, 255, (9, 6, 3), dtype=np.uint8), SIZE, interpolation=cv2.INTER_CUBIC)
        motion = shift(x, y)
        frames = np.stack([picture, cv2.warpAffine(picture, motion, SIZE, borderMode=cv2.BORDER_REFLECT_101)])
        targets = np.zeros((17, SIZE[1] // STRIDE, SIZE[0] // STRIDE), np.float32)
        targets[:, 8, 8] = 1
        samples.append(Sample(frames, targets, np.ones(17, np.float32), motion[None]))
    return collate(samples), shifts


def loss_of(objective: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
    terms: dict[str, torch.Tensor] = objective(batch.key, batch.supporting, batch.targets, batch.weights, batch.motion)
    return terms


def test_the_true_theta_is_the_affine_that_the_panel_draws() -> None:
    motion = np.array([[[0.9, -0.2, 7.0], [0.15, 1.1, -3.0]], shift(4, 0)])
    theta = true_theta(torch.tensor(motion), SIZE).numpy()
    assert np.allclose(affines_in_crop_pixels(theta, SIZE), motion)


def test_features_that_went_along_come_back_under_the_true_theta() -> None:
    features = torch.rand(1, 3, SIZE[1] // STRIDE, SIZE[0] // STRIDE)
    gone = features.roll((2, -3), dims=(2, 3))  # two features down, three to the left
    theta = true_theta(torch.tensor(shift(-3 * STRIDE, 2 * STRIDE)[None], dtype=torch.float32), SIZE)
    back = warp(gone, theta)
    assert torch.allclose(back[..., 3:-3, 4:-4], features[..., 3:-3, 4:-4], atol=1e-4)


def test_the_loss_is_in_feature_pixels_and_an_unknown_motion_adds_nothing() -> None:
    nothing = torch.eye(2, 3).expand(1, 2, 2, 3)
    motion = torch.tensor(np.stack([shift(3 * STRIDE, 0), shift(0, 0)])[None], dtype=torch.float32)
    one = motion_loss(nothing, motion, SIZE)
    assert one.item() == pytest.approx((3 - 0.5) / 2 / 2), (
        "smooth beyond a pixel; half of it is y, half the other frame"
    )
    motion[:, 1] = torch.nan
    assert motion_loss(nothing, motion, SIZE).item() == pytest.approx(one.item())
    motion[:] = torch.nan
    theta = nothing.clone().requires_grad_()
    motion_loss(theta, motion, SIZE).backward()
    assert theta.grad is not None
    assert not theta.grad.any()


def test_it_reaches_the_global_transformation_where_the_heatmaps_do_not() -> None:
    batch, _ = moved_pictures(2, 1)
    for weight in (0.0, 0.5):
        stage = replace(STAGE, motion_weight=weight)
        model = network()  # whose gain is 0: no heatmap teaches the alignment
        terms = loss_of(new_objective(model, stage, 0).train(), batch)
        terms["total"].backward()
        assert model.global_transformation is not None
        bias = model.global_transformation.estimator[-1].get_parameter("bias").grad
        assert bias is not None
        assert bool(bias.abs().sum() > 0) == (weight > 0)
        assert ("motion" in terms) == (weight > 0)
        if weight:
            expected = terms["cross_entropy"] + weight * terms["motion"]
            assert terms["total"].item() == pytest.approx(expected.item())


def test_theta_learns_from_a_handful_of_moved_pictures_to_go_the_right_way() -> None:
    model = network()
    batch, shifts = moved_pictures(24, 2)
    with torch.no_grad():  # a backbone that is held, as in the stage of clips
        key, supporting = (model.backbone.features(frames) for frames in (batch.key, batch.supporting[:, 0]))
    alignment = model.global_transformation
    assert alignment is not None
    optimizer = torch.optim.AdamW(alignment.parameters(), 1e-3)
    for _ in range(80):
        optimizer.zero_grad()
        motion_loss(alignment(key, supporting)[0][:, None], batch.motion, SIZE).backward()
        optimizer.step()
    with torch.no_grad():
        theta = alignment.eval()(key, supporting)[0].double().numpy()
    affines = affines_in_crop_pixels(theta, SIZE)
    middle = np.array(SIZE) / 2 - 0.5
    found = affines[:, :, :2] @ middle + affines[:, :, 2] - middle
    for axis in range(2):
        assert np.corrcoef(found[:, axis], shifts[:, axis])[0, 1] > 0.9
        assert np.polyfit(shifts[:, axis], found[:, axis], 1)[0] > 0.5
