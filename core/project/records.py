"""The value types of a project: what an edit says, what it touched, and what is remembered of runs and rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import ProjectError
from core.poses import Pose


class ProjectLockedError(ProjectError):
    """Another program is writing this project; it can still be opened to read."""


class ProjectNotWritableError(ProjectError):
    """The file or its folder cannot be written; it can still be opened to read."""


class ProjectDamagedError(ProjectError):
    """The file is a project's, and not all of it can be read; repairing saves what is whole."""


class ProjectGoneError(ProjectError):
    """The open file is no longer at its path, or was overwritten there; it can be saved under another name.

    Attributes:
        is_written: True if what was to be written is in the open file, so that saving it saves that, too.
    """

    is_written = False


BEGUN_BY = "begun_by"
"""The setting that says which command is making a project, until it is done or a person opens it."""


class RunKind(StrEnum):
    """What a machine did in a run; finding people is TRACK, too, for it writes boxes. The values are stored.

    MEND is what followed a person's edit in the frames around it; its settings name the edit as `FOLLOWS`.
    """

    PREDICT = "predict"
    TRACK = "track"
    IMPORT = "import"
    MEND = "mend"


FOLLOWS = "follows"
"""Of a run's settings: the number of the edit that it follows, and with which it is undone."""


class FrameProof(NamedTuple):
    """Which picture a label was made on.

    Attributes:
        timestamp_s: the frame's presentation time.
        pixel_hash: `core.video.frame_proof` of the frame's pixels.
    """

    timestamp_s: float
    pixel_hash: str


@dataclass(frozen=True)
class SourceRecord:
    """The video or folder of images that a project labels.

    Attributes:
        path: where it is now (or was last, if it cannot be found).
        kind: "video" or "images".
        width: of a frame as displayed, pixels.
        height: of a frame as displayed, pixels.
        num_frames: how many frames it has.
        timestamps_sha: a hash of all its timestamps, "" if unknown.
    """

    path: Path
    kind: str
    width: int
    height: int
    num_frames: int
    timestamps_sha: str = ""


@dataclass(frozen=True, eq=False)
class PoseChange:
    """One person in one frame, before and after; None where the person is not there.

    The track ids of `before` and `after` may differ: then the person is renumbered.
    """

    frame_index: int
    before: Pose | None
    after: Pose | None


@dataclass(frozen=True)
class ReviewChange:
    """The mark that a person has reviewed a frame, before and after.

    Attributes:
        frame_index: the frame.
        before: True if the frame was marked.
        after: True if the frame is marked from then on.
        before_run: the import that had brought the mark, None if a person set it.
        after_run: likewise of the mark from then on.
    """

    frame_index: int
    before: bool
    after: bool
    before_run: int | None = None
    after_run: int | None = None


@dataclass(frozen=True)
class TrackCut:
    """From a frame on, a track id names nobody, or somebody else: for machine runs that still write it.

    Attributes:
        track_id: the number that ends here.
        from_frame: the first frame that the cut holds for.
        moved_to: the number that the person has from here on, None if deleted.
        lasting: True if later runs, too, must not write `track_id` here; False where two people exchange numbers.
    """

    track_id: int
    from_frame: int
    moved_to: int | None = None
    lasting: bool = True


@dataclass(frozen=True)
class CutChange:
    """A `TrackCut` that an edit makes (`before` is None) or takes back (`after` is None)."""

    before: TrackCut | None
    after: TrackCut | None


RegionsOfFrame = tuple[tuple[str, ...], tuple[str, ...]]
"""Polygons as JSON text that a person drew in a frame, and those of label files that a person took away there."""


@dataclass(frozen=True)
class RegionsChange:
    """What a person said of a frame's ignore regions, before and after."""

    frame_index: int
    before: RegionsOfFrame
    after: RegionsOfFrame


Row = tuple[Any, ...]
"""A row of a table, the frame first."""


class RowMove(NamedTuple):
    """A row as it is and as it becomes; two rows that come to one place become the same row."""

    table: str
    before: Row
    after: Row


