"""PoseTrack average precision and MOTA, as the challenge's evaluator (poseval) computes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError
from core.formats.layouts.annolist import POINT_NAMES
from core.formats.texts.records import ImageRecord, PersonRecord
from core.geometry import BoolArray
from core.keypoints import POSETRACK
from core.metrics.folders import paired_files
from core.metrics.groups import grouped, with_mean
from core.metrics.pairing import OnRemark, ignore_remark, pair_files
from core.metrics.tracking_accuracy import JointTracks, mota
from core.poses import FloatArray

JOINT_NAMES = tuple(name for name in POSETRACK.keypoint_names if name in POINT_NAMES)
"""The 15 evaluated joints, in the order of the PoseTrack skeleton: all but the ears."""
JOINT_COLUMNS = np.array([POSETRACK.index(name) for name in JOINT_NAMES])
MATCH_DISTANCE = 0.5
"""A joint matches within this many head sizes."""
HEAD_SIZE_OF_DIAGONAL = 0.6
LOWEST_SCORE = -9999.0
"""The score of a predicted joint that has none."""


@dataclass(frozen=True, eq=False)
class EvaluatedFrame:
    """One frame's people after the frames, people and points that don't count are gone.

    Attributes:
        sequence: the number of the sequence.
        truth: (P, 15, 2) labelled joints in pixels, NaN where unlabelled.
        truth_ids: P track ids.
        head_sizes: (P,) in pixels.
        predicted: (Q, 15, 2) predicted joints in pixels, NaN where there is none.
        predicted_ids: Q track ids.
        scores: (Q, 15).
    """

    sequence: int
    truth: FloatArray
    truth_ids: list[int]
    head_sizes: FloatArray
    predicted: FloatArray
    predicted_ids: list[int]
    scores: FloatArray

    @property
    def distances(self) -> FloatArray:
        """(Q, P, 15) distances in head sizes; infinite where either joint is missing or the head has no size."""
        offsets = self.predicted[:, None] - self.truth[None]
        with np.errstate(divide="ignore", invalid="ignore"):
            distances = np.linalg.norm(offsets, axis=-1) / self.head_sizes[None, :, None]
        return np.where(np.isnan(distances), np.inf, distances)


def posetrack_ap(gt_dir: Path | str, pred_dir: Path | str) -> dict[str, float]:
    """PoseTrack average precision of a folder of predictions.

    Args:
        gt_dir: folder of PoseTrack17 or 18 JSON files, one a video.
        pred_dir: folder with a file of the same name for each of them.

    Returns:
        Percent by joint name, and "mean" over the 15 joints. A joint that is predicted but nowhere labelled is NaN
        and left out of the mean; one that is neither labelled nor predicted counts as 0, as in poseval.

    Raises:
        FormatError: the folders don't pair, or nothing in them can be evaluated.
    """
    return _average_precision(load_folders(gt_dir, pred_dir))


def posetrack_evaluation(
    gt_dir: Path | str, pred_dir: Path | str, on_remark: OnRemark = ignore_remark
) -> dict[str, dict[str, float]]:
    """PoseTrack AP and MOTA of a folder of predictions.

    Args:
        gt_dir: see `posetrack_ap`.
        pred_dir: likewise.
        on_remark: called with a sentence on what was left out.

    Returns:
        "ap" (see `posetrack_ap`), "groups" {Head, Shoulder, ..., Ankle, Mean} of AP, "mota" like "ap" (NaN for a
        joint that is nowhere labelled), and "mota_groups". All in percent.

    Raises:
        FormatError: the folders don't pair, or nothing in them can be evaluated.
    """
    frames = load_folders(gt_dir, pred_dir, on_remark)
    ap = _average_precision(frames)
    tracking = _mota(frames)
    return {"ap": ap, "groups": grouped(ap), "mota": tracking, "mota_groups": grouped(tracking)}


def load_folders(gt_dir: Path | str, pred_dir: Path | str, on_remark: OnRemark = ignore_remark) -> list[EvaluatedFrame]:
    """The frames of all sequences that count, in order (steps 1 and 2 of the rules: pair, drop, ignore).

    Raises:
        FormatError: the folders don't pair, or no frame can be evaluated.
    """
    frames = []
    for sequence, (gt_path, pred_path) in enumerate(paired_files(gt_dir, pred_dir)):
        pair = pair_files(gt_path, pred_path, on_remark)
        for image, partner in zip(pair.truth.images, pair.partners, strict=True):
            found = ImageRecord("") if partner is None else pair.predicted.images[partner]
            frame = _evaluated_frame(sequence, image, found)
            if frame is not None:
                frames.append(frame)
    if not frames:
        raise FormatError(f"Nothing can be evaluated: no frame of the ground truth in {gt_dir} has a head box.")
    return frames


def inside_polygon(points: FloatArray, polygon: FloatArray) -> BoolArray:
    """(N,) True where a point (N, 2) lies strictly inside a polygon (M, 2), by the even-odd rule."""
    start, end = polygon, np.roll(polygon, -1, axis=0)
    x, y = points[:, 0, None], points[:, 1, None]
    edge, to_point = end - start, np.stack([x - start[:, 0], y - start[:, 1]], axis=-1)
    cross = edge[:, 0] * to_point[..., 1] - edge[:, 1] * to_point[..., 0]
    along = (to_point * edge).sum(axis=-1)
    on_edge = (cross == 0) & (along >= 0) & (along <= (edge**2).sum(axis=-1))
    # A ray from the point towards rising x crosses each edge that spans the point's y and lies to its right.
    spans = (start[:, 1] > y) != (end[:, 1] > y)
    crosses = spans & ((cross > 0) == (edge[:, 1] > 0))
    inside: BoolArray = (crosses.sum(axis=1) % 2 == 1) & ~on_edge.any(axis=1) & np.isfinite(points).all(axis=1)
    return inside


def _evaluated_frame(sequence: int, truth: ImageRecord, predicted: ImageRecord) -> EvaluatedFrame | None:
    """A frame's people less what is ignored, or None where the ground truth has no head box.

    A person of the ground truth without a head box in a frame where others have one cannot be measured and is left
    out; poseval ends with an error there.
    """
    people = [person for person in truth.people if person.bbox_head_xywh is not None]
    if not people:
        return None
    truth_kept = _without_ignored(people, truth.ignore_regions)
    predicted_kept = _without_ignored(predicted.people, truth.ignore_regions)
    heads = [person.bbox_head_xywh for person, _ in truth_kept]
    return EvaluatedFrame(
        sequence,
        truth=_stacked([points for _, points in truth_kept]),
        truth_ids=_track_ids([person for person, _ in truth_kept]),
        head_sizes=np.array([HEAD_SIZE_OF_DIAGONAL * np.hypot(box[2], box[3]) for box in heads if box is not None]),
        predicted=_stacked([points for _, points in predicted_kept]),
        predicted_ids=_track_ids([person for person, _ in predicted_kept]),
        scores=np.array([_scores(person) for person, _ in predicted_kept]).reshape(-1, len(JOINT_NAMES)),
    )


def _stacked(points: list[FloatArray]) -> FloatArray:
    return np.array(points, dtype=np.float64).reshape(-1, len(JOINT_NAMES), 2)


def _track_ids(people: Sequence[PersonRecord]) -> list[int]:
    """The people's track ids; one without gets a number of its own, so that it never continues a track."""
    return [-id(person) if person.track_id is None else person.track_id for person in people]


