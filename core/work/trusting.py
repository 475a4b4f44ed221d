"""What a person answers when a clip is not the one that a project was labelled on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from core.errors import ProjectError
from core.project import Project, SourceRecord, Touched
from core.video import Source, frame_proof

TRUST_PICTURES = "trust_pictures"
"""The action of the edit that has labels belong to other pictures."""


def difference(record: SourceRecord, source: Source) -> str | None:
    """How a clip differs from the one that a project was made on, in words; None where size and length are equal."""
    width, height = source.size
    if (record.width, record.height, record.num_frames) == (width, height, len(source)):
        return None
    return (
        f"{source.path.name} has {len(source)} frames of {width}x{height}, but the project was made on "
        f"{record.num_frames} of {record.width}x{record.height}"
    )


def point_to(project: Project, source: Source) -> None:
    """Has a project be of a clip elsewhere, of the same size and length.

    Raises:
        ProjectError: the clip is another one, or the project cannot be written.
    """
    differs = difference(project.source, source)
    if differs is not None:
        raise ProjectError(f"{differs}: choose the original, or a copy of the same size and length.")
    project.relocate(Path(source.path))


def trust_pictures(
    project: Project,
    source: Source,
    frames: Iterable[int] | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Touched:
    """Has the labels of some frames belong to the pictures that the clip shows there now, as one edit.

    Args:
        project: of the clip.
        source: the clip.
        frames: which; None for all that have labels.
        on_progress: called with done and total frames; may raise Cancelled, and nothing is changed then.

    Raises:
        ProjectError: it cannot be written.
        SourceError: a frame cannot be read.
    """
    chosen = [index for index in (project.frames_with_proofs() if frames is None else frames) if index < len(source)]
    known: dict[int, tuple[float, str]] = {}
    for place, index in enumerate(sorted(chosen)):
        on_progress(place, len(chosen))
        known[index] = (float(source.timestamps[index]), frame_proof(source.frame(index)))
    change = project.renewed_proofs(known)
    if not change.rows:
        return Touched()
    return project.commit("Labels belong to these pictures", [change], action=TRUST_PICTURES)
