"""What a project remembers besides labels: its source, runs, rounds of fine-tuning, settings, and a person's effort."""

from __future__ import annotations

import json
import math
import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from core import __version__
from core.errors import ProjectError
from core.project.records import FOLLOWS, Effort, ProjectDamagedError, Round, Run, RunKind, SourceRecord
from core.project.storage.bounds import LARGEST_PICTURE_PX, MOST_FRAMES
from core.project.storage.in_words import reading
from core.project.storage.store import Store

RUN_LABELS = {
    RunKind.PREDICT: "Predict",
    RunKind.TRACK: "Follow people",
    RunKind.IMPORT: "Import",
    RunKind.MEND: "Mend",
}
_ENDS = ("done", "cancelled", "failed", "removed")
_PAUSE_S = 60.0
"""Who does nothing for longer is taken to be away."""


# ---- settings and the source ----


def set_setting(store: Store, key: str, value: str | None) -> None:
    """Sets or forgets one value, inside a transaction."""
    if value is None:
        store.execute("DELETE FROM meta WHERE key = ?", (key,))
    else:
        store.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )


def set_source(store: Store, source: SourceRecord) -> None:
    """Stores the source, its path both as it is and as seen from the project's folder."""
    set_setting(store, "source", text_of_source(source, store.path.parent))


def text_of_source(source: SourceRecord, folder: Path) -> str:
    """The source as a project in a folder keeps it."""
    path = Path(source.path).absolute()
    try:
        relative: str | None = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        relative = None
    record = {
        "path": str(path),
        "relative": relative,
        "kind": source.kind,
        "width": int(source.width),
        "height": int(source.height),
        "num_frames": int(source.num_frames),
        "timestamps_sha": source.timestamps_sha,
    }
    return json.dumps(record)


def source(store: Store) -> SourceRecord:
    """The source, where it is now: as seen from the project's folder first, so that both can move together."""
    row = store.one("SELECT value FROM meta WHERE key = 'source'")
    if row is None:
        raise ProjectDamagedError(
            f"{store.path.name} names no video; it was never finished, or is damaged: make a new project, or repair "
            f"this one (python main.py repair {store.path.name})."
        )
    with reading("what it says about its video", store.path):
        return source_of_text(row[0], store.path.parent)


