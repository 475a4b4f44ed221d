"""Which frame of a video each image of a label file is, by its number."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import FormatError
from core.formats.frames.frame_match import (
    FrameMatch,
    first_three,
    grouped,
    images_counted,
    missing_ones,
    name_of_image,
    refuse_several_folders,
    were,
)
from core.formats.labels import LabelImage
from core.formats.texts.image_names import numbers_of, posetrack_frame

FRAME_IDS, IN_NAMES = "their frame_ids", "the numbers in their names"
OTHER_FITS = (
    "Counting from {other} fits the clip, too: look at a frame, and if its joints lie beside the people, take the "
    "import back and choose {other} (--first-number {other} on the command line)."
)
MOST_BEYOND = 0.1
"""A clip may lack this part of the listed images at its end (it was cut or is damaged); more is another clip."""


def match_numbers(images: Sequence[LabelImage], num_frames: int, first_number: int | None) -> FrameMatch:
    """Finds images' frames by their numbers, or where none has one, by their order.

    Raises:
        FormatError: they are of several folders, or their numbers do not fit the video.
    """
    refuse_several_folders(images)
    candidates = _numberings(images)
    if not candidates:
        return _match_order(images, num_frames)
    contradiction = _contradiction(images, candidates)
    candidates, first_number = _agreed(images, candidates, num_frames, first_number)
    for said, numbers in candidates:
        base = _first_number(list(numbers.values()), num_frames, first_number)
        if base is not None:
            match = _numbered(images, said, numbers, base, num_frames)
            others = [f"{contradiction}; {said} counted."] if contradiction else []
            if first_number is None and fits(list(numbers.values()), num_frames, 1 - base):
                others.append(OTHER_FITS.format(other=1 - base))
            return replace(match, notes=(*match.notes, *others))
    said, numbers = candidates[-1]
    raise FormatError(
        f"The labels name {images_counted(len(images))}, and {said} go from {min(numbers.values())} to "
        f"{max(numbers.values())}, but the source has only {num_frames} frames, which count from 0; "
        "open the source that the labels belong to."
    )


def _contradiction(images: Sequence[LabelImage], candidates: Sequence[tuple[str, dict[int, int]]]) -> str:
    """That frame_ids and names say different things of an image, with an example; "" where they do not."""
    if len(candidates) < 2 or {said for said, _ in candidates} != {FRAME_IDS, IN_NAMES}:
        return ""
    (_, ids), (_, named) = candidates
    both = [image for image in images if image.frame_index in ids and image.frame_index in named]
    if len({ids[image.frame_index] - named[image.frame_index] for image in both}) < 2:
        return ""
    shown = next(i for i in both if ids[i.frame_index] != named[i.frame_index])
    return (
        f"The file's frame_ids and the numbers in its names disagree ({shown.file_name} has frame_id {shown.frame_id})"
    )


def _numberings(images: Sequence[LabelImage]) -> list[tuple[str, dict[int, int]]]:
    """The numbers of the images by `LabelImage.frame_index`, and what they are; the most trusted first."""
    result = []
    ids = [posetrack_frame(image.frame_id) for image in images if image.frame_id is not None]
    if len(ids) == len(images) and len({video for video, _ in ids}) == 1:
        keys = [image.frame_index for image in images]
        result.append((FRAME_IDS, dict(zip(keys, (frame for _, frame in ids), strict=True))))
    named = [image for image in images if image.file_name]
    in_names = zip(named, numbers_of([image.file_name for image in named]), strict=True)
    numbers = {image.frame_index: number for image, number in in_names if number is not None}
    if numbers:
        result.append((IN_NAMES, numbers))
    image_ids = {image.frame_index: i for image in images if isinstance(i := image.image_id, int)}
    if image_ids and not named:
        result.append(("their image_ids", image_ids))
    return result


def _agreed(
    images: Sequence[LabelImage],
    candidates: list[tuple[str, dict[int, int]]],
    num_frames: int,
    first_number: int | None,
) -> tuple[list[tuple[str, dict[int, int]]], int | None]:
    """Numberings that don't contradict each other, and what the first frame is called where two tell that together.

    frame_ids that are one more than the numbers in the names count from 1, as names don't begin at -1; and those that
    are one less count from 0. Some programs' frame_ids are only places in the list: there the names count.
    """
    if len(candidates) < 2 or candidates[0][1].keys() != candidates[1][1].keys():
        return candidates, first_number
    (_, ids), (_, named) = candidates
    steps = {ids[key] - named[key] for key in ids}
    if len(steps) == 1:
        certain = {1: 1, -1: 0}.get(steps.pop()) if first_number is None else None
        return (candidates, first_number) if certain is None else (candidates[:1], certain)
    fit = all(_first_number(list(numbers.values()), num_frames, first_number) is not None for numbers in (ids, named))
    of_posetrack = any(i.frame_id is not None and posetrack_frame(i.frame_id)[0] for i in images)
    if fit and not of_posetrack and sorted(ids.values()) in (list(range(len(ids))), list(range(1, len(ids) + 1))):
        return candidates[1:], first_number
    return candidates, first_number


def _first_number(numbers: Sequence[int], num_frames: int, given: int | None) -> int | None:
    """What the first frame is called, 0 or 1; None where with neither the images are frames of the video.

    Numbers that begin at 1 and rise by one step are every frame or every n-th, and programs that write those count
    from 1. Else 0, unless only 1 fits.
    """
    low, high = min(numbers), max(numbers)
    rising = itertools.pairwise(sorted(set(numbers)))
    one_step = len({after - before for before, after in rising}) == 1
    from_one = low >= 1 and (high == num_frames or (low == 1 and one_step))
    bases = (given,) if given is not None else (1, 0) if from_one else (0, 1)
    return next((base for base in bases if fits(numbers, num_frames, base)), None)


def fits(numbers: Sequence[int], num_frames: int, base: int) -> bool:
    """Whether images of these numbers are frames of the video where the first is called `base`."""
    beyond = sum(number - base >= num_frames for number in numbers)
    return min(numbers) >= base and beyond <= MOST_BEYOND * len(numbers)


def _numbered(
    images: Sequence[LabelImage], said: str, numbers: Mapping[int, int], base: int, num_frames: int
) -> FrameMatch:
    by_key = {image.frame_index: image for image in images}
    frames: dict[int, int] = {}
    notes, beyond = [], []
    for number, keys in grouped((number, key) for key, number in numbers.items()).items():
        if len(keys) > 1:
            names = first_three([name_of_image(by_key[key]) for key in keys])
            count = images_counted(len(keys))
            notes.append(f"{count} of the file have the number {number} ({names}), so none of them was taken.")
        elif number - base < num_frames:
            frames[keys[0]] = number - base
        elif by_key[keys[0]].labelled:
            beyond.append(by_key[keys[0]])
    without = sum(image.labelled and image.frame_index not in numbers for image in images)
    if without:
        notes.append(f"{images_counted(without, 'labelled ')} without a number {were(without)} left out.")
    if not frames:
        raise FormatError(f"No frame was found for any of the {images_counted(len(images))}: {' '.join(notes)}")
    shown = next((key for key in frames if by_key[key].labelled), next(iter(frames)))
    name = name_of_image(by_key[shown])
    decision = f"{name} was taken as frame {frames[shown]}: {said} count from {base}, frames from 0."
    return FrameMatch(frames, (decision, *notes, *missing_ones(beyond)), decision, base)


def _match_order(images: Sequence[LabelImage], num_frames: int) -> FrameMatch:
    name = name_of_image(images[0])
    if len(images) != num_frames:
        raise FormatError(
            f"The names of the labels' {images_counted(len(images))} hold no number ({name}), and the source has "
            f"{num_frames} frames, so nobody can say which is which; name the images by their frames."
        )
    frames = {image.frame_index: place for place, image in enumerate(images)}
    decision = f"{name} was taken as frame 0: no image has a number, so the file's order counts."
    return FrameMatch(frames, (decision,), decision)
