"""What the courses come to: drags for 100 person-frames, what is left of them once a fifth is seen, the errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.simulation.bench import ClipResult
from core.simulation.course import Course
from core.simulation.orders import KNOWING, ORDERS, QUEUE
from core.simulation.truth import TrueClip
from core.simulation.ways import NOTHING, PREDICTION, WAYS

SEEN_PART = 0.2
"""The part of the frames after which the ways are compared once more."""

_PARTS = ("part_of_prediction", "part_of_nothing", "wrong_part_left")
"""Of the values once SEEN_PART is seen: columns of the table."""

_WORDS = {way.name: way.words for way in WAYS}


def drags_per_100(course: Course, truth: TrueClip) -> float:
    """Drags for 100 person-frames until every joint was right."""
    return 100 * sum(course.drags) / truth.num_person_frames


def expected_per_100(course: Course, truth: TrueClip, num_seen: int) -> float:
    """Drags until so many frames were seen, and the joints that are wrong then, for 100 person-frames of the clip.

    It is what the clip costs if nothing more is mended by the program; at the end it is `drags_per_100`.
    """
    num_seen = min(num_seen, len(course.drags))
    return 100 * (sum(course.drags[:num_seen]) + course.wrong[num_seen]) / truth.num_person_frames


def curve(course: Course, truth: TrueClip) -> list[tuple[float, float]]:
    """Points (share of the frames seen, in percent; `expected_per_100`), from 0 to 100."""
    points = [
        (100 * num_seen / len(truth.people), expected_per_100(course, truth, num_seen))
        for num_seen in range(len(course.drags) + 1)
    ]
    return [*points, (100.0, points[-1][1])]


def num_seen_of(truth: TrueClip, part: float = SEEN_PART) -> int:
    """How many frames are that part of the clip, at least one."""
    return max(1, math.ceil(part * len(truth.people)))


def left_part(course: Course, truth: TrueClip, first: Course) -> float:
    """Once SEEN_PART is seen: the joints that are wrong in the other frames, as a part of those that were at first.

    Args:
        course: one that was simulated.
        truth: its clip.
        first: any course from the same predictions without rounds; it says how many were wrong where.
    """
    num_seen = num_seen_of(truth)
    seen = set(course.frame_indices[:num_seen])
    at_first = dict(zip(first.frame_indices, first.drags, strict=True))
    before = sum(count for index, count in at_first.items() if index not in seen)
    return course.wrong[min(num_seen, len(course.drags))] / before if before else 0.0


def summary(results: Sequence[ClipResult]) -> dict[str, Any]:
    """Everything as plain values: `ways` over all clips, and `clips` each by itself."""
    return {
        "orders": list(ORDERS),
        "ways": {name: _way(results, name) for name in _names(results)},
        "clips": {result.truth.name: _clip(result) for result in results},
    }


def _names(results: Sequence[ClipResult]) -> list[str]:
    return list(dict.fromkeys(way for result in results for way, _ in result.courses))


def _way(results: Sequence[ClipResult], way: str) -> dict[str, Any]:
    """A way over some clips: the queue's numbers first, then each order's."""
    by_order = {
        order: _order(results, way, order) for order in (*ORDERS, KNOWING) if (way, order) in results[0].courses
    }
    first = by_order[QUEUE]
    return {
        "drags_per_100": first["drags_per_100"],
        "frames_looked_at": first["frames_looked_at"],
        "seconds": first["seconds"],
        "by_order": by_order,
    }


def _order(results: Sequence[ClipResult], way: str, order: str) -> dict[str, Any]:
    """Over all clips, as one long clip; the spread is over seeds."""

    def over_seeds(of_course: Callable[[ClipResult, Course], float]) -> list[float]:
        columns = [[of_course(result, course) for course in result.courses[way, order]] for result in results]
        return [float(total) for total in np.sum(columns, axis=0)]

    people = sum(result.truth.num_person_frames for result in results)
    drags = [100 * total / people for total in over_seeds(lambda _, course: sum(course.drags))]
    at_part = over_seeds(
        lambda result, course: (
            expected_per_100(course, result.truth, num_seen_of(result.truth)) * result.truth.num_person_frames / people
        )
    )
    return {
        "drags_per_100": float(np.mean(drags)),
        "spread": _spread(drags),
        "frames_looked_at": float(np.mean(over_seeds(lambda _, course: len(course.frame_indices)))),
        "seconds": float(np.mean(over_seeds(lambda _, course: course.seconds))),
        "once_a_fifth_is_seen": {"drags_and_wrong_per_100": float(np.mean(at_part)), "spread": _spread(at_part)},
        "seeds": len(drags),
    }


def _spread(values: Sequence[float]) -> float | None:
    """The standard deviation; None of a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _clip(result: ClipResult) -> dict[str, Any]:
    truth = result.truth
    ways: dict[str, Any] = {name: _way([result], name) for name in _names([result])}
    first = next(iter(result.courses.get((PREDICTION.name, QUEUE), ())), None)
    for (way, order), courses in result.courses.items():
        of_order = ways[way]["by_order"][order]
        of_order["courses"] = [course.to_dict() for course in courses]
        errors = [course.unseen_errors() for course in courses if course.rounds]
        if errors:
            of_order["errors_on_unseen_frames"] = errors
        if first is not None and way != NOTHING.name:
            left = [left_part(course, truth, first) for course in courses]
            at_part = of_order["once_a_fifth_is_seen"]
            at_part["wrong_part_left"] = float(np.mean(left))
            expected = at_part["drags_and_wrong_per_100"] * truth.num_person_frames / 100
            at_part["part_of_prediction"] = expected / sum(first.drags) if sum(first.drags) else 0.0
            at_part["part_of_nothing"] = expected / truth.num_joints
    return {
        "frames": len(truth.people),
        "person_frames": truth.num_person_frames,
        "joints": truth.num_joints,
        "ways": ways,
    }


