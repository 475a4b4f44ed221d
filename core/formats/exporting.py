"""A project's labels into a file of another program's format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core.errors import FormatError, SourceError
from core.files.paths import files_of, overwritten, project_files
from core.files.replacing import replacing
from core.formats.kept import WRITTEN_TO, ByFamily, family_of, name_in
from core.formats.labels import LabelImage, Labels
from core.formats.layouts import csv_table, cvat_writing, deeplabcut, label_studio, posetrack17, sleap
from core.formats.layouts.coco_like import coco, posetrack18
from core.formats.layouts.frame_names import name_of as name_of_image
from core.formats.losses import losses
from core.frame_range import FrameRange
from core.poses import FramePoses, Pose, Provenance
from core.project import NOBODY, Project, SourceRecord
from core.video import Source, open_source
from core.video.pictures import IMAGE_SUFFIXES
from core.video.soundness.gaps import in_words

Writer = Callable[[Labels, Path, str], None]
FORMATS: dict[str, Writer] = {
    "posetrack18": posetrack18.write,
    "posetrack17": posetrack17.write,
    "coco": coco.write,
    "csv": csv_table.write,
    "sleap": sleap.write,
    "deeplabcut": deeplabcut.write,
    "label_studio": label_studio.write,
    "cvat": cvat_writing.write,
}
FORMATS_OF_WHOLE_CLIPS = ("posetrack18", "posetrack17")
"""These list every frame of the clip, labelled or not: their evaluator pairs frames by their place."""
JPEG_QUALITY = 95
WRITTEN_AS_NAMED = {".png", ".bmp", ".webp", ".tif", ".tiff"}
"""A picture whose name has one of these suffixes is written so, any other as JPEG."""
ACCEPTED = Provenance.ACCEPTED


@dataclass(frozen=True)
class ExportResult:
    """What was written.

    Attributes:
        path: of the label file.
        num_frames: labelled frames in it.
        num_people: poses in it.
        num_boxes: people in it of whom no joint is labelled.
        num_images: pictures written beside it.
        remarks: a sentence for each thing that a person should know of the file: pictures that cannot be read, made
            names, and each kind of thing that the format has no place for, with its count.
        missing_images: frames whose pictures cannot be read.
    """

    path: Path
    num_frames: int
    num_people: int
    num_images: int = 0
    remarks: tuple[str, ...] = ()
    missing_images: tuple[int, ...] = ()
    num_boxes: int = 0

    @property
    def in_words(self) -> str:
        """What was written: "20 poses and 3 boxes without joints in 12 frames"."""
        words = f"{self.num_people} pose{'' if self.num_people == 1 else 's'}"
        if self.num_boxes:
            words += f" and {self.num_boxes} box{'' if self.num_boxes == 1 else 'es'} without joints"
        return f"{words} in {self.num_frames} frame{'' if self.num_frames == 1 else 's'}"


def export_project(
    project: Project,
    source: Source | None,
    format_name: str,
    path: Path | str,
    *,
    only_reviewed: bool = False,
    frames: FrameRange | None = None,
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
        frames: only these, None for the whole clip.
        images_folder: where the frames that the file lists are written, too, by the names that it has for them.
        on_progress: called with done and total pictures; may raise Cancelled, which leaves no label file and no picture
            that was not there before.

    Raises:
        FormatError: there is no such format, something cannot be written, or it would replace the project or its clip.
        SourceError: not one of the frames can be decoded.
    """
    writer = FORMATS.get(format_name)
    if writer is None:
        raise FormatError(f"There is no format {format_name!r}; choose one of {', '.join(FORMATS)}.")
    source_name = name_of(project.source.path, project.source.kind)
    refuse_to_destroy(project, source, Path(path))
    labels = labels_of(project, only_reviewed, format_name in FORMATS_OF_WHOLE_CLIPS, frames)
    labels.clip_files, notes = clip_files(project.source, source)
    if project.source.kind == "images":
        _name_pictures(labels, format_name, source_name)
    targets = [] if images_folder is None else picture_files(labels, Path(images_folder), source_name)
    refuse_to_destroy(project, source, Path(path), targets)
    labelled = sum(image.labelled for image in labels.images)
    if not labelled:
        where, of_where = ("here", "") if frames is None else (f"in {frames.words}", f" of {frames.words}")
        raise FormatError(
            f"There is nothing to export: nobody has reviewed, accepted or corrected anything {where} yet, "
            "and labels that were only imported do not count."
            if only_reviewed
            else f"There is nothing to export: no frame{of_where} is labelled yet."
        )
    num_images = 0
    missing: tuple[int, ...] = ()
    with _taken_back_unless_whole(targets):
        if images_folder is not None:
            if source is None:
                raise FormatError("The frames cannot be written, because their video or folder is not open.")
            num_images, missing = write_images(source, labels, targets, on_progress)
        writer(labels, Path(path), source_name)
    notes += _not_written(project.kept_fields(), format_name)
    if missing:
        which = in_words(missing, "cannot be read", "cannot be read")
        notes.insert(0, f"The clip is damaged: {which}, so no picture of it was written.")
    remarks = (*notes, *losses(labels, format_name))
    num_poses = labels.num_poses
    return ExportResult(
        Path(path), labelled, num_poses, num_images, remarks, missing, num_boxes=labels.num_people - num_poses
    )


