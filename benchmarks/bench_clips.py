"""How many training clips one process makes in a second: five frames of 144x192, moving and spoilt as in training.

    python benchmarks/bench_clips.py [--json FILE]

Needs the crops of people in the folder of shared data (FAMI_SHARED). The best of five rounds of 60 clips counts.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2

from benchmarks._results import tell
from core.files.checkout import shared_path
from core.training.clips.synthetic_clips import ClipSampler
from core.training.photographs.lspet import PersonCrops
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.batches import SampleSettings

_ROUNDS, _CLIPS = 5, 60


def measure() -> dict[str, float | bool]:
    """Clips a second, by the wall's clock and by this process's own."""
    path = shared_path("data/images/lspet_train.h5")
    if not path.is_file():
        print(f"left out: the crops of people are not at {path}; set FAMI_SHARED to the folder that holds them")
        return {"left_out": True}
    cv2.setNumThreads(1)
    crops = PersonCrops(path)
    settings = SampleSettings((144, 192), 1.5, AugmentationSettings())
    sampler = ClipSampler(crops, crops.split(1, 0.1, 0.05).train, settings, (1,), (-2, -1, 1, 2))
    sampler.sample(0)
    wall, processor = [], []
    for round_number in range(_ROUNDS):
        started = time.perf_counter(), time.process_time()
        for number in range(_CLIPS):
            sampler.sample(1 + round_number * _CLIPS + number)
        wall.append(_CLIPS / (time.perf_counter() - started[0]))
        processor.append(_CLIPS / (time.process_time() - started[1]))
    return {"clips_per_s": round(max(wall), 1), "clips_per_processor_s": round(max(processor), 1)}


def main() -> None:
    """Prints the rates, and writes them to a file where one is named."""
    tell(__doc__, measure)


if __name__ == "__main__":
    main()
