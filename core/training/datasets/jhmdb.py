"""Reads Sub-JHMDB: 316 clips of JHMDB that show whole bodies, three official splits, 15 joints.

The published folder holds joint_positions/<action>/<clip>/joint_positions.mat, puppet_mask/ likewise, and the lists
of the splits, sub_splits/ (of Sub-JHMDB) or splits/ (of all of JHMDB), unpacked or not.
"""

from __future__ import annotations

import logging
import lzma
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from core.errors import FormatError, TrainingError
from core.formats.layouts.jhmdb import joint_positions
from core.formats.layouts.matlab import load_mat
from core.geometry import BOX_MARGIN, FloatArray, bbox_of_points
from core.keypoints import JHMDB
from core.training.datasets.config import DatasetConfig
from core.training.datasets.jhmdb_files import clipped_box, read_coco_jhmdb
from core.training.datasets.videos import LabelledFrame, LabelledPerson, LabelledVideo, LabelledVideos

log = logging.getLogger(__name__)

FRAME_SIZE_WH = (320, 240)
"""Of every frame in JHMDB."""
SUB_ACTIONS = (
    "catch", "climb_stairs", "golf", "jump", "kick_ball", "pick", "pullup", "push", "run", "shoot_ball",
    "swing_baseball", "walk",
)  # fmt: skip
"""The 12 of JHMDB's 21 actions that Sub-JHMDB has."""

_PART_NUMBER = {"train": "1", "test": "2"}
_NAME_OF_CLIP = re.compile(r"(?!\.)[^/\\\x00-\x1f]{1,200}")
"""A name that leads nowhere but into the action's folder."""
_MOST_TEXT_BYTES = 2**20
"""Of a list of a split: fifty times the longest."""
_SPLIT_FILE = re.compile(r"(?P<action>[^/\\]+)_test_split_?(?P<split>[123])\.txt")


def read_jhmdb(config: DatasetConfig) -> LabelledVideos:
    """One part of one split of Sub-JHMDB.

    Raises:
        TrainingError: the labels are in none of the known layouts, or none of them can be read.
    """
    part, split = config.split[:-1], config.split[-1]
    if config.labels.is_file() and config.labels.suffix.lower() == ".json":
        return _coco(config.labels)
    for folder in (config.labels, config.labels / "annotations"):
        if (file := folder / f"Sub{split}_{part}.json").is_file():
            return _coco(file)
    if not (config.labels / "joint_positions").is_dir():
        raise TrainingError(
            f"{config.labels} holds neither Sub{split}_{part}.json nor the folder joint_positions; "
            "name the folder of JHMDB's labels."
        )
    return _published(config.labels, part, split)


def _coco(path: Path) -> LabelledVideos:
    try:
        return read_coco_jhmdb(path)
    except FormatError as error:
        raise TrainingError(str(error)) from error


def split_clips(labels: Path, part: str, split: str) -> tuple[list[tuple[str, str]], bool]:
    """The (action, clip) pairs of a part of a split, and whether the lists are Sub-JHMDB's own.

    Args:
        labels: the folder that holds the lists.
        part: "train" or "test".
        split: "1", "2" or "3".

    Raises:
        TrainingError: there are no lists.
    """
    for name, own in (("sub_splits", True), ("splits", False)):
        for place in (labels / name, labels / f"{name}.zip"):
            clips = [
                (match["action"], words[0].removesuffix(".avi"))
                for file_name, text in _texts(place)
                if (match := _SPLIT_FILE.fullmatch(file_name)) and match["split"] == split
                for line in text.splitlines()
                if len(words := line.rsplit(maxsplit=1)) == 2 and words[1] == _PART_NUMBER[part]
                if _NAME_OF_CLIP.fullmatch(words[0])
            ]
            if clips:
                return clips, own
    raise TrainingError(
        f"{labels} holds no lists of split {split}; put JHMDB's sub_splits (or splits) folder or zip file there."
    )


