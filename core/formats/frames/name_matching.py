"""Which picture of a folder each image of a label file is, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from core.errors import FormatError
from core.formats.frames.frame_match import (
    FrameMatch,
    first_three,
    grouped,
    images_counted,
    missing_ones,
    name_of_image,
    refuse_several_folders,
)
from core.formats.labels import LabelImage
from core.formats.texts.image_names import Parts, normalised, parts_of, stem, without_hash, without_suffix


class NameRule(NamedTuple):
    """One way to compare names.

    Attributes:
        key: what of a part of the path is compared.
        said: how a match by it is described; "" for exact names, which need no words.
    """

    key: Callable[[str], str]
    said: str


NAME_RULES = (
    NameRule(str, ""),
    NameRule(normalised, "by names that are written with other characters for the same letters"),
    NameRule(without_suffix, "by names without their suffix"),
    NameRule(without_hash, "by names without the hash that Roboflow adds"),
)


def match_names(images: Sequence[LabelImage], names: Sequence[str], source_name: str) -> FrameMatch:
    """Pairs images with pictures by name, the most exact way first; raises FormatError where none pairs."""
    wanted = {image.frame_index: parts_of(image.file_name) for image in images if image.file_name}
    prefix = (source_name,) if source_name else ()
    there = [(*prefix, *parts_of(name)) for name in names]
    found: dict[int, int] = {}
    notes = []
    for rule in NAME_RULES:
        new: dict[int, int] = {}
        for length in (None, 2, 1):
            taken = {*found.values(), *new.values()}
            pairs = _match_parts(wanted, there, length, rule.key)
            new |= {k: f for k, f in pairs.items() if k not in found and k not in new and f not in taken}
        if new and rule.said:
            key, frame = next(iter(new.items()))
            notes.append(
                f"{'/'.join(wanted[key])} was taken as {names[frame]}: {images_counted(len(new))} matched {rule.said}."
            )
        found |= new
    found |= _match_ids([image for image in images if not image.file_name], names, set(found.values()), notes)
    refuse_several_folders([image for image in images if image.frame_index in found])
    twice, sentences = _same_names(wanted, there, found)
    missing = [i for i in images if i.labelled and i.frame_index not in found and i.frame_index not in twice]
    if not found:
        raise FormatError(
            f"None of the {len(images)} images in the label file is in the folder of images "
            f"(it names {name_of_image(images[0])}, the folder holds {names[0] if names else 'none'}); "
            "open the folder that the labels belong to."
        )
    decision = notes[0] if notes else f"{images_counted(len(found))} matched by name."
    return FrameMatch(found, (*notes, *sentences, *missing_ones(missing)), decision)


def _match_parts(
    wanted: Mapping[int, Parts], there: Sequence[Parts], length: int | None, key: Callable[[str], str]
) -> dict[int, int]:
    """Pairs whose last `length` parts are equal (None: all parts); a name that stands for several images for none."""

    def last(parts: Parts) -> Parts:
        return tuple(key(part) if at == 0 else normalised(part) for at, part in enumerate(reversed(parts)))[:length]

    if length is not None:
        wanted = {image: parts for image, parts in wanted.items() if len(parts) >= length}
    frames = grouped((last(parts), index) for index, parts in enumerate(there))
    keys = grouped((last(parts), image) for image, parts in wanted.items())
    return {
        same[0]: frames[parts][0] for parts, same in keys.items() if len(same) == 1 and len(frames.get(parts, [])) == 1
    }


def _match_ids(images: Sequence[LabelImage], names: Sequence[str], taken: set[int], notes: list[str]) -> dict[int, int]:
    """Images that have no name: by the number that the name of a picture is, with or without leading zeros."""
    frames = grouped(
        (int(stem(name)), f) for f, name in enumerate(names) if stem(name).isascii() and stem(name).isdigit()
    )
    found = {}
    for image in images:
        if (
            isinstance(image.image_id, int)
            and len(same := frames.get(image.image_id, [])) == 1
            and same[0] not in taken
        ):
            found[image.frame_index] = same[0]
    if found:
        key, frame = next(iter(found.items()))
        image_id = next(image.image_id for image in images if image.frame_index == key)
        notes.append(f"Image {image_id} was taken as {names[frame]}: {images_counted(len(found))} matched by image_id.")
    return found


def _same_names(
    wanted: Mapping[int, Parts], there: Sequence[Parts], found: Mapping[int, int]
) -> tuple[set[int], list[str]]:
    """The images that no frame was found for because several have one name, and a sentence for each such name."""
    left = {key: parts for key, parts in wanted.items() if key not in found}
    on_disk = grouped((without_suffix(parts[-1]), index) for index, parts in enumerate(there))
    twice: set[int] = set()
    sentences = []
    for name, keys in grouped((without_suffix(parts[-1]), key) for key, parts in left.items() if parts).items():
        shown = wanted[keys[0]][-1]
        if name in on_disk and len(keys) > 1:
            sentences.append(f"{images_counted(len(keys))} of the file are named {shown}, so none of them was taken.")
            twice.update(keys)
        elif len(on_disk.get(name, [])) > 1:
            pictures = first_three([there[index][-1] for index in on_disk[name]])
            sentences.append(f"{shown} could be any of {pictures}, so it was left out.")
            twice.update(keys)
    return twice, sentences
