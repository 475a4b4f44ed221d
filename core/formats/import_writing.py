"""Labels into a project as one run, some frames at a time, so that whoever reads the project never waits long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from core.errors import ProjectError
from core.formats.kept import ByFamily
from core.poses import FloatArray, Pose
from core.project import Project, RunKind, Touched

POSES_AT_ONCE = 96
"""Are written while the project is held: a twentieth of a second on the slowest machine that this was tried on."""
PAUSE_S = 0.001
"""After each such part: without it, who waits for the project may be passed over again and again."""
Place = tuple[int, int]
"""A frame index and a track id, `NOBODY` for what is the frame's or the file's own."""


@dataclass
class Part:
    """What is written of some frames.

    Attributes:
        poses: by frame index.
        reviewed: frames that the file says are done.
        regions: ignore regions by frame index.
        kept: fields without a place here.
    """

    poses: Mapping[int, Sequence[Pose]] = field(default_factory=dict)
    reviewed: Sequence[int] = ()
    regions: Mapping[int, Sequence[FloatArray]] = field(default_factory=dict)
    kept: Mapping[Place, ByFamily] = field(default_factory=dict)


@contextmanager
def whole_run(project: Project, settings: Mapping[str, Any], on_written: Callable[[Touched], None]) -> Iterator[int]:
    """An import's run, by its number: all of it, or where something leaves the block, nothing.

    Args:
        project: open for writing.
        settings: of the run.
        on_written: called with what taking back touched.
    """
    with project.run(RunKind.IMPORT, None, settings) as run_id:
        try:
            yield run_id
        except ProjectError:
            with suppress(ProjectError):  # what went wrong in the first place is said
                on_written(project.discard_run(run_id))
            raise
        except BaseException:
            on_written(project.discard_run(run_id))
            raise


def write(
    project: Project,
    run_id: int,
    whole: Part,
    *,
    as_of: int,
    on_progress: Callable[[int, int], None] | None = None,
    on_written: Callable[[Touched], None],
    on_part: Callable[[Mapping[int, Sequence[Pose]]], None],
) -> Touched:
    """Writes part after part; in between, others read and write the project.

    Args:
        project: open for writing.
        run_id: the import.
        whole: what to write.
        as_of: the `last_entry` when people's numbers were read.
        on_progress: called with done and total frames, while nobody is kept waiting; may raise Cancelled.
        on_written: called with what each part touched.
        on_part: called with the poses of each part that was written.
    """
    touched, done = Touched(), 0
    for part in parts_of(whole):
        if on_progress is not None:
            on_progress(done, len(whole.poses))
        written = project.write_run(run_id, part.poses, reviewed=part.reviewed, as_of=as_of)
        touched = touched.and_then(written)
        if part.regions:
            project.write_ignore_regions(run_id, part.regions)
        if part.kept:
            project.write_kept_fields(run_id, part.kept)
        on_part(part.poses)
        on_written(written)
        done += len(part.poses)
        time.sleep(PAUSE_S)
    return touched


def parts_of(whole: Part) -> Iterator[Part]:
    """The frames in order, so many together as hold few people."""
    kept: dict[int, dict[Place, ByFamily]] = {}
    for place, fields in whole.kept.items():
        kept.setdefault(place[0], {})[place] = fields
    reviewed = set(whole.reviewed)
    frames: list[int] = []
    weight = 0
    for index in sorted({*whole.poses, *reviewed, *whole.regions, *kept}):
        of_frame = 1 + len(whole.poses.get(index, ()))
        if frames and weight + of_frame > POSES_AT_ONCE:
            yield _part(whole, frames, reviewed, kept)
            frames, weight = [], 0
        frames.append(index)
        weight += of_frame
    if frames:
        yield _part(whole, frames, reviewed, kept)


def _part(whole: Part, frames: Sequence[int], reviewed: set[int], kept: Mapping[int, Mapping[Place, ByFamily]]) -> Part:
    return Part(
        {index: whole.poses[index] for index in frames if index in whole.poses},
        [index for index in frames if index in reviewed],
        {index: whole.regions[index] for index in frames if index in whole.regions},
        {place: fields for index in frames for place, fields in kept.get(index, {}).items()},
    )
