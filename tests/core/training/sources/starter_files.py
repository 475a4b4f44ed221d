"""Small files of the kinds that the starter is trained on, made anew for each test."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np

from core.keypoints import COCO

JHMDB_NAMES = (
    "neck", "belly", "face", "right_shoulder", "left_shoulder", "right_hip", "left_hip", "right_elbow", "left_elbow",
    "right_knee", "left_knee", "right_wrist", "left_wrist", "right_ankle", "left_ankle",
)  # fmt: skip
LSP_NAMES = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
)  # fmt: skip
WIDTH, HEIGHT = 80, 100
BODY = {
    "nose": (40, 16), "left_eye": (42, 14), "right_eye": (38, 14), "left_ear": (45, 15), "right_ear": (35, 15),
    "neck": (40, 24), "face": (40, 15), "head_top": (40, 6), "belly": (40, 45),
    "left_shoulder": (52, 28), "right_shoulder": (28, 28), "left_elbow": (57, 42), "right_elbow": (23, 42),
    "left_wrist": (60, 55), "right_wrist": (20, 55), "left_hip": (47, 55), "right_hip": (33, 55),
    "left_knee": (48, 73), "right_knee": (32, 73), "left_ankle": (49, 92), "right_ankle": (31, 92),
}  # fmt: skip
BOX = (16.0, 4.0, 48.0, 92.0)


def joints(names: Sequence[str]) -> np.ndarray:
    """(K, 2) where the body of every picture has these joints."""
    return np.array([BODY[name] for name in names], dtype=np.float64)


def jpegs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """All bytes, and where each picture ends."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        picture = cv2.resize(rng.integers(0, 255, (10, 8, 3), dtype=np.uint8), (WIDTH, HEIGHT))
        for point in BODY.values():
            cv2.circle(picture, point, 2, (255, 255, 255), -1)
        pictures.append(cv2.imencode(".jpg", picture)[1].ravel())
    return np.concatenate(pictures), np.cumsum([len(picture) for picture in pictures])


def teachers(count: int, score: float = 0.8, agree: float = 0.5) -> np.ndarray:
    """(count, 17, 4)."""
    found = np.concatenate([joints(COCO.keypoint_names), np.full((17, 2), (score, agree))], axis=1)
    return np.repeat(found[None], count, axis=0).astype(np.float32)


def write_pictures(path: Path, count: int) -> None:
    """Photographs, the first two of them of one exercise."""
    with h5py.File(path, "w") as file:
        file["bytes"], file["end"] = jpegs(count, 1)
        file["keypoints"] = teachers(count)
        file["box"] = np.tile(np.float32(BOX), (count, 1))
        file["origin"] = np.array([1, 1, *[0] * (count - 2)], np.uint8)
        file["path"] = [
            b"exercises/Squat/0.jpg",
            b"exercises/Squat/1.jpg",
            *(b"s/%d.jpg" % i for i in range(count - 2)),
        ]
        file.attrs["joint_names"] = json.dumps(COCO.keypoint_names)
        file.attrs["origins"] = json.dumps([["sports", "a/b", "none", ""], ["exercise", "c/d", "Unlicense", ""]])


def write_clips(path: Path, videos: Sequence[str], labelled: Sequence[bool], frames: int = 3) -> None:
    """Clips whose teacher ran on every second frame; where `labelled`, a person set JHMDB's joints on every frame."""
    total = len(videos) * frames
    teacher = teachers(total)
    teacher[1::2] = np.nan
    persons = np.full((total, 15, 2), np.nan, np.float32)
    for clip in np.flatnonzero(labelled):
        persons[clip * frames : (clip + 1) * frames] = joints(JHMDB_NAMES)
    with h5py.File(path, "w") as file:
        file["bytes"], file["end"] = jpegs(total, 2)
        file["first"] = np.arange(len(videos) + 1) * frames
        file["keypoints"], file["jhmdb_joints"] = teacher, persons
        file["box"] = np.tile(np.float32(BOX), (total, 1))
        file["origin"] = np.array([0 if name.endswith(".avi") else 1 for name in videos], np.uint8)
        file["path"] = [name.encode() for name in videos]
        file.attrs["joint_names"] = json.dumps(COCO.keypoint_names)
        file.attrs["jhmdb_joint_names"] = json.dumps(JHMDB_NAMES)
        file.attrs["origins"] = json.dumps([["jhmdb", "a/b", "none", ""], ["fight", "c/d", "MIT", ""]])


def write_crops(path: Path, count: int) -> None:
    """Crops as LSP Extended's."""
    points = np.concatenate([joints(LSP_NAMES), np.ones((14, 1))], axis=1)
    with h5py.File(path, "w") as file:
        file["bytes"], file["end"] = jpegs(count, 3)
        file["keypoints"] = np.repeat(points[None], count, axis=0)
        file.attrs["joint_names"] = list(LSP_NAMES)
