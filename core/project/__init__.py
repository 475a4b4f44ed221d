"""The project file: a journal of every edit, and the labels that it adds up to."""

from core.project.disk.blank import is_blank
from core.project.project import Project
from core.project.records import (
    BEGUN_BY,
    FOLLOWS,
    Change,
    CutChange,
    Effort,
    FrameProof,
    JournalEntry,
    MoveChange,
    PoseChange,
    ProjectDamagedError,
    ProjectGoneError,
    ProjectLockedError,
    ProjectNotWritableError,
    RegionsChange,
    RegionsOfFrame,
    ReviewChange,
    Round,
    Run,
    RunKind,
    SourceRecord,
    Touched,
    TrackCut,
)
from core.project.storage.kept import NOBODY
from core.project.storage.summary import Summary
from core.project.storage.track_cells import JointPath, TrackCells, TrackEnds

__all__ = [
    "BEGUN_BY",
    "FOLLOWS",
    "NOBODY",
    "Change",
    "CutChange",
    "Effort",
    "FrameProof",
    "JointPath",
    "JournalEntry",
    "MoveChange",
    "PoseChange",
    "Project",
    "ProjectDamagedError",
    "ProjectGoneError",
    "ProjectLockedError",
    "ProjectNotWritableError",
    "RegionsChange",
    "RegionsOfFrame",
    "ReviewChange",
    "Round",
    "Run",
    "RunKind",
    "SourceRecord",
    "Summary",
    "Touched",
    "TrackCells",
    "TrackCut",
    "TrackEnds",
    "is_blank",
]
