"""The predictor on a network whose right answer is known: a spot's place, read off the picture."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import PredictionError
from core.judging.scoring import FEATURES, ScoreModel
from core.keypoints import POSETRACK
from core.model import (
    FamiPose,
    FamiPoseConfig,
    LoadedModel,
    Predictor,
    Request,
    WeightsMetadata,
    available_device,
    explain,
)
from core.model.prediction.crops import window_indices
from core.model.prediction.projection import directions

SIZE_WH = (320, 240)
OFFSETS = (-2, -1, 1, 2)


class SpotFinder(torch.nn.Module):
    """Stands where HRNet stands: its features are the picture's brightness, at a quarter of the resolution."""

    num_channels = 12

    def __init__(self):
        super().__init__()
        self.final_layer = torch.nn.Conv2d(12, 17, 1, bias=False)
        torch.nn.init.constant_(self.final_layer.weight, 1 / 12)

    def features(self, x):
        brightness = (x.mean(1, keepdim=True) * 0.2245 + 0.449).clamp(0, 1)
        quarter = torch.nn.functional.avg_pool2d(brightness, 5, 4, 2)  # centred on heatmap pixel * 4, as targets are
        return quarter.expand(-1, 12, -1, -1)


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(5)


def loaded_model(**metadata):
    config = FamiPoseConfig("w12", supporting_offsets=OFFSETS, gtm_width=8, lcm_width=8, heatmap_sigma=1.5)
    model = FamiPose(config)
    model.backbone = SpotFinder()
    return LoadedModel(model.eval(), WeightsMetadata("spots", config, (144, 192), **metadata), "00" * 32)


def spot_of(frame_index):
    return np.array([120.0 + 7.3 * frame_index, 90.0 + 3.1 * frame_index])


class Clip:
    """Frames with one bright Gaussian spot that moves, and a list of what was decoded."""

    def __init__(self, frames=10):
        self.frames = frames
        self.decoded = []

    def __call__(self, index):
        self.decoded.append(index)
        ys, xs = np.mgrid[: SIZE_WH[1], : SIZE_WH[0]]
        x, y = spot_of(index)
        spot = 255 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 5.0**2))
        return np.repeat(spot[:, :, None], 3, axis=2).astype(np.uint8)


def request(frame_index, track_id=0):
    x, y = spot_of(frame_index)
    return Request(frame_index, track_id, (x - 30.0, y - 50.0, 80.0, 110.0))


@pytest.mark.parametrize(("decoding", "tolerance_px"), [("dark", 0.25), ("quarter", 1.0), ("argmax", 1.6)])
def test_a_spot_is_found_where_it_is_in_the_full_frame(decoding, tolerance_px):
    predictor = Predictor(loaded_model(), device="cpu", decoding=decoding)
    predictions = predictor.predict([request(7), request(3), request(0)], Clip(), 10)
    assert [p.request.frame_index for p in predictions] == [7, 3, 0]
    for prediction in predictions:
        errors = np.linalg.norm(prediction.keypoints - spot_of(prediction.request.frame_index), axis=1)
        assert errors.max() < tolerance_px
        assert (prediction.scores > 0.7).all()
        assert prediction.heatmaps.shape == (17, 48, 36)


def test_the_flip_test_finds_the_same_spot_with_left_and_right_in_their_places():
    loaded = loaded_model()
    plain = Predictor(loaded, device="cpu").predict([request(4)], Clip(), 10)[0]
    flipped = Predictor(loaded, device="cpu", flip_test=True).predict([request(4)], Clip(), 10)[0]
    np.testing.assert_allclose(flipped.keypoints, plain.keypoints, atol=0.8)

    with torch.no_grad():  # a network that finds the left wrist only: mirrored crops must not move it to the right one
        loaded.model.backbone.final_layer.weight.zero_()
        loaded.model.backbone.final_layer.weight[POSETRACK.index("left_wrist")] = 1 / 12
        loaded.model.backbone.final_layer.weight[POSETRACK.index("right_wrist")] = 1 / 12
    both = Predictor(loaded, device="cpu", flip_test=True).predict([request(4)], Clip(), 10)[0]
    located = np.isfinite(both.scores)
    assert {POSETRACK.keypoint_names[k] for k in np.flatnonzero(located)} == {"left_wrist", "right_wrist"}


