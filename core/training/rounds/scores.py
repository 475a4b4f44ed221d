"""What the scores of new weights mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.judging.sizes import joints_right
from core.keypoints import POSETRACK
from core.model.weights.files import LoadedModel
from core.predictions import Prediction
from core.training.measuring.calibration import FEWEST_OF_A_KIND, fit_on, sure_are_right
from core.training.rounds.corrections import CorrectedPose


def with_scores(candidate: LoadedModel, held_out: Sequence[CorrectedPose], found: Sequence[Prediction]) -> LoadedModel:
    """The weights with a score model that the held-out frames tell, or with none.

    What the parent's scores meant, they mean no more: a round moves the maps that they are read off. Every other
    held-out frame tells what the new ones mean, and the frames between have to bear it out.

    Args:
        candidate: what the round made.
        held_out: what a person said of people in frames that were not trained on.
        found: what the weights say of them.
    """
    known = np.isin(POSETRACK.keypoint_names, candidate.metadata.trained_keypoints)
    measured, right = joints_right(
        np.stack([prediction.keypoints for prediction in found]),
        np.stack([pose.keypoints for pose in held_out]),
        np.stack([pose.known for pose in held_out]) & known,
    )
    frame_indices = np.array([pose.frame_index for pose in held_out])
    fits = np.isin(frame_indices, np.unique(frame_indices)[::2])
    fitting, checking = (
        ([one for one, taken in zip(found, half, strict=True) if taken], measured[half], right[half])
        for half in (fits, ~fits)
    )
    score_model = fit_on(candidate.metadata, *fitting, FEWEST_OF_A_KIND)
    if score_model is not None and not sure_are_right(score_model, candidate.metadata, *checking):
        score_model = None
    return replace(candidate, metadata=replace(candidate.metadata, score_model=score_model))
