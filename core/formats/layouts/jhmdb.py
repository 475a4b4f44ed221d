"""JHMDB's joints of one clip: joint_positions.mat."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from core.errors import FormatError
from core.formats.layouts.matlab import load_mat
from core.formats.texts.records import ImageRecord, LabelFile, PersonRecord, PlacedJoint
from core.keypoints import JHMDB, JHMDB_AS_POSETRACK, POSETRACK
from core.poses import FloatArray

FIRST_PIXEL = 1
"""JHMDB counts pixels from 1, as MATLAB does, in all that is made of it."""


def joint_positions(path: Path) -> FloatArray:
    """(frames, 15, 2) x and y of JHMDB's joints in pixels from zero.

    Raises:
        FormatError: the file cannot be read, or holds something else.
    """
    joints = load_mat(path, "pos_img")
    if joints.ndim == 2:
        joints = joints[:, :, None]  # MATLAB drops the last axis of a clip of one frame
    if joints.ndim != 3 or joints.shape[:2] != (2, len(JHMDB)) or joints.dtype.kind not in "fiu":
        raise FormatError(f"pos_img in {path} has shape {joints.shape}, not (2, 15, frames); download it again.")
    return np.asarray(joints.transpose(2, 1, 0), dtype=np.float64) - FIRST_PIXEL


def parse(path: Path) -> LabelFile:
    """One person in every frame; neck is head_bottom, belly and face have no place here."""
    remarks: Counter[str] = Counter({"JHMDB's belly and face have no place in this program's skeleton": 1})
    places = {
        keypoint: JHMDB_AS_POSETRACK.index(name)
        for keypoint, name in enumerate(POSETRACK.keypoint_names)
        if name in JHMDB_AS_POSETRACK
    }
    images = []
    for frame, joints in enumerate(joint_positions(path).tolist()):
        placed = (PlacedJoint(keypoint, *joints[place]) for keypoint, place in places.items())
        person = PersonRecord.of_joints(placed, predicted=False)
        person.track_id = 1
        images.append(ImageRecord("", frame_id=frame, people=[person] if person.labelled.any() else []))
    return LabelFile(path, "jhmdb", images, remarks, made_ids=frozenset({1}))
