"""A copy of a video with the poses drawn on it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import FamiError
from core.files.replacing import replacing
from core.judging.review import doubtful_joints
from core.keypoints import POSETRACK, SIDES_RGB
from core.poses import Pose, Visibility
from core.project import Project
from core.video import Source

Image = NDArray[np.uint8]
TICKS_PER_S = 90_000
DEFAULT_FPS = 25


def write_overlay(
    project: Project, source: Source, frame_range: tuple[int, int], path: Path, on_progress: Callable[[int, int], None]
) -> None:
    """Writes a half-open range of frames with their poses as H.264, at the times they have in the source.

    Raises:
        FamiError: the file cannot be written.
    """
    start, stop = frame_range
    width, height = (side // 2 * 2 for side in source.size)  # H.264 halves the colour's resolution: even sides only
    times_s = _times_s(source, start, stop)
    with replacing(path) as partial:
        try:
            with av.open(str(partial), "w", format="mp4") as container:
                stream = container.add_stream("libx264", rate=DEFAULT_FPS, options={"crf": "20"})
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
                for index, rgb in source.frames(start, stop):
                    picture = np.ascontiguousarray(draw_poses(rgb, project.frame(index).poses)[:height, :width])
                    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                    frame.pts, frame.time_base = round(times_s[index - start] * TICKS_PER_S), Fraction(1, TICKS_PER_S)
                    container.mux(stream.encode(frame))
                    on_progress(index + 1 - start, stop - start)
                container.mux(stream.encode())
        except av.FFmpegError as error:
            raise FamiError(f"The video {path} cannot be written ({error.strerror}); choose another name.") from error


def _times_s(source: Source, start: int, stop: int) -> NDArray[np.float64]:
    """(N,) seconds from the first frame on; where the source's times do not rise, those of a plain frame rate."""
    times_s: NDArray[np.float64] = np.array(source.timestamps[start:stop], dtype=np.float64)
    if not (np.isfinite(times_s).all() and (np.diff(times_s) > 1.0 / TICKS_PER_S).all()):
        times_s = np.arange(stop - start, dtype=np.float64) / DEFAULT_FPS
    times_s -= times_s[0]
    return times_s


def draw_poses(rgb: Image, poses: tuple[Pose, ...]) -> Image:
    """A copy of a frame with limbs and joints drawn on it; occluded and doubtful joints are hollow."""
    picture = np.array(rgb)
    for pose in poses:
        _draw_pose(picture, pose)
    return picture


def _draw_pose(picture: Image, pose: Pose) -> None:
    thickness = max(1, round(float(pose.bbox_xywh[3]) / 140))
    drawn, doubtful = pose.placed, doubtful_joints(pose)
    places = [
        tuple(np.round(xy).astype(int).tolist()) if on else None for xy, on in zip(pose.keypoints, drawn, strict=True)
    ]
    for first, second in POSETRACK.limbs:
        start, end = places[first], places[second]
        if start is not None and end is not None:
            side = POSETRACK.side(second) if POSETRACK.side(first) == POSETRACK.side(second) else "centre"
            cv2.line(picture, start, end, SIDES_RGB[side], thickness, cv2.LINE_AA)
    for keypoint, place in enumerate(places):
        if place is not None:
            seen = pose.visibility[keypoint] == Visibility.VISIBLE and not doubtful[keypoint]
            radius = thickness + 2
            cv2.circle(
                picture, place, radius, SIDES_RGB[POSETRACK.side(keypoint)], cv2.FILLED if seen else 1, cv2.LINE_AA
            )