def source_of_text(text: str, folder: Path) -> SourceRecord:
    """What `text_of_source` wrote, for a project in this folder.

    Raises:
        ValueError, TypeError, LookupError: it is something else, or too large for any clip.
    """
    record = json.loads(text)
    path, relative = Path(_of_type(str, record["path"])), record["relative"]
    if "\0" in str(path) or (relative is not None and "\0" in relative):
        raise ValueError("no path holds a zero byte")
    if relative is not None:
        beside = Path(os.path.normpath(folder / relative))
        path = beside if _exists(beside) else path
    kind = _of_type(str, record["kind"])
    if kind not in ("video", "images"):
        raise ValueError(f"no clip is of kind {kind}")
    return SourceRecord(
        path,
        kind,
        _within(record["width"], LARGEST_PICTURE_PX),
        _within(record["height"], LARGEST_PICTURE_PX),
        _within(record["num_frames"], MOST_FRAMES),
        _of_type(str, record["timestamps_sha"]),
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, or a folder that may not be looked at
        return False


T = TypeVar("T")


def _of_type(kind: type[T], value: object) -> T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _within(value: object, most: int) -> int:
    number = _of_type(int, value)
    if not 0 <= number <= most:
        raise ValueError(f"{number} is not between 0 and {most}")
    return number


def relocate(store: Store, path: Path) -> None:
    """Stores where the source is now."""
    known = source(store)
    set_source(
        store,
        SourceRecord(path, known.kind, known.width, known.height, known.num_frames, known.timestamps_sha),
    )


# ---- runs ----

_RUN_COLUMNS = "run_id, kind, weights_sha256, settings, program_version, started_s, ended_s, status, began_after"


def begin_run(store: Store, kind: str, weights_sha256: str | None, settings: Mapping[str, Any]) -> int:
    """Stores a run that begins now. Raises ValueError for an unknown kind."""
    kind = RunKind(kind)
    return store.execute(
        "INSERT INTO runs (kind, weights_sha256, settings, program_version, started_s, status, began_after)"
        " VALUES (?, ?, ?, ?, ?, 'running', ?)",
        (kind, weights_sha256, json.dumps(settings), __version__, time.time(), last_entry(store)),
    )


def last_entry(store: Store) -> int:
    """The number of the journal's last entry, 0 where there is none."""
    row = store.one("SELECT coalesce(max(entry_id), 0) FROM entries")
    return 0 if row is None else int(row[0])


def _run_of_row(store: Store, row: tuple[Any, ...]) -> Run:
    run_id, kind, weights_sha256, text, *rest = row
    with reading(f"run {run_id}", store.path):
        settings = _of_type(dict, json.loads(text))
        for key in _FRAMES_AND_PEOPLE & settings.keys():
            if settings[key] is not None:
                _of_type(int, settings[key])
        for key in _RANGES & settings.keys():
            first, last = settings[key]
            _of_type(int, first), _of_type(int, last)
        return Run(run_id, RunKind(kind), weights_sha256, settings, *rest)


_FRAMES_AND_PEOPLE = {"track_id", "from", "to", "lost_after"}
_RANGES = {"frames", "asked"}


def runs(store: Store) -> list[Run]:
    """All runs, the oldest first."""
    return [_run_of_row(store, row) for row in store.rows(f"SELECT {_RUN_COLUMNS} FROM runs ORDER BY run_id")]  # noqa: S608 - constant


def calibrated_runs(store: Store) -> frozenset[int]:
    """The runs whose scores are measured probabilities."""
    rows = store.rows(
        "SELECT run_id FROM runs WHERE CASE WHEN json_valid(settings) THEN settings -> 'calibrated' END = 'true'"
    )
    return frozenset(run_id for (run_id,) in rows)


def run(store: Store, run_id: int) -> Run:
    """One run. Raises ProjectError if there is none of this number."""
    row = store.one(f"SELECT {_RUN_COLUMNS} FROM runs WHERE run_id = ?", (run_id,))  # noqa: S608 - constant
    if row is None:
        raise ProjectError(f"{store.path.name} has no run {run_id}; choose one from its list of runs.")
    return _run_of_row(store, row)


def running(store: Store, run_id: int) -> Run:
    """A run that may still write. Raises ProjectError if it is unknown or over."""
    found = run(store, run_id)
    if found.status != "running":
        raise ProjectError(f"Run {run_id} is over ({found.status}); begin a new one.")
    return found


def note_run(store: Store, run_id: int, facts: Mapping[str, Any]) -> None:
    """Adds to the settings of a run that is not over. Raises ProjectError if it is unknown or over."""
    settings = {**running(store, run_id).settings, **facts}
    store.execute("UPDATE runs SET settings = ? WHERE run_id = ?", (json.dumps(settings), run_id))


def last_frame_of_run(store: Store, run_id: int) -> int | None:
    """The highest frame that a run wrote, None if it wrote nothing."""
    row = store.one(
        "SELECT max(frame_index) FROM changes WHERE entry_id IN"
        " (SELECT entry_id FROM entries WHERE kind = 'run' AND run_id = ?)",
        (run_id,),
    )
    return None if row is None else row[0]


def finish_run(store: Store, run_id: int, status: str) -> None:
    """Stores how a run ended; one that was taken back meanwhile stays so.

    Raises:
        ValueError: the status is unknown.
        ProjectError: the run is unknown.
    """
    if status not in _ENDS:
        raise ValueError(f"a run ends as {', '.join(_ENDS)}, not {status}")
    run(store, run_id)
    store.execute(
        "UPDATE runs SET status = ?, ended_s = coalesce(ended_s, ?) WHERE run_id = ? AND status != 'removed'",
        (status, time.time(), run_id),
    )


def has_running(store: Store) -> bool:
    """True if a run seems to run."""
    return store.one("SELECT 1 FROM runs WHERE status = 'running' LIMIT 1") is not None


def mark_interrupted_runs(store: Store) -> None:
    """Runs that still seem to run when a writer opens the file ended with the program that ran them."""
    store.execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'")


def runs_that_follow(store: Store, edit_id: int) -> list[int]:
    """The runs that follow an edit and were not taken back, the newest first."""
    rows = store.rows(
        "SELECT run_id FROM runs WHERE kind = ? AND status != 'removed'"
        " AND CASE WHEN json_valid(settings) THEN settings ->> ? END = ? ORDER BY run_id DESC",
        (str(RunKind.MEND), FOLLOWS, edit_id),
    )
    return [run_id for (run_id,) in rows]


def removed_runs(store: Store) -> frozenset[int]:
    """The runs that were taken back."""
    return frozenset(row[0] for row in store.rows("SELECT run_id FROM runs WHERE status = 'removed'"))


# ---- rounds of fine-tuning ----


def record_round(store: Store, report: Mapping[str, Any], weights_sha256: str, parent: str | None) -> int:
    """Stores a round of fine-tuning."""
    return store.execute(
        "INSERT INTO rounds (created_s, report, weights_sha256, parent_sha256) VALUES (?, ?, ?, ?)",
        (time.time(), json.dumps(report), weights_sha256, parent),
    )


def rounds(store: Store) -> list[Round]:
    """All rounds, the oldest first."""
    rows = store.rows("SELECT round_id, created_s, report, weights_sha256, parent_sha256 FROM rounds ORDER BY round_id")
    with reading("its rounds of fine-tuning", store.path):
        return [Round(row[0], row[1], _of_type(dict, json.loads(row[2])), row[3], row[4]) for row in rows]


# ---- effort ----


def effort(store: Store) -> Effort:
    """Counts a person's entries, and the time between neighbouring ones where it is short enough to be work."""
    return _Counting(store).between(-math.inf, math.inf, None)


def effort_by_round(store: Store) -> list[Effort]:
    """The same, apart for what was done before the first round of fine-tuning and after each."""
    counting = _Counting(store)
    starts: list[tuple[float, int | None]] = [(-math.inf, None)]
    starts += [(one.created_s, one.round_id) for one in rounds(store)]
    ends = [start_s for start_s, _ in starts[1:]] + [math.inf]
    return [counting.between(start_s, stop_s, after) for (start_s, after), stop_s in zip(starts, ends, strict=True)]


class _Counting:
    """A person's entries in their order, each with the pause before it and the frames that it changed."""

    def __init__(self, store: Store) -> None:
        self._entries = store.rows(
            "SELECT entry_id, kind, action, status, created_s FROM entries WHERE kind IN ('edit', 'undo', 'redo')"
            " ORDER BY entry_id"
        )
        self._frames: defaultdict[int, set[int]] = defaultdict(set)
        for entry_id, frame_index in store.rows(
            "SELECT entry_id, frame_index FROM changes JOIN entries USING (entry_id)"
            " WHERE kind = 'edit' AND status = 'done' AND frame_index >= 0"
        ):
            self._frames[entry_id].add(frame_index)

    def between(self, start_s: float, stop_s: float, after_round: int | None) -> Effort:
        """What was done from a time on and before another one."""
        counts: Counter[str] = Counter()
        frames: set[int] = set()
        active_s = 0.0
        last_s: float | None = None
        for entry_id, kind, action, status, created_s in self._entries:
            if start_s <= created_s < stop_s:
                counts[kind if kind != "edit" else action if status == "done" else "undone"] += 1
                of_entry = self._frames.get(entry_id, set())
                if len(of_entry) == 1:  # what fills a range is no work on each of its frames
                    frames |= of_entry
                if last_s is not None and 0 <= created_s - last_s <= _PAUSE_S:
                    active_s += created_s - last_s
            last_s = created_s
        return Effort(dict(counts), active_s, len(frames), after_round)
