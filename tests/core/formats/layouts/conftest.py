"""Labels of two people who come and go: one whom a person labelled, one whom only the network has seen."""

import numpy as np
import pytest

from core.formats import LabelImage, Labels
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

K = len(POSETRACK)


def a_pose(
    track_id: int, frame: int, by: Provenance, *, occluded: int | None = None, missing: int | None = None
) -> Pose:
    """A person whose joints stand in a row, each frame a little further on."""
    keypoints = np.stack([np.linspace(20, 90, K) + frame + 200 * track_id, np.linspace(30, 180, K) + 0.25], axis=1)
    visibility = np.full(K, Visibility.VISIBLE, np.uint8)
    provenance = np.full(K, by, np.uint8)
    scores = np.full(K, 1.0 if by.is_human else 0.625)
    if occluded is not None:
        visibility[occluded] = Visibility.OCCLUDED
    if missing is not None:
        visibility[missing], keypoints[missing], scores[missing] = Visibility.NOT_LABELLED, np.nan, np.nan
        provenance[missing] = Provenance.NONE
    box = (15 + frame + 200 * track_id, 20, 80, 170)
    return Pose(track_id, box, keypoints, visibility, scores, provenance, by)


@pytest.fixture
def labels() -> Labels:
    """Six frames: person 1, corrected, in the first four; person 7, only predicted, in 2, 4 and 5."""
    images = []
    for frame in range(6):
        poses = []
        if frame < 4:
            poses.append(a_pose(1, frame, Provenance.CORRECTED, occluded=9, missing=3))
        if frame >= 2 and frame != 3:
            poses.append(a_pose(7, frame, Provenance.PREDICTED, missing=0))
        images.append(
            LabelImage(frame, f"{frame:06d}.jpg", (640, 480), FramePoses(frame, tuple(poses)), labelled=bool(poses))
        )
    return Labels(images)
