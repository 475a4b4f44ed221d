"""A project's labels into a file of another program's format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import FormatError, SourceError
from core.files.paths import files_of, overwritten, project_files
from core.files.replacing import replacing
from core.formats.labels import LabelImage, Labels
from core.formats.layouts import coco, csv_table, cvat, deeplabcut, label_studio, posetrack17, posetrack18, sleap
from core.formats.losses import losses
from core.formats.matching import PICTURE_SUFFIXES
from core.poses import FramePoses, Pose, Provenance
from core.project import Project, SourceRecord
from core.video import Source, open_source

Writer = Callable[[Labels, Path, str], None]
FORMATS: dict[str, Writer] = {
    "posetrack18": posetrack18.write,
    "posetrack17": posetrack17.write,
    "coco": coco.write,
    "csv": csv_table.write,
    "sleap": sleap.write,
    "deeplabcut": deeplabcut.write,
    "label_studio": label_studio.write,
    "cvat": cvat.write,
}
FORMATS_OF_WHOLE_CLIPS = ("posetrack18", "posetrack17")
"""These list every frame of the clip, labelled or not: their evaluator pairs frames by their place."""
JPEG_QUALITY = 95
ACCEPTED = Provenance.ACCEPTED


@dataclass(frozen=True)
class ExportResult:
    """What was written.

    Attributes:
        path: of the label file.
        num_frames: labelled frames in it.
        num_people: poses in it.
        num_images: pictures written beside it.
        remarks: a sentence for each kind of thing that the format has no place for, with its count.
    """

    path: Path
    num_frames: int
    num_people: int
    num_images: int = 0
    remarks: tuple[str, ...] = ()


def export_project(
    project: Project,
    source: Source | None,
    format_name: str,
    path: Path | str,
    *,
    only_reviewed: bool = False,
    images_folder: Path | str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ExportResult:
    """Writes a project's labels, replacing an older file only when the new one is whole.

    Args:
        project: to read.
        source: the open clip; needed only where pictures are written.
        format_name: one of `FORMATS`.
        path: of the label file.
        only_reviewed: only frames that are marked reviewed, and elsewhere only people of whom a person accepted or
            corrected something.
        images_folder: where the frames that the file lists are written, too, as its `file_name` says.
        on_progress: called with done and total pictures; may raise Cancelled, which leaves no label file.

    Raises:
        FormatError: there is no such format, something cannot be written, or it would replace the project or its clip.
        SourceError: a frame cannot be decoded.
    """
    writer = FORMATS.get(format_name)
    if writer is None:
        raise FormatError(f"There is no format {format_name!r}; choose one of {', '.join(FORMATS)}.")
    source_name = name_of(project.source.path, project.source.kind)
    pictures = None if images_folder is None else Path(images_folder) / posetrack18.image_file_name(source_name, 0)
    refuse_to_destroy(project, source, Path(path), None if pictures is None else pictures.parent)
    labels = labels_of(project, only_reviewed, every_frame=format_name in FORMATS_OF_WHOLE_CLIPS)
    labels.clip_files = clip_files(project.source)
    labelled = sum(image.labelled for image in labels.images)
    if not labelled:
        raise FormatError(
            "There is nothing to export: nobody has reviewed, accepted or corrected anything here yet, "
            "and labels that were only imported do not count."
            if only_reviewed
            else "There is nothing to export: no frame is labelled yet."
        )
    num_images = 0
    if images_folder is not None:
        if source is None:
            raise FormatError("The frames cannot be written, because their video or folder is not open.")
        num_images = write_images(source, labels, Path(images_folder), source_name, on_progress)
    writer(labels, Path(path), source_name)
    return ExportResult(Path(path), labelled, labels.num_people, num_images, losses(labels, format_name))


def refuse_to_destroy(project: Project, source: Source | None, path: Path, images_folder: Path | None = None) -> None:
    """Raises FormatError where an export would be written over the project or over what it labels.

    Args:
        project: to be exported.
        source: the open clip, if it is; it may lie elsewhere than the project says.
        path: of the label file.
        images_folder: where the frames themselves go.
    """
    clips = {project.source.path} if source is None else {project.source.path, source.path}
    read = [file for clip in clips for file in files_of(clip, PICTURE_SUFFIXES)]
    destroyed = overwritten(path, [*project_files(project.path), *read])
    if destroyed is None and images_folder is not None and images_folder.is_dir():
        identities = {(status.st_dev, status.st_ino) for status in (file.stat() for file in read if file.exists())}
        there = ((file, file.stat()) for file in files_of(images_folder, PICTURE_SUFFIXES))
        destroyed = next((file for file, status in there if (status.st_dev, status.st_ino) in identities), None)
    if destroyed is not None:
        raise FormatError(
            f"The export would destroy {destroyed}, which belongs to the project or its clip; choose another place."
        )


def name_of(source_path: Path, kind: str) -> str:
    """The source's name in exported files: a video's without its suffix, a folder's whole; spaces become _."""
    name = source_path.stem if kind == "video" else source_path.name
    return "".join(c if c.isalnum() or c in "-_.@" else "_" for c in name) or "source"


