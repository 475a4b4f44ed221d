"""`python main.py predict-set`: the poses of many clips, shared among processes, and gone on with after a break."""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.clips import detector_at_hand, open_checked
from app.commands.predict_command import Work, new_project
from app.terminal import Terminal
from app.ui.words import time_left
from app.weights.choice import find_weights
from core.errors import Cancelled, FamiError, FormatError
from core.files.hashing import file_sha256
from core.files.outputs import check_can_write, write_json
from core.files.replacing import replacing
from core.formats import export_project
from core.formats.texts.records import load_json
from core.work.clip_set import SetClip, read_set, shares

if TYPE_CHECKING:  # seconds of torch
    from core.model import Predictor
    from core.training.learning.engine import Engine

MADE_BY = "predict-set.json"
TABLE = "predict-set.csv"
DONE, FAILED = "done", "failed"
PATIENCE = timedelta(days=30)
"""How long a process that has done its share waits for the others."""


@dataclass(frozen=True)
class Outcome:
    """What came of a clip.

    Attributes:
        name: of the clip in the set.
        state: DONE or FAILED.
        num_frames, num_poses: what was written; 0 where it had been done before.
        reason: why it failed, in one sentence.
    """

    name: str
    state: str
    num_frames: int = 0
    num_poses: int = 0
    reason: str = ""


@dataclass(frozen=True)
class _Network:
    """What predicts: the weights' file, the device, and the offsets of the supporting frames (None: the weights')."""

    path: Path
    device: str
    window: list[int] | None


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Predicts what is not done yet. Returns the exit status: 1 where a clip failed."""
    clips = read_set(arguments.list, arguments.boxes)
    out: Path = arguments.out
    weights_path = find_weights(arguments.weights, arguments.device)
    from core.training.learning.engine import new_engine  # noqa: PLC0415 - seconds of torch, after all cheap checks

    engine = new_engine(arguments.device, arguments.processes, PATIENCE)
    window = None if arguments.window is None else list(arguments.window)
    network = _Network(weights_path, str(engine.device), window)
    trouble = ""
    if engine.rank == 0:
        try:
            _prepare(out, clips, network, terminal)
        except FamiError as error:
            trouble = str(error)
    trouble = engine.gather(trouble)[0]
    if trouble:
        if engine.rank == 0:
            raise FamiError(trouble)
        return 1
    mine = _share(engine, [clip for clip in clips if not _file_of(out, clip).exists()], terminal)
    outcomes = _Predicting(out, network, terminal).all_of(mine)
    found = {outcome.name: outcome for part in engine.gather(outcomes) for outcome in part}
    if engine.rank == 0:
        _tell(out, [found.get(clip.name, Outcome(clip.name, DONE)) for clip in clips], clips, terminal)
    return int(any(outcome.state == FAILED for outcome in found.values()))


def _file_of(out: Path, clip: SetClip) -> Path:
    return out / f"{clip.name}.json"


def _prepare(out: Path, clips: Sequence[SetClip], network: _Network, terminal: Terminal) -> None:
    """Makes the folder, sees that all results in it are by the same network, and brings the detector here.

    Raises:
        FamiError: the folder cannot be used for these clips, or the detector cannot be fetched.
    """
    made_by = {"weights": file_sha256(network.path), "window": network.window}
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FormatError(f"{out} cannot be made ({error.strerror}): choose another folder.") from error
    check_can_write(out / MADE_BY, out / TABLE, inputs=[network.path])
    read = {path.resolve() for clip in clips for path in (clip.source, clip.boxes) if path is not None}
    destroyed = next((file for clip in clips if (file := _file_of(out, clip)).resolve() in read), None)
    if destroyed is not None:
        raise FormatError(f"Writing into {out} would destroy {destroyed.name}, which is read: choose another folder.")
    if (out / MADE_BY).exists():
        if load_json(out / MADE_BY) != made_by:
            raise FormatError(f"{out} holds what other weights or another window predicted: choose another folder.")
    else:
        write_json(out / MADE_BY, made_by)
    if any(clip.boxes is None for clip in clips):
        detector_at_hand(network.device, terminal, "or say where people are with --boxes")


def _share(engine: Engine, clips: Sequence[SetClip], terminal: Terminal) -> list[SetClip]:
    """This process's share of the clips, by their lengths, which the processes find out together."""
    if engine.processes == 1:
        return list(clips)
    lengths = {clip.name: _length(clip, terminal) for clip in clips[engine.rank :: engine.processes]}
    known = {name: length for part in engine.gather(lengths) for name, length in part.items()}
    taken = shares([known[clip.name] for clip in clips], engine.processes)
    return [clip for clip, process in zip(clips, taken, strict=True) if process == engine.rank]