@dataclass(frozen=True)
class MoveChange:
    """What names a frame follows its picture to another frame index, beside the poses, marks and regions of people.

    Attributes:
        places: frame index before and after, of each frame that moves.
        rows: what becomes of proofs, fields and regions of files, done marks, and of what is known of deleted people.
    """

    places: tuple[tuple[int, int], ...]
    rows: tuple[RowMove, ...]


Change = PoseChange | ReviewChange | CutChange | RegionsChange | MoveChange


class Unsaved(NamedTuple):
    """What `Project.commit` was given and could not write."""

    label: str
    changes: tuple[Change, ...]
    proofs: Mapping[int, tuple[float, str]]
    action: str

    @property
    def track_ids(self) -> list[int]:
        """The numbers of the people whom it adds or changes."""
        return [one.after.track_id for one in self.changes if isinstance(one, PoseChange) and one.after is not None]


@dataclass(frozen=True)
class Touched:
    """What a write changed, for views to refresh by.

    Attributes:
        frame_indices: the frames, rising.
        track_ids: the people, rising.
        people_changed: True if somebody was added, removed or renumbered.
        entry_id: the journal's entry, 0 if nothing changed and nothing was written.
        label: what the entry says, as in the undo menu.
    """

    frame_indices: tuple[int, ...] = ()
    track_ids: tuple[int, ...] = ()
    people_changed: bool = False
    entry_id: int = 0
    label: str = ""

    def __bool__(self) -> bool:
        """True if anything changed."""
        return self.entry_id != 0

    def and_then(self, later: Touched) -> Touched:
        """What this write and a later one changed together."""
        if not self or not later:
            return later or self
        return Touched(
            tuple(sorted({*self.frame_indices, *later.frame_indices})),
            tuple(sorted({*self.track_ids, *later.track_ids})),
            self.people_changed or later.people_changed,
            later.entry_id,
            later.label,
        )


@dataclass(frozen=True)
class Run:
    """One run of a machine over frames.

    Attributes:
        run_id: its number in this project.
        kind: what the machine did.
        weights_sha256: of the weights file, None if it used none.
        settings: everything needed to do it again.
        program_version: of this program.
        started_s: seconds since 1970.
        ended_s: likewise, None while it runs.
        status: "running", "done", "cancelled", "failed", "interrupted" (the program ended first) or "removed".
        began_after: the journal's last entry when it began.
    """

    run_id: int
    kind: RunKind
    weights_sha256: str | None
    settings: Mapping[str, Any]
    program_version: str
    started_s: float
    ended_s: float | None
    status: str
    began_after: int


@dataclass(frozen=True)
class Round:
    """One round of fine-tuning: its report, the weights that came out, and the weights it started from."""

    round_id: int
    created_s: float
    report: Mapping[str, Any]
    weights_sha256: str
    parent_sha256: str | None


@dataclass(frozen=True)
class JournalEntry:
    """One entry of the journal.

    Attributes:
        entry_id: rising.
        kind: "edit", "undo", "redo", "run" or "remove_run".
        action: what a person did, as `core.project.edits` calls it, or the kind of the run.
        label: in words.
        created_s: seconds since 1970.
        status: of an edit: "done", "undone" or "dropped" (undone, and another edit followed); "" for the others.
        run_id: the run, for "run" and "remove_run".
        target: the edit that is undone or redone.
    """

    entry_id: int
    kind: str
    action: str
    label: str
    created_s: float
    status: str
    run_id: int | None
    target: int | None


NO_EDITS = ("undone", "undo", "redo")
"""What an `Effort` counts beside edits that still stand."""


@dataclass(frozen=True)
class Effort:
    """The ledger of a person's work.

    Attributes:
        counts: how many edits of each action still stand, how many "undone", and how many "undo" and "redo" were made.
        active_s: time spent: the pauses between neighbouring entries, where short enough to be work.
        num_frames: how many frames were worked on one by one; what fills a range at once is an edit, too.
        after_round: the round of fine-tuning that came before, None before the first, and where all work is counted.
    """

    counts: Mapping[str, int]
    active_s: float
    num_frames: int = 0
    after_round: int | None = None

    @property
    def num_edits(self) -> int:
        """How many edits still stand."""
        return sum(count for action, count in self.counts.items() if action not in NO_EDITS)
