"""Which box is which."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from core.people.assignment import pair_by_overlap


def test_pairing_takes_the_best_sum() -> None:
    # Greedily the first pair would be (0, 0), which leaves 1 without a partner.
    previous = [(0, 0, 10, 10), (4, 0, 10, 10)]
    new = [(2, 0, 10, 10), (-4, 0, 10, 10)]
    assert pair_by_overlap(previous, new) == [(0, 1), (1, 0)]


def test_pairing_leaves_strangers_alone() -> None:
    assert pair_by_overlap([(0, 0, 10, 10)], [(100, 0, 10, 10)]) == []
    assert pair_by_overlap([(0, 0, 10, 10), (50, 50, 10, 10)], [(51, 50, 10, 10)]) == [(1, 0)]
    assert pair_by_overlap([], [(0, 0, 1, 1)]) == []
    assert pair_by_overlap([(0, 0, 1, 1)], []) == []


def test_pairing_keeps_crossing_people_apart(shared: Path) -> None:
    """Linking the labelled boxes of neighbouring frames gives back the track ids of the file."""
    labels = json.loads((shared / "data/posetrack/paddleboard/labels_posetrack18.json").read_text())
    frames: dict[int, list[tuple[int, list[float]]]] = {}
    for annotation in labels["annotations"]:
        frames.setdefault(annotation["image_id"], []).append((annotation["track_id"], annotation["bbox"]))
    ordered = [frames[image_id] for image_id in sorted(frames)]
    for before, after in pairwise(ordered):
        pairs = pair_by_overlap([box for _, box in before], [box for _, box in after])
        assert [before[a][0] for a, _ in pairs] == [after[b][0] for _, b in pairs]
        assert len(pairs) == 4
