"""Skeletons as data: keypoint names, limbs, sides, flip pairs, OKS sigmas, and mappings between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Skeleton:
    """A named, ordered set of keypoints.

    Attributes:
        name: short lower-case name of the skeleton.
        keypoint_names: K names in the order of every (K, ...) array.
        limbs: pairs of keypoint indices that are joined by a line on screen.
        sigmas: K per-keypoint constants of object keypoint similarity (COCO's k/2).
    """

    name: str
    keypoint_names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]

    def __len__(self) -> int:
        """The number of keypoints K."""
        return len(self.keypoint_names)

    def index(self, keypoint_name: str) -> int:
        """The index of a keypoint. Raises ValueError if the skeleton has none of that name."""
        return self.keypoint_names.index(keypoint_name)

    @property
    def flip_pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs (left, right) of keypoint indices that a horizontal flip exchanges."""
        return tuple(
            (i, self.keypoint_names.index("right_" + name.removeprefix("left_")))
            for i, name in enumerate(self.keypoint_names)
            if name.startswith("left_")
        )

    @property
    def flip_order(self) -> NDArray[np.int64]:
        """(K,) indices: `keypoints[flip_order]` are the keypoints of the mirrored picture."""
        order = np.arange(len(self))
        for left, right in self.flip_pairs:
            order[left], order[right] = right, left
        return order

    def side(self, keypoint: int) -> str:
        """The side of the body that a keypoint lies on: "left", "right" or "centre"."""
        name = self.keypoint_names[keypoint]
        return "left" if name.startswith("left_") else "right" if name.startswith("right_") else "centre"

    def label(self, keypoint: int) -> str:
        """The keypoint's name as shown to people: "left wrist"."""
        return self.keypoint_names[keypoint].replace("_", " ")


SIDES_RGB = {"left": (86, 180, 233), "right": (240, 160, 32), "centre": (228, 231, 235)}
"""How the sides of a body (`Skeleton.side`) are drawn; told apart with every kind of colour vision."""


def _limbs(names: tuple[str, ...], pairs: str) -> tuple[tuple[int, int], ...]:
    return tuple((names.index(a), names.index(b)) for a, b in (pair.split("-") for pair in pairs.split()))


_SIDED = tuple(
    f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
_BODY_LIMBS = " ".join(
    [
        f"{s}_shoulder-{s}_elbow {s}_elbow-{s}_wrist {s}_hip-{s}_knee {s}_knee-{s}_ankle {s}_shoulder-{s}_hip"
        for s in ("left", "right")
    ]
    + ["left_shoulder-right_shoulder left_hip-right_hip"]
)
_BODY_SIGMAS = (0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089)

_POSETRACK_NAMES = ("nose", "head_bottom", "head_top", "left_ear", "right_ear", *_SIDED)
POSETRACK = Skeleton(
    "posetrack",
    _POSETRACK_NAMES,
    _limbs(
        _POSETRACK_NAMES,
        "head_top-nose nose-head_bottom head_bottom-left_shoulder head_bottom-right_shoulder "
        "nose-left_ear nose-right_ear " + _BODY_LIMBS,
    ),
    (0.026, 0.079, 0.079, 0.035, 0.035, *_BODY_SIGMAS),
)

_COCO_NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", *_SIDED)
COCO = Skeleton(
    "coco",
    _COCO_NAMES,
    _limbs(
        _COCO_NAMES,
        "nose-left_eye nose-right_eye left_eye-left_ear right_eye-right_ear "
        "left_ear-left_shoulder right_ear-right_shoulder " + _BODY_LIMBS,
    ),
    (0.026, 0.025, 0.025, 0.035, 0.035, *_BODY_SIGMAS),
)

_JHMDB_NAMES = (
    "neck", "belly", "head", "right_shoulder", "left_shoulder", "right_hip", "left_hip", "right_elbow", "left_elbow",
    "right_knee", "left_knee", "right_wrist", "left_wrist", "right_ankle", "left_ankle",
)  # fmt: skip
_JHMDB_SIGMAS = {"neck": 0.079, "belly": 0.107, "head": 0.079, **dict(zip(_SIDED, _BODY_SIGMAS, strict=True))}
JHMDB = Skeleton(
    "jhmdb",
    _JHMDB_NAMES,
    _limbs(
        _JHMDB_NAMES,
        "head-neck neck-right_shoulder neck-left_shoulder neck-belly belly-right_hip belly-left_hip "
        "right_shoulder-right_elbow right_elbow-right_wrist left_shoulder-left_elbow left_elbow-left_wrist "
        "right_hip-right_knee right_knee-right_ankle left_hip-left_knee left_knee-left_ankle",
    ),
    tuple(_JHMDB_SIGMAS[name] for name in _JHMDB_NAMES),
)
"""JHMDB's head is a point in the face and its belly the middle of the body: PoseTrack has neither.

No one measured how its annotators scatter; the sigmas are those of the nearest joints, as the field takes them."""

MPII_NAMES = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax",
    "head_bottom", "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow",
    "left_wrist",
)  # fmt: skip
"""MPII's order of joints, which PoseTrack17's .mat files number, too; its "upper neck" is our head_bottom."""

_POSETRACK_NAME_OF = {"neck": "head_bottom"}
"""LSP's and JHMDB's neck is where PoseTrack's head begins. JHMDB's face and belly, and COCO's eyes, are nobody's."""

JHMDB_AS_POSETRACK = tuple(_POSETRACK_NAME_OF.get(name, name) for name in _JHMDB_NAMES)
"""JHMDB's joints by PoseTrack's names where it has them: `mapping(JHMDB_AS_POSETRACK, POSETRACK)` is where each
PoseTrack keypoint stands in JHMDB."""


def names_as_posetrack(skeleton: Skeleton) -> tuple[str, ...]:
    """A skeleton's keypoint names in its own order, by PoseTrack's name where PoseTrack has the joint."""
    return JHMDB_AS_POSETRACK if skeleton.name == JHMDB.name else skeleton.keypoint_names


SKELETONS = {skeleton.name: skeleton for skeleton in (POSETRACK, COCO, JHMDB)}


def mapping(source_names: tuple[str, ...], target: Skeleton) -> NDArray[np.int64]:
    """Where each keypoint of `target` stands in `source_names`.

    Returns:
        (K,) indices into `source_names`, -1 where the source has no keypoint of that name.
    """
    return np.array([source_names.index(name) if name in source_names else -1 for name in target.keypoint_names])


def posetrack_places(source_names: Sequence[str]) -> NDArray[np.int64]:
    """Where each PoseTrack keypoint stands among the joints of a data set: COCO's, LSP's or JHMDB's.

    Args:
        source_names: in the data set's own words and order.

    Returns:
        (17,) indices into `source_names`, -1 where the data set does not label the joint.
    """
    return mapping(tuple(_POSETRACK_NAME_OF.get(name, name) for name in source_names), POSETRACK)