@pytest.mark.parametrize("decoding", ["dark", "quarter"])
def test_the_flip_test_moves_no_joint_by_parts_of_a_pixel(decoding):
    loaded, errors = loaded_model(), {}
    for flip_test in (False, True):
        predictor = Predictor(loaded, device="cpu", flip_test=flip_test, decoding=decoding)
        # Boxes that are shifted by parts of a pixel put the spot at every place within a heatmap pixel.
        moved = [
            Request(frame, 0, (x - 30.0 - shift, y - 50.0, 80.0, 110.0))
            for frame in (2, 5)
            for x, y in [spot_of(frame)]
            for shift in np.arange(0, 3, 0.25)
        ]
        found = predictor.predict(moved, Clip(), 10)
        errors[flip_test] = np.array([p.keypoints.mean(axis=0) - spot_of(p.request.frame_index) for p in found])
    assert np.abs(errors[True].mean(axis=0) - errors[False].mean(axis=0)).max() < 0.05
    if decoding == "dark":
        assert np.abs(errors[True]).max() < 0.25


def test_scores_are_a_claim_only_for_weights_and_a_use_that_they_were_fitted_for():
    plain, fitted = loaded_model(), loaded_model(score_model=ScoreModel((0.0,) * len(FEATURES), (0.0,) * 17))
    assert not Predictor(plain, "cpu").predict([request(1)], Clip(), 10)[0].calibrated
    assert Predictor(fitted, "cpu").predict([request(1)], Clip(), 10)[0].calibrated
    for other_use in ({"flip_test": True}, {"decoding": "argmax"}, {"offsets": ()}):
        assert not Predictor(fitted, "cpu", **other_use).calibrated


def test_joints_that_were_not_learnt_are_not_guessed_and_scores_are_the_score_models():
    log_peak_only = tuple(float(name == "log_peak") for name in FEATURES)
    scoring = ScoreModel(log_peak_only, tuple(0.1 * k for k in range(17)))
    loaded = loaded_model(trained_keypoints=("nose", "left_knee"), score_model=scoring)
    prediction = Predictor(loaded, device="cpu").predict([request(5)], Clip(), 10)[0]
    located = np.isfinite(prediction.keypoints).all(axis=1)
    assert [POSETRACK.keypoint_names[k] for k in np.flatnonzero(located)] == ["nose", "left_knee"]
    assert np.isnan(prediction.scores[~located]).all()
    for k in np.flatnonzero(located):
        logit = np.log(float(prediction.heatmaps[k].max())) + 0.1 * k
        assert prediction.scores[k] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-3)


def test_weights_say_whether_the_mirrored_crop_is_seen_too():
    assert Predictor(loaded_model(flip_test=True), device="cpu").flip_test
    assert not Predictor(loaded_model(flip_test=True), device="cpu", flip_test=False).flip_test
    assert not Predictor(loaded_model(), device="cpu").flip_test


def test_a_window_is_decoded_once_for_neighbouring_key_frames_and_ends_at_the_clip():
    assert window_indices(0, OFFSETS, 10) == [0, 0, 0, 1, 2]
    assert window_indices(9, OFFSETS, 10) == [9, 7, 8, 9, 9]
    loaded, clip = loaded_model(), Clip()
    loaded.model.gain.data.fill_(0.01)
    Predictor(loaded, device="cpu", batch_size=3).predict([request(i) for i in range(10)], clip, 10)
    assert sorted(clip.decoded) == list(range(10))


def test_while_the_gain_is_zero_neighbours_are_neither_decoded_nor_computed():
    clip = Clip()
    Predictor(loaded_model(), device="cpu").predict([request(4)], clip, 10)
    assert clip.decoded == [4]


def test_batches_come_one_at_a_time_so_that_work_can_stop_between_them():
    clip = Clip()
    predictor = Predictor(loaded_model(), device="cpu", batch_size=2)
    batches = predictor.predict_batches([request(i) for i in range(6)], clip, 10)
    assert [p.request.frame_index for p in next(batches)] == [0, 1]
    batches.close()
    assert clip.decoded == [0, 1]


class LittleMemory(SpotFinder):
    """Holds at most `limit` crops at once, and says what torch's own allocators say otherwise."""

    limit = 2

    def features(self, x):
        if len(x) > self.limit:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return super().features(x)


