"""Following a person's box through a clip by optical flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.geometry import FloatArray, bbox_of_points
from core.people.scenes import correlation, is_cut, thumbnail

GrayImage = NDArray[np.uint8]
RgbFrame = NDArray[np.uint8]

WORKING_HEIGHT_PX = 160.0
"""Pictures are scaled so that the person's box is about this high: flow windows then fit limbs at any size."""
MAX_POINTS = 160
MIN_POINTS = 8
FORWARD_BACKWARD_PX = 1.5
"""A point that does not come back to within this distance was not followed."""
MAX_SCALE_STEP = 0.06
"""A person's size changes by no more than this fraction from frame to frame."""
MIN_VISIBLE_PART = 0.2
"""A box is lost when less than this part of it is inside the picture (or half of what was, at its start)."""
MIN_SCORE = 0.35
PATIENCE_FRAMES = 3
"""Frames of too low score in a row after which a person counts as lost."""
SURE_SCORE = 0.4
"""A joint of the network's pose from this score on is where it says."""
MIN_SURE_JOINTS = 5
WHOLE_POSE = 0.8
"""Share of sure joints from which on a pose counts as known from head to foot."""
POSE_MARGIN = 0.1
"""Room around the sure joints, as a fraction of their extent: heads and feet reach beyond them."""
OUTWARD_GAIN, INWARD_GAIN = 0.5, 0.3
"""How far a side of the box moves in one frame towards a pose that reaches beyond it, or that ends before it."""
APART_PX = 0.7
"""A point this far from where the background's motion would have taken it moves on its own."""
MAX_EVIDENCE = 6.0
_APPEARANCE_WH = (24, 48)


@dataclass(frozen=True, eq=False)
class TrackedBox:
    """Where a person was found in a frame.

    Attributes:
        frame_index: the frame.
        bbox_xywh: (4,) box in full-frame pixels; may reach out of the picture.
        score: 0 to 1; 1 for the box that the following began with.
    """

    frame_index: int
    bbox_xywh: FloatArray
    score: float


@dataclass(frozen=True, eq=False)
class PersonBox:
    """A person found in a frame.

    Attributes:
        bbox_xywh: (4,) box in full-frame pixels.
        score: 0 to 1.
    """

    bbox_xywh: FloatArray
    score: float = 1.0


class PersonBoxSource(Protocol):
    """Says where people are in frames, without saying who is who, such as a detector."""

    @property
    def method(self) -> str:
        """In a few words, for the list of runs."""

    def boxes(self, frames: Iterable[tuple[int, RgbFrame]]) -> Iterator[tuple[int, list[PersonBox]]]:
        """The people of each frame, (frame_index, boxes), in the order of the frames.

        Args:
            frames: (frame_index, (H, W, 3) RGB) in order.
        """


Locate = Callable[[int, RgbFrame, FloatArray], tuple[FloatArray, FloatArray]]
"""A pose network: (frame_index, (H, W, 3) RGB, (4,) box) -> (K, 2) keypoints in pixels and (K,) scores from 0 to 1,
NaN where a joint is not located."""


