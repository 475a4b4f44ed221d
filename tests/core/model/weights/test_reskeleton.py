"""Weights of JHMDB's and COCO's joints, in a program whose projects are labelled in PoseTrack's."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.judging.scoring import FEATURES, ScoreModel
from core.keypoints import COCO, JHMDB, POSETRACK, names_as_posetrack
from core.model import (
    FamiPose,
    FamiPoseConfig,
    Predictor,
    Request,
    WeightsMetadata,
    in_posetrack,
    load_model,
    save_weights,
)

CONFIG = FamiPoseConfig("w12", supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8, initialisation="paper")
SHARED_WITH_JHMDB = set(POSETRACK.keypoint_names) - {"nose", "head_top", "left_ear", "right_ear"}


def weights_of(skeleton, path, trained=None, activation="linear"):
    torch.manual_seed(3)
    torch.set_num_threads(1)
    config = replace(CONFIG, num_keypoints=len(skeleton), heatmap_activation=activation)
    model = FamiPose(config)
    for conv in (model.backbone.final_layer, model.head_after):
        torch.nn.init.normal_(conv.bias)
    trained = skeleton.keypoint_names if trained is None else trained
    metadata = WeightsMetadata("other", config, (48, 64), keypoints=skeleton.name, trained_keypoints=trained)
    save_weights(path, model, metadata, half=False)
    return path


def prediction_of(loaded, **options):
    clip = np.random.default_rng(0).integers(0, 255, (3, 120, 160, 3), dtype=np.uint8)
    request = Request(1, 4, np.array([40.0, 20.0, 50.0, 80.0]))
    return Predictor(loaded, "cpu", **options).predict([request], lambda index: clip[index], 3)[0]


@pytest.mark.parametrize("flip_test", [False, True])
@pytest.mark.parametrize("activation", ["linear", "softmax"])
@pytest.mark.parametrize("skeleton", [JHMDB, COCO])
def test_joints_that_both_have_are_located_as_before_and_others_not_at_all(tmp_path, skeleton, activation, flip_test):
    path = weights_of(skeleton, tmp_path / "w.pth", activation=activation)
    own, ours = (
        prediction_of(loaded, flip_test=flip_test) for loaded in (load_model(path), in_posetrack(load_model(path)))
    )
    names = names_as_posetrack(skeleton)
    assert ours.keypoints.shape == (17, 2) and ours.heatmaps.shape[0] == 17
    for keypoint, name in enumerate(POSETRACK.keypoint_names):
        if name in names:
            np.testing.assert_allclose(ours.keypoints[keypoint], own.keypoints[names.index(name)], atol=1e-3)
            np.testing.assert_allclose(ours.heatmaps[keypoint], own.heatmaps[names.index(name)], atol=1e-2)
        else:
            assert np.isnan(ours.keypoints[keypoint]).all() and np.isnan(ours.scores[keypoint])
            assert np.ptp(ours.heatmaps[keypoint]) == 0
    located = {POSETRACK.keypoint_names[k] for k in np.flatnonzero(np.isfinite(ours.scores))}
    assert located and (located <= SHARED_WITH_JHMDB or skeleton is COCO)


def test_what_they_learnt_is_told_by_posetracks_names_and_they_can_be_saved(tmp_path):
    path = weights_of(JHMDB, tmp_path / "w.pth", trained=("neck", "belly", "left_wrist"))
    loaded = in_posetrack(load_model(path, folded=False))
    assert loaded.metadata.trained_keypoints == ("head_bottom", "left_wrist")
    assert loaded.metadata.keypoints == "posetrack" and loaded.sha256 == load_model(path).sha256
    save_weights(tmp_path / "tuned.pth", loaded.model, loaded.metadata, half=False)
    again = load_model(tmp_path / "tuned.pth")
    np.testing.assert_array_equal(prediction_of(again).keypoints, prediction_of(loaded).keypoints)


def test_scores_are_read_by_each_joints_own_bias(tmp_path):
    loaded = load_model(weights_of(JHMDB, tmp_path / "w.pth"))
    biases = tuple(np.linspace(-2, 2, 15))
    model = ScoreModel((0.0,) * len(FEATURES), biases)
    ours = prediction_of(in_posetrack(replace(loaded, metadata=replace(loaded.metadata, score_model=model))))
    for keypoint in np.flatnonzero(np.isfinite(ours.scores)):
        bias = biases[names_as_posetrack(JHMDB).index(POSETRACK.keypoint_names[keypoint])]
        assert ours.scores[keypoint] == pytest.approx(1 / (1 + np.exp(-bias)))


def test_posetracks_own_stay_as_they_are(tmp_path):
    loaded = load_model(weights_of(POSETRACK, tmp_path / "w.pth"))
    assert in_posetrack(loaded) is loaded