def _length(clip: SetClip, terminal: Terminal) -> int:
    """In frames; 0 where the clip cannot be opened, which is told when its turn comes."""
    try:
        with open_checked(clip.source, terminal) as source:
            return len(source)
    except FamiError:
        return 0


class _Predicting:
    """Predicts clip after clip with one network; one that fails costs no other."""

    def __init__(self, out: Path, network: _Network, terminal: Terminal) -> None:
        self._out = out
        self._network = network
        self._terminal = terminal
        self._loaded: Predictor | None = None

    def all_of(self, clips: Sequence[SetClip]) -> list[Outcome]:
        """What came of each."""
        outcomes: list[Outcome] = []
        began = time.monotonic()
        for place, clip in enumerate(clips):
            left = (time.monotonic() - began) / place * (len(clips) - place) if place else None
            spoken = "" if left is None else f", about {time_left(left)}"
            self._terminal.note(f"{clip.name}: {place + 1} of {len(clips)} clips{spoken}")
            outcomes.append(self._one(clip))
        return outcomes

    def _one(self, clip: SetClip) -> Outcome:
        try:
            return self._predicted(clip)
        except Cancelled:
            raise
        except FamiError as error:
            return Outcome(clip.name, FAILED, reason=str(error))
        except Exception as error:  # noqa: BLE001 - a night's work must not end with one clip; the table says it
            return Outcome(clip.name, FAILED, reason=f"unexpected {type(error).__name__}: {error}")

    def _predicted(self, clip: SetClip) -> Outcome:
        with (
            open_checked(clip.source, self._terminal) as source,
            tempfile.TemporaryDirectory() as folder,
            new_project(Path(folder) / "run.fami", source) as project,
        ):
            work = Work(project, source, 0, len(source), self._terminal, loaded=self._loaded)
            if clip.boxes is not None:
                work.import_boxes(clip.boxes)
            else:
                work.find(self._network.device)
            work.predict(self._network.path, self._network.device, self._network.window, None)
            self._loaded = work.loaded
            written = export_project(project, source, "posetrack18", _file_of(self._out, clip))
        return Outcome(clip.name, DONE, written.num_frames, written.num_people)


def _tell(out: Path, outcomes: Sequence[Outcome], clips: Sequence[SetClip], terminal: Terminal) -> None:
    """Writes the table of all clips, and says what failed."""
    with replacing(out / TABLE, FormatError) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("clip", "source", "state", "reason"))
        table.writerows(
            (outcome.name, clip.source, outcome.state, outcome.reason)
            for outcome, clip in zip(outcomes, clips, strict=True)
        )
    failed = [outcome for outcome in outcomes if outcome.state == FAILED]
    for outcome in outcomes:
        if outcome.num_frames:
            terminal.say(f"{outcome.name}: {outcome.num_poses} poses in {outcome.num_frames} frames.")
    for outcome in failed:
        terminal.say(f"{outcome.name} failed: {outcome.reason}")
    done = len(outcomes) - len(failed)
    again = "; run the same command again to try the others once more" if failed else ""
    terminal.say(f"{out}: {done} of {len(outcomes)} clips are done{again}.")
