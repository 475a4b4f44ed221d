"""Coordinates that are no places in the picture: fractions of its size, and joints far beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from core.formats.frames.frame_match import name_of_image
from core.formats.labels import LabelImage, Labels
from core.keypoints import POSETRACK
from core.poses import FloatArray, Pose

FEWEST_JOINTS = 4
"""Of fewer nobody can say whether they are fractions."""
FAR_OUTSIDE = 0.1
"""A joint lies far outside a picture where it is beyond its edge by this part of the picture's size."""


def to_pixels(labels: Labels, width: int, height: int) -> None:
    """Multiplies coordinates that are fractions of the picture by its size, and says so.

    They are where no joint of the file lies beyond 1, which in pixels would all be one corner of the picture. Boxes are
    where none of theirs does. Files of this program are in pixels.

    Args:
        labels: what was read; its images are replaced.
        width: of the source's frames.
        height: likewise.
    """
    people = [pose for image in labels.images for pose in image.poses.poses]
    if any(image.source_frame_index is not None for image in labels.images):
        return
    joints = [pose.keypoints[pose.placed] for pose in people if pose.placed.any()]
    if sum(map(len, joints)) < FEWEST_JOINTS or not all(_are_fractions(xy) for xy in joints):
        return
    size = np.array([width, height], dtype=np.float64)
    boxes_too = all(_are_fractions(pose.bbox_xywh, FAR_OUTSIDE * 3) for pose in people)

    def scaled(pose: Pose) -> Pose:
        box = pose.bbox_xywh * np.tile(size, 2) if boxes_too else pose.bbox_xywh
        return pose.replaced(keypoints=pose.keypoints * size, bbox_xywh=box)

    labels.images = [
        replace(image, poses=replace(image.poses, poses=tuple(map(scaled, image.poses.poses))))
        for image in labels.images
    ]
    labels.warnings.append(
        "All joints of the file lie between 0 and 1, so they were taken as fractions of the picture, and multiplied by "
        f"its size, {width}x{height}."
    )


def _are_fractions(values: FloatArray, beyond: float = 0.0) -> bool:
    return bool((values >= -beyond).all() and (values <= 1 + beyond).all())


def far_outside(images: Iterable[LabelImage], width: int, height: int) -> list[str]:
    """A sentence on joints far outside the picture, and one on people whose boxes lie beside it; with an example."""
    size = np.array([width, height], dtype=np.float64)
    joints, boxes = 0, 0
    example = of_box = ""
    for image in images:
        for pose in image.poses.poses:
            beyond = (pose.keypoints < -FAR_OUTSIDE * size) | (pose.keypoints > (1 + FAR_OUTSIDE) * size)
            outside = np.flatnonzero(pose.placed & beyond.any(axis=1))
            joints += len(outside)
            if len(outside) and not example:
                x, y = pose.keypoints[outside[0]]
                example = f"{POSETRACK.keypoint_names[outside[0]]} at ({x:g}, {y:g}) in {name_of_image(image)}"
            left_top, wide_high = pose.bbox_xywh[:2], pose.bbox_xywh[2:]
            if ((left_top >= size) | (left_top + wide_high <= 0)).any():
                boxes += 1
                of_box = of_box or name_of_image(image)
    sentences = []
    if joints:
        lie = "1 joint lies" if joints == 1 else f"{joints} joints lie"
        sentences.append(f"{lie} far outside the picture of {width}x{height} pixels: {example}.")
    if boxes:
        lie = "1 person's box lies" if boxes == 1 else f"The boxes of {boxes} people lie"
        sentences.append(f"{lie} beside the picture of {width}x{height} pixels, as in {of_box}.")
    return sentences