def _scores(person: PersonRecord) -> FloatArray:
    scores = person.scores[JOINT_COLUMNS]
    return np.where(np.isnan(scores), LOWEST_SCORE, scores)


def _without_ignored(
    people: Sequence[PersonRecord], regions: Sequence[FloatArray]
) -> list[tuple[PersonRecord, FloatArray]]:
    """Each person's labelled joints (15, 2) outside the regions; people whom that leaves none are dropped."""
    kept = []
    for person in people:
        points = np.where(person.labelled[JOINT_COLUMNS, None], person.keypoints[JOINT_COLUMNS], np.nan)
        for region in regions:
            points[inside_polygon(points, region)] = np.nan
        if np.isfinite(points).any():
            kept.append((person, points))
    return kept


def _assignment(matches: BoolArray, labelled: BoolArray) -> NDArray[np.int64]:
    """Which person each prediction is assigned to (step 4 of the rules).

    Each prediction keeps its best person by the share of that person's joints that match, each person its best
    prediction; the first wins a tie.

    Args:
        matches: (Q, P, 15) True where a predicted joint matches a person's.
        labelled: (P, 15).

    Returns:
        (Q,) person, -1 for an unassigned prediction.
    """
    share = matches.sum(axis=2) / np.maximum(labelled.sum(axis=1), 1)
    best_person = share.argmax(axis=1)
    kept = np.where(np.arange(share.shape[1]) == best_person[:, None], share, 0.0)
    assigned = np.full(len(share), -1)
    for person, prediction in enumerate(kept.argmax(axis=0)):
        if kept[prediction, person] > 0:
            assigned[prediction] = person
    return assigned


