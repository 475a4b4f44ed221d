"""Joints that a format has no place for, as PoseTrack17 has none for ears, under a key of this program's own.

Other programs pass the key over.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from core.formats.texts.records import PersonRecord, number
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility

KEY = "further_joints"


def written(pose: Pose, names: Collection[str]) -> dict[str, Any]:
    """The key with the labelled joints that are not among `names`; empty where there is none."""
    joints = [
        {
            "name": name,
            "x": float(pose.keypoints[keypoint, 0]),
            "y": float(pose.keypoints[keypoint, 1]),
            "visibility": Visibility(pose.visibility[keypoint]).name.lower(),
            "score": None if math.isnan(score := float(pose.scores[keypoint])) else score,
            "provenance": Provenance(pose.provenance[keypoint]).name.lower(),
        }
        for keypoint, name in enumerate(POSETRACK.keypoint_names)
        if name not in names and pose.placed[keypoint]
    ]
    return {KEY: joints} if joints else {}


def read(person: PersonRecord, entry: Mapping[str, Any]) -> None:
    """Adds the joints of the key to a person whose other joints have been read."""
    lists = {
        key: list(value)
        for key, value in person.extensions.items()
        if key in ("provenance", "scores_kept") and isinstance(value, list) and len(value) == len(POSETRACK)
    }
    joints = entry.get(KEY)
    for joint in joints if isinstance(joints, list) else []:
        name = joint.get("name") if isinstance(joint, dict) else None
        if name not in POSETRACK.keypoint_names:
            continue
        keypoint = POSETRACK.index(name)
        x, y, score = (number(joint.get(key)) for key in ("x", "y", "score"))
        seen = Visibility.__members__.get(str(joint.get("visibility")).upper(), Visibility.NOT_LABELLED)
        if x is None or y is None or seen == Visibility.NOT_LABELLED or person.labelled[keypoint]:
            continue
        person.keypoints[keypoint], person.visibility[keypoint] = (x, y), seen
        person.scores[keypoint] = np.nan if score is None else score
        for key, value in (("provenance", joint.get("provenance")), ("scores_kept", score)):
            if key in lists:
                lists[key][keypoint] = value
    person.extensions = {**person.extensions, **lists}
