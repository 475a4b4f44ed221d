"""Linking the boxes of a whole clip into tracks: who is who from frame to frame, and who was never there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.geometry import FloatArray
from core.people.assignment import pair_by_overlap
from core.people.tracking import PersonBox, TrackedBox


@dataclass(frozen=True)
class LinkingRules:
    """What counts as the same person.

    Attributes:
        sure_score: boxes from here on begin tracks, and are linked first.
        faint_score: boxes from here on may carry a track on that has nothing better; the rest is dropped.
        min_iou: least overlap of a sure box with where its person is expected.
        min_faint_iou: likewise of a faint box.
        max_gap_s: a person out of sight for longer comes back as somebody new.
        min_boxes: tracks of fewer found boxes are dropped, unless the clip itself has fewer frames.
    """

    sure_score: float = 0.6
    faint_score: float = 0.25
    min_iou: float = 0.2
    min_faint_iou: float = 0.4
    max_gap_s: float = 1.0
    min_boxes: int = 3


DEFAULT_RULES = LinkingRules()
_POSITION_GAIN, _VELOCITY_GAIN = 0.7, 0.25
"""How far a found box moves the expected one, and its velocity: a Kalman filter's gains once it has settled."""


def link_boxes(
    frames: Iterable[tuple[int, Sequence[PersonBox]]], frame_s: float = 1 / 25, rules: LinkingRules = DEFAULT_RULES
) -> list[list[TrackedBox]]:
    """Links boxes into tracks: sure boxes first, then faint ones to who is still missing, as ByteTrack does.

    A person is expected where a constant velocity takes the last boxes. Pairs are chosen so that the sum of overlaps
    is greatest (Hungarian method). Gaps within a track are filled by straight lines, short tracks are dropped.

    Args:
        frames: (frame_index, the boxes found), by rising frame; frames that were not looked at may be left out,
            frames in which nobody was found may not.
        frame_s: seconds from one frame index to the next.
        rules: what counts as the same person.

    Returns:
        Each track's boxes by rising frame without gaps, tracks by first frame. A bridged box has score 0; a found
        one has the array that was given.
    """
    living: list[_Track] = []
    ended: list[_Track] = []
    num_looks = 0
    for frame_index, boxes in frames:
        num_looks += 1
        lost = [track for track in living if (frame_index - track.last_frame) * frame_s > rules.max_gap_s]
        ended += lost
        living = [track for track in living if track not in lost]
        living += _step(living, frame_index, boxes, rules)
    enough = min(rules.min_boxes, num_looks)
    tracks = [track.bridged() for track in ended + living if len(track.boxes) >= enough]
    return sorted(tracks, key=lambda track: track[0].frame_index)


def _step(tracks: Sequence[_Track], frame_index: int, boxes: Sequence[PersonBox], rules: LinkingRules) -> list[_Track]:
    """Links the boxes of one frame; returns the tracks that begin with it."""
    sure = [box for box in boxes if box.score >= rules.sure_score]
    faint = [box for box in boxes if rules.faint_score <= box.score < rules.sure_score]
    expected = _expected(tracks, frame_index)
    pairs = _pairs(expected, sure, rules.min_iou)
    missing = [at for at in range(len(tracks)) if at not in pairs]
    rest = _pairs(expected[missing], faint, rules.min_faint_iou)
    for at, track in enumerate(tracks):
        if at in pairs:
            track.add(frame_index, sure[pairs[at]])
    for row, column in rest.items():
        tracks[missing[row]].add(frame_index, faint[column])
    taken = set(pairs.values())
    return [_Track.beginning(frame_index, box) for column, box in enumerate(sure) if column not in taken]


def _expected(tracks: Sequence[_Track], frame_index: int) -> FloatArray:
    return np.array([track.expected(frame_index) for track in tracks]).reshape(-1, 4)


def _pairs(expected: FloatArray, boxes: Sequence[PersonBox], min_iou: float) -> dict[int, int]:
    """Which expected box is which found one."""
    return dict(pair_by_overlap(list(expected), [box.bbox_xywh for box in boxes], min_iou))


@dataclass(eq=False)
class _Track:
    """One person while the linking goes on.

    Attributes:
        boxes: what was linked so far.
        state: (4,) smoothed centre x and y, width, height at `last_frame`.
        velocity: (4,) their change, each frame.
    """

    boxes: list[TrackedBox]
    state: FloatArray
    velocity: FloatArray = field(default_factory=lambda: np.zeros(4))

    @classmethod
    def beginning(cls, frame_index: int, box: PersonBox) -> _Track:
        """A person seen for the first time."""
        return cls([TrackedBox(frame_index, box.bbox_xywh, box.score)], _centred(box.bbox_xywh))

    @property
    def last_frame(self) -> int:
        return self.boxes[-1].frame_index

    def _predicted(self, frame_index: int) -> FloatArray:
        steps = frame_index - self.last_frame
        moved = self.state + self.velocity * np.array([steps, steps, 0, 0])
        return np.concatenate([moved[:2], np.maximum(moved[2:], 1.0)])

    def expected(self, frame_index: int) -> FloatArray:
        """(4,) xywh where the person should be."""
        center_x, center_y, w, h = self._predicted(frame_index)
        return np.array([center_x - w / 2, center_y - h / 2, w, h])

    def add(self, frame_index: int, box: PersonBox) -> None:
        """The person was found."""
        steps = frame_index - self.last_frame
        residual = _centred(box.bbox_xywh) - self._predicted(frame_index)
        first_step = len(self.boxes) == 1
        self.state = self._predicted(frame_index) + residual * _POSITION_GAIN
        self.velocity = self.velocity + residual * (_POSITION_GAIN if first_step else _VELOCITY_GAIN) / steps
        self.boxes.append(TrackedBox(frame_index, box.bbox_xywh, box.score))

    def bridged(self) -> list[TrackedBox]:
        """The boxes, with straight lines across the frames in which the person was not found."""
        known = [box.frame_index for box in self.boxes]
        frames = np.arange(known[0], known[-1] + 1)
        found = np.array([box.bbox_xywh for box in self.boxes])
        filled = np.column_stack([np.interp(frames, known, found[:, column]) for column in range(4)])
        own = {box.frame_index: box for box in self.boxes}
        return [own.get(frame, TrackedBox(frame, box, 0.0)) for frame, box in zip(frames.tolist(), filled, strict=True)]


def _centred(bbox_xywh: FloatArray) -> FloatArray:
    return np.concatenate([bbox_xywh[:2] + bbox_xywh[2:] / 2, bbox_xywh[2:]])
