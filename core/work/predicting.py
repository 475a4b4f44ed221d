"""From people's boxes to predicted poses in the project, without Qt: for the window and the command line.

torch is loaded when a prediction begins, not when this module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import Cancelled, PredictionError
from core.poses import Pose, Provenance, Visibility
from core.predictions import Prediction, Request
from core.project import Project, RunKind, Touched
from core.video import FrameCache, Source, frame_proof

if TYPE_CHECKING:
    from core.model import Predictor

CACHE_BYTES = 256 * 2**20
"""Decoded frames kept while predicting: neighbouring key frames share most of their window."""
PART_REQUESTS = 4
"""Poses that are predicted and written together, unless the network's own batches are larger."""


def requests_for(project: Project, start: int, stop: int) -> list[Request]:
    """What there is to predict from `start` to `stop`: everybody with a box of some area, in the order of frames.

    A person whose every keypoint was set or accepted by a person is left out: nothing could change.

    Raises:
        PredictionError: nobody has a box in these frames.
    """
    requests, people = [], 0
    for frame in project.frames(start, stop):
        for pose in frame.poses:
            if pose.bbox_xywh[2:].min() <= 0:
                continue
            people += 1
            if not pose.human.all():
                requests.append(Request(frame.frame_index, pose.track_id, pose.bbox_xywh))
    if not people:
        raise PredictionError("Nobody has a box in these frames: draw a box around each person, or import boxes.")
    return requests


def poses_from_predictions(
    predictions: Iterable[Prediction], project: Project, run_id: int | None = None
) -> dict[int, list[Pose]]:
    """Predictions as poses, by frame index, with the boxes that the project holds.

    Every keypoint that the network located is visible and keeps its score, however low: a joint in the wrong
    place is quicker dragged than made, and `core.judging.review` marks the pose as doubtful. Keypoints that the weights
    were not trained on are not labelled.
    """
    poses: dict[int, list[Pose]] = {}
    for prediction in predictions:
        request = prediction.request
        existing = project.frame(request.frame_index).pose(request.track_id)
        if existing is not None:  # else it was deleted while the network was at work
            poses.setdefault(request.frame_index, []).append(predicted_pose(prediction, existing, run_id))
    return poses


def predicted_pose(prediction: Prediction, existing: Pose, run_id: int | None = None) -> Pose:
    """The pose that a prediction says a person of a known box has."""
    located = np.isfinite(prediction.keypoints).all(axis=1) & np.isfinite(prediction.scores)
    return existing.replaced(
        keypoints=np.where(located[:, None], prediction.keypoints, np.nan),
        visibility=np.where(located, Visibility.VISIBLE, Visibility.NOT_LABELLED),
        scores=np.where(located, np.clip(prediction.scores, 0.0, 1.0), np.nan),
        provenance=np.where(located, Provenance.PREDICTED, Provenance.NONE),
        run_id=run_id,
    )


def run_prediction(
    project: Project,
    source: Source,
    predictor: Predictor,
    requests: Sequence[Request],
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_part: Callable[[Touched], None] = lambda touched: None,
    on_predictions: Callable[[Sequence[Prediction]], None] = lambda predictions: None,
) -> int:
    """Predicts the requests part by part and writes each part at once, as one run of the project.

    Args:
        project: holds the people's boxes, and takes the poses.
        source: opened for this thread alone.
        predictor: the network.
        requests: by rising frame, as `requests_for` gives them.
        on_progress: called with the poses done and in all; may raise Cancelled, what was written before stays.
        on_part: called after each part that was written.
        on_predictions: called with each part before it is written, for whoever keeps heatmaps.

    Returns:
        The number of poses predicted.

    Raises:
        PredictionError: the network could not run.
        Cancelled: as `on_progress` raised it.
    """
    if not requests:
        return 0
    cache = FrameCache(source, CACHE_BYTES)
    run_id = project.begin_run(RunKind.PREDICT, predictor.loaded.sha256, run_settings(predictor, requests))
    done, status = 0, "failed"
    try:
        for part in parts(requests, max(PART_REQUESTS, predictor.batch_size or 0)):
            predictions = predictor.predict(part, cache.get, len(source))
            on_predictions(predictions)
            proofs = {
                index: (float(source.timestamps[index]), frame_proof(cache.get(index)))
                for index in dict.fromkeys(request.frame_index for request in part)
            }
            on_part(project.write_run(run_id, poses_from_predictions(predictions, project, run_id), proofs))
            done += len(part)
            on_progress(done, len(requests))
        status = "done"
    except (Cancelled, KeyboardInterrupt):
        status = "cancelled"
        raise
    finally:
        project.finish_run(run_id, status)
    return done


def run_settings(predictor: Predictor, requests: Sequence[Request]) -> dict[str, Any]:
    """What the project remembers of a run, to do it again."""
    return {
        "weights": predictor.loaded.metadata.name,
        "offsets": list(predictor.offsets),
        "decoding": predictor.decoding,
        "flip_test": predictor.flip_test,
        "calibrated": predictor.calibrated,
        "device": str(predictor.device),
        "frames": [requests[0].frame_index, requests[-1].frame_index + 1],
    }


def parts(requests: Sequence[Request], size: int) -> Iterator[list[Request]]:
    """The requests in groups of about `size`, never dividing a frame: a frame appears with all its people."""
    part: list[Request] = []
    for request in requests:
        if len(part) >= size and request.frame_index != part[-1].frame_index:
            yield part
            part = []
        part.append(request)
    if part:
        yield part