def _texts(place: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each text file in a folder or a zip file, by name."""
    if place.is_dir():
        for path in sorted(place.glob("*.txt")):
            yield path.name, path.read_text(encoding="utf-8", errors="replace")
    elif place.is_file():
        try:
            with zipfile.ZipFile(place) as archive:
                for name in sorted(name for name in archive.namelist() if name.endswith(".txt")):
                    with archive.open(name) as stream:  # no more than a list has: few bytes may unpack to many
                        text = stream.read(_MOST_TEXT_BYTES).decode("utf-8", errors="replace")
                    yield PurePosixPath(name).name, text
        except _ZIP_TROUBLE as error:
            raise TrainingError(f"{place} is not a complete zip file ({error}); download it again.") from error


_ZIP_TROUBLE = (
    zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError, LookupError, struct.error,
    zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What reading a damaged archive raises: of the directory, of a password, of a way to pack, and of what is packed."""


def _published(labels: Path, part: str, split: str) -> LabelledVideos:
    clips, own_lists = split_clips(labels, part, split)
    remarks: Counter[str] = Counter()
    if not own_lists:
        clips = [(action, clip) for action, clip in clips if action in SUB_ACTIONS]
    videos = []
    for action, clip in clips:
        try:
            video = _video(labels, action, clip, remarks)
        except FormatError as error:
            log.warning("skipped: %s", error)
            remarks["a clip whose joints cannot be read was skipped"] += 1
            continue
        if own_lists or all(person.labelled.all() for frame in video.frames for person in frame.people):
            videos.append(video)
        else:
            remarks["a clip with joints outside the picture is not one of Sub-JHMDB and was left out"] += 1
    if not videos:
        raise TrainingError(f"No clip of split {split}, {part}, has joints under {labels / 'joint_positions'}.")
    return LabelledVideos(videos, JHMDB, remarks)


def _video(labels: Path, action: str, clip: str, remarks: Counter[str]) -> LabelledVideo:
    """One clip. Raises FormatError if its joints cannot be read."""
    path = labels / "joint_positions" / action / clip / "joint_positions.mat"
    joints = joint_positions(path)
    boxes = _puppet_boxes(labels / "puppet_mask" / action / clip / "puppet_mask.mat", len(joints))
    frames = []
    for index, keypoints in enumerate(joints):
        # NaN is not inside either.
        labelled = np.asarray(((keypoints >= -0.5) & (keypoints < _END)).all(axis=1))
        frame = LabelledFrame(f"{action}/{clip}/{index + 1:05d}.png")
        box = boxes[index]
        if box is None and labelled.any():
            remarks["a person without a puppet mask was given a box around the joints"] += 1
            x, y, width, height = bbox_of_points(keypoints[labelled], BOX_MARGIN)
            box = clipped_box(np.array([x, y]), np.array([x + width, y + height]), FRAME_SIZE_WH)
        if box is not None:
            frame.people.append(LabelledPerson(0, box, np.where(labelled[:, None], keypoints, 0), labelled, 1.0, box))
        frames.append(frame)
    return LabelledVideo(clip, frames)


_END = np.array(FRAME_SIZE_WH) - 0.5


def _puppet_boxes(path: Path, count: int) -> list[FloatArray | None]:
    """The bounds of the puppet in each frame, None where there is no mask or nothing in it."""
    try:
        masks = load_mat(path, "part_mask") if path.is_file() else np.zeros((0, 0, 0))
    except FormatError as error:
        log.warning("skipped: %s", error)
        masks = np.zeros((0, 0, 0))
    masks = masks[:, :, None] if masks.ndim == 2 else masks
    if masks.ndim != 3 or masks.dtype.kind not in "biuf":
        log.warning("skipped: part_mask in %s has shape %s, not (height, width, frames)", path, masks.shape)
        masks = np.zeros((0, 0, 0))
    boxes: list[FloatArray | None] = []
    for index in range(count):
        ys, xs = np.nonzero(masks[:, :, index]) if index < masks.shape[2] else (np.zeros(0), np.zeros(0))
        if len(xs) and xs.min() < xs.max() and ys.min() < ys.max():
            low, high = np.array([xs.min(), ys.min()], float), np.array([xs.max(), ys.max()], float)
            boxes.append(clipped_box(low, high, FRAME_SIZE_WH))
        else:
            boxes.append(None)
    return boxes
