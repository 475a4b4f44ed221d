"""Labels of a file into a project, as one run that can be removed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from core.formats.coordinates import far_outside, to_pixels
from core.formats.frames.frame_match import FrameMatch, first_three
from core.formats.frames.matching import match_frames
from core.formats.import_writing import Part, whole_run, write
from core.formats.kept import WRITTEN_TO, ByFamily
from core.formats.labels import LabelImage, Labels
from core.geometry import intersection_over_union
from core.poses import Pose, Provenance
from core.project import NOBODY, Project, SourceRecord, Touched

OnProgress = Callable[[int, int], None]
SAME_PERSON_WITHOUT_ID = 0.5
"""People whose boxes overlap at least this much on average are one, where the file gives one of them no track id."""
SAME_PERSON_OVERLAP = 0.3
"""Boxes of one track id that overlap less on average (intersection over union) are of two people."""

PLAIN_IDS = {"id", "file_name", "frame_id", "vid_id"}
"""Fields that every image or person has; they are kept like others, and not worth a sentence."""


def import_labels(
    project: Project,
    labels: Labels,
    source_frame_names: Sequence[str] | None,
    keypoints: bool = True,
    *,
    first_number: int | None = None,
    same_people: bool = True,
    on_progress: OnProgress | None = None,
    on_written: Callable[[Touched], None] = lambda _: None,
) -> Touched:
    """Writes labels into a project; what a person set there stays as it is.

    It is one run, written some frames at a time: others read and change the project meanwhile. A track id that the
    project already has for somebody else is replaced by a new one. `labels.warnings` then says how
    images and frames were matched, and how many images were left out.

    Args:
        project: open for writing.
        labels: what was read.
        source_frame_names: the names of the source's frames; they count only for a folder of images.
        keypoints: False takes over boxes and track ids only; else ignore regions come along, too.
        first_number: see `match_frames`.
        same_people: people without a track id in the file who lie where the project has somebody are that person;
            else they are new ones.
        on_progress: called with done and total frames; may raise Cancelled, and then nothing was imported.
        on_written: called with what each part changed that was written, or taken back where the import was ended.

    Returns:
        What changed.

    Raises:
        FormatError: the labels don't belong to this source.
        ProjectError: the project cannot be written.
    """
    to_pixels(labels, project.source.width, project.source.height)
    match = match_source(labels, project.source, source_frame_names, first_number)
    frames = match.frames
    labels.warnings.extend(match.notes)
    matched = [(frames[image.frame_index], image) for image in labels.images if image.frame_index in frames]
    labels.warnings.extend(differences(labels, project.source, match))
    poses = {index: list(image.poses.poses) for index, image in matched if image.poses.poses}
    if not keypoints:
        poses = {index: [_box_only(pose) for pose in people] for index, people in poses.items()}
    reviewed = [index for index, image in matched if keypoints and image.poses.reviewed]
    regions = {index: image.ignore_regions for index, image in matched if keypoints and image.ignore_regions}
    if on_progress is not None:
        on_progress(0, len(poses))
    matched_poses = poses
    not_taken = 0

    def count(written: Mapping[int, Sequence[Pose]]) -> None:
        nonlocal not_taken
        not_taken += _joints_kept(project, written)

    with whole_run(project, {"format": labels.format_name, "keypoints": keypoints}, on_written) as run_id:
        as_of = project.last_entry  # whom a person renumbers from here on is written under the new number
        if same_people:
            poses = _with_ids_of_the_project(project, labels, poses, on_progress)
        poses = _with_new_track_ids(project, run_id, poses, on_progress)
        kept = _kept_fields(labels, matched, _new_numbers(matched_poses, poses)) if keypoints else {}
        whole = Part(poses, reviewed, regions, kept)
        touched = write(
            project, run_id, whole, as_of=as_of, on_progress=on_progress, on_written=on_written, on_part=count
        )
    labels.warnings.extend(_kept_in_words(labels) if keypoints else [])
    if not_taken:
        labels.warnings.append(
            f"{not_taken} joints were not taken, because a person set or accepted others there before."
        )
    return touched


def _new_numbers(before: dict[int, list[Pose]], after: dict[int, list[Pose]]) -> dict[tuple[int, int], int]:
    """The number that each person of the file (frame index, track id) has in the project."""
    return {
        (index, old.track_id): new.track_id
        for index, people in before.items()
        for old, new in zip(people, after[index], strict=True)
    }


def _kept_fields(
    labels: Labels, matched: Sequence[tuple[int, LabelImage]], new_ids: dict[tuple[int, int], int]
) -> dict[tuple[int, int], ByFamily]:
    """What is kept of the file, its images and its people, by (frame index, track id in the project)."""
    kept = {(NOBODY, NOBODY): labels.kept}
    for index, image in matched:
        kept[index, NOBODY] = image.kept
        kept |= {
            (index, new_ids[index, who]): fields for who, fields in image.kept_of.items() if (index, who) in new_ids
        }
    return {place: fields for place, fields in kept.items() if fields}


def _kept_in_words(labels: Labels) -> list[str]:
    """A sentence on the fields that this program has no place for."""
    holders = [labels.kept, *(image.kept for image in labels.images)]
    holders += [of_person for image in labels.images for of_person in image.kept_of.values()]
    names: dict[str, dict[str, None]] = {}
    for holder in holders:
        for family, fields in holder.items():
            names.setdefault(family, {}).update(dict.fromkeys(fields))
    return [
        f"{first_three([name for name in of_family if name not in PLAIN_IDS])} of the file have no place here; they "
        f"are kept with the import and written back to {WRITTEN_TO[family]} files."
        for family, of_family in names.items()
        if set(of_family) - PLAIN_IDS
    ]


def _joints_kept(project: Project, poses: Mapping[int, Sequence[Pose]]) -> int:
    """How many labelled joints of an import the project holds elsewhere, or not at all."""
    count = 0
    for index, people in poses.items():
        frame = project.frame(index)
        for pose in people:
            held = frame.pose(pose.track_id)
            if held is not None:
                same = held.labelled & (held.keypoints == pose.keypoints).all(axis=1)
                count += int((pose.labelled & held.human & ~same).sum())
    return count


def match_source(
    labels: Labels, source: SourceRecord, frame_names: Sequence[str] | None, first_number: int | None = None
) -> FrameMatch:
    """Finds the frame of the source that each image of a label file is, see `match_frames`.

    Args:
        labels: what was read.
        source: that is labelled.
        frame_names: the names of its frames; they count only for a folder of images.
        first_number: see `match_frames`.

    Raises:
        FormatError: the labels don't belong to this source.
    """
    is_folder = source.kind == "images" and frame_names is not None
    name = source.path.name if is_folder else source.path.stem
    return match_frames(labels, frame_names if is_folder else None, source.num_frames, name, first_number)


def differences(labels: Labels, source: SourceRecord, match: FrameMatch) -> list[str]:
    """Sentences where the labels are for images of another size than the source's, or lie beside its frames."""
    outside = far_outside([image for image in labels.images if image.frame_index in match.frames], *_size(source))
    size = _size(source)
    sizes = (image.size for image in labels.images if image.frame_index in match.frames)
    other = next((found for found in sizes if found is not None and found != size), None)
    if other is None:
        return outside
    return [
        *outside,
        f"The labels are for images of {other[0]}x{other[1]} pixels but the source has {size[0]}x{size[1]}; "
        "check that the joints lie where they should.",
    ]


