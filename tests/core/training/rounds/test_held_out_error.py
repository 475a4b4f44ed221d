"""How far off weights are: an accepted joint asks for no more than the person who accepted it did."""

import numpy as np
import pytest

from core.keypoints import POSETRACK
from core.predictions import Prediction, Request
from core.training.rounds.corrections import CorrectedPose
from core.training.rounds.held_out_error import ACCEPTED_WITHIN, held_out_error

SIZE_PX = 200.0
BOX = (0.0, 0.0, 100.0, SIZE_PX)


def test_near_an_accepted_joint_nothing_is_wrong_and_near_a_corrected_one_every_pixel_counts() -> None:
    truth = np.full((17, 2), 50.0)
    off = np.array([0.02, 0.02, 0.3, 0.3])
    found = truth.copy()
    found[:4, 0] += off * SIZE_PX
    known = np.arange(17) < 4
    accepted = np.isin(np.arange(17), (1, 3))
    pose = CorrectedPose(0, 1, np.array(BOX), truth, known, accepted=accepted)
    prediction = Prediction(Request(0, 1, BOX), found, np.ones(17), np.zeros((17, 4, 4), np.float16), np.eye(3)[:2])
    error = held_out_error(POSETRACK.keypoint_names, [pose], [prediction])
    assert error.distances[0, :4] == pytest.approx([0.02, 0.0, 0.3, 0.3 - ACCEPTED_WITHIN])
    assert error.found[0, :4].tolist() == [True, True, False, False]
    assert np.isnan(error.distances[0, 4:]).all()
