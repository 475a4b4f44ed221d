"""Which frame of a source each image of a label file is, and where its pictures lie."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.errors import FormatError
from core.formats.labels import LabelImage, Labels

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
FOLDERS_UP = 3


def match_frames(labels: Labels, source_frame_names: Sequence[str] | None, num_frames: int) -> dict[int, int]:
    """Finds the frame of each image of a label file.

    Files of this program say the frame themselves, and are believed where their number of frames is the source's.
    Else, in a folder of images, names are compared: the whole relative path, then the last two parts, then the last;
    an image whose name isn't there is left out. In a video the order counts: of frame_id, or of the number in the
    name, relative to the first.

    Args:
        labels: what was read.
        source_frame_names: the names of a folder's images in the order of frames, None for a video.
        num_frames: of the source.

    Returns:
        Frame index of the source by `LabelImage.frame_index`.

    Raises:
        FormatError: nothing matches, or there are more labelled frames than the source has.
    """
    images = labels.images
    if not images:
        raise FormatError("The label file lists no image, so there is nothing to import.")
    own = {image.frame_index: image.source_frame_index for image in images}
    known = {key: index for key, index in own.items() if index is not None and 0 <= index < num_frames}
    if len(known) == len(images) and images[0].num_frames == num_frames and len(set(known.values())) == len(known):
        return known
    if source_frame_names is not None:
        return _match_names(images, source_frame_names)
    return _match_order(images, num_frames)


def _match_names(images: Sequence[LabelImage], names: Sequence[str]) -> dict[int, int]:
    wanted = {image.frame_index: _parts(image.file_name) for image in images if image.file_name}
    there = [_parts(name) for name in names]
    result: dict[int, int] = {}
    for length in (None, 2, 1):
        found = _match_parts(wanted, there, length)
        result |= {key: index for key, index in found.items() if key not in result and index not in result.values()}
        if len(result) == len(wanted):
            break
    if not result:
        raise FormatError(
            f"None of the {len(images)} images in the label file is in the folder of images "
            f"(it names {images[0].file_name or 'none'}, the folder holds {names[0] if names else 'none'}); "
            "open the folder that the labels belong to."
        )
    return result


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name.replace("\\", "/")).parts


def _match_parts(
    wanted: dict[int, tuple[str, ...]], there: Sequence[tuple[str, ...]], length: int | None
) -> dict[int, int]:
    """Pairs whose last `length` parts are equal (None: all parts); a name that stands for several images for none."""

    def last(parts: tuple[str, ...]) -> tuple[str, ...]:
        return parts if length is None else parts[-length:]

    frames: dict[tuple[str, ...], list[int]] = {}
    for index, parts in enumerate(there):
        frames.setdefault(last(parts), []).append(index)
    keys: dict[tuple[str, ...], list[int]] = {}
    for key, parts in wanted.items():
        keys.setdefault(last(parts), []).append(key)
    return {
        same[0]: frames[parts][0] for parts, same in keys.items() if len(same) == 1 and len(frames.get(parts, [])) == 1
    }


def _match_order(images: Sequence[LabelImage], num_frames: int) -> dict[int, int]:
    labelled = sum(image.labelled for image in images)
    numbers = [image.frame_id for image in images]
    if None in numbers:
        numbers = [_number_in_name(image.file_name) for image in images]
    rising = [number for number in numbers if number is not None]
    if len(rising) == len(images) and all(a < b for a, b in itertools.pairwise(rising)):
        offsets = [number - rising[0] for number in rising]
    else:
        offsets = list(range(len(images)))
    if offsets[-1] >= num_frames or labelled > num_frames:
        raise FormatError(
            f"The labels name {len(images)} frames, the last one frame {offsets[-1]} counted from the first, "
            f"but the source has only {num_frames}; open the source that the labels belong to."
        )
    return {image.frame_index: offset for image, offset in zip(images, offsets, strict=True)}


def _number_in_name(file_name: str) -> int | None:
    """The last number in a file's name without its folders and suffix."""
    digits = re.findall(r"\d+", PurePosixPath(file_name).stem)
    return int(digits[-1]) if digits else None


def find_images(labels: Labels, folder: Path) -> Path | None:
    """The folder of pictures that labels name, near the label file.

    Args:
        labels: what was read.
        folder: the label file's; it, the folders above it, and the folders in those are searched.

    Returns:
        The first folder that holds one of the named pictures; None if there is none.
    """
    names = [image.file_name for image in labels.images if Path(image.file_name).suffix.lower() in PICTURE_SUFFIXES]
    if not names:
        return None
    bases = [folder.resolve(), *folder.resolve().parents][: FOLDERS_UP + 1]
    parents = list(dict.fromkeys(PurePosixPath(name).parent for name in names))
    for base in bases:
        for parent in parents:
            for candidate in dict.fromkeys((base / parent, base / parent.name, base)):
                if _holds_any(candidate, names):
                    return candidate
    for base in bases[:2]:
        for candidate in sorted(child for child in base.iterdir() if child.is_dir()):
            if _holds_any(candidate, names):
                return candidate
    return None


def _holds_any(folder: Path, names: Sequence[str]) -> bool:
    return folder.is_dir() and any((folder / PurePosixPath(name).name).is_file() for name in names)