def follow_box(
    frames: Iterable[tuple[int, RgbFrame]], bbox_xywh: ArrayLike, locate: Locate | None = None
) -> Iterator[TrackedBox]:
    """Follows what a box holds through frames, in either direction of time.

    Corners inside the box are followed by pyramidal Lucas-Kanade flow and kept if they come back when followed
    backwards. Those near the box's middle count more, and those that have stayed with the background while the
    person moved count less. Their weighted median gives the shift, their spread about it the change of scale.
    With `locate`, the pose in each frame then moves the box's sides to hold the joints, so that it neither slips off
    nor grows, and the person is lost only where neither flow nor pose finds them.

    Args:
        frames: (frame_index, (H, W, 3) RGB) in order; the first is the one in which the box was drawn.
        bbox_xywh: (4,) the box in the first frame, in pixels; may begin partly outside the picture.
        locate: finds the pose in a box; None to go by the flow alone.

    Yields:
        One box a frame, the first as given. Ends where the person is lost, leaves the picture, or the scene is cut.

    Raises:
        ValueError: if the box is empty or not finite.
    """
    box = np.array(bbox_xywh, dtype=np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or (box[2:] <= 0).any():
        raise ValueError(f"not a box: {bbox_xywh!r}")
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        return
    yield TrackedBox(first[0], box.copy(), 1.0)
    follower = _Follower(first[1], box)
    held_back: list[TrackedBox] = []
    for frame_index, rgb in iterator:
        score = follower.step(rgb)
        if follower.is_cut and (score is None or score < MIN_SCORE):
            return  # a pose that is found here is somebody else's
        if locate is not None:
            score = follower.correct(*locate(frame_index, rgb, follower.box), score)
        if score is None:
            return
        held_back.append(TrackedBox(frame_index, follower.box.copy(), score))
        if score >= MIN_SCORE:  # doubtful boxes count only if the person is found again
            yield from held_back
            held_back.clear()
        elif len(held_back) >= PATIENCE_FRAMES:
            return


class _Follower:
    """The state between two frames. Inside, boxes and points are in pixels of the scaled picture.

    Attributes:
        is_cut: whether the last step led to another scene.
    """

    def __init__(self, rgb: NDArray[np.uint8], bbox_xywh: FloatArray) -> None:
        self._factor = float(np.clip(WORKING_HEIGHT_PX / max(bbox_xywh[3], bbox_xywh[2] / 2), 0.05, 3.0))
        self._box = bbox_xywh * self._factor
        self._gray = self._scaled(rgb)
        self._thumbnail = thumbnail(self._gray)
        self.is_cut = False
        self._needed_part = min(MIN_VISIBLE_PART, 0.5 * visible_part(self._box, self._gray.shape))
        self._first_look = _appearance(self._gray, self._box)
        self._look = self._first_look
        self._points = self._corners()
        self._evidence = np.zeros(len(self._points))

    @property
    def box(self) -> FloatArray:
        """(4,) the present box in full-frame pixels."""
        return self._box / self._factor

    def step(self, rgb: NDArray[np.uint8]) -> float | None:
        """Moves on to the next frame. Returns the score, None if nothing is left to follow."""
        before, gray = self._gray, self._scaled(rgb)
        look_of_frame = thumbnail(gray)
        self.is_cut = is_cut(self._thumbnail, look_of_frame)
        self._gray, self._thumbnail = gray, look_of_frame
        if len(self._points) < MIN_POINTS:
            return None
        moved, found = _flow(before, gray, self._points)
        part_found = float(found.mean())
        if found.sum() < MIN_POINTS:
            return None
        start, end = self._points[found], moved[found]
        evidence, weights = self._weighed(start, end, self._evidence[found], self._background_motion(before, gray))
        self._move(start, end, weights)
        if visible_part(self._box, gray.shape) < self._needed_part:
            return None
        look = _appearance(gray, self._box)
        likeness = max(correlation(look, self._look), correlation(look, self._first_look))
        if likeness > 0.5:
            self._look = 0.9 * self._look + 0.1 * look
        self._renew(end, evidence)
        return float(np.clip(part_found, 0, 1) * np.clip(likeness / 0.8, 0, 1))

    def correct(self, keypoints: FloatArray, scores: FloatArray, score: float | None) -> float | None:
        """Moves the box's sides towards the pose in it. Returns the score of flow and pose together."""
        sure = np.isfinite(keypoints).all(axis=1) & (scores >= SURE_SCORE)
        part_sure = float(sure.sum() / max(np.isfinite(scores).sum(), 1))
        if sure.sum() < MIN_SURE_JOINTS or visible_part(self._box, self._gray.shape) < self._needed_part:
            return score
        pose = bbox_of_points(keypoints[sure], POSE_MARGIN) * self._factor
        outwards = np.array([-1.0, -1.0, 1.0, 1.0])
        sides = np.concatenate([self._box[:2], self._box[:2] + self._box[2:]])
        to_pose = np.concatenate([pose[:2], pose[:2] + pose[2:]]) - sides
        # A sure joint beyond a side is there. That none is near a side tells something only if all joints are known.
        inward_gain = INWARD_GAIN if part_sure >= WHOLE_POSE else 0.0
        gain = np.where(to_pose * outwards > 0, OUTWARD_GAIN, inward_gain)
        sides = sides + gain * to_pose
        self._box = np.concatenate([sides[:2], sides[2:] - sides[:2]])
        if score is None:  # the flow has nothing left to go by, but the pose does
            self._points = self._corners()
            self._evidence = np.zeros(len(self._points))
        return max(score or 0.0, part_sure)

    def _scaled(self, rgb: NDArray[np.uint8]) -> GrayImage:
        gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        mode = cv2.INTER_AREA if self._factor < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(gray, None, fx=self._factor, fy=self._factor, interpolation=mode), np.uint8)

    def _corners(self) -> FloatArray:
        """(N, 2) corners inside the box, the outer tenth of it left out: there the background prevails."""
        mask = np.zeros(self._gray.shape, np.uint8)
        x, y, w, h = self._box
        left, top = int(max(x + 0.08 * w, 0)), int(max(y + 0.05 * h, 0))
        mask[top : max(int(y + 0.95 * h), 0), left : max(int(x + 0.92 * w), 0)] = 255
        return _good_features(self._gray, mask, MAX_POINTS)

    def _background_motion(self, before: GrayImage, gray: GrayImage) -> FloatArray | None:
        """(2, 3) affine of what surrounds the box, from the last frame to this one; None if it shows too little."""
        mask = np.full(before.shape, 255, np.uint8)
        x, y, w, h = self._box
        low, high = np.array([x - 0.1 * w, y - 0.1 * h]), np.array([x + 1.1 * w, y + 1.1 * h])
        left, top = np.maximum(low, 0).astype(int)
        right, bottom = np.maximum(high, 0).astype(int)
        mask[top:bottom, left:right] = 0
        points = _good_features(before, mask, MAX_POINTS)
        if len(points) < MIN_POINTS:
            return None
        moved, found = _flow(before, gray, points)
        if found.sum() < MIN_POINTS:
            return None
        affine, inliers = cv2.estimateAffinePartial2D(
            points[found], moved[found], method=cv2.RANSAC, ransacReprojThreshold=1.0
        )
        if affine is None or inliers.mean() < 0.4:
            return None
        return np.asarray(affine, np.float64)

    def _weighed(
        self, start: FloatArray, end: FloatArray, evidence: FloatArray, background: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        """(N,) evidence that each point is on the person, brought up to date, and (N,) how much it counts.

        Only while the person as a whole moves against the background does a point's motion tell on which it is:
        of one who stands still and waves, the arm must not carry the box away.
        """
        middle = self._box[:2] + self._box[2:] / 2
        offsets = (start - middle) / (self._box[2:] / 2)
        central = np.exp(-1.5 * (offsets**2).sum(axis=1))
        if background is not None:
            own_motion = end - (start @ background[:, :2].T + background[:, 2])
            weights = central / (1 + np.exp(-evidence))
            whole = np.array([_weighted_median(own_motion[:, axis], weights) for axis in (0, 1)])
            if np.linalg.norm(whole) > APART_PX:
                apart = np.linalg.norm(own_motion, axis=1) > APART_PX
                evidence = np.clip(evidence + np.where(apart, 0.5, -1.0), -MAX_EVIDENCE, MAX_EVIDENCE)
        return evidence, central / (1 + np.exp(-evidence))

    def _move(self, start: FloatArray, end: FloatArray, weights: FloatArray) -> None:
        """Shifts and scales the box as the points say."""
        shift = np.array([_weighted_median((end - start)[:, axis], weights) for axis in (0, 1)])
        middle = np.array([_weighted_median(start[:, axis], weights) for axis in (0, 1)])
        before = np.linalg.norm(start - middle, axis=1)
        after = np.linalg.norm(end - middle - shift, axis=1)
        telling = (before > 0.15 * self._box[2:].min()) & (weights > 0)
        scale = 1.0
        if telling.sum() >= MIN_POINTS:
            scale = _weighted_median(after[telling] / before[telling], weights[telling])
            scale = float(np.clip(scale, 1 - MAX_SCALE_STEP, 1 + MAX_SCALE_STEP))
        corner = middle + shift + (self._box[:2] - middle) * scale
        self._box = np.concatenate([corner, self._box[2:] * scale])

    def _renew(self, points: FloatArray, evidence: FloatArray) -> None:
        """Keeps the points that are still inside the box, and adds corners where there are none."""
        inside = ((points > self._box[:2]) & (points < self._box[:2] + self._box[2:])).all(axis=1)
        kept, fresh = points[inside], self._corners()
        if len(kept) and len(fresh):
            fresh = fresh[np.linalg.norm(fresh[:, None] - kept[None], axis=2).min(axis=1) > 4.0]
        self._points = np.concatenate([kept, fresh])[:MAX_POINTS]
        self._evidence = np.concatenate([evidence[inside], np.zeros(len(fresh))])[:MAX_POINTS]


def visible_part(bbox_xywh: FloatArray, shape: tuple[int, ...]) -> float:
    """Which part of a box's area lies inside a picture of shape (H, W)."""
    low = np.maximum(bbox_xywh[:2], 0)
    high = np.minimum(bbox_xywh[:2] + bbox_xywh[2:], np.array([shape[1], shape[0]]))
    return float(np.clip(high - low, 0, None).prod() / bbox_xywh[2:].prod())


def _good_features(gray: GrayImage, mask: GrayImage, count: int) -> FloatArray:
    corners = cv2.goodFeaturesToTrack(gray, count, qualityLevel=0.01, minDistance=4, mask=mask, blockSize=5)
    return np.empty((0, 2)) if corners is None else np.asarray(corners, np.float64).reshape(-1, 2)


def _flow(before: GrayImage, after: GrayImage, points: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(N, 2) where points went, and (N,) whether they come back when followed backwards."""
    start = points.astype(np.float32).reshape(-1, 1, 2)
    end, there, _ = _pyramidal_flow(before, after, start)
    back, here, _ = _pyramidal_flow(after, before, end)
    returned = np.linalg.norm((back - start).reshape(-1, 2), axis=1) < FORWARD_BACKWARD_PX
    found = returned & there.ravel().astype(bool) & here.ravel().astype(bool)
    return np.asarray(end, np.float64).reshape(-1, 2), found


def _pyramidal_flow(
    before: GrayImage, after: GrayImage, points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]:
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 0.01)
    end, status, error = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        None,  # type: ignore[call-overload]  # the stub forgets that no first guess is allowed
        winSize=(17, 17),
        maxLevel=4,
        criteria=criteria,
    )
    return end, status, error


def _appearance(gray: GrayImage, bbox_xywh: FloatArray) -> FloatArray:
    """(h, w) what the middle of the box looks like, without mean and of unit length; NaN outside the picture."""
    w, h = _APPEARANCE_WH
    x, y, box_w, box_h = bbox_xywh
    affine = np.array([[box_w * 0.7 / w, 0, x + 0.15 * box_w], [0, box_h * 0.9 / h, y + 0.05 * box_h]])
    flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
    blurred = cv2.GaussianBlur(gray, (0, 0), 2.0).astype(np.float32)
    patch = cv2.warpAffine(
        blurred, affine, _APPEARANCE_WH, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=float("nan")
    )
    return np.asarray(patch, np.float64)


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2)])
