"""Following single joints through a clip by optical flow, in either direction of time, as long as it is sure of them.

Each joint is followed by pyramidal Lucas-Kanade flow with the pixels around it, at a scale at which every person is of
one size, so that one flow window fits a wrist of anybody. It ends where it does not come back when followed backwards,
where the picture around it no longer looks as at its start, where it leaves the picture, and where the scene is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.people.scenes import is_cut, thumbnail

GrayImage = NDArray[np.uint8]
RgbFrame = NDArray[np.uint8]
PersonJoint = tuple[int, int]
"""Track id and keypoint."""

WORKING_SIZE_PX = 200.0
"""Pictures are scaled so that the person is of this size."""
WINDOW_PX = 19
LEVELS = 3
RETURNS_WITHIN_PX = 1.0
"""A joint that does not come back to within this distance (scaled) was not followed."""
LOOKS_ALIKE = 0.55
"""What surrounds a joint correlates at least this much with what surrounded it at its start."""
PATCH_PX = 17
CONTEXT = 0.4
"""How far around the joints the picture is looked at, as a fraction of the person's size."""


@dataclass(frozen=True)
class JointStart:
    """Where the following of a joint begins.

    Attributes:
        joint: whose joint it is, and which.
        frame_index: the frame.
        xy: its place there, in full-frame pixels.
        size_px: the person's size (the longer side of the box).
        last_frame: the last frame in which it is wanted; before `frame_index` where frames run backwards.
    """

    joint: PersonJoint
    frame_index: int
    xy: tuple[float, float]
    size_px: float
    last_frame: int


@dataclass(eq=False)
class _Followed:
    start: JointStart
    xy: FloatArray
    look: FloatArray


def follow_joints(
    frames: Iterable[tuple[int, RgbFrame]], starts: Sequence[JointStart]
) -> Iterator[tuple[int, Mapping[PersonJoint, FloatArray]]]:
    """Follows joints from frame to frame, each from its own start to its last frame, as long as it is sure of it.

    Args:
        frames: (frame_index, (H, W, 3) RGB), rising or falling one by one, from the first start on.
        starts: what to follow; of one joint several that follow one another, none of which overlap.

    Yields:
        Each frame's index with the places (2,), in full-frame pixels, of the joints that were followed into it. Joints
        are not among those of the frame in which they start.
    """
    waiting: dict[int, list[JointStart]] = {}
    for start in starts:
        waiting.setdefault(start.frame_index, []).append(start)
    followed: list[_Followed] = []
    before: GrayImage | None = None
    last_look: FloatArray | None = None
    for frame_index, rgb in frames:
        gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        look = thumbnail(gray)
        if last_look is not None and is_cut(last_look, look):
            followed = []
        if before is not None:
            followed = _stepped(before, gray, followed)
        yield frame_index, {one.start.joint: one.xy for one in followed}
        followed = [one for one in followed if one.start.last_frame != frame_index]
        followed += _begun(gray, [s for s in waiting.get(frame_index, ()) if s.last_frame != frame_index])
        before, last_look = gray, look


def _begun(gray: GrayImage, starts: Sequence[JointStart]) -> list[_Followed]:
    begun = []
    for start in starts:
        xy = np.array(start.xy, np.float64)
        if _inside(gray, xy):
            begun.append(_Followed(start, xy, _look(gray, xy, WORKING_SIZE_PX / start.size_px)))
    return begun


def _stepped(before: GrayImage, gray: GrayImage, followed: Sequence[_Followed]) -> list[_Followed]:
    """The joints that could be followed into the next frame, person by person."""
    by_person: dict[tuple[int, float], list[_Followed]] = {}
    for one in followed:
        by_person.setdefault((one.start.joint[0], one.start.size_px), []).append(one)
    return [one for (_, size_px), of_one in by_person.items() for one in _stepped_person(before, gray, of_one, size_px)]


def _stepped_person(
    before: GrayImage, gray: GrayImage, followed: Sequence[_Followed], size_px: float
) -> list[_Followed]:
    factor = WORKING_SIZE_PX / size_px
    points = np.array([one.xy for one in followed])
    height, width = gray.shape
    low = np.maximum(np.floor(points.min(axis=0) - CONTEXT * size_px), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + CONTEXT * size_px) + 1, [width, height]).astype(int)
    if (high - low).min() * factor < WINDOW_PX:
        return []
    first, second = (_scaled(picture[low[1] : high[1], low[0] : high[0]], factor) for picture in (before, gray))
    start = ((points - low + 0.5) * factor - 0.5).astype(np.float32)
    end, there = _flow(first, second, start)
    back, here = _flow(second, first, end)
    sure = there & here & (np.linalg.norm(back - start, axis=1) < RETURNS_WITHIN_PX)
    places = (end.astype(np.float64) + 0.5) / factor - 0.5 + low
    going_on = []
    for one, xy, is_sure in zip(followed, places, sure.tolist(), strict=True):
        if is_sure and _inside(gray, xy) and _alike(_look(gray, xy, factor), one.look) >= LOOKS_ALIKE:
            going_on.append(_Followed(one.start, xy, one.look))
    return going_on


def _flow(
    before: GrayImage, after: GrayImage, points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(N, 2) where points went, and (N,) whether that is known."""
    end, status, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points.reshape(-1, 1, 2),
        None,  # type: ignore[call-overload]  # the stub forgets that no first guess is allowed
        winSize=(WINDOW_PX, WINDOW_PX),
        maxLevel=LEVELS,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 0.01),
    )
    return end.reshape(-1, 2), status.ravel().astype(bool)


def _scaled(gray: GrayImage, factor: float) -> GrayImage:
    mode = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(gray, None, fx=factor, fy=factor, interpolation=mode), np.uint8)


def _inside(gray: GrayImage, xy: FloatArray) -> bool:
    return bool((xy >= 0).all() and xy[0] <= gray.shape[1] - 1 and xy[1] <= gray.shape[0] - 1)


def _look(gray: GrayImage, xy: FloatArray, factor: float) -> FloatArray:
    """(PATCH_PX, PATCH_PX) of the picture around a place, at working scale, without mean and of unit length."""
    half = (PATCH_PX - 1) / 2
    affine = np.array([[1 / factor, 0, xy[0] - half / factor], [0, 1 / factor, xy[1] - half / factor]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(gray, affine, (PATCH_PX, PATCH_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    values = cv2.GaussianBlur(patch, (0, 0), 1.0).astype(np.float64)
    values -= values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-6)


def _alike(first: FloatArray, second: FloatArray) -> float:
    return float((first * second).sum())