def test_without_memory_for_a_batch_it_is_halved_and_nothing_is_lost():
    loaded = loaded_model()
    loaded.model.backbone = LittleMemory()
    predictor = Predictor(loaded, device="cpu", batch_size=8)
    predictions = predictor.predict([request(i) for i in range(9)], Clip(), 10)
    assert [p.request.frame_index for p in predictions] == list(range(9))
    assert predictor.batch_size in (2, 4)  # two at once in one thread, or in each of two

    loaded.model.backbone.limit = 0
    with pytest.raises(PredictionError, match="not enough memory"):
        predictor.predict([request(9)], Clip(), 10)
    with pytest.raises(PredictionError, match="not enough memory"):
        explain(predictor, request(1), Clip(), 10)


def test_another_error_of_torch_is_not_taken_for_a_lack_of_memory():
    loaded = loaded_model()
    loaded.model.backbone.final_layer = torch.nn.Conv2d(5, 17, 1)
    with pytest.raises(RuntimeError, match="channels"):
        Predictor(loaded, device="cpu").predict([request(1)], Clip(), 10)


def test_a_box_without_area_and_heatmaps_that_are_no_numbers_cost_one_sentence():
    loaded = loaded_model()
    predictor = Predictor(loaded, device="cpu")
    with pytest.raises(PredictionError, match="person 3 in frame 2"):
        predictor.predict([Request(2, 3, (10.0, 10.0, 0.0, 5.0))], Clip(), 10)
    loaded.model.head_after.bias.data.fill_(torch.nan)
    with pytest.raises(PredictionError, match="not numbers"):
        predictor.predict([request(2)], Clip(), 10)


def test_an_explanation_shows_the_window_and_features_that_compare():
    loaded = loaded_model()
    explanation = explain(Predictor(loaded, device="cpu"), request(1, track_id=4), Clip(), 10)
    assert (explanation.frame_index, explanation.track_id) == (1, 4)
    assert explanation.frame_indices == (1, 0, 0, 2, 3)
    assert explanation.offsets == OFFSETS
    assert explanation.crops.shape == (5, 192, 144, 3)
    assert explanation.features_before.shape == explanation.features_after.shape == (5, 48, 36, 3)
    assert explanation.features_before.dtype == np.uint8
    # The alignment starts as the identity, so colours before and after agree; those of another frame do not.
    difference = explanation.features_before.astype(int) - explanation.features_after
    assert np.abs(difference).max() <= 1
    assert np.abs(explanation.features_before[0].astype(int) - explanation.features_before[4]).max() > 20
    np.testing.assert_allclose(explanation.neighbour_from_key, np.tile(np.eye(2, 3), (4, 1, 1)), atol=1e-4)


def test_the_directions_of_colour_are_fixed_and_orthonormal():
    np.testing.assert_allclose(directions(48).T @ directions(48), np.eye(3), atol=1e-12)
    first, second, _ = np.random.RandomState(12).standard_normal((12, 3)).T  # NumPy's policy keeps this stream
    first = first / np.linalg.norm(first)
    second = second - (second @ first) * first
    np.testing.assert_allclose(directions(12)[:, :2].T, [first, second / np.linalg.norm(second)], atol=1e-12)


def test_other_offsets_than_the_weights_own_are_a_choice():
    predictor = Predictor(loaded_model(), device="cpu", offsets=(-1,))
    assert explain(predictor, request(5), Clip(), 10).frame_indices == (5, 4)


def test_devices_by_name():
    assert available_device("cpu").type == "cpu"
    assert available_device("auto").type in ("cpu", "cuda")
    for name, reason in (("gpu", "no device 'gpu'"), ("cuda:99", "not available"), ("cuda:", "no device")):
        with pytest.raises(PredictionError, match=reason):
            available_device(name)


def test_a_real_network_predicts_with_its_neighbours():
    config = FamiPoseConfig("w12", supporting_offsets=OFFSETS, gtm_width=8, lcm_width=8, initialisation="paper")
    loaded = LoadedModel(FamiPose(config).eval(), WeightsMetadata("x", config, (48, 64)), "11" * 32)
    prediction = Predictor(loaded, device="cpu").predict([request(2)], Clip(), 10)[0]
    alone = Predictor(loaded, device="cpu", offsets=()).predict([request(2)], Clip(), 10)[0]
    assert prediction.heatmaps.shape == (17, 16, 12)
    assert not np.array_equal(prediction.heatmaps, alone.heatmaps)
    assert replace(prediction, scores=prediction.scores).request.frame_index == 2
