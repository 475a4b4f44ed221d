"""SLEAP's labels through the package sleap-io."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import h5py
import numpy as np

from core.files.hdf5 import check_contents


def names(path: str) -> list[str]:
    """What lies at the top of the file."""
    with h5py.File(path, "r") as file:
        return list(file)


def plain_labels(path: str) -> dict[str, Any]:
    """The labels of a file. Raises whatever sleap-io and HDF5 make of a damaged one."""
    with h5py.File(path, "r") as file:
        check_contents(file)
    import sleap_io  # noqa: PLC0415 - takes half a second, and is of no use for a file that was just refused

    labels = sleap_io.load_slp(path, open_videos=False)
    frames = [frame for frame in labels.labeled_frames if frame.instances]
    videos = {id(frame.video): _file_name(frame.video, None) for frame in frames}
    return {
        "videos": list(videos.values()),
        "tracks": [str(track.name) for track in labels.tracks],
        "frames": [
            (int(frame.frame_idx), _file_name(frame.video, int(frame.frame_idx)), _people(frame)) for frame in frames
        ],
    }


def _people(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - sleap-io does not publish its types
    """The instances of a frame, but for predictions that a person corrected."""
    corrected = {id(instance.from_predicted) for instance in frame.instances if instance.from_predicted is not None}
    return [_plain_instance(instance) for instance in frame.instances if id(instance) not in corrected]


def _plain_instance(instance: Any) -> dict[str, Any]:  # noqa: ANN401
    """The points that are there, as (name, x, y, score)."""
    names = [str(node.name) for node in instance.skeleton.nodes]
    is_predicted = "score" in (instance.points.dtype.names or ())
    points = []
    for name, point in zip(names, instance.points, strict=True):
        if point["visible"] and np.isfinite(point["xy"]).all():
            x, y = point["xy"]
            points.append((name, float(x), float(y), float(np.nan_to_num(point["score"])) if is_predicted else 1.0))
    return {
        "predicted": is_predicted,
        "score": float(np.nan_to_num(instance.score)) if is_predicted else None,
        "track": None if instance.track is None else str(instance.track.name),
        "points": points,
    }


def _file_name(video: Any, index: int | None) -> str:  # noqa: ANN401
    """The name of a frame's picture where the video is a list of pictures, else of the video's file."""
    files = video.filename
    if isinstance(files, (list, tuple)):
        name = str(files[index]) if index is not None and index < len(files) else str(files[0]) if files else ""
        return name.replace("\\", "/")
    return "" if index is not None else PurePosixPath(str(files).replace("\\", "/")).name
