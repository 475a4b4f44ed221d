"""What prediction does for speed changes no number: features once, threads, folded batch norms."""

import threading
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from core.errors import WeightsError
from core.model import (
    FamiPose,
    FamiPoseConfig,
    HRNet,
    LoadedModel,
    Predictor,
    Request,
    WeightsMetadata,
    explain,
    load_model,
    save_weights,
)
from core.model.device import intra_op_threads
from core.model.network.folding import fold_batch_norms
from core.model.prediction import predictor as predictor_module

OFFSETS = (-2, -1, 1, 2)
STANDING = (10.0, 10.0, 40.0, 60.0)


@pytest.fixture(autouse=True)
def _one_thread_and_a_seed():
    torch.set_num_threads(1)
    torch.manual_seed(11)


def lively_model(backbone="w12"):
    """A network of the paper's initialisation whose batch norms have statistics and whose heatmaps have peaks."""
    config = FamiPoseConfig(backbone, supporting_offsets=OFFSETS, gtm_width=8, lcm_width=8, initialisation="paper")
    model = FamiPose(config).train()
    torch.nn.init.normal_(model.backbone.final_layer.weight, std=0.1)
    with torch.no_grad():
        model.local_calibration.weight.mul_(0.1)
        for _ in range(3):
            model(torch.randn(2, 3, 64, 64), torch.randn(2, 4, 3, 64, 64))
    return model.eval()


def loaded(model):
    return LoadedModel(model, WeightsMetadata("x", model.config, (48, 64)), "00" * 32)


