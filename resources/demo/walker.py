"""A walking figure: the angles of a gait, and the skeleton in metres that they give.

World axes: x to the right, y up, z away from the camera; the floor is y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
LEFT, RIGHT = 1.0, -1.0
STEP_S = 0.004
"""Time step of the integration that keeps the standing foot where it stands."""


@dataclass(frozen=True)
class Wave:
    """A greeting: one arm goes up, the hand beats fast, the arm comes down.

    Attributes:
        side: LEFT or RIGHT, the arm.
        start_s, stop_s: when the arm begins to rise, and when it is down again.
        beats: of the hand a second.
        beat_deg: amplitude of the forearm.
    """

    side: float
    start_s: float
    stop_s: float
    beats: float
    beat_deg: float

    def share(self, time_s: float) -> float:
        """How far up the arm is, from 0 to 1; it takes 0.35 s to get there."""
        risen = min(time_s - self.start_s, self.stop_s - time_s) / 0.35
        eased = min(max(risen, 0.0), 1.0)
        return eased * eased * (3 - 2 * eased)


@dataclass(frozen=True)
class Build:
    """A person's proportions in metres, and manner of walking.

    Attributes:
        shoulder: half the distance of the shoulder joints.
        hip: half the distance of the hip joints.
        torso: from the hip joints up to the shoulder joints.
        thigh, shin, upper_arm, forearm: lengths between joints.
        head: from the shoulder joints up to the top of the head.
        cadence: gait cycles a second.
        phase: of the left leg at time 0, in cycles.
        arm_swing_deg: amplitude of the upper arms.
        wave: a greeting on the way.
    """

    shoulder: float
    hip: float
    torso: float
    thigh: float
    shin: float
    upper_arm: float
    forearm: float
    head: float
    cadence: float
    phase: float
    arm_swing_deg: float
    wave: Wave | None = None


def bump(phase: float, centre: float, width: float) -> float:
    """A Gaussian hill on the circle of phases."""
    distance = (phase - centre + 0.5) % 1.0 - 0.5
    return float(np.exp(-((distance / width) ** 2)))


def turn(axis: str, degrees: float) -> NDArray[np.float64]:
    """(3, 3) rotation about a body axis: "pitch" lifts what lies ahead, "yaw" turns and "roll" leans to the left."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return {
        "pitch": np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]]),
        "yaw": np.array([[cos, 0, -sin], [0, 1.0, 0], [sin, 0, cos]]),
        "roll": np.array([[1.0, 0, 0], [0, cos, -sin], [0, sin, cos]]),
    }[axis]


def leg(build: Build, side: float, phase: float) -> dict[str, Vector]:
    """Hip, knee, ankle, heel and toe relative to the pelvis, in body axes: x ahead, y up, z to the person's left."""
    hip = np.array([0.0, 0.0, side * build.hip])
    hip_deg = 7 + 19 * np.cos(2 * np.pi * phase)
    knee_deg = 7 + 11 * bump(phase, 0.14, 0.08) + 52 * bump(phase, 0.73, 0.115)
    foot_deg = 13 * bump(phase, 0.0, 0.06) - 38 * bump(phase, 0.60, 0.10) + 6 * bump(phase, 0.88, 0.08)
    down = np.array([0.0, -1.0, 0.0])
    knee = hip + build.thigh * turn("pitch", hip_deg) @ down
    ankle = knee + build.shin * turn("pitch", hip_deg - knee_deg) @ down
    foot = turn("pitch", foot_deg) @ turn("yaw", side * 6)
    return {
        "hip": hip,
        "knee": knee,
        "ankle": ankle,
        "heel": ankle + foot @ np.array([-0.045, -0.045, 0.0]),
        "ball": ankle + foot @ np.array([0.105, -0.052, 0.0]),
        "toe": ankle + foot @ np.array([0.165, -0.056, 0.0]),
    }


def arm(build: Build, side: float, phase: float, shoulder: Vector, time_s: float) -> dict[str, Vector]:
    """Shoulder, elbow, wrist and hand; the arm swings against the leg of its side, or greets."""
    swing = -np.cos(2 * np.pi * (phase - 0.03))
    upper_deg, bend_deg, spread_deg = 2 + build.arm_swing_deg * swing, 20 + 13 * swing, 7.0
    if build.wave is not None and build.wave.side == side:
        up = build.wave.share(time_s)
        beat = build.wave.beat_deg * np.sin(2 * np.pi * build.wave.beats * (time_s - build.wave.start_s))
        upper_deg += up * (78 - upper_deg)
        bend_deg += up * (72 + beat - bend_deg)
        spread_deg += up * 14
    upper = turn("roll", -side * spread_deg) @ turn("pitch", upper_deg)
    lower = upper @ turn("pitch", bend_deg) @ turn("roll", side * 9)
    down = np.array([0.0, -1.0, 0.0])
    elbow = shoulder + build.upper_arm * upper @ down
    wrist = elbow + build.forearm * lower @ down
    return {"shoulder": shoulder, "elbow": elbow, "wrist": wrist, "hand": wrist + 0.085 * lower @ down}


