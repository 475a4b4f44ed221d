"""The groups of joints that tables of results have as columns."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

GROUPS: dict[str, tuple[str, ...]] = {
    "Head": ("head_top", "head_bottom", "nose", "head"),
    **{
        part.capitalize(): (f"left_{part}", f"right_{part}")
        for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    },
}
"""Joints by group. "head" is Sub-JHMDB's one joint of the head; a group is made of the joints that a result has."""
GROUP_NAMES = (*GROUPS, "Mean")


def with_mean(by_joint: Mapping[str, float]) -> dict[str, float]:
    """The same numbers and their "mean"; NaN is left out of it."""
    known = [value for value in by_joint.values() if not math.isnan(value)]
    return {**by_joint, "mean": float(np.mean(known)) if known else float("nan")}


def grouped(by_joint: Mapping[str, float]) -> dict[str, float]:
    """{Head, Shoulder, ..., Ankle, Mean} of numbers by joint; "Mean" is their "mean", over joints."""
    groups = {
        name: with_mean({joint: by_joint[joint] for joint in joints if joint in by_joint})["mean"]
        for name, joints in GROUPS.items()
    }
    return {**groups, "Mean": by_joint["mean"]}
