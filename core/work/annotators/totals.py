"""How well two annotators agree over a whole clip, joint by joint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.keypoints import POSETRACK
from core.metrics.pose_similarity import keypoint_similarities
from core.poses import Pose
from core.work.annotators.pairing import common_area_px, common_size_px, distances_px

WITHIN = 0.1
"""The share that is counted: joints no further apart than this part of the person's size."""


@dataclass(frozen=True)
class JointTotals:
    """How well two annotators agree on a joint, or on all. What cannot be counted is NaN.

    Attributes:
        name: of the joint.
        num_both: how many times both place it.
        only_mine: how many times only I label it, on people whom both have.
        only_theirs: how many times only they do.
        mean_px: distance between the two places in pixels.
        median_px: likewise.
        mean_size: the distance as a fraction of the person's size.
        median_size: likewise.
        within: the share of distances of at most 0.1 of the size.
        oks: mean object keypoint similarity, from 0 to 1.
    """

    name: str
    num_both: int
    only_mine: int
    only_theirs: int
    mean_px: float
    median_px: float
    mean_size: float
    median_size: float
    within: float
    oks: float


@dataclass(frozen=True)
class Totals:
    """How well two annotators agree over the clip.

    Attributes:
        joints: each joint of the skeleton, in its order.
        all: all joints together; its `oks` is the mean over pairs of people, as COCO counts.
        num_pairs: how many poses both have.
        people_only_mine: poses that they missed, in frames that both labelled.
        people_only_theirs: poses that I missed, likewise.
        num_frames_both: frames that both labelled.
        num_frames_only_mine: frames that only I labelled.
        num_frames_only_theirs: frames that only they did.
    """

    joints: tuple[JointTotals, ...]
    all: JointTotals
    num_pairs: int
    people_only_mine: int
    people_only_theirs: int
    num_frames_both: int
    num_frames_only_mine: int
    num_frames_only_theirs: int

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values, the joints by their names."""
        values = {name: value for name, value in asdict(self).items() if name not in ("joints", "all")}
        joints = {one.name: asdict(one) for one in self.joints}
        return {**values, "all": asdict(self.all), "joints": joints}


@dataclass
class Tally:
    """Counts pair by pair; a pair costs 80 bytes until the end."""

    people_only_mine: int = 0
    people_only_theirs: int = 0
    num_frames_both: int = 0
    num_frames_only_mine: int = 0
    num_frames_only_theirs: int = 0
    _distances: list[NDArray[np.float32]] = field(default_factory=list)
    _sizes: list[float] = field(default_factory=list)
    _areas: list[float] = field(default_factory=list)
    _only_mine: FloatArray = field(default_factory=lambda: np.zeros(len(POSETRACK)))
    _only_theirs: FloatArray = field(default_factory=lambda: np.zeros(len(POSETRACK)))

    def add(self, mine: Pose, theirs: Pose) -> None:
        """Counts two poses of one person."""
        self._distances.append(distances_px(mine, theirs).astype(np.float32))
        self._sizes.append(common_size_px(mine, theirs))
        self._areas.append(common_area_px(mine, theirs))
        self._only_mine += mine.labelled & ~theirs.labelled
        self._only_theirs += theirs.labelled & ~mine.labelled

    def totals(self) -> Totals:
        """What was counted."""
        count = len(POSETRACK)
        distances = np.array(self._distances, dtype=np.float32).reshape(-1, count)
        fractions = distances / np.array(self._sizes, dtype=np.float32).reshape(-1, 1)
        similarities = keypoint_similarities(distances, np.array(self._areas))
        joints = tuple(
            _joint(
                POSETRACK.keypoint_names[k],
                (distances[:, k], fractions[:, k]),
                similarities[:, k],
                (self._only_mine[k], self._only_theirs[k]),
            )
            for k in range(count)
        )
        per_pair = [row[known].mean() for row in similarities if (known := np.isfinite(row)).any()]
        together = _joint(
            "all", (distances, fractions), np.array(per_pair), (self._only_mine.sum(), self._only_theirs.sum())
        )
        return Totals(
            joints,
            together,
            len(distances),
            self.people_only_mine,
            self.people_only_theirs,
            self.num_frames_both,
            self.num_frames_only_mine,
            self.num_frames_only_theirs,
        )


def _joint(
    name: str, distances: tuple[NDArray[Any], NDArray[Any]], similarities: FloatArray, only: tuple[float, float]
) -> JointTotals:
    in_px, in_sizes = (one[np.isfinite(one)] for one in distances)
    if not len(in_px):
        return JointTotals(name, 0, int(only[0]), int(only[1]), *[float("nan")] * 6)
    return JointTotals(
        name,
        len(in_px),
        int(only[0]),
        int(only[1]),
        float(in_px.mean()),
        float(np.median(in_px)),
        float(in_sizes.mean()),
        float(np.median(in_sizes)),
        float((in_sizes <= WITHIN).mean()),
        float(np.nanmean(similarities)),
    )