def _average_precision(frames: Sequence[EvaluatedFrame]) -> dict[str, float]:
    scores: list[FloatArray] = []
    correct: list[BoolArray] = []
    labelled_joints = np.zeros(len(JOINT_NAMES))
    for frame in frames:
        labelled = np.isfinite(frame.truth[..., 0])
        labelled_joints += labelled.sum(axis=0)
        true = np.zeros(frame.scores.shape, dtype=bool)
        if len(frame.truth) and len(frame.predicted):
            matches = frame.distances <= MATCH_DISTANCE
            for prediction, person in enumerate(_assignment(matches, labelled)):
                if person >= 0:
                    true[prediction] = matches[prediction, person]
        scores.append(np.where(np.isfinite(frame.predicted[..., 0]), frame.scores, np.nan))
        correct.append(true)
    all_scores, all_correct = np.concatenate(scores), np.concatenate(correct)
    result = {}
    for joint, name in enumerate(JOINT_NAMES):
        present = ~np.isnan(all_scores[:, joint])
        result[name] = 100 * _area_under_curve(
            all_scores[present, joint], all_correct[present, joint], labelled_joints[joint]
        )
    return with_mean(result)


def _area_under_curve(scores: FloatArray, correct: BoolArray, num_labelled: float) -> float:
    """Area under the precision-recall curve, precision made to fall monotonically."""
    if not len(scores):
        return 0.0
    if num_labelled == 0:
        return float("nan")
    # Among equal scores the later prediction comes first, as when an ascending stable sort is reversed.
    order = np.argsort(scores, kind="stable")[::-1]
    hits = np.cumsum(correct[order])
    recall = np.concatenate([[0.0], hits / num_labelled, [1.0]])
    precision = np.concatenate([[0.0], hits / np.arange(1, len(hits) + 1), [0.0]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * envelope[1:]).sum())


def _mota(frames: Sequence[EvaluatedFrame]) -> dict[str, float]:
    """Percent by joint: 1 - (misses + false + switches) / labelled joints, counts summed over sequences."""
    sequences = [[f for f in frames if f.sequence == number] for number in sorted({f.sequence for f in frames})]
    tracks: list[list[JointTracks]] = []
    for sequence in sequences:
        tracks.append([_joint_tracks(frame) for frame in sequence[:-1]])  # poseval leaves out each sequence's last
    percent = mota(tracks, len(JOINT_NAMES), MATCH_DISTANCE)
    return with_mean(dict(zip(JOINT_NAMES, percent.tolist(), strict=True)))


def _joint_tracks(frame: EvaluatedFrame) -> JointTracks:
    return JointTracks(
        frame.truth_ids,
        np.isfinite(frame.truth[..., 0]),
        frame.predicted_ids,
        np.isfinite(frame.predicted[..., 0]),
        frame.distances,
    )