def body(build: Build, time_s: float, gaze_deg: float) -> dict[str, Vector]:
    """All points of the figure relative to the pelvis, in body axes."""
    phase = build.phase + build.cadence * time_s  # of the left leg
    points: dict[str, Vector] = {}
    sway = np.cos(2 * np.pi * phase)
    pelvis_turn, chest_turn = turn("yaw", -5 * sway), turn("yaw", 7 * sway) @ turn("pitch", -3)
    for name, side, own_phase in (("left", LEFT, phase % 1), ("right", RIGHT, (phase + 0.5) % 1)):
        for part, point in leg(build, side, own_phase).items():
            points[f"{name}_{part}"] = pelvis_turn @ point
        shoulder = chest_turn @ np.array([-0.01, build.torso, side * build.shoulder])
        for part, point in arm(build, side, own_phase, shoulder, time_s).items():
            points[f"{name}_{part}"] = point
    neck = chest_turn @ np.array([-0.015, build.torso + 0.02, 0.0])
    head = turn("yaw", gaze_deg) @ turn("pitch", -2 + 1.5 * np.cos(4 * np.pi * phase))
    scale = build.head / 0.31
    for name, offset in {
        "head_bottom": (0.012, 0.075, 0.0),
        "skull": (0.012, 0.198, 0.0),
        "crown": (-0.012, 0.212, 0.0),
        "chin": (0.062, 0.118, 0.0),
        "brow": (0.073, 0.205, 0.0),
        "nose": (0.117, 0.165, 0.0),
        "nose_root": (0.094, 0.196, 0.0),
        "mouth": (0.098, 0.134, 0.0),
        "head_top": (-0.005, 0.318, 0.0),
        "nape": (-0.062, 0.135, 0.0),
        "bun": (-0.108, 0.245, 0.0),
        "left_ear": (-0.002, 0.178, 0.083),
        "right_ear": (-0.002, 0.178, -0.083),
        "left_eye": (0.089, 0.193, 0.033),
        "right_eye": (0.089, 0.193, -0.033),
        "left_brow": (0.088, 0.211, 0.034),
        "right_brow": (0.088, 0.211, -0.034),
    }.items():
        points[name] = neck + scale * head @ np.array(offset)
    points |= {"pelvis": np.zeros(3), "neck": neck, "chest": chest_turn @ np.array([0.012, build.torso - 0.12, 0.0])}
    return points


def ground_clearance(points: dict[str, Vector], side: str) -> float:
    """How far the lowest point of a shoe lies above the pelvis (a negative number)."""
    return float(min(points[f"{side}_{part}"][1] for part in ("heel", "ball", "toe")) - 0.032)


def walk(
    build: Build, times_s: Vector, heading_deg: float, start_xz: tuple[float, float], gaze_deg: float
) -> list[dict[str, Vector]]:
    """The figure's points in the world at each time: it stands on the floor and its standing foot does not slide.

    Args:
        build: the figure.
        times_s: (T,) rising, from 0.
        heading_deg: 0 walks to the right of the picture, 180 to the left, 90 away from the camera.
        start_xz: where the pelvis is at time 0.
        gaze_deg: how far the head is turned to the person's left.
    """
    fine_s = np.arange(0.0, times_s[-1] + 2 * STEP_S, STEP_S)
    figures = [body(build, float(t), gaze_deg) for t in fine_s]
    clearance = np.array([[ground_clearance(figure, side) for side in ("left", "right")] for figure in figures])
    ahead = np.array([[figure[f"{side}_ball"][0] for side in ("left", "right")] for figure in figures])
    standing = np.exp(-(clearance - clearance.min(axis=1, keepdims=True)) / 0.012)
    standing /= standing.sum(axis=1, keepdims=True)
    speed = -(np.gradient(ahead, STEP_S, axis=0) * standing).sum(axis=1)
    window = np.hanning(31) / np.hanning(31).sum()
    speed = np.convolve(np.pad(speed, 15, mode="edge"), window, mode="valid")
    height = np.convolve(
        np.pad(-clearance.min(axis=1), 7, mode="edge"), np.hanning(15) / np.hanning(15).sum(), mode="valid"
    )
    travelled = np.concatenate([[0.0], np.cumsum(speed[:-1] * STEP_S)])

    angle = np.deg2rad(heading_deg)
    forward, leftward = np.array([np.cos(angle), 0.0, np.sin(angle)]), np.array([-np.sin(angle), 0.0, np.cos(angle)])
    to_world = np.column_stack([forward, [0.0, 1.0, 0.0], leftward])
    walked = []
    for t in times_s:
        i = round(t / STEP_S)
        origin = np.array([start_xz[0], height[i], start_xz[1]]) + travelled[i] * forward
        walked.append({name: origin + to_world @ point for name, point in figures[i].items()})
    return walked
