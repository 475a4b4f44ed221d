"""The outcome of matching images to frames, and the words in which it is told."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.errors import FormatError
from core.formats.labels import LabelImage
from core.formats.texts.image_names import folder_of

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class FrameMatch:
    """Which frame each image is, and what had to be decided to know.

    Attributes:
        frames: frame index of the source by `LabelImage.frame_index`; images that are left out are not in it.
        notes: a sentence for each decision, and for each reason why images were left out.
        decision: by what the images were matched, also where that needs no note.
        first_number: what the first frame is called in the numbers that were compared; None where none were.
    """

    frames: dict[int, int]
    notes: tuple[str, ...] = ()
    decision: str = ""
    first_number: int | None = None


def grouped(pairs: Iterable[tuple[Key, int]]) -> dict[Key, list[int]]:
    """The values of each key, in their order."""
    groups: dict[Key, list[int]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def name_of_image(image: LabelImage) -> str:
    """What a sentence calls an image: its name, else its id."""
    number = image.frame_id if image.image_id is None else image.image_id
    return image.file_name or f"image {number}"


def images_counted(count: int, kind: str = "") -> str:
    """So many images in words: 1 image, 2 labelled images."""
    return f"{count} {kind}image" + ("" if count == 1 else "s")


def were(count: int) -> str:
    """The verb that goes with so many."""
    return "was" if count == 1 else "were"


def first_three(names: Sequence[str]) -> str:
    """The first three names."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def missing_ones(images: Sequence[LabelImage]) -> list[str]:
    """A sentence on labelled images that no frame was found for; none where there are none."""
    if not images:
        return []
    names = first_three([name_of_image(image) for image in images])
    are = "is" if len(images) == 1 else "are"
    return [f"{images_counted(len(images), 'labelled ')} of the file {are} not among the source's frames: {names}."]


def refuse_several_folders(images: Sequence[LabelImage]) -> None:
    """Raises FormatError where images come from several folders: they are of several clips."""
    folders = sorted({"/".join(folder) for image in images if (folder := folder_of(image.file_name))})
    if len(folders) > 1:
        raise FormatError(
            f"The label file is of several folders ({first_three(folders)}), and none of them has the source's name: "
            "open one of these folders, or a clip of that name."
        )
