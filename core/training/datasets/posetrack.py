"""Reads PoseTrack17 and PoseTrack18: a label file a video, or one of many videos."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core.errors import FormatError, TrainingError
from core.formats.labels import Labels
from core.formats.layouts import annolist_mat, posetrack17
from core.formats.layouts.coco_like import posetrack18
from core.training.datasets.config import DatasetConfig
from core.training.datasets.videos import LabelledVideo, LabelledVideos, from_labels, label_files

log = logging.getLogger(__name__)


def read_posetrack18(config: DatasetConfig) -> LabelledVideos:
    """PoseTrack18's JSON files. Raises TrainingError if none of them can be read."""
    return _read(config, (".json",), lambda path: [posetrack18.read(path)])


def read_posetrack17(config: DatasetConfig) -> LabelledVideos:
    """PoseTrack17's JSON and MATLAB files. Raises TrainingError if none can be read."""

    def read(path: Path) -> list[Labels]:
        return annolist_mat.read(path) if path.suffix.lower() == ".mat" else [posetrack17.read(path)]

    return _read(config, (".json", ".mat"), read)


def _read(config: DatasetConfig, suffixes: tuple[str, ...], read: Callable[[Path], list[Labels]]) -> LabelledVideos:
    if not config.labels.exists():
        raise TrainingError(
            f"There are no labels at {config.labels}: put the data set there, or name its place in the configuration."
        )
    videos: list[LabelledVideo] = []
    remarks: Counter[str] = Counter()
    first_error: FormatError | None = None
    for path in label_files(config.labels, config.split, suffixes):
        try:
            labels_of_file = read(path)
        except FormatError as error:
            first_error = first_error or error
            remarks["a label file could not be read and was skipped"] += 1
            log.warning("skipped: %s", error)
            continue
        for labels in labels_of_file:
            videos += from_labels(labels, path)
            for warning in labels.warnings:
                log.info("%s", warning)
    if not videos:
        if first_error is not None:
            raise TrainingError(f"No label file in {config.labels} can be used: {first_error}") from first_error
        raise TrainingError(f"There is no label file ({' or '.join(suffixes)}) in {config.labels}; check the path.")
    return LabelledVideos(videos, remarks=remarks)
