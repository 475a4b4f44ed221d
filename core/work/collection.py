"""A collection: several clips that are labelled together, listed in a `.famiset` file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import FamiError, FormatError
from core.files import places
from core.files.replacing import replacing
from core.files.small_files import json_value
from core.project import Project
from core.video.image_folder import VIDEO_SUFFIXES
from core.video.pictures import IMAGE_SUFFIXES

SUFFIX = ".famiset"
_VERSION = 1


@dataclass(frozen=True)
class ClipProgress:
    """How far a clip of a collection is.

    Attributes:
        num_frames: of the clip, 0 where it was never opened.
        num_labelled: frames that hold somebody.
        num_reviewed: frames that a person marked as reviewed.
        num_doubtful: frames with a doubtful pose.
        trouble: why nothing can be said, in one sentence; "" where something can.
    """

    num_frames: int = 0
    num_labelled: int = 0
    num_reviewed: int = 0
    num_doubtful: int = 0
    trouble: str = ""


def read_collection(path: Path) -> tuple[Path, ...]:
    """The clips and projects that a collection lists, in its order.

    Paths are as seen from the collection's folder, so that both can be moved together.

    Raises:
        FormatError: it cannot be read, or is no collection.
    """
    try:
        content = json_value(path)
    except OSError as error:
        raise FormatError(f"{path.name} cannot be read ({error.strerror}): check that it is there.") from error
    except ValueError as error:
        raise FormatError(
            f"{path.name} is no collection of clips, as it is no JSON ({error}): choose a {SUFFIX} file."
        ) from error
    clips = content.get("clips") if isinstance(content, dict) else None
    if not isinstance(clips, list) or not all(isinstance(clip, str) and clip for clip in clips):
        raise FormatError(f'{path.name} is no collection of clips: it has no list "clips" of paths.')
    if content.get("famiset") != _VERSION:
        raise FormatError(f"{path.name} is of a newer program: update this one to open it.")
    return tuple(dict.fromkeys(Path(os.path.normpath(path.parent.absolute() / clip)) for clip in clips))


def write_collection(path: Path, clips: Iterable[Path]) -> None:
    """Writes a list of clips and projects, replacing an older one only when the new one is whole.

    Raises:
        FormatError: it cannot be written.
    """
    folder = path.parent.absolute()
    listed = [_seen_from(folder, clip) for clip in dict.fromkeys(clip.absolute() for clip in clips)]
    with replacing(path, FormatError) as draft:
        draft.write_text(json.dumps({"famiset": _VERSION, "clips": listed}, indent=1) + "\n", encoding="utf-8")


def _seen_from(folder: Path, clip: Path) -> str:
    try:
        return Path(os.path.relpath(clip, folder)).as_posix()
    except ValueError:  # another drive
        return clip.as_posix()


def clips_in(folder: Path) -> list[Path]:
    """The videos and folders of images that lie in a folder, and projects whose clip does not, by name.

    Raises:
        FormatError: the folder cannot be read.
    """
    try:
        inside = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise FormatError(f"{folder.name} cannot be read ({error.strerror}): choose a folder of clips.") from error
    clips = [entry for entry in inside if entry.suffix.lower() in VIDEO_SUFFIXES or _holds_images(entry)]
    known = {places.project_path_for(clip) for clip in clips}
    return clips + [entry for entry in inside if entry.suffix.lower() == ".fami" and entry.resolve() not in known]


def _holds_images(folder: Path) -> bool:
    if not folder.is_dir() or folder.suffix == ".weights":
        return False
    try:
        return any(entry.suffix.lower() in IMAGE_SUFFIXES for entry in folder.iterdir())
    except OSError:
        return False


def project_of(clip: Path) -> Path:
    """Where the project of an entry lies, or would lie."""
    return clip if clip.suffix.lower() == ".fami" else places.project_path_for(clip)


def progress_of(clip: Path) -> ClipProgress:
    """How far a clip is, read from its project, which another program may be writing."""
    try:
        if not clip.exists():
            return ClipProgress(trouble=f"{clip.name} is not there: put it back, or take it off the list.")
        path = project_of(clip)
        if not path.is_file():
            return ClipProgress()
    except (OSError, ValueError):  # a name that no file can have
        return ClipProgress(trouble=f"{clip.name[:40]} is no name of a clip: take it off the list.")
    try:
        with Project.open(path, read_only=True) as project:
            return progress_in(project)
    except FamiError as error:
        return ClipProgress(trouble=str(error))


def progress_in(project: Project) -> ClipProgress:
    """How far the clip of an open project is."""
    summary = project.summary()
    return ClipProgress(
        len(summary),
        int((summary.num_people > 0).sum()),
        int(summary.reviewed.sum()),
        int(summary.doubtful.sum()),
    )
