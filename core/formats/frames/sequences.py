"""Pictures of several cameras or clips, told apart by their names: a video is only one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.errors import FormatError
from core.formats.frames.frame_match import first_three, grouped, images_counted, were
from core.formats.labels import LabelImage
from core.formats.texts.image_names import CAMERA, normalised, numbers_of, words_of

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{8,}|(?![a-z]*\d{0,4}$)(?=.*[a-z])[0-9a-z]{5,}")
"""Letters and digits mixed, as uploads put them before a name, or a date; cam12 is none."""


def of_one_sequence(images: Sequence[LabelImage], source_name: str) -> tuple[list[LabelImage], list[str]]:
    """The images that may be of this video, and a sentence on those that were left out.

    Where the names are of several sequences (cam1_0005, cam2_0005), those count that have the video's name.

    Raises:
        FormatError: they are of several sequences, and none has the video's name.
    """
    named = [image for image in images if image.file_name]
    sequences = sequences_of([image.file_name for image in named])
    groups = grouped((name, place) for place, name in enumerate(sequences) if name is not None)
    if len(groups) < 2:
        return list(images), []
    wanted = "_".join(words_of(normalised(source_name)))
    same = [name for name in groups if wanted and wanted in (name, *_beginnings_and_ends(name))]
    if len(same) != 1:
        counts = [f"{name or 'no name'}: {images_counted(len(places))}" for name, places in sorted(groups.items())]
        raise FormatError(
            f"The label file is of several cameras or clips ({first_three(counts)}), and a video is only one of them: "
            "open the clip that has one of these names, or import a file of one alone."
        )
    others = {named[place].frame_index for name, places in groups.items() if name != same[0] for place in places}
    left_out = sum(image.labelled and image.frame_index in others for image in images)
    kept = [image for image in images if image.frame_index not in others]
    names = first_three(sorted(name for name in groups if name != same[0]))
    note = f"{images_counted(left_out, 'labelled ')} of other cameras or clips ({names}) {were(left_out)} left out."
    return kept, [note] if left_out else []


def sequences_of(names: Sequence[str]) -> list[str | None]:
    """What each name says besides the number of its frame; None where it holds no such number.

    Hashes do not count, nor do numbers that rise with the frame's, as the time of a recording does.
    """
    numbers = numbers_of(names)
    parts = {place: _parts(name, number) for place, (name, number) in enumerate(zip(names, numbers, strict=True))}
    with_numbers = {place: found for place, found in parts.items() if found is not None}
    rising = _rise_together(with_numbers, numbers)
    result: list[str | None] = [None] * len(names)
    for place, (words, digits) in with_numbers.items():
        result[place] = "_".join((*words, *([] if rising else digits)))
    return result


def _parts(name: str, number: int | None) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The words of a name that tell a sequence, and the plain numbers before that of the frame."""
    words = words_of(_UUID.sub("", name))
    at = next((at for at in reversed(range(len(words))) if _ends_in(words[at], number)), None)
    if number is None or at is None:
        return None
    before = [word for word in words[:at] if not _HASH.fullmatch(word)]
    own = words[at].rstrip("0123456789")
    after = [word for word in words[at + 1 :] if CAMERA.fullmatch(word)]
    texts = [word for word in before if not word.isdigit()] + ([own] if own else []) + after
    return tuple(texts), tuple(word for word in before if word.isdigit())


def _ends_in(word: str, number: int | None) -> bool:
    found = re.fullmatch(r"[^\W\d]*(\d{1,15})", word)
    return found is not None and int(found[1]) == number


def _rise_together(parts: Mapping[int, tuple[tuple[str, ...], tuple[str, ...]]], numbers: Sequence[int | None]) -> bool:
    """Whether the plain numbers before the frame's never fall as it rises."""
    order = sorted(parts, key=lambda place: numbers[place] or 0)
    rows = [tuple(int(digits) for digits in parts[place][1]) for place in order]
    return all(len(row) == len(rows[0]) for row in rows) and rows == sorted(rows)


def _beginnings_and_ends(name: str) -> set[str]:
    words = name.split("_")
    return {"_".join(part) for at in range(1, len(words)) for part in (words[:at], words[at:])}