def _size(source: SourceRecord) -> tuple[int, int]:
    return source.width, source.height


def _box_only(pose: Pose) -> Pose:
    box_provenance = pose.bbox_provenance
    if box_provenance == Provenance.NONE:  # made around the joints: a person's word only where one of them is
        of_a_machine = pose.labelled.any() and not pose.human.any()
        box_provenance = Provenance.PREDICTED if of_a_machine else Provenance.IMPORTED
    return Pose.empty(pose.track_id, pose.bbox_xywh, box_provenance)


def people_of_the_project(
    project: Project, labels: Labels, poses: Mapping[int, Sequence[Pose]], on_progress: OnProgress | None = None
) -> dict[int, int]:
    """The project's person whom each person without a track id of their own overlaps, by the number given in reading.

    Args:
        project: with people.
        labels: what was read.
        poses: its people, by frame index of the project's source.
        on_progress: called with done and total frames; may raise Cancelled.
    """
    overlaps: dict[tuple[int, int], list[float]] = {}
    frames: dict[int, set[int]] = {}
    if not labels.linked_ids:
        return {}
    for done, (index, people) in enumerate(poses.items()):
        if on_progress is not None:
            on_progress(done, len(poses))
        there = project.frame(index).poses
        for pose in people:
            frames.setdefault(pose.track_id, set()).add(index)
            if pose.track_id in labels.linked_ids:
                for other in there:
                    overlap = intersection_over_union(other.bbox_xywh, pose.bbox_xywh)
                    overlaps.setdefault((pose.track_id, other.track_id), []).append(overlap)
    same: dict[int, int] = {}
    for linked, known in sorted(overlaps, key=lambda pair: -sum(overlaps[pair])):
        taken = [frames[other] for other, person in same.items() if person == known] + [frames.get(known, set())]
        is_free = linked not in same and not any(frames[linked] & others for others in taken if linked != known)
        if is_free and np.mean(overlaps[linked, known]) >= SAME_PERSON_WITHOUT_ID:
            same[linked] = known
    return same


