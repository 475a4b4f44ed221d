"""Draws contact sheets of training clips into a folder: `python docs/make_clip_sheets.py FOLDER [--seed N]`.

Each row is a clip, in the order of time; dots are the joints. The key frame stands in the middle. The sheets show other
people's photographs: choose a temporary folder, outside the repository.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.files.checkout import shared_path
from core.training.clips.synthetic_clips import ClipSampler, ClipSettings, MadeClip
from core.training.photographs.lspet import PersonCrops
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.batches import SampleSettings

OFFSETS = (-2, -1, 1, 2)
SHEETS = {
    "clips_clean": ClipSettings(degraded=0.0, passer_by=0.0, passing=0.0),
    "clips_key_spoilt": ClipSettings(degraded=1.0, on_key=1.0, on_neighbours=0.0),
    "clips_as_trained": ClipSettings(),
}


def row(clip: MadeClip, dots: bool) -> np.ndarray:
    """(H, F * W, 3) BGR, the frames in the order of time."""
    order = np.argsort([0, *OFFSETS])
    pictures = []
    for number in order:
        picture = np.ascontiguousarray(clip.frames[number, :, :, ::-1])
        if dots:
            for x, y in clip.keypoints[number][clip.labelled]:
                cv2.circle(picture, (round(x), round(y)), 2, (0, 230, 255), -1, cv2.LINE_AA)
        pictures.append(picture)
    return np.concatenate(pictures, axis=1)


def main() -> None:
    """Writes the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rows", type=int, default=6)
    parser.add_argument("--columns", type=int, default=1)
    parser.add_argument("folder", type=Path, help="made if it is not there")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    crops = PersonCrops(shared_path("data/images/lspet_train.h5"))
    train = crops.split(1, 0.1, 0.05).train
    settings = SampleSettings((144, 192), 1.5, AugmentationSettings(half_body=0.0))
    for name, clips in SHEETS.items():
        sampler = ClipSampler(crops, train, settings, (arguments.seed,), OFFSETS, clips)
        columns = [
            np.concatenate([row(sampler.clip(c * arguments.rows + r), dots=True) for r in range(arguments.rows)])
            for c in range(arguments.columns)
        ]
        cv2.imwrite(
            str(arguments.folder / f"{name}.jpg"), np.concatenate(columns, axis=1), [cv2.IMWRITE_JPEG_QUALITY, 85]
        )


if __name__ == "__main__":
    main()