class CountingBackbone(torch.nn.Module):
    """A backbone that counts the crops that it computes."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone, self.crops = backbone, 0
        self.num_channels, self.final_layer = backbone.num_channels, backbone.final_layer

    def features(self, x):
        self.crops += len(x)
        return self.backbone.features(x)


def clip(index):
    return np.random.default_rng(index).integers(0, 255, (90, 120, 3), dtype=np.uint8)


@pytest.mark.parametrize("flip_test", [False, True])
def test_features_of_a_box_that_stands_still_are_computed_once_for_each_frame(flip_test):
    model = lively_model()
    requests = [Request(i, 0, STANDING) for i in range(7)]
    apart = [
        Predictor(loaded(model), "cpu", flip_test=flip_test).predict([request], clip, 7)[0] for request in requests
    ]
    model.backbone = CountingBackbone(model.backbone)
    predictor = Predictor(loaded(model), "cpu", batch_size=1, flip_test=flip_test)
    together = predictor.predict(requests, clip, 7)
    assert model.backbone.crops == 7 * (2 if flip_test else 1)
    for ours, expected in zip(together, apart, strict=True):
        np.testing.assert_allclose(ours.heatmaps, expected.heatmaps, rtol=0.01, atol=1e-3 * expected.heatmaps.std())


def test_asking_why_after_a_prediction_computes_no_features_again():
    model = lively_model()
    model.backbone = CountingBackbone(model.backbone)
    predictor = Predictor(loaded(model), "cpu")
    predictor.predict([Request(5, 0, STANDING)], clip, 12)
    explain(predictor, Request(5, 0, STANDING), clip, 12)
    assert model.backbone.crops == 5
    predictor.predict([Request(5, 0, (10.0, 10.0, 41.0, 60.0))], clip, 12)  # another box: other crops
    assert model.backbone.crops == 10


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("small_cost", [0, 10**9], ids=["as a large network", "as a small one"])
def test_threads_change_neither_the_numbers_nor_the_setting_of_whoever_calls(monkeypatch, people, small_cost):
    model = lively_model()
    requests = [Request(i, 0, (10.0 + i, 10.0, 40.0, 60.0)) for i in range(people)]
    monkeypatch.setattr(predictor_module, "_SMALL_COST", small_cost)
    monkeypatch.setattr(predictor_module, "ALL_THREADS", 1)
    alone = Predictor(loaded(model), "cpu").predict(requests, clip, 4)
    for threads in (2, 4):
        monkeypatch.setattr(predictor_module, "ALL_THREADS", threads)
        together = Predictor(loaded(model), "cpu").predict(requests, clip, 4)
        for ours, expected in zip(together, alone, strict=True):
            difference = np.abs(ours.heatmaps.astype(float) - expected.heatmaps)
            assert difference.max() < 0.01 * expected.heatmaps.std()
        assert torch.get_num_threads() == 1


def test_another_thread_keeps_its_number_of_threads():
    seen = []
    started, inside, done = threading.Event(), threading.Event(), threading.Event()

    def work():
        torch.get_num_threads()  # torch takes a thread's first number from whatever was set last
        torch.set_num_threads(2)
        started.set()
        inside.wait(10)
        seen.append(torch.get_num_threads())
        done.set()

    other = threading.Thread(target=work)
    other.start()
    started.wait(10)
    with intra_op_threads(1):
        inside.set()
        done.wait(10)
        assert torch.get_num_threads() == 1
    other.join()
    assert seen == [2]


def test_several_threads_use_one_predictor():
    model = lively_model()
    predictor = Predictor(loaded(model), "cpu", batch_size=2)
    requests = [Request(i, 0, (10.0 + i % 3, 10.0, 40.0, 60.0)) for i in range(6)]
    expected = predictor.predict(requests, clip, 6)
    wrong = []

    def work():
        for ours, other in zip(predictor.predict(requests, clip, 6), expected, strict=True):
            if np.abs(ours.heatmaps.astype(float) - other.heatmaps).max() > 0.01 * other.heatmaps.std():
                wrong.append(ours.request)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_folded_batch_norms_give_the_same_heatmaps(memory_format):
    model = lively_model()
    key, supporting = torch.randn(2, 3, 64, 64), torch.randn(2, 4, 3, 64, 64)
    with torch.inference_mode():
        expected = model(key, supporting)
        fold_batch_norms(model)
        folded = model.to(memory_format=memory_format)(key, supporting)
    assert not [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert expected.heatmaps.std() > 1e-3
    for name in ("heatmaps", "aligned_features", "offsets", "theta"):
        ours, theirs = getattr(folded, name), getattr(expected, name)
        assert (ours - theirs).abs().max() < 1e-3 * theirs.std(), name


def test_a_network_in_training_is_not_folded_and_a_folded_one_is_not_saved(tmp_path):
    model = lively_model()
    with pytest.raises(ValueError, match="evaluation"):
        fold_batch_norms(model.train())
    metadata = WeightsMetadata("x", model.config, (48, 64))
    save_weights(tmp_path / "w.pth", model.eval(), metadata, half=False)
    folded = load_model(tmp_path / "w.pth", folded=True)
    with pytest.raises(WeightsError, match="prediction only"):
        save_weights(tmp_path / "again.pth", folded.model, metadata)
    key, supporting = torch.randn(1, 3, 64, 64), torch.randn(1, 4, 3, 64, 64)
    with torch.inference_mode():
        ours, expected = (each.model(key, supporting).heatmaps for each in (folded, load_model(tmp_path / "w.pth")))
    torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-3 * float(expected.std()))


def test_a_small_network_in_half_precision_says_nearly_the_same():
    model, other = lively_model(), lively_model()
    other.load_state_dict(model.state_dict())
    requests = [Request(index, 0, STANDING) for index in (3, 5)]
    mixed = Predictor(loaded(model), "cpu").predict(requests, clip, 12)
    single = Predictor(loaded(other), "cpu")
    single._precision = nullcontext
    for ours, expected in zip(mixed, single.predict(requests, clip, 12), strict=True):
        difference = np.abs(ours.heatmaps.astype(float) - expected.heatmaps.astype(float))
        assert difference.max() < 0.1 * np.abs(expected.heatmaps).max()


def test_a_public_checkpoint_is_folded_too(tmp_path):
    torch.save(HRNet("w32").state_dict(), tmp_path / "w32_256x192.pth")
    folded = load_model(tmp_path / "w32_256x192.pth", keypoints="posetrack", folded=True).model
    plain = load_model(tmp_path / "w32_256x192.pth", keypoints="posetrack").model
    key, supporting = torch.randn(1, 3, 64, 64), torch.randn(1, 4, 3, 64, 64)
    with torch.inference_mode():
        expected = plain(key, supporting).heatmaps
        assert (folded(key, supporting).heatmaps - expected).abs().max() < 1e-3 * expected.std()
