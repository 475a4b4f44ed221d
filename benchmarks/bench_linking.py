"""How well boxes that a detector might find are linked into tracks.

    python benchmarks/bench_linking.py [--json FILE] [--step N] [--seeds N]

Real tracks of people (30 densely labelled sequences of PoseTrack CVPR 2017) are made worse as a detector would: boxes
dropped, moved, of low score, hidden behind somebody nearer, and false ones added. The boxes are then linked without
their numbers. The rules were chosen on every second sequence; the numbers are of the others. Needs the folder of
shared data (FAMI_SHARED, default ../shared).
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.geometry import BOX_MARGIN, bbox_of_points, pairwise_iou  # noqa: E402
from core.people.assignment import pair_by_overlap  # noqa: E402
from core.people.linking import link_boxes  # noqa: E402
from core.people.tracking import PersonBox, TrackedBox  # noqa: E402

SHARED = Path(os.environ.get("FAMI_SHARED", ROOT.parent / "shared"))
LABELS = Path("data/posetrack/annolist17/train_labels.npz")
MIN_JOINTS = 5
"""Labels of fewer joints give no box worth the name."""
HIDDEN_IOU = 0.6
"""A detector reports only the nearer of two people who overlap this much."""

Truth = list[dict[int, np.ndarray]]
"""For each frame, everybody's true box (4,) xywh by person."""
Detections = list[tuple[int, list[PersonBox]]]
"""For each frame looked at, the boxes."""
NOBODY = -1
Linking = Callable[[Detections], list[list[TrackedBox]]]


def true_boxes(keypoints: np.ndarray) -> Truth:
    """Boxes around the labelled joints (P, T, 14, (x, y, visible)) of everybody in each frame."""
    frames: Truth = []
    for frame in range(keypoints.shape[1]):
        people = {}
        for person, joints in enumerate(keypoints[:, frame, :, :2]):
            if np.isfinite(joints).all(axis=1).sum() >= MIN_JOINTS:
                people[person] = bbox_of_points(joints, margin=BOX_MARGIN)
        frames.append(people)
    return frames


@dataclass(frozen=True)
class Fault:
    """How bad a detector is: `drop` and `false` are shares of the true boxes, `jitter` a share of their size."""

    drop: float
    jitter: float
    false: float


FAULTS = {"clean": Fault(0.0, 0.0, 0.0), "good": Fault(0.1, 0.03, 0.05), "poor": Fault(0.2, 0.06, 0.15)}


def detections(truth: Truth, rng: np.random.Generator, fault: Fault, step: int) -> tuple[Detections, dict[bytes, int]]:
    """What a detector might find, and by the bytes of each box who it truly is."""
    found: Detections = []
    who: dict[bytes, int] = {}
    for frame in range(0, len(truth), step):
        people = truth[frame]
        boxes = []
        for person, box in people.items():
            foot = box[1] + box[3]
            nearer = [other for whose, other in people.items() if whose != person and other[1] + other[3] > foot]
            hidden = bool(nearer) and pairwise_iou(box[None], np.array(nearer)).max() > HIDDEN_IOU
            if hidden or rng.random() < fault.drop:
                continue
            moved = box + rng.normal(0, fault.jitter, 4) * np.tile(box[2:], 2)
            moved[2:] = np.maximum(moved[2:], 0.3 * box[2:])
            score = rng.uniform(0.3, 0.6) if rng.random() < 0.15 else rng.uniform(0.6, 1.0)
            boxes.append(PersonBox(moved, score))
            who[moved.tobytes()] = person
        for _ in range(rng.binomial(len(people), fault.false)):
            like = people[rng.choice(list(people))]
            place = like[:2] + rng.normal(0, 2, 2) * like[2:]
            nobody = np.concatenate([place, like[2:] * rng.uniform(0.5, 1.2)])
            boxes.append(PersonBox(nobody, rng.uniform(0.25, 0.8)))
            who[nobody.tobytes()] = NOBODY
        found.append((frame, boxes))
    return found, who


