"""PoseTrack's evaluation once more, to compare with: straight from its rules, with loops and exact fractions.

Slow and plain on purpose, and shares nothing with core.metrics: it takes the people as the test made them, not a file.
"""

import itertools
import math
from dataclasses import dataclass, field
from fractions import Fraction

NAMES = (
    "nose", "head_bottom", "head_top", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
NO_SCORE = -9999.0


@dataclass
class Person:
    """Somebody in a frame: {joint name: (x, y)} of the labelled joints, scores likewise; head: x, y, width, height."""

    track_id: int
    joints: dict[str, tuple[float, float]]
    scores: dict[str, float] = field(default_factory=dict)
    head: tuple[float, float, float, float] | None = None


@dataclass
class Frame:
    """One frame of the ground truth and of the predictions; the regions (lists of corners) are the truth's."""

    truth: list[Person]
    predicted: list[Person]
    regions: list[list[tuple[float, float]]] = field(default_factory=list)


def evaluate(sequences):
    """Returns ({joint: AP percent}, {joint: every MOTA percent that equally good assignments allow}).

    NaN where a joint is nowhere labelled; None where nothing is left to evaluate.
    """
    kept = [[cleaned(frame) for frame in sequence if any(p.head for p in frame.truth)] for sequence in sequences]
    if not any(kept):
        return None
    frames = [frame for sequence in kept for frame in sequence]
    ap = {name: average_precision(frames, name) for name in NAMES}
    mota = {name: possible_mota([sequence[:-1] for sequence in kept if sequence], name) for name in NAMES}
    return ap, mota


def cleaned(frame):
    """Steps 1 and 2: people of the truth with a head box, less the points inside ignore regions, less empty poses."""

    def outside(person):
        joints = {
            name: xy
            for name, xy in person.joints.items()
            if name in NAMES and not any(strictly_inside(xy, region) for region in frame.regions)
        }
        return Person(person.track_id, joints, person.scores, person.head)

    truth = [outside(p) for p in frame.truth if p.head]
    predicted = [outside(p) for p in frame.predicted]
    return Frame([p for p in truth if p.joints], [p for p in predicted if p.joints])


def strictly_inside(point, corners):
    """Whether the polygon winds around the point, in whole numbers; a point on an edge is not inside."""
    x, y = point
    winding = 0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if turn == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return False
        if ay <= y < by and turn > 0:
            winding += 1
        if by <= y < ay and turn < 0:
            winding -= 1
    return winding != 0


def distance(person, prediction, name):
    """In head sizes (step 3), infinite where either joint is missing or the head has no size."""
    size = 0.6 * math.hypot(person.head[2], person.head[3])
    if name not in person.joints or name not in prediction.joints or size == 0:
        return math.inf
    (ax, ay), (bx, by) = person.joints[name], prediction.joints[name]
    return math.hypot(ax - bx, ay - by) / size


def assignment(frame):
    """Step 4: {number of the prediction: number of the person}."""
    share = {}
    for q, prediction in enumerate(frame.predicted):
        for p, person in enumerate(frame.truth):
            matched = sum(distance(person, prediction, name) <= 0.5 for name in NAMES)
            share[q, p] = Fraction(matched, len(person.joints))
    best_person = {}
    for q in range(len(frame.predicted)):
        for p in range(len(frame.truth)):
            if q not in best_person or share[q, p] > share[q, best_person[q]]:
                best_person[q] = p
    best_prediction = {}
    for q, p in best_person.items():
        if share[q, p] > 0 and (p not in best_prediction or share[q, p] > share[best_prediction[p], p]):
            best_prediction[p] = q
    return {q: p for p, q in best_prediction.items()}


def average_precision(frames, name):
    """Steps 5 and 6. Among equal scores the later one stands first."""
    labelled = sum(name in person.joints for frame in frames for person in frame.truth)
    found = []
    for frame in frames:
        assigned = assignment(frame)
        for q, prediction in enumerate(frame.predicted):
            if name in prediction.joints:
                right = q in assigned and distance(frame.truth[assigned[q]], prediction, name) <= 0.5
                found.append((prediction.scores.get(name, NO_SCORE), len(found), right))
    if not found:
        return 0.0
    if not labelled:
        return math.nan
    found.sort(reverse=True)
    points, hits = [], 0
    for rank, (_, _, right) in enumerate(found, start=1):
        hits += right
        points.append((Fraction(hits, labelled), Fraction(hits, rank)))
    area, last_recall = Fraction(0), Fraction(0)
    for i, (recall, _) in enumerate(points):
        area += (recall - last_recall) * max(precision for _, precision in points[i:])
        last_recall = recall
    return float(100 * area)


def possible_mota(sequences, name):
    """Every MOTA that one joint can have, as equally near assignments may part the tracks differently."""
    labelled = sum(name in person.joints for sequence in sequences for frame in sequence for person in frame.truth)
    totals = {0}
    for sequence in sequences:
        states = {((), 0)}  # (pairing of track ids so far, errors so far)
        for frame in sequence:
            states = {following for state in states for following in frame_outcomes(frame, name, *state)}
        totals = {total + errors for total in totals for errors in {errors for _, errors in states}}
    if not labelled:
        return {math.nan}
    return {100 * (1 - errors / labelled) for errors in totals}


def frame_outcomes(frame, name, pairing, errors):
    """The pairings and errors that one more frame can lead to."""
    before = dict(pairing)
    truth = [p for p in frame.truth if name in p.joints]
    predicted = [p for p in frame.predicted if name in p.joints]
    kept = []
    for p, person in enumerate(truth):
        for q, prediction in enumerate(predicted):
            goes_on = before.get(person.track_id) == prediction.track_id
            is_free = all(q != other for _, other in kept)  # two people may have had the same prediction in turn
            if goes_on and is_free and distance(person, prediction, name) <= 0.5:
                kept.append((p, q))
    taken = {p for p, _ in kept}, {q for _, q in kept}
    people = [p for p in range(len(truth)) if p not in taken[0]]
    guesses = [q for q in range(len(predicted)) if q not in taken[1]]
    for pairs in nearest_assignments(truth, predicted, people, guesses, name):
        after, switches = dict(before), 0
        for p, q in pairs:
            person, prediction = truth[p].track_id, predicted[q].track_id
            switches += before.get(person, prediction) != prediction
            after[person] = prediction
        matched = len(kept) + len(pairs)
        missed, false = len(truth) - matched, len(predicted) - matched
        yield tuple(sorted(after.items())), errors + missed + false + switches


def nearest_assignments(truth, predicted, people, guesses, name):
    """All ways to pair as many as may be paired at the least sum of distances."""
    ways = {}
    for chosen in itertools.product([None, *guesses], repeat=len(people)):
        used = [q for q in chosen if q is not None]
        pairs = tuple((p, q) for p, q in zip(people, chosen, strict=True) if q is not None)
        distances = [distance(truth[p], predicted[q], name) for p, q in pairs]
        if len(used) == len(set(used)) and all(d <= 0.5 for d in distances):
            ways[pairs] = (-len(pairs), sum(distances))
    most, least = min(ways.values())
    return [pairs for pairs, (count, total) in ways.items() if count == most and total <= least + 1e-9]
