"""Checking a project's labels before they are handed on: what PoseTrack or a colleague would question."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import SourceError
from core.judging.concerns import Objection, changed_pictures, objections
from core.project import Project
from core.video import Source, frame_proof


def check_labels(project: Project) -> list[Objection]:
    """What would be questioned in the labels themselves; see `core.judging.concerns`."""
    record = project.source
    return objections((frame for frame in project.frames() if frame.poses), (record.width, record.height))


def check_pictures(
    project: Project, source: Source, on_progress: Callable[[int, int], None] | None = None
) -> list[Objection]:
    """Where the clip's pixels are not those that labels were made on.

    Args:
        project: to read.
        source: its open clip.
        on_progress: called with labelled frames done and in all; may raise Cancelled.
    """
    frames = project.labelled_frames().tolist()
    changed = []
    for done, index in enumerate(frames):
        if on_progress is not None:
            on_progress(done, len(frames))
        proofs = project.frame_proofs(index)
        if proofs and _pixels(source, index) != {proof.pixel_hash for proof in proofs}:
            changed.append(index)
    return changed_pictures(changed)


def _pixels(source: Source, frame_index: int) -> set[str]:
    """The proof of what a frame shows now; empty where it cannot be decoded."""
    try:
        return {frame_proof(source.frame(frame_index))}
    except (SourceError, IndexError):
        return set()