def _name_pictures(labels: Labels, format_name: str, source_name: str) -> None:
    """Gives the pictures of a folder their names: as the file had them that the labels came from, else as they are.

    PoseTrack's have the folder images/<source_name> before them, as its own files do.
    """
    folder = f"images/{source_name}/" if format_name in FORMATS_OF_WHOLE_CLIPS else ""
    for place, image in enumerate(labels.images):
        if image.frame_index < len(labels.clip_files):
            picture = labels.clip_files[image.frame_index].name
            name = name_in(image.kept, family_of(format_name), picture) or folder + picture
            labels.images[place] = replace(image, file_name=name)


def _not_written(kept: Mapping[tuple[int, int], ByFamily], format_name: str) -> list[str]:
    """A sentence on the fields that are kept of files of other families."""
    families = sorted({family for of_place in kept.values() for family in of_place} - {family_of(format_name)})
    return [
        f"Other fields of the imported labels ({WRITTEN_TO[family]}) have no place in {format_name} and were left out."
        for family in families
    ]


def refuse_to_destroy(project: Project, source: Source | None, path: Path, pictures: Sequence[Path] = ()) -> None:
    """Raises FormatError where an export would be written over the project or over what it labels.

    Args:
        project: to be exported.
        source: the open clip, if it is; it may lie elsewhere than the project says.
        path: of the label file.
        pictures: where the frames themselves go.
    """
    clips = {project.source.path} if source is None else {project.source.path, source.path}
    read = [file for clip in clips for file in files_of(clip, IMAGE_SUFFIXES)]
    destroyed = overwritten(path, [*project_files(project.path), *read])
    if destroyed is None and pictures:
        identities = {(status.st_dev, status.st_ino) for status in (file.stat() for file in read if file.exists())}
        there = ((file, file.stat()) for file in pictures if file.exists())
        destroyed = next((file for file, status in there if (status.st_dev, status.st_ino) in identities), None)
    if destroyed is not None:
        raise FormatError(
            f"The export would destroy {destroyed}, which belongs to the project or its clip; choose another place."
        )


def name_of(source_path: Path, kind: str) -> str:
    """The source's name in exported files: a video's without its suffix, a folder's whole; spaces become _."""
    name = source_path.stem if kind == "video" else source_path.name
    return "".join(c if c.isalnum() or c in "-_.@" else "_" for c in name) or "source"


def clip_files(record: SourceRecord, source: Source | None = None) -> tuple[tuple[Path, ...], list[str]]:
    """The video's file, or every picture of the folder in the order of frames; and what a person should know of it.

    Args:
        record: of the clip.
        source: the clip where it is open already.

    Returns:
        No files, and a sentence, where the folder is not there or has other pictures than it had.
    """
    if record.kind == "video":
        return (record.path,), []
    try:
        with nullcontext(source) if source is not None else open_source(record.path) as folder:
            names = [folder.frame_name(index) for index in range(len(folder))]
    except SourceError as error:
        return (), [f"The names of the pictures are not known, so others were made: {error}"]
    if len(names) != record.num_frames:
        count = f"{record.path} has {len(names)} pictures, and had {record.num_frames}"
        return (), [f"The names of the pictures are not known, so others were made: {count}."]
    return tuple(record.path / name for name in names), []