# ---- in words ----


def as_text(summed: dict[str, Any]) -> str:
    """The tables of all clips."""
    return "\n\n".join(_clip_text(name, clip) for name, clip in summed["clips"].items())


def _clip_text(name: str, clip: dict[str, Any]) -> str:
    head = (
        f"{name}: {clip['frames']} frames, {clip['person_frames']} person-frames, {clip['joints']} joints\n"
        f"{'':<22}{'order':<8}{'drags/100':>14}{'at 20 %':>9}{'of pred.':>10}{'of nothing':>12}"
        f"{'wrong left':>12}{'frames':>8}{'seconds':>9}   error on unseen frames"
    )
    lines = [
        _line(_WORDS.get(way, way) if place == 0 else "", order, values)
        for way, of_way in clip["ways"].items()
        for place, (order, values) in enumerate(of_way["by_order"].items())
    ]
    return "\n".join([head, *lines])


def _line(words: str, order: str, values: dict[str, Any]) -> str:
    spread = "" if values["spread"] is None else f" ± {values['spread']:.1f}"
    at_part = values["once_a_fifth_is_seen"]
    of_prediction, of_nothing, left = (f"{100 * at_part[key]:.0f} %" if key in at_part else "" for key in _PARTS)
    errors = "; ".join(
        " ".join(f"{error:.3f}" for error in of_seed) for of_seed in values.get("errors_on_unseen_frames", [])
    )
    drags = f"{values['drags_per_100']:.1f}{spread}"
    expected = f"{at_part['drags_and_wrong_per_100']:.1f}"
    return (
        f"{words:<22}{order:<8}{drags:>14}{expected:>9}{of_prediction:>10}{of_nothing:>12}{left:>12}{values['frames_looked_at']:>8.0f}"
        f"{values['seconds']:>9.0f}   {errors}"
    ).rstrip()
