"""How a photographed person could move: parts of the body that turn about their joints, smoothly in time.

Time is counted in frames, 0 at the key frame. Points are x, y in crop pixels of the key frame's window. Letters in
shape comments: T times, P parts of the body.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from core.geometry import BoolArray, FloatArray
from core.keypoints import POSETRACK


class Part(NamedTuple):
    """One rigid part of the body.

    Attributes:
        name: for people.
        parent: index in PARTS of the part that it hangs on; its own index for the trunk.
        start, end: indices of the keypoints at its ends; it turns about `start`.
        width: of the flesh around the bone, in torsos (shoulder to the other side's hip).
        beyond: how far the flesh reaches beyond `end` (hand, foot, hair), as a part of the bone's length.
        fastest_deg: typical highest speed of turning at activity 1, in degrees a frame.
    """

    name: str
    parent: int
    start: int
    end: int
    width: float
    beyond: float
    fastest_deg: float


def _parts() -> tuple[Part, ...]:
    """The trunk first, then what hangs on it, in the order of drawing: arms last, as they are mostly in front."""
    index = POSETRACK.index
    parts = [Part("trunk", 0, index("head_bottom"), index("left_hip"), 0.3, 0.0, 0.0)]
    for limb in (_LEG, _HEAD, _ARM):
        for side in ("left", "right") if limb is not _HEAD else ("",):
            hangs_on = TRUNK
            for name, start, end, *numbers in limb:
                a, b = (index(f"{side}_{joint}" if side else joint) for joint in (start, end))
                parts.append(Part(f"{side} {name}".strip(), hangs_on, a, b, *numbers))
                hangs_on = len(parts) - 1
    return tuple(parts)


TRUNK = 0
# Name, start, end, then width, beyond and fastest_deg of `Part`.
_LEG = (("thigh", "hip", "knee", 0.3, 0.0, 6.0), ("shin", "knee", "ankle", 0.23, 0.22, 8.0))
_HEAD = (("head", "head_bottom", "head_top", 0.36, 0.08, 2.5),)
_ARM = (("upper arm", "shoulder", "elbow", 0.2, 0.0, 7.0), ("forearm", "elbow", "wrist", 0.17, 0.6, 10.0))
PARTS = _parts()
TRUNK_KEYPOINTS = tuple(
    POSETRACK.index(name) for name in ("left_shoulder", "right_shoulder", "right_hip", "left_hip", "head_bottom")
)


def _carriers() -> tuple[int, ...]:
    """For each keypoint the part that carries it: the one that ends there, the head for nose and ears, or the trunk."""
    carriers = dict.fromkeys(range(len(POSETRACK)), TRUNK)
    carriers |= {part.end: number for number, part in enumerate(PARTS) if number != TRUNK}
    head = [part.name for part in PARTS].index("head")
    carriers |= {POSETRACK.index(name): head for name in ("nose", "left_ear", "right_ear")}
    return tuple(carriers[k] for k in range(len(POSETRACK)))


CARRIERS = _carriers()

# Lengths in torsos, from a grown person's proportions.
_PROPORTIONS = (
    ("left_shoulder", "right_hip", 1.0), ("right_shoulder", "left_hip", 1.0), ("head_bottom", "head_top", 0.47),
    ("left_shoulder", "left_elbow", 0.5), ("right_shoulder", "right_elbow", 0.5),
    ("left_elbow", "left_wrist", 0.45), ("right_elbow", "right_wrist", 0.45),
    ("left_hip", "left_knee", 0.72), ("right_hip", "right_knee", 0.72),
    ("left_knee", "left_ankle", 0.72), ("right_knee", "right_ankle", 0.72),
)  # fmt: skip


def torso_length(keypoints: FloatArray, labelled: BoolArray) -> float:
    """How long the torso's diagonal would be seen from the front, in pixels; 0 where nothing tells.

    Every labelled bone gives an estimate. Foreshortening makes them only shorter, so a high one counts.

    Args:
        keypoints: (17, 2).
        labelled: (17,).
    """
    pairs = [(POSETRACK.index(a), POSETRACK.index(b), part) for a, b, part in _PROPORTIONS]
    estimates = [
        float(np.linalg.norm(keypoints[a] - keypoints[b])) / part for a, b, part in pairs if labelled[a] and labelled[b]
    ]
    return float(np.quantile(estimates, 0.7)) if estimates else 0.0


def can_swing(labelled: BoolArray) -> BoolArray:
    """(P,) whether both ends of each part are labelled; the trunk doesn't swing."""
    return np.array([i != TRUNK and bool(labelled[p.start] and labelled[p.end]) for i, p in enumerate(PARTS)])


@dataclass(frozen=True)
class Drift:
    """A movement of the whole picture or of the whole person.

    Attributes:
        velocity, acceleration: (4,) shift in x and y in pixels, turn in radians, growth as a logarithm; per frame and
            per frame squared.
        pivot: (2,) what it turns and grows about.
    """

    velocity: FloatArray
    acceleration: FloatArray
    pivot: FloatArray

    def affines(self, times: FloatArray) -> FloatArray:
        """(T, 2, 3) from places at time 0 to places at each time."""
        state = self.velocity * times[:, None] + self.acceleration * times[:, None] ** 2  # (T, 4)
        linear = np.exp(state[:, 3])[:, None, None] * rotations(state[:, 2])
        offset = self.pivot + state[:, :2] - linear @ self.pivot
        return np.concatenate([linear, offset[:, :, None]], axis=2)


@dataclass(frozen=True)
class Swings:
    """How each part turns about its start, and is foreshortened: amplitude * sin(2 pi t / period + phase).

    Attributes:
        amplitude_rad, stretch: (P,) of the turn relative to the parent, and of the logarithm of the length.
        period, phase: (P,) in frames and in radians.
        rest_time: when the pose is the photographed one.
    """

    amplitude_rad: FloatArray
    stretch: FloatArray
    period: FloatArray
    phase: FloatArray
    rest_time: float

    def at(self, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(T, P) turns in radians and (T, P) factors of length, relative to the photographed pose."""

        def wave(time: FloatArray) -> FloatArray:
            return np.sin(2 * np.pi * time[:, None] / self.period + self.phase)

        change = wave(times) - wave(np.array([self.rest_time]))
        return self.amplitude_rad * change, np.exp(self.stretch * change)


@dataclass(frozen=True)
class Motion:
    """All movement of a clip: the camera's, the person's in front of the background, the limbs'."""

    camera: Drift
    person: Drift
    swings: Swings

    def global_affines(self, times: FloatArray) -> FloatArray:
        """(T, 2, 3) how the person as a whole goes from the key frame's crop to each time's."""
        return compose(self.camera.affines(times), self.person.affines(times))

    def whole(self) -> Motion:
        """The same for a picture that can't be cut: the background goes with the person, and no limb swings."""
        still = Drift(np.zeros(4), np.zeros(4), self.person.pivot)
        none = np.zeros(len(PARTS))
        return Motion(self.camera, still, replace(self.swings, amplitude_rad=none, stretch=none))

    def part_affines(self, times: FloatArray, keypoints: FloatArray) -> FloatArray:
        """(P, T, 2, 3) from the photographed place of each part to its place at each time.

        A part's start moves as its parent does; turns add up along a limb, foreshortening does not.

        Args:
            times: (T,).
            keypoints: (17, 2) photographed.
        """
        turns, factors = self.swings.at(times)
        result = np.zeros((len(PARTS), len(times), 2, 3))
        result[:, :, 0, 0] = result[:, :, 1, 1] = 1.0
        angles = np.zeros((len(PARTS), len(times)))
        for number, part in enumerate(PARTS):
            if number == TRUNK:
                continue
            start = keypoints[part.start]
            angles[number] = angles[part.parent] + turns[:, number]
            linear = rotations(angles[number]) @ stretches(keypoints[part.end] - start, factors[:, number])
            held = result[part.parent, :, :, :2] @ start + result[part.parent, :, :, 2]
            result[number, :, :, :2] = linear
            result[number, :, :, 2] = held - linear @ start
        return compose(self.global_affines(times)[None], result)

    def keypoints_at(self, times: FloatArray, keypoints: FloatArray) -> FloatArray:
        """(T, 17, 2) where the photographed keypoints (17, 2) are at each time."""
        affines = self.part_affines(times, keypoints)[list(CARRIERS)]  # (17, T, 2, 3)
        moved = np.einsum("ktij,kj->tki", affines[..., :2], keypoints) + affines[..., 2].transpose(1, 0, 2)
        return np.asarray(moved)


def draw_movement(
    rng: np.random.Generator,
    keypoints: FloatArray,
    labelled: BoolArray,
    size_wh: tuple[int, int],
    activity: tuple[float, float],
) -> Motion:
    """Draws a movement.

    Args:
        rng: the source of chance.
        keypoints: (17, 2) photographed, in crop pixels.
        labelled: (17,).
        size_wh: width and height of the crop.
        activity: the lowest and the highest; 0.2 is somebody standing, 1 somebody walking, 2 and more a dancer.
    """
    size = np.asarray(size_wh, dtype=np.float64)
    level = float(np.exp(rng.uniform(*np.log(activity))))
    camera = _draw_drift(rng, level * rng.gamma(2.0, 0.5), size, (0.02, 1.0, 0.01), size / 2)
    trunk = [k for k in TRUNK_KEYPOINTS if labelled[k]]
    pivot = keypoints[trunk].mean(axis=0) if trunk else size / 2
    person = _draw_drift(rng, level * rng.gamma(2.0, 0.5), size, (0.025, 2.0, 0.012), pivot)
    if labelled.sum() < _FEWEST_TO_LEAVE_BACKGROUND:
        # What isn't labelled can't be cut out: the whole picture moves, so that no limb stays behind.
        camera, person = person, Drift(np.zeros(4), np.zeros(4), pivot)
    return Motion(camera, person, _draw_swings(rng, level, labelled))


_FEWEST_TO_LEAVE_BACKGROUND = 12
_FURTHEST_SWING_RAD = np.deg2rad(55.0)
_FURTHEST_STRETCH = 0.2


def _draw_drift(
    rng: np.random.Generator, level: float, size: FloatArray, typical: tuple[float, float, float], pivot: FloatArray
) -> Drift:
    """`typical`: shift as a part of the crop, turn in degrees and growth, each in a frame at level 1."""
    scale = level * np.array([*(typical[0] * size), np.deg2rad(typical[1]), typical[2]])
    return Drift(rng.normal(0, 1, 4) * scale, rng.normal(0, 0.15, 4) * scale, pivot)


def _draw_swings(rng: np.random.Generator, level: float, labelled: BoolArray) -> Swings:
    count = len(PARTS)
    period = rng.uniform(10.0, 36.0, count)
    fastest = np.deg2rad([part.fastest_deg for part in PARTS]) * rng.normal(0, 1, count) * level
    swinging = can_swing(labelled) & (rng.random(count) < 0.85)
    amplitude = np.clip(fastest * period / (2 * np.pi), -_FURTHEST_SWING_RAD, _FURTHEST_SWING_RAD)
    stretch = np.clip(rng.normal(0, 0.1, count) * level, -_FURTHEST_STRETCH, _FURTHEST_STRETCH)
    return Swings(
        np.where(swinging, amplitude, 0.0),
        np.where(swinging, stretch, 0.0),
        period,
        rng.uniform(0, 2 * np.pi, count),
        float(rng.uniform(-2, 2)),
    )


def rotations(angles: FloatArray) -> FloatArray:
    """(T, 2, 2) of angles (T,) in radians; positive turns clockwise on screen."""
    result = np.empty((*angles.shape, 2, 2))
    result[..., 0, 0] = result[..., 1, 1] = np.cos(angles)
    result[..., 1, 0] = np.sin(angles)
    result[..., 0, 1] = -result[..., 1, 0]
    return result


def stretches(direction: FloatArray, factors: FloatArray) -> FloatArray:
    """(T, 2, 2) that lengthen along `direction` (2,) by factors (T,) and leave what is across."""
    length = float(np.linalg.norm(direction))
    unit = direction / length if length > 0 else np.array([1.0, 0.0])
    result: FloatArray = np.eye(2) + (factors - 1)[:, None, None] * np.outer(unit, unit)
    return result


def compose(second: FloatArray, first: FloatArray) -> FloatArray:
    """(..., 2, 3) the affine that applies `first`, then `second`; leading axes broadcast."""
    result: FloatArray = second[..., :2] @ first
    result[..., 2] += second[..., 2]
    return result