def labels_of(
    project: Project, only_reviewed: bool = False, every_frame: bool = True, frames: FrameRange | None = None
) -> Labels:
    """What a project holds, as labels.

    Args:
        project: to read.
        only_reviewed: see `export_project`.
        every_frame: also list the frames that hold nothing.
        frames: only these, None for the whole clip.
    """
    record = project.source
    listed = range(record.num_frames) if frames is None else range(record.num_frames)[frames.start : frames.stop]
    regions, kept = project.ignore_regions(), project.kept_fields()
    kept_of: dict[int, dict[int, ByFamily]] = {}
    for (index, track_id), fields in kept.items():
        if track_id != NOBODY:
            kept_of.setdefault(index, {})[track_id] = fields
    held = {frame.frame_index: frame for frame in _held(project.frames(listed.start, listed.stop), only_reviewed)}
    indices: Iterable[int] = listed if every_frame else sorted(held)
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
            kept=kept.get((index, NOBODY), {}),
            kept_of=kept_of.get(index, {}),
        )
        for index in indices
    ]
    return Labels(images, kept=kept.get((NOBODY, NOBODY), {}))


def _held(frames: Iterator[FramePoses], only_reviewed: bool) -> Iterator[FramePoses]:
    for frame in frames:
        poses = frame.poses
        if only_reviewed and not frame.reviewed:
            poses = tuple(pose for pose in poses if _has_reviewed_work(pose))
        if poses or frame.reviewed:
            yield FramePoses(frame.frame_index, poses, frame.reviewed)


def _has_reviewed_work(pose: Pose) -> bool:
    return bool((pose.provenance >= ACCEPTED).any())


def picture_files(labels: Labels, folder: Path, source_name: str) -> list[Path]:
    """Where the listed frames are written, by the names that the label file has for them."""
    return [folder / name_of_image(image, source_name)[0] for image in labels.images]


@contextmanager
def _taken_back_unless_whole(targets: Sequence[Path]) -> Iterator[None]:
    """Removes the pictures and folders that an export made when it ends before it is whole."""
    new_files = [target for target in targets if not target.exists()]
    folders = {folder for target in new_files for folder in target.absolute().parents}
    new_folders = sorted((folder for folder in folders if not folder.exists()), reverse=True)  # the innermost first
    try:
        yield
    except BaseException:
        # What cannot be removed stays; the reason why the export ended matters more.
        for file in new_files:
            with suppress(OSError):
                file.unlink(missing_ok=True)
        for folder in new_folders:
            with suppress(OSError):
                folder.rmdir()
        raise


def write_images(
    source: Source, labels: Labels, targets: Sequence[Path], on_progress: Callable[[int, int], None] | None = None
) -> tuple[int, tuple[int, ...]]:
    """Writes the listed frames: as JPEG, or as the names of a folder's pictures say.

    Args:
        source: the open clip.
        labels: list the frames.
        targets: the file of each.
        on_progress: called with done and total pictures.

    Returns:
        How many were written, and the frames that cannot be read, around which the work goes on.

    Raises:
        FormatError: a picture cannot be written.
        SourceError: not one of the frames can be read.
    """
    missing: list[int] = []
    for done, (image, target) in enumerate(zip(labels.images, targets, strict=True)):
        if on_progress is not None:
            on_progress(done, len(targets))
        index, suffix = image.frame_index, target.suffix.lower()
        if index >= len(source):  # the project was made on a clip that had more
            missing.append(index)
            continue
        try:
            rgb = source.frame(index)
        except SourceError:
            missing.append(index)
            if len(missing) == len(targets):
                raise
            continue
        encoded, picture = cv2.imencode(
            suffix if suffix in WRITTEN_AS_NAMED else ".jpg",
            cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
        )
        if not encoded:
            raise FormatError(f"Frame {index} cannot be written as a picture; check that the clip can be played.")
        with replacing(target, FormatError, make_folder=True, forced=False) as draft:
            draft.write_bytes(picture.tobytes())
    if on_progress is not None:
        on_progress(len(targets), len(targets))
    return len(targets) - len(missing), tuple(missing)
