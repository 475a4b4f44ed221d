"""A disagreement: a stretch of frames in which two annotators say different things of one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from core.keypoints import POSETRACK
from core.poses import Visibility


class Kind(StrEnum):
    """What two annotators differ in; the values are what people read."""

    ONLY_THEIRS = "Only theirs"
    ONLY_MINE = "Only mine"
    PLACE = "Place"
    VISIBILITY = "Visibility"


@dataclass(frozen=True)
class Disagreement:
    """Neighbouring frames in which one pair of people differs in one way.

    Attributes:
        kind: in what.
        first_frame: of the stretch.
        last_frame: of the stretch, in each of whose frames they differ.
        worst_frame: the one to look at.
        mine: the person's number in my project, None where they are only in theirs.
        theirs: their number in the other project, None where they are only in mine.
        keypoint: the joint, None where it is about the whole person.
        distance_px: between the two places of the joint in the worst frame.
        fraction: the same as a fraction of the person's size.
        visibilities: mine and theirs, where these differ.
        other_unlabelled: of a person whom only one has: whether the other annotator labelled nothing in these frames.
    """

    kind: Kind
    first_frame: int
    last_frame: int
    worst_frame: int
    mine: int | None
    theirs: int | None
    keypoint: int | None = None
    distance_px: float = float("nan")
    fraction: float = float("nan")
    visibilities: tuple[Visibility, Visibility] | None = None
    other_unlabelled: bool = False

    @property
    def frames(self) -> range:
        """The frames of the stretch."""
        return range(self.first_frame, self.last_frame + 1)

    @property
    def severity(self) -> tuple[int, float]:
        """The higher the worse: people whom one missed, joints by distance, visibilities, frames never labelled."""
        length = float(len(self.frames))
        if self.kind in (Kind.ONLY_THEIRS, Kind.ONLY_MINE):
            return (0 if self.other_unlabelled else 3, length)
        if self.kind == Kind.PLACE:
            return (2, self.fraction)
        return (1, length)

    @property
    def where(self) -> str:
        """The frames in words: "frame 12", "frames 24 to 31"."""
        if self.first_frame == self.last_frame:
            return f"frame {self.first_frame}"
        return f"frames {self.first_frame} to {self.last_frame}"

    @property
    def what(self) -> str:
        """In what they differ, in words: "left wrist 23 px apart (14 % of the size)"."""
        if self.kind == Kind.ONLY_THEIRS:
            return f"their #{self.theirs} is not in mine" + (", where nothing is labelled" * self.other_unlabelled)
        if self.kind == Kind.ONLY_MINE:
            return "not in theirs" + (", where nothing is labelled" * self.other_unlabelled)
        joint = POSETRACK.label(self.keypoint or 0)
        if self.visibilities is not None:
            here, there = self.visibilities
            return f"{joint} {here.words}, theirs {there.words}"
        return f"{joint} {self.distance_px:.0f} px apart ({self.fraction:.0%} of the size)".replace("%", " %")

    @property
    def sentence(self) -> str:
        """Where, who and what, in a line."""
        who = "" if self.mine is None else f" · #{self.mine}"
        return f"{self.where.capitalize()}{who} · {self.what}"

    @property
    def in_short(self) -> str:
        """The same for a narrow list: "24 to 31 · #1 · left wrist 23 px, 14 %"."""
        where = self.where.partition(" ")[2]
        if self.kind == Kind.ONLY_THEIRS:
            return f"{where} · only theirs (#{self.theirs})"
        if self.kind == Kind.ONLY_MINE:
            return f"{where} · #{self.mine} · only mine"
        what = self.what.replace(" px apart (", " px, ").replace(" of the size)", "")
        return f"{where} · #{self.mine} · {what}"


class _Key(NamedTuple):
    """What neighbouring frames have in common that are one stretch."""

    kind: Kind
    mine: int | None
    theirs: int | None
    keypoint: int | None
    visibilities: tuple[Visibility, Visibility] | None
    other_unlabelled: bool


@dataclass
class _Stretch:
    first: int
    last: int
    worst: int
    distance_px: float
    fraction: float


@dataclass
class Stretches:
    """Gathers what is found frame by frame, in rising order, into disagreements."""

    _open: dict[_Key, _Stretch] = field(default_factory=dict)
    _ended: list[Disagreement] = field(default_factory=list)

    def add(
        self,
        frame_index: int,
        kind: Kind,
        mine: int | None,
        theirs: int | None,
        keypoint: int | None = None,
        *,
        distance_px: float = float("nan"),
        fraction: float = float("nan"),
        visibilities: tuple[Visibility, Visibility] | None = None,
        other_unlabelled: bool = False,
    ) -> None:
        """Puts one frame's finding where it belongs; for the arguments see `Disagreement`."""
        key = _Key(kind, mine, theirs, keypoint, visibilities, other_unlabelled)
        stretch = self._open.get(key)
        if stretch is None or stretch.last != frame_index - 1:
            self._end(key)
            self._open[key] = _Stretch(frame_index, frame_index, frame_index, distance_px, fraction)
            return
        stretch.last = frame_index
        if fraction > stretch.fraction:
            stretch.worst, stretch.distance_px, stretch.fraction = frame_index, distance_px, fraction

    def all(self) -> tuple[Disagreement, ...]:
        """Everything that was added, the most severe first."""
        for key in list(self._open):
            self._end(key)
        return tuple(sorted(self._ended, key=lambda one: ((-one.severity[0], -one.severity[1]), one.first_frame)))

    def _end(self, key: _Key) -> None:
        stretch = self._open.pop(key, None)
        if stretch is not None:
            self._ended.append(
                Disagreement(
                    key.kind,
                    stretch.first,
                    stretch.last,
                    stretch.worst,
                    key.mine,
                    key.theirs,
                    key.keypoint,
                    stretch.distance_px,
                    stretch.fraction,
                    key.visibilities,
                    key.other_unlabelled,
                )
            )