def _with_ids_of_the_project(
    project: Project, labels: Labels, poses: dict[int, list[Pose]], on_progress: OnProgress | None
) -> dict[int, list[Pose]]:
    """The poses, those without a track id of their own under the number of the project's person whom they overlap."""
    same = people_of_the_project(project, labels, poses, on_progress)
    if not same:
        return poses
    labels.warnings.append(
        f"{len(same)} people without a track id lie where the project has people, and were taken as them: "
        f"{', '.join(map(str, sorted(set(same.values()))))}."
    )
    return {
        index: [pose.replaced(track_id=same.get(pose.track_id, pose.track_id)) for pose in people]
        for index, people in poses.items()
    }


def _with_new_track_ids(
    project: Project, run_id: int, poses: dict[int, list[Pose]], on_progress: OnProgress | None
) -> dict[int, list[Pose]]:
    """The poses, renumbered where somebody else has, or is about to get, the same track id.

    From here on nobody else gets their numbers, while people are drawn and numbered beside the import.
    """
    imported = {pose.track_id for people in poses.values() for pose in people}
    taken = imported - project.claim_track_ids(run_id, imported)
    overlaps: dict[int, list[float]] = {track_id: [] for track_id in taken}
    for done, (index, people) in enumerate(poses.items()):
        if not taken:
            break
        if on_progress is not None:
            on_progress(done, len(poses))
        frame = project.frame(index)
        for pose in people:
            there = frame.pose(pose.track_id) if pose.track_id in taken else None
            if there is not None:
                overlaps[pose.track_id].append(intersection_over_union(there.bbox_xywh, pose.bbox_xywh))
    others = sorted(t for t, found in overlaps.items() if not found or np.mean(found) < SAME_PERSON_OVERLAP)
    if not others:
        return poses
    numbers = project.reserve_track_ids(len(others), run_id=run_id, above=max(imported))
    new_ids = dict(zip(others, numbers, strict=True))
    return {
        index: [pose.replaced(track_id=new_ids.get(pose.track_id, pose.track_id)) for pose in people]
        for index, people in poses.items()
    }