def count(truth: Truth, who: dict[bytes, int], tracks: Sequence[Sequence[TrackedBox]]) -> Counter[str]:
    """What linking got right and wrong.

    `switches`: a person's number changes from one of their linked boxes to the next. `breaks`: a person is in the
    clip, was in a track, is in none and comes back. `covered`: boxes of people, found or bridged (right from an IoU of
    0.5 on), that are in a track.
    """
    numbers: dict[int, dict[int, int]] = {}
    totals: Counter[str] = Counter()
    for number, track in enumerate(tracks):
        votes = Counter(person for box in track if (person := who.get(box.bbox_xywh.tobytes())) not in (None, NOBODY))
        mostly = votes.most_common(1)[0][0] if votes else NOBODY
        for box in track:
            person = who.get(box.bbox_xywh.tobytes())
            totals["false_kept"] += person == NOBODY
            if person is None and mostly in truth[box.frame_index]:
                true_box = truth[box.frame_index][mostly]
                if pairwise_iou(box.bbox_xywh[None], true_box[None])[0, 0] >= 0.5:
                    numbers.setdefault(mostly, {})[box.frame_index] = number
            elif person is not None and person >= 0:
                numbers.setdefault(person, {})[box.frame_index] = number
    totals["false"] = sum(person == NOBODY for person in who.values())
    totals["boxes"] = len(who) - totals["false"]
    for person in range(max((max(people, default=-1) for people in truth), default=-1) + 1):
        present = [frame for frame, people in enumerate(truth) if person in people]
        totals["true_boxes"] += len(present)
        linked = numbers.get(person, {})
        totals["covered"] += len(linked)
        totals["switches"] += sum(linked[a] != linked[b] for a, b in pairwise(sorted(linked)))
        states = [frame in linked for frame in present]
        last = max((at for at, state in enumerate(states) if state), default=0)
        totals["breaks"] += sum(a and not b for a, b in pairwise(states[: last + 1]))
    return totals


def by_neighbours(found: Detections) -> list[list[TrackedBox]]:
    """The plain way, to compare: each frame's boxes linked to those of the frame before."""
    tracks: list[list[TrackedBox]] = []
    last: list[list[TrackedBox]] = []
    for frame, of_frame in found:
        boxes = [box.bbox_xywh for box in of_frame if box.score >= 0.5]
        before = {now: last[was] for was, now in pair_by_overlap([track[-1].bbox_xywh for track in last], boxes)}
        last = [before.get(at, []) for at in range(len(boxes))]
        tracks += [track for track in last if not track]
        for track, box in zip(last, boxes, strict=True):
            track.append(TrackedBox(frame, box, 1.0))
    return tracks


def measure(step: int, seeds: int, tuning: bool = False) -> dict[str, dict[str, float]]:
    """Sums over all sequences and seeds, for each setting and way of linking."""
    with np.load(SHARED / LABELS, allow_pickle=False) as labels:
        names = sorted(name for name in labels.files if name.endswith("/kp"))
        sequences = [true_boxes(labels[name]) for name in names[0 if tuning else 1 :: 2]]
    ways: dict[str, Linking] = {"neighbours": by_neighbours, "tracks": lambda found: link_boxes(found, 1 / 25)}
    results: dict[str, dict[str, float]] = {}
    for name, fault in FAULTS.items():
        for way, link in ways.items():
            totals: Counter[str] = Counter()
            for seed in range(seeds if name != "clean" else 1):
                rng = np.random.default_rng(seed)
                for truth in sequences:
                    found, who = detections(truth, rng, fault, step)
                    totals += count(truth, who, link(found))
            results[f"{name}, {way}"] = summary(totals)
    return results


def summary(totals: Counter[str]) -> dict[str, float]:
    """Rates that can be compared."""
    return {
        "switches_per_1000_boxes": round(1000 * totals["switches"] / totals["boxes"], 2),
        "breaks_per_1000_boxes": round(1000 * totals["breaks"] / totals["boxes"], 2),
        "covered_percent": round(100 * totals["covered"] / totals["true_boxes"], 1),
        "false_kept_percent": round(100 * totals["false_kept"] / max(totals["false"], 1), 1),
    }


def main() -> None:
    """Prints the rates, and writes them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--step", type=int, default=1, help="look at every N-th frame only")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tuning", action="store_true", help="on the half that the rules were chosen by")
    arguments = parser.parse_args()
    results: dict[str, object] = {}
    if not (SHARED / LABELS).is_file():
        print(f"skipped: {SHARED / LABELS} is not there; set FAMI_SHARED")
        results = {"skipped": "no shared data"}
    else:
        results = dict(measure(arguments.step, arguments.seeds, arguments.tuning))
        for name, rates in results.items():
            print(f"{name:18}", "  ".join(f"{key} {value}" for key, value in rates.items()))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
