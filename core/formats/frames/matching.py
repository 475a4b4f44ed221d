"""Which frame of a source each image of a label file is, and where its pictures lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from core.errors import FormatError
from core.formats.frames.frame_match import FrameMatch, first_three, images_counted, were
from core.formats.frames.name_matching import match_names
from core.formats.frames.number_matching import match_numbers
from core.formats.frames.sequences import of_one_sequence
from core.formats.labels import LabelImage, Labels
from core.formats.texts.image_names import folder_of, normalised, parts_of
from core.video.pictures import IMAGE_SUFFIXES

FOLDERS_UP = 3
MOST_FOLDERS, MOST_NAMES = 200, 5000
"""So many of the folders and names in a file are looked for."""
COUNTED_FROM_0 = {"sleap", "deeplabcut", "cvat", "jhmdb", "vitpose"}
"""Formats that number the frames of a video, and always from 0; a folder's pictures by the order of their names."""


def match_frames(
    labels: Labels,
    source_frame_names: Sequence[str] | None,
    num_frames: int,
    source_name: str = "",
    first_number: int | None = None,
) -> FrameMatch:
    """Finds the frame of each image of a label file, by its name or its number and never by its place in the file.

    Files of this program say the frame themselves, and are believed where their number of frames is the source's; save
    where they name the pictures of a folder.
    Else, in a folder of images, names are compared; in a video, numbers are, which count from 0 or from 1. Only where
    no image has a number, and there are as many images as frames, the order of the file counts. docs/formats.md has
    the rules.

    Args:
        labels: what was read.
        source_frame_names: the names of a folder's images in the order of frames, None for a video.
        num_frames: of the source.
        source_name: of the folder, or of the video without its suffix; it tells apart images of several folders.
        first_number: 0 or 1: what the first frame of the video is called in names; None finds out.

    Raises:
        FormatError: nothing matches, images of several folders or cameras do, or numbers lead beyond the last frame.
    """
    images = labels.images
    if not images:
        raise FormatError("The label file lists no image, so there is nothing to import.")
    known = {i.frame_index: f for i in images if (f := i.source_frame_index) is not None and 0 <= f < num_frames}
    is_sure = source_frame_names is None or all(image.name_is_made for image in images)
    fits = len(known) == len(images) and images[0].num_frames == num_frames and len(set(known.values())) == len(known)
    if is_sure and fits:
        return FrameMatch(known, decision="The file itself says which frame each image is.")
    images, notes = _of_the_source(images, source_name)
    certain = 0 if labels.format_name in COUNTED_FROM_0 else None
    # Made of a clip of which the folder holds the frames: its pictures are counted in the order of their names.
    is_numbered = all(i.frame_id is not None and not i.file_name and i.image_id is None for i in images)
    if source_frame_names is not None and not is_numbered:
        match = match_names(images, source_frame_names, source_name)
    else:
        images, left_out = of_one_sequence(images, source_name)
        notes += left_out
        match = match_numbers(images, num_frames, certain if first_number is None else first_number)
    return replace(match, notes=(*notes, *match.notes))


def _of_the_source(images: list[LabelImage], source_name: str) -> tuple[list[LabelImage], list[str]]:
    """The images that may be of this source: where folders in the file have its name, those of the others are not."""
    name = normalised(source_name).casefold()
    folders = {image.frame_index: folder_of(image.file_name) for image in images}
    if not name or not any(folder and folder[-1].casefold() == name for folder in folders.values()):
        return images, []
    kept = [i for i in images if not (folder := folders[i.frame_index]) or folder[-1].casefold() == name]
    places = {image.frame_index for image in kept}
    others = [image for image in images if image.labelled and image.frame_index not in places]
    named = first_three(sorted({"/".join(folders[image.frame_index]) for image in others}))
    note = f"{images_counted(len(others), 'labelled ')} of other folders ({named}) {were(len(others))} left out."
    return kept, [note] if others else []


def find_images(labels: Labels, folder: Path) -> Path | None:
    """The folder of pictures that labels name, near the label file.

    Args:
        labels: what was read.
        folder: the label file's; it, the folders above it, and the folders in those are searched.

    Returns:
        The first folder that holds one of the named pictures; None if there is none.
    """
    names = [image.file_name for image in labels.images if Path(image.file_name).suffix.lower() in IMAGE_SUFFIXES]
    if not names:
        return None
    bases = [folder.resolve(), *folder.resolve().parents][: FOLDERS_UP + 1]
    # A name leads down from a folder near the file and nowhere else, also where it begins with / or goes up.
    parents = list(dict.fromkeys("/".join(parts_of(name.lstrip("/"))[:-1]) for name in names))[:MOST_FOLDERS]
    for base in bases:
        for parent in parents:
            for candidate in dict.fromkeys((base / parent, base / PurePosixPath(parent).name, base)):
                if _holds_any(candidate, names, base):
                    return candidate
    for base in bases[:2]:
        for candidate in sorted(base.iterdir()):
            if _holds_any(candidate, names, base):
                return candidate
    return None


def _holds_any(folder: Path, names: Sequence[str], base: Path) -> bool:
    """Whether a folder within another, not by a link, holds one of the pictures."""
    try:
        if not folder.is_dir() or not folder.resolve().is_relative_to(base):
            return False
        return any((folder / PurePosixPath(name).name).is_file() for name in names[:MOST_NAMES])
    except (OSError, ValueError):  # a name that is too long for a file, or none
        return False
