"""PCK, and average precision by object keypoint similarity (through pycocotools)."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from numpy.typing import ArrayLike
from pycocotools.coco import COCO as CocoDataset  # noqa: N811 - it is a class
from pycocotools.cocoeval import COCOeval

from core.errors import FormatError
from core.formats.labels import Labels
from core.formats.layouts.annotations import COCO_CODES, annotation
from core.judging.sizes import PCK_THRESHOLD, joints_right
from core.keypoints import POSETRACK, Skeleton

OKS_NAMES = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")


def pck(
    truth: ArrayLike,
    labelled: ArrayLike,
    predicted: ArrayLike,
    threshold: float = PCK_THRESHOLD,
    skeleton: Skeleton = POSETRACK,
    *,
    sizes_px: ArrayLike | None = None,
) -> dict[str, float]:
    """Percentage of correct keypoints, as benchmarks print it.

    Args:
        truth: (N, K, 2) in pixels.
        labelled: (N, K) True where the keypoint is labelled.
        predicted: (N, K, 2) in the same pixels; a keypoint that is NaN is wrong.
        threshold: as a fraction of the size.
        skeleton: that the K keypoints are in.
        sizes_px: (N,) people's sizes, such as `box_sizes`; a pose whose size is NaN or 0 is left out. Without them
            the torsos.

    Returns:
        Percent by keypoint name, NaN where a keypoint is nowhere labelled, and "mean" over the other keypoints.
    """
    measured, right = joints_right(predicted, truth, labelled, threshold, skeleton, sizes_px=sizes_px)
    totals = measured.sum(axis=0)
    percent = 100 * right.sum(axis=0) / np.where(totals > 0, totals, np.nan)
    by_name = dict(zip(skeleton.keypoint_names, percent.tolist(), strict=True))
    return {**by_name, "mean": float(np.nanmean(percent)) if totals.any() else float("nan")}


def oks_ap(truth: Labels, predicted: Labels) -> dict[str, float]:
    """COCO's average precision and recall of poses, in percent, with the PoseTrack skeleton's sigmas.

    Frames pair by `frame_index`. A prediction's score is the mean score of its labelled keypoints.

    Returns:
        Percent by the names in `OKS_NAMES`; -1 where COCO has nothing to measure (no medium or no large person).

    Raises:
        FormatError: the ground truth holds no pose.
    """
    ids = {image.frame_index: number for number, image in enumerate(truth.images, start=1)}
    people = [
        {**annotation(pose, POSETRACK, COCO_CODES), "id": number, "image_id": ids[index]}
        for number, (index, pose) in enumerate(
            ((image.frame_index, pose) for image in truth.images for pose in image.poses.poses), start=1
        )
    ]
    if not any(person["num_keypoints"] for person in people):
        raise FormatError("Nothing can be evaluated: the ground truth holds no labelled keypoint.")
    guesses = [
        {**annotation(pose, POSETRACK, COCO_CODES), "image_id": ids[image.frame_index]}
        for image in predicted.images
        for pose in image.poses.poses
        if image.frame_index in ids and pose.labelled.any()
    ]
    if not guesses:
        return dict.fromkeys(OKS_NAMES, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports its progress by print
        dataset = CocoDataset()
        dataset.dataset = {
            "info": {},
            "images": [{"id": number} for number in ids.values()],
            "annotations": people,
            "categories": [{"id": 1, "name": "person", "keypoints": list(POSETRACK.keypoint_names), "skeleton": []}],
        }
        dataset.createIndex()
        evaluation = COCOeval(dataset, dataset.loadRes(guesses), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array(POSETRACK.sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    percent = [100 * value if value >= 0 else -1.0 for value in evaluation.stats]
    return dict(zip(OKS_NAMES, map(float, percent), strict=True))
