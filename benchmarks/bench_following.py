"""How well one person's box is followed through 450 frames, by optical flow alone and with the network's poses.

    python benchmarks/bench_following.py [--json FILE] [--weights FILE] [--frames N]

The clip is a dancer who is labelled in every frame by another network (17 keypoints with scores). A frame counts as
good if the followed box holds at least nine in ten of the joints that the other network is sure of; frames after the
person was lost count as bad. Needs the folder of shared data (FAMI_SHARED, default ../shared).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.geometry import bbox_of_points, intersection_over_union  # noqa: E402
from core.people.tracking import TrackedBox, follow_box  # noqa: E402
from core.video import open_source  # noqa: E402

SHARED = Path(os.environ.get("FAMI_SHARED", ROOT.parent / "shared"))
CLIP, LABELS = Path("data/video/dance.mp4"), Path("data/video/dance.mp4.labels.slp")
SURE_SCORE = 0.5
MARGIN = 0.1
"""The hand that draws the first box leaves a little room around the joints."""
STARTS = (0, 180)


def labelled_joints(path: Path) -> list[np.ndarray]:
    """(n, 2) x, y of the joints that the other network is sure of, for each frame."""
    with h5py.File(path) as labels:
        frames, instances, points = labels["frames"][:], labels["instances"][:], labels["pred_points"][:]
    joints = []
    for frame in frames[np.argsort(frames["frame_idx"])]:
        of_frame = instances[frame["instance_id_start"] : frame["instance_id_end"]]
        predicted = of_frame[of_frame["instance_type"] == 1][0]
        found = points[predicted["point_id_start"] : predicted["point_id_end"]]
        found = found[found["visible"] & (found["score"] >= SURE_SCORE)]
        joints.append(np.column_stack([found["x"], found["y"]]))
    return joints


def judged(boxes: Iterable[TrackedBox], joints: list[np.ndarray], start: int) -> dict[str, float]:
    """Shares over the frames after the first, and the frames until the person was lost."""
    good, overlaps, last = 0, [], start
    for box in boxes:
        last = box.frame_index
        if last == start:
            continue
        x, y, w, h = box.bbox_xywh
        points = joints[last]
        inside = ((points >= [x, y]) & (points <= [x + w, y + h])).all(axis=1)
        good += bool(inside.mean() >= 0.9)
        overlaps.append(intersection_over_union(box.bbox_xywh, bbox_of_points(points, MARGIN)))
    count = len(joints) - 1 - start
    return {"good": good, "overlap": float(np.sum(overlaps)), "followed": last - start, "frames": count}


def measure(weights: Path, limit: int | None) -> dict[str, dict[str, float]]:
    """Both ways of following, from several frames on."""
    from core.work.following import locator

    joints = labelled_joints(SHARED / LABELS)[:limit]
    results: dict[str, dict[str, float]] = {}
    ways: dict[str, Callable[[], object]] = {"flow": lambda: None, "flow and poses": lambda: locator(load(weights))}
    for name, locate_of in ways.items():
        locate = locate_of()
        totals = dict.fromkeys(("good", "overlap", "followed", "frames"), 0.0)
        started_s = time.perf_counter()
        for start in (start for start in STARTS if start < len(joints) - 1):
            with open_source(SHARED / CLIP) as source:
                boxes = follow_box(source.frames(start, len(joints)), bbox_of_points(joints[start], MARGIN), locate)
                for key, value in judged(boxes, joints, start).items():
                    totals[key] += value
        results[name] = {
            "good_percent": round(100 * totals["good"] / totals["frames"], 1),
            "followed_percent": round(100 * totals["followed"] / totals["frames"], 1),
            "mean_iou": round(totals["overlap"] / max(totals["followed"], 1), 3),
            "ms_per_frame": round(1000 * (time.perf_counter() - started_s) / max(totals["followed"], 1), 1),
        }
    return results


def load(weights: Path) -> object:
    """The predictor of a weights file, on the processor."""
    from core.model import Predictor, load_model

    return Predictor(load_model(weights), device="cpu")


def main() -> None:
    """Prints the rates, and writes them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--weights", type=Path, default=ROOT / "resources/weights/starter.pth")
    parser.add_argument("--frames", type=int, help="the first so many frames only")
    arguments = parser.parse_args()
    results: dict[str, object] = {"skipped": "no shared data"}
    if not (SHARED / LABELS).is_file():
        print(f"skipped: {SHARED / LABELS} is not there; set FAMI_SHARED")
    else:
        results = dict(measure(arguments.weights, arguments.frames))
        for name, rates in results.items():
            print(f"{name:15}", "  ".join(f"{key} {value}" for key, value in rates.items()))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
