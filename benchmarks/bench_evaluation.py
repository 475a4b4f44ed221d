"""How long the evaluation of PoseTrack17's validation set takes: 50 sequences of 100 frames with 6 people, made here.

    python benchmarks/bench_evaluation.py [--json FILE]

It takes seconds: less than 30 of one core.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks._results import tell
from core.keypoints import POSETRACK
from core.metrics import posetrack_evaluation

SEQUENCES, FRAMES, PEOPLE, JOINTS = 50, 100, 6, len(POSETRACK)


def write_sequence(truth_path: Path, predicted_path: Path, noise: np.random.Generator) -> None:
    """Writes people as PoseTrack18's files hold them, and the same people a few pixels off."""
    images = [
        {"id": frame, "frame_id": frame, "vid_id": "1", "nframes": FRAMES, "is_labeled": True,
         "file_name": f"images/a/{frame:06d}.jpg"}
        for frame in range(FRAMES)
    ]  # fmt: skip
    truth, predicted = [], []
    for frame in range(FRAMES):
        for track_id in range(PEOPLE):
            places = noise.integers(1, 1000, (JOINTS, 2))
            moved = places + noise.integers(-14, 15, (JOINTS, 2))
            person = {"image_id": frame, "category_id": 1, "track_id": track_id, "bbox": [0, 0, 120, 120]}
            truth.append(person | {"id": len(truth), "keypoints": _flat(places), "bbox_head": [0, 0, 30, 40]})
            scores = noise.random(JOINTS).tolist()
            predicted.append(person | {"id": len(predicted), "keypoints": _flat(moved), "scores": scores})
    categories = [{"id": 1, "name": "person", "keypoints": list(POSETRACK.keypoint_names)}]
    for path, annotations in ((truth_path, truth), (predicted_path, predicted)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def _flat(places: np.ndarray) -> list[int]:
    return np.hstack([places, np.ones((len(places), 1), np.int64)]).ravel().tolist()


def measure(folder: Path) -> dict[str, float]:
    """Seconds of one core, and what was found."""
    noise = np.random.default_rng(0)
    for number in range(SEQUENCES):
        write_sequence(folder / "truth" / f"{number}.json", folder / "predicted" / f"{number}.json", noise)
    began_s = time.process_time()
    found = posetrack_evaluation(folder / "truth", folder / "predicted")
    return {
        "evaluation_s": round(time.process_time() - began_s, 2),
        "ap": found["ap"]["mean"],
        "mota": found["mota"]["mean"],
    }


def main() -> None:
    """Prints the seconds, and writes them to a file where one is named."""
    with tempfile.TemporaryDirectory() as folder:
        tell(__doc__, lambda: measure(Path(folder)))


if __name__ == "__main__":
    main()
