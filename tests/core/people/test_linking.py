"""Boxes linked into tracks: real labelled people with boxes missing, moved and invented; cases worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.geometry import intersection_over_union
from core.people.linking import link_boxes
from core.people.tracking import PersonBox, TrackedBox

Frames = list[tuple[int, list[PersonBox]]]


def paddleboarders(shared: Path) -> dict[int, dict[int, np.ndarray]]:
    """The labelled boxes by frame index and track id."""
    labels = json.loads((shared / "data/posetrack/paddleboard/labels_posetrack18.json").read_text())
    index_of = {image["id"]: at for at, image in enumerate(sorted(labels["images"], key=lambda i: i["file_name"]))}
    frames: dict[int, dict[int, np.ndarray]] = {}
    for annotation in labels["annotations"]:
        frame = frames.setdefault(index_of[annotation["image_id"]], {})
        frame[annotation["track_id"]] = np.array(annotation["bbox"], dtype=float)
    return frames


def spoiled(truth: dict[int, dict[int, np.ndarray]], seed: int) -> Frames:
    """A sixth of the boxes dropped, all moved by a thirtieth of their size, one false box in every third frame."""
    rng = np.random.default_rng(seed)
    frames: Frames = []
    for index in sorted(truth):
        boxes = [
            PersonBox(box + rng.normal(0, 0.03, 4) * np.tile(box[2:], 2), rng.uniform(0.6, 1.0))
            for box in truth[index].values()
            if rng.random() > 1 / 6
        ]
        if rng.random() < 1 / 3:
            boxes.append(PersonBox(np.array([*rng.uniform(0, 500, 2), 60, 140]), 0.7))
        frames.append((index, boxes))
    return frames


@pytest.mark.parametrize("seed", range(5))
def test_paddleboarders_keep_their_numbers(shared: Path, seed: int) -> None:
    """Four people who cross and hide each other, through a moving camera."""
    truth = paddleboarders(shared)
    tracks = link_boxes(spoiled(truth, seed))
    assert len(tracks) == 4, "everybody once, and nobody who was not there"
    whose = []
    for track in tracks:
        nearest = [
            max(
                truth[box.frame_index],
                key=lambda who, box=box: intersection_over_union(truth[box.frame_index][who], box.bbox_xywh),
            )
            for box in track
        ]
        assert len(set(nearest)) == 1, "a track is one person from end to end"
        whose.append(nearest[0])
        overlaps = [intersection_over_union(truth[box.frame_index][nearest[0]], box.bbox_xywh) for box in track]
        assert min(overlaps) > 0.5 and len(track) >= 17, "also where the box was missing"
    assert len(set(whose)) == 4


def walker(x0: float, speed: float, frames: range, score: float = 0.9) -> dict[int, PersonBox]:
    return {index: PersonBox(np.array([x0 + speed * index, 50.0, 40.0, 100.0]), score) for index in frames}


def together(*people: dict[int, PersonBox], frames: range) -> Frames:
    return [(index, [person[index] for person in people if index in person]) for index in frames]


def lefts(track: list[TrackedBox]) -> list[float]:
    return [box.bbox_xywh[0] for box in track]


def test_people_who_pass_through_each_other_go_on_as_they_went() -> None:
    frames = range(40)
    right, left = walker(0, 5, frames), walker(200, -5, frames)
    # Where they overlap most, a detector reports only one of them.
    for index in (19, 20, 21):
        del left[index]
    tracks = link_boxes(together(right, left, frames=frames))
    assert len(tracks) == 2
    slopes = sorted(np.polyfit(frames, lefts(track), 1)[0] for track in tracks)
    np.testing.assert_allclose(slopes, [-5, 5], atol=0.3)


def test_gaps_are_bridged_by_a_straight_line() -> None:
    frames = range(30)
    person = walker(0, 3, frames)
    for index in range(10, 20):
        del person[index]
    (track,) = link_boxes(together(person, frames=frames))
    assert [box.frame_index for box in track] == list(frames)
    np.testing.assert_allclose(lefts(track), [3.0 * index for index in frames])
    assert [box.frame_index for box in track if box.score == 0] == list(range(10, 20))


def test_who_is_away_for_long_is_somebody_new() -> None:
    frames = range(60)
    person = walker(0, 0, frames)
    for index in range(10, 45):
        del person[index]
    assert len(link_boxes(together(person, frames=frames), frame_s=1 / 25)) == 2
    assert len(link_boxes(together(person, frames=frames), frame_s=1 / 60)) == 1, "a second is more frames then"


def test_short_tracks_are_dropped_but_not_those_of_a_short_clip() -> None:
    flash = {5: PersonBox(np.array([300.0, 0, 40, 90]), 0.95), 6: PersonBox(np.array([300.0, 0, 40, 90]), 0.95)}
    assert len(link_boxes(together(walker(0, 1, range(20)), flash, frames=range(20)))) == 1
    assert len(link_boxes(together(walker(0, 1, range(1)), frames=range(1)))) == 1


def test_faint_boxes_carry_a_track_on_but_begin_none() -> None:
    person = walker(0, 2, range(20))
    faint = {index: PersonBox(box.bbox_xywh, 0.3) for index, box in person.items()}
    assert link_boxes(together(faint, frames=range(20))) == []
    half = {index: box if index < 10 else faint[index] for index, box in person.items()}
    (track,) = link_boxes(together(half, frames=range(20)))
    assert track[-1].frame_index == 19 and track[-1].score == 0.3


def test_nobody() -> None:
    assert link_boxes([]) == []
    assert link_boxes([(index, []) for index in range(5)]) == []
