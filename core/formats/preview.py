"""What an import would do, told before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.errors import FormatError
from core.formats.coordinates import to_pixels
from core.formats.frames.frame_match import FrameMatch, images_counted
from core.formats.frames.matching import COUNTED_FROM_0
from core.formats.importing import OnProgress, differences, match_source, people_of_the_project
from core.formats.labels import LabelImage, Labels
from core.project import Project, SourceRecord


@dataclass(frozen=True)
class ImportPreview:
    """What an import of a label file would touch.

    Attributes:
        num_frames: frames that would get labels.
        num_people: people in them.
        num_labelled: labelled images of the file, also those that are no frame of the source.
        decision: by what the images were matched.
        first_number: what the first frame is called in the numbers that were compared; None where none were.
        same_people: the project's people whom people without a track id overlap.
        remarks: all other sentences on the file and on how it was matched.
    """

    num_frames: int
    num_people: int
    num_labelled: int
    decision: str
    first_number: int | None
    same_people: tuple[int, ...]
    remarks: tuple[str, ...]


def preview_imports(
    project: Project, labels: Labels, frame_names: Sequence[str] | None, on_progress: OnProgress | None = None
) -> list[ImportPreview]:
    """What an import would touch, for each first number that fits the source; the likelier one first.

    Args:
        project: that would take the labels; nothing is written.
        labels: what was read.
        frame_names: the names of the source's frames; they count only for a folder of images.
        on_progress: called with done and total frames; may raise Cancelled.

    Raises:
        FormatError: the labels don't belong to the source, or nothing in it is labelled.
    """
    source = project.source
    to_pixels(labels, source.width, source.height)
    match = match_source(labels, source, frame_names)
    matches = [match]
    if match.first_number is not None and labels.format_name not in COUNTED_FROM_0:
        with suppress(FormatError):  # where the other number does not fit, there is nothing to choose
            matches.append(match_source(labels, source, frame_names, 1 - match.first_number))
    with_labels = labelled_images(labels)
    matched_images(with_labels, match, source)
    return [_preview(project, labels, with_labels, each, on_progress) for each in matches]


def labelled_images(labels: Labels) -> list[LabelImage]:
    """The images that say something; raises FormatError where none does."""
    with_labels = [image for image in labels.images if image.labelled or image.poses.poses]
    if not with_labels:
        sentence = "The label file labels none of its images, so there is nothing to import; choose another."
        raise FormatError(" ".join((sentence, *labels.warnings)))
    return with_labels


def matched_images(with_labels: Sequence[LabelImage], match: FrameMatch, source: SourceRecord) -> list[LabelImage]:
    """Those that are frames of the source; raises FormatError for none."""
    matched = [image for image in with_labels if image.frame_index in match.frames]
    if not matched:
        raise FormatError(
            f"None of the {images_counted(len(with_labels), 'labelled ')} of the file is a frame of "
            f"{source.path.name}; choose the clip that they belong to."
        )
    return matched


def _preview(
    project: Project,
    labels: Labels,
    with_labels: Sequence[LabelImage],
    match: FrameMatch,
    on_progress: OnProgress | None,
) -> ImportPreview:
    matched = [image for image in with_labels if image.frame_index in match.frames]
    poses = {match.frames[image.frame_index]: image.poses.poses for image in matched}
    same = people_of_the_project(project, labels, poses, on_progress)
    notes = [note for note in match.notes if note != match.decision]
    return ImportPreview(
        len(matched),
        len({pose.track_id for people in poses.values() for pose in people}),
        len(with_labels),
        match.decision,
        match.first_number,
        tuple(sorted(set(same.values()))),
        (*labels.warnings, *notes, *differences(labels, project.source, match)),
    )