def clip_files(record: SourceRecord) -> tuple[Path, ...]:
    """The video's file, or every picture of the folder in the order of frames; empty where the clip is not there."""
    if record.kind == "video":
        return (record.path,)
    try:
        with open_source(record.path) as source:
            return tuple(record.path / source.frame_name(index) for index in range(len(source)))
    except SourceError:
        return ()


def labels_of(project: Project, only_reviewed: bool = False, every_frame: bool = True) -> Labels:
    """What a project holds, as labels.

    Args:
        project: to read.
        only_reviewed: see `export_project`.
        every_frame: also list the frames that hold nothing.
    """
    record = project.source
    regions = project.ignore_regions()
    held = {frame.frame_index: frame for frame in _held(project.frames(0, record.num_frames), only_reviewed)}
    indices: Iterable[int] = range(record.num_frames) if every_frame else sorted(held)
    images = [
        LabelImage(
            frame_index=index,
            file_name="",
            size=(record.width, record.height),
            poses=held.get(index, FramePoses(index)),
            ignore_regions=regions.get(index, ()),
            labelled=index in held,
            source_frame_index=index,
            num_frames=record.num_frames,
        )
        for index in indices
    ]
    return Labels(images)


def _held(frames: Iterator[FramePoses], only_reviewed: bool) -> Iterator[FramePoses]:
    for frame in frames:
        poses = frame.poses
        if only_reviewed and not frame.reviewed:
            poses = tuple(pose for pose in poses if _has_reviewed_work(pose))
        if poses or frame.reviewed:
            yield FramePoses(frame.frame_index, poses, frame.reviewed)


def _has_reviewed_work(pose: Pose) -> bool:
    return bool((pose.provenance >= ACCEPTED).any())


def write_images(
    source: Source,
    labels: Labels,
    folder: Path,
    source_name: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Writes the listed frames as JPEG under `folder`, by the names that the label file has for them.

    Returns:
        How many were written.

    Raises:
        FormatError: a picture cannot be written.
        SourceError: a frame cannot be decoded.
    """
    wanted = [image.frame_index for image in labels.images]
    for done, index in enumerate(wanted):
        if on_progress is not None:
            on_progress(done, len(wanted))
        target = folder / posetrack18.image_file_name(source_name, index)
        encoded, jpeg = cv2.imencode(
            ".jpg",
            cv2.cvtColor(np.asarray(source.frame(index)), cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
        )
        if not encoded:
            raise FormatError(f"Frame {index} cannot be written as a JPEG; check that the clip can be played.")
        with replacing(target, FormatError, make_folder=True, forced=False) as draft:
            draft.write_bytes(jpeg.tobytes())
    if on_progress is not None:
        on_progress(len(wanted), len(wanted))
    return len(wanted)
