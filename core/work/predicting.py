"""From people's boxes to predicted poses in the project, without Qt: for the window and the command line.

torch is loaded when a prediction begins, not when this module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import PredictionError
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


def require_boxes(project: Project, start: int, stop: int) -> None:
    """To be asked before the network is loaded, for it loads for seconds.

    Raises:
        PredictionError: nobody has a box in these frames.
    """
    if next(_with_boxes(project, start, stop), None) is None:
        raise PredictionError("Nobody has a box in these frames: draw a box around each person, or import boxes.")


def requests_for(project: Project, start: int, stop: int) -> list[Request]:
    """What there is to predict from `start` to `stop`: everybody with a box of some area, in the order of frames.

    A person whose every keypoint was set or accepted by a person is left out: nothing could change.

    Raises:
        PredictionError: nobody has a box in these frames.
    """
    require_boxes(project, start, stop)
    return [
        Request(frame_index, pose.track_id, pose.bbox_xywh)
        for frame_index, pose in _with_boxes(project, start, stop)
        if not pose.human.all()
    ]


def _with_boxes(project: Project, start: int, stop: int) -> Iterator[tuple[int, Pose]]:
    for frame in project.frames(start, stop):
        for pose in frame.poses:
            if pose.bbox_xywh[2:].min() > 0:
                yield frame.frame_index, pose


def poses_from_predictions(predictions: Iterable[Prediction], run_id: int | None = None) -> dict[int, list[Pose]]:
    """Predictions as poses, by frame index, of whom was asked for: `Project.write_run` knows who that is by now."""
    poses: dict[int, list[Pose]] = {}
    for prediction in predictions:
        poses.setdefault(prediction.request.frame_index, []).append(predicted_pose(prediction, run_id))
    return poses


def predicted_pose(prediction: Prediction, run_id: int | None = None) -> Pose:
    """The pose that a prediction says a person of a known box has; it says nothing of the box.

    Every keypoint that the network located is visible and keeps its score, however low: a joint in the wrong
    place is quicker dragged than made, and `core.judging.review` marks the pose as doubtful. Keypoints that the weights
    were not trained on are not labelled.
    """
    request = prediction.request
    located = np.isfinite(prediction.keypoints).all(axis=1) & np.isfinite(prediction.scores)
    return Pose.empty(request.track_id, request.bbox_xywh, Provenance.NONE).replaced(
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
    start: int,
    stop: int,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_part: Callable[[Touched], None] = lambda touched: None,
    on_predictions: Callable[[Sequence[Prediction]], None] = lambda predictions: None,
) -> int:
    """Predicts what `requests_for` says part by part and writes each part at once, as one run of the project.

    Whoever is renumbered or deleted from the moment that the run begins gets the joints that were computed for them,
    or none.

    Args:
        project: holds the people's boxes, and takes the poses.
        source: opened for this thread alone.
        predictor: the network.
        start: the first frame.
        stop: the first frame that is left out.
        on_progress: called with the poses done and in all; may raise Cancelled, what was written before stays.
        on_part: called after each part that was written.
        on_predictions: called with each part before it is written, for whoever keeps heatmaps.

    Returns:
        The number of poses predicted.

    Raises:
        PredictionError: nobody has a box in these frames, or the network could not run.
        Cancelled: as `on_progress` raised it.
    """
    with project.undisturbed():
        requests, as_of = requests_for(project, start, stop), project.last_entry
    if not requests:
        return 0
    cache, done = FrameCache(source, CACHE_BYTES), 0
    settings = run_settings(predictor, requests) | {"asked": [start, stop]}
    with project.run(RunKind.PREDICT, predictor.loaded.sha256, settings) as run_id:
        for part in parts(requests, max(PART_REQUESTS, predictor.batch_size or 0)):
            predictions = predictor.predict(part, cache.get, len(source))
            on_predictions(predictions)
            proofs = {
                index: (float(source.timestamps[index]), frame_proof(cache.get(index)))
                for index in dict.fromkeys(request.frame_index for request in part)
            }
            on_part(project.write_run(run_id, poses_from_predictions(predictions, run_id), proofs, as_of=as_of))
            done += len(part)
            on_progress(done, len(requests))
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
