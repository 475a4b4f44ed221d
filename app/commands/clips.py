"""Clips that commands work on: long ones are checked once before anything relies on the numbers of their frames."""

from __future__ import annotations

from pathlib import Path

from app.terminal import Terminal
from app.weights.detectors import DetectorFile, suited_to
from core.errors import FetchError, PredictionError, SourceError
from core.project import Project
from core.video import Source, open_source
from core.work.recounting import is_to_be_recounted, recount


def open_checked(path: Path, terminal: Terminal) -> Source:
    """Opens a clip whose frames are numbered as a plain decode numbers them. Raises SourceError."""
    with terminal.progress(f"Checking {path.name}") as progress:
        return open_source(path, progress, checked=True)


def frames_of(frame_range: tuple[int, int | None], num_frames: int) -> tuple[int, int]:
    """The frames that a person asked for, within the clip. Raises PredictionError if the clip has none of them."""
    start, stop = frame_range
    if start >= num_frames:
        raise PredictionError(f"--frames begins at {start}, but the clip has {num_frames} frames, counted from 0.")
    return start, num_frames if stop is None else min(stop, num_frames)


def detector_at_hand(device: str, terminal: Terminal, otherwise: str) -> DetectorFile:
    """The detector that suits a device; fetched first where it is not here.

    Raises:
        PredictionError: it cannot be fetched; ends with `otherwise`, which says how to do without.
    """
    detector_file = suited_to(device)
    if not detector_file.at_hand:
        with terminal.progress(f"Fetching the person detector ({detector_file.size_mb} MB)") as progress:
            try:
                detector_file.fetch(lambda done, total, _: progress(done, total))
            except FetchError as error:
                raise PredictionError(f"{str(error).removesuffix('.')}; {otherwise}.") from error
    return detector_file


def make_sure_of_frames(project_path: Path, terminal: Terminal) -> None:
    """Checks the video of a project; if it is damaged, the project counts its frames anew, and that is said.

    Raises:
        ProjectError: the project cannot be read, or not written where it has to be.
    """
    with Project.open(project_path, read_only=True) as project:
        record = project.source
    if record.kind != "video":
        return
    try:
        source = open_checked(record.path, terminal)
    except SourceError:
        return  # whoever needs its pictures opens it, and says what is wrong
    with source:
        if is_to_be_recounted(record, source):
            with Project.open(project_path) as project:
                recount(project, source)
        for sentence in remarks_of(source):
            terminal.say(sentence)


def remarks_of(source: Source) -> list[str]:
    """What there is to say of a clip that was opened."""
    return [sentence for sentence in (source.damaged, *source.notes) if sentence]
