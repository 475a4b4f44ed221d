"""What scores mean after a round: fitted anew where held-out joints tell, else nothing is said."""

import numpy as np

from core.geometry import FloatArray
from core.judging.scoring import FEATURES, ScoreModel
from core.keypoints import POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import LoadedModel, WeightsMetadata
from core.predictions import Prediction, Request
from core.training.measuring.calibration import FEWEST_OF_A_KIND
from core.training.rounds.corrections import CorrectedPose
from core.training.rounds.scores import with_scores

IDENTITY = np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])


def people(
    count: int, part_wrong: float, part_of_every_second: float | None = None
) -> tuple[list[CorrectedPose], list[Prediction]]:
    """People, one a frame, whose wrong joints have low peaks.

    With `part_of_every_second`, this part of every second one's joints is wrong, and looks right.
    """
    rng = np.random.default_rng(0)
    poses, found = [], []
    for index in range(count):
        truth: FloatArray = rng.uniform(30, 160, (17, 2))
        wrong = rng.random(17) < part_wrong
        unseen = rng.random(17) < (part_of_every_second or 0.0) * (index % 2)
        keypoints = truth + np.where((wrong | unseen)[:, None], 100.0, 0.0)
        heatmaps = np.full((17, 48, 36), 0.001, np.float16)
        heatmaps[np.arange(17), 5, 5] = np.where(wrong, 0.2, 0.8) + rng.uniform(-0.15, 0.15, 17)
        poses.append(CorrectedPose(index, 1, np.array([0.0, 0.0, 200.0, 200.0]), truth, np.ones(17, dtype=bool)))
        found.append(Prediction(Request(index, 1, (0, 0, 200, 200)), keypoints, np.full(17, 0.5), heatmaps, IDENTITY))
    return poses, found


def candidate() -> LoadedModel:
    config = FamiPoseConfig("w12", supporting_offsets=())
    parents = ScoreModel((0.5,) * len(FEATURES), (0.1,) * 17)
    metadata = WeightsMetadata("tuned", config, (144, 192), score_model=parents)
    return LoadedModel(FamiPose(config), metadata, "")


def test_enough_joints_of_both_kinds_give_the_new_weights_scores_of_their_own() -> None:
    poses, found = people(60, 0.3)
    tuned = with_scores(candidate(), poses, found)
    assert tuned.metadata.score_model not in (None, candidate().metadata.score_model)
    assert len(POSETRACK) * 60 * 0.3 > FEWEST_OF_A_KIND


def test_too_few_wrong_joints_leave_the_scores_without_a_claim() -> None:
    poses, found = people(60, 0.02)
    assert with_scores(candidate(), poses, found).metadata.score_model is None
    poses, found = people(4, 0.3)
    assert with_scores(candidate(), poses, found).metadata.score_model is None


def test_scores_that_other_held_out_frames_do_not_bear_out_are_no_claim() -> None:
    poses, found = people(60, 0.3, part_of_every_second=0.3)
    assert with_scores(candidate(), poses, found).metadata.score_model is None
    poses, found = people(60, 0.3, part_of_every_second=0.0)
    assert with_scores(candidate(), poses, found).metadata.score_model is not None
