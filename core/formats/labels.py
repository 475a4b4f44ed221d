"""Labels of a clip, of whatever format: images in the order of frames, each with its people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.formats.kept import ByFamily, by_family
from core.formats.texts.records import MOST_PX, ImageRecord, LabelFile, PersonRecord, number, numbers, step
from core.formats.track_ids import link_people
from core.geometry import BOX_MARGIN, bbox_of_points
from core.keypoints import POSETRACK
from core.poses import ByteArray, FloatArray, FramePoses, Pose, Provenance


@dataclass(frozen=True, eq=False)
class LabelImage:
    """One image of a label file.

    Attributes:
        frame_index: its place in the order of the file's frames, from zero.
        file_name: as the file says it.
        size: (width, height) in pixels, None where unknown.
        poses: the people, and whether the frame is reviewed.
        ignore_regions: polygons (N, 2) in pixels, inside which nothing is evaluated.
        labelled: whether the image counts as labelled, also with nobody in it.
        frame_id: the file's own number of the frame, None where it has none.
        image_id: the file's own name or number of the image, None where it has none.
        source_frame_index: the frame's index in the source it was exported from, None in other programs' files.
        num_frames: the number of frames that the file says its video has.
        name_is_made: `file_name` is no file's: this program made it for a frame of a video.
        kept: what else a file of each family says of the image; see `core.formats.kept`.
        kept_of: likewise of each person, by track id.
    """

    frame_index: int
    file_name: str
    size: tuple[int, int] | None
    poses: FramePoses
    ignore_regions: tuple[FloatArray, ...] = ()
    labelled: bool = False
    frame_id: int | None = None
    image_id: int | str | None = None
    source_frame_index: int | None = None
    num_frames: int | None = None
    name_is_made: bool = False
    kept: ByFamily = field(default_factory=dict)
    kept_of: Mapping[int, ByFamily] = field(default_factory=dict)

    @property
    def holds_labels(self) -> bool:
        """Whether it is labelled, and not by boxes alone: there is nothing yet that joints can be compared with."""
        only_boxes = bool(self.poses.poses) and not any(pose.labelled.any() for pose in self.poses.poses)
        return self.labelled and (self.poses.reviewed or not only_boxes)


@dataclass(eq=False)
class Labels:
    """What a label file holds, or what is to be written to one. Keypoints are in the POSETRACK skeleton.

    Attributes:
        images: by rising `frame_index`.
        format_name: see `core.formats.known`; "" for labels that come from no file.
        warnings: a sentence for each kind of thing that was skipped, mended or guessed.
        linked_ids: track ids that the file does not have: its people were linked by their boxes.
        clip_files: of what is labelled, where it is known: the video's file, or every picture of the folder in order.
        kept: what else a file of each family says of itself; see `core.formats.kept`.
    """

    images: list[LabelImage]
    format_name: str = ""
    warnings: list[str] = field(default_factory=list)
    linked_ids: frozenset[int] = frozenset()
    clip_files: tuple[Path, ...] = ()
    kept: ByFamily = field(default_factory=dict)

    @property
    def num_people(self) -> int:
        """How many people there are, over all images, with joints or without."""
        return sum(len(image.poses.poses) for image in self.images)

    @property
    def num_poses(self) -> int:
        """How many of them have labelled joints."""
        return sum(bool(pose.labelled.any()) for image in self.images for pose in image.poses.poses)


def from_records(label_file: LabelFile) -> Labels:
    """Judges what a file says: who set what, which person is which, and what is missing."""
    remarks = label_file.remarks
    _check_num_frames(label_file)
    track_ids = _track_ids(label_file.images, remarks)
    images = []
    for index, (record, ids) in enumerate(zip(label_file.images, track_ids, strict=True)):
        poses = [_pose(person, track_id, remarks) for person, track_id in zip(record.people, ids, strict=True)]
        present = tuple(sorted((pose for pose in poses if pose is not None), key=lambda pose: pose.track_id))
        kept_of = {
            track_id: by_family(label_file, person.kept) for person, track_id in zip(record.people, ids, strict=True)
        }
        images.append(
            LabelImage(
                frame_index=index,
                file_name=record.file_name,
                size=record.size,
                poses=FramePoses(index, present, record.reviewed),
                ignore_regions=tuple(record.ignore_regions),
                labelled=bool(present) if record.labelled is None else record.labelled or bool(present),
                frame_id=record.frame_id,
                image_id=record.image_id,
                source_frame_index=record.frame_index,
                num_frames=record.num_frames,
                name_is_made=record.name_is_made,
                kept=by_family(label_file, record.kept),
                kept_of={track_id: fields for track_id, fields in kept_of.items() if fields},
            )
        )
    named = {person.track_id for image in label_file.images for person in image.people}
    linked = frozenset(track_id for ids in track_ids for track_id in ids if track_id not in named)
    linked |= label_file.made_ids
    kept = by_family(label_file, label_file.kept)
    return Labels(images, label_file.format_name, label_file.warnings(), linked, kept=kept)


def _check_num_frames(label_file: LabelFile) -> None:
    """Says where `nframes` is not the number of images; this program's own files tell each image's frame."""
    declared = {image.num_frames for image in label_file.images if image.frame_index is None} - {None}
    for count in sorted(c for c in declared if c is not None and c != len(label_file.images)):
        label_file.remarks[f"nframes says {count}, but {len(label_file.images)} images are listed"] = 1


def _track_ids(images: Sequence[ImageRecord], remarks: Counter[str]) -> list[list[int]]:
    """Everybody's track id: the file's own where it has one of its own in the frame, else by overlap of boxes."""
    known: list[list[int | None]] = []
    for image in images:
        seen: set[int | None] = set()
        ids: list[int | None] = []
        for person in image.people:
            if person.track_id is not None and person.track_id in seen:
                remarks["a second person with the same track id in a frame was given another"] += 1
            ids.append(None if person.track_id in seen else person.track_id)
            seen.add(person.track_id)
        known.append(ids)
    if not any(track_id is None for ids in known for track_id in ids):
        return [[track_id for track_id in ids if track_id is not None] for ids in known]
    if any(person.track_id is None for image in images for person in image.people):
        remarks["people without a track id were linked into tracks by the overlap of their boxes"] = 1
    return link_people([[_box(person) for person in image.people] for image in images], known)


def _box(person: PersonRecord) -> FloatArray | None:
    """The person's box, made from the keypoints where the file has none."""
    if person.bbox_xywh is not None:
        return person.bbox_xywh
    if not person.labelled.any():
        return None
    box = bbox_of_points(person.keypoints[person.labelled], BOX_MARGIN)
    # A single keypoint, or several on one line, span no area; a box of one pixel still says where the person is.
    return np.concatenate([box[:2] - (box[2:] <= 0) * 0.5, np.where(box[2:] > 0, box[2:], 1.0)])


def _pose(person: PersonRecord, track_id: int, remarks: Counter[str]) -> Pose | None:
    step()
    box = _box(person)
    if box is None:
        remarks["a person with neither a box nor a keypoint was skipped"] += 1
        return None
    if person.bbox_xywh is None:
        remarks["a person without a box was given one around the keypoints"] += 1
    scored = bool((person.scores[person.labelled] > 0).any())
    provenance = _provenance(person, scored)
    return Pose(
        track_id,
        box,
        _keypoints(person),
        person.visibility,
        _scores(person, scored, remarks),
        provenance,
        _bbox_provenance(person, provenance),
        None if person.extensions.get("bbox_head_made") is True else person.bbox_head_xywh,
    )


def _named_provenance(value: object) -> Provenance | None:
    if isinstance(value, str):
        return Provenance.__members__.get(value.upper())
    return Provenance(value) if isinstance(value, int) and value in set(Provenance) else None


def _provenance(person: PersonRecord, scored: bool) -> ByteArray:
    """(K,) who set each keypoint: by this program's own key, else by the scores (see docs/formats.md)."""
    values = person.extensions.get("provenance")
    named = [_named_provenance(value) for value in (values if isinstance(values, list) else [])]
    if len(named) == len(POSETRACK) and None not in named:
        return np.array(named, dtype=np.uint8)
    machine = scored & (person.scores != 1.0)
    guessed = np.where(machine, Provenance.PREDICTED, Provenance.IMPORTED)
    return np.where(person.labelled, guessed, Provenance.NONE).astype(np.uint8)


def _bbox_provenance(person: PersonRecord, provenance: ByteArray) -> Provenance:
    named = _named_provenance(person.extensions.get("bbox_provenance"))
    if named is not None:
        return named
    if person.bbox_xywh is None:
        return Provenance.NONE
    if person.labelled.any():
        human = bool((provenance[person.labelled] >= Provenance.IMPORTED).any())
    else:
        human = person.score is None or person.score == 1.0
    return Provenance.IMPORTED if human else Provenance.PREDICTED


def _keypoints(person: PersonRecord) -> FloatArray:
    """(K, 2), with the coordinates that the format cannot hold from this program's own key."""
    keypoints = person.keypoints.copy()
    kept = person.extensions.get("keypoints_kept")
    for name, value in (kept if isinstance(kept, dict) else {}).items():
        xy = numbers(value, 2)
        if xy is None or name not in POSETRACK.keypoint_names or np.abs(xy).max() > MOST_PX:
            continue
        keypoint = POSETRACK.index(name)
        if not person.labelled[keypoint] or np.abs(keypoints[keypoint]).max() <= OCCLUDED_AT_ORIGIN_PX:
            keypoints[keypoint] = xy
    return keypoints


OCCLUDED_AT_ORIGIN_PX = 1e-6
"""x of an occluded keypoint at exactly (0, 0), which in PoseTrack18 would be an absent one."""


def _scores(person: PersonRecord, scored: bool, remarks: Counter[str]) -> FloatArray:
    kept = person.extensions.get("scores_kept")
    if isinstance(kept, list) and len(kept) == len(POSETRACK):
        return np.array([np.nan if (score := number(value)) is None else min(max(score, 0.0), 1.0) for value in kept])
    if not scored:
        return np.where(person.labelled, 1.0, np.nan)
    if (person.scores > 1).any() or (person.scores < 0).any():
        remarks["scores outside 0 to 1 were clipped to it"] += 1
    return read_scores(np.clip(person.scores, 0, 1), person.labelled)


def read_scores(scores: FloatArray, labelled: NDArray[np.bool_]) -> FloatArray:
    """(K,) scores as they are read again: 0 where a keypoint is not labelled means none."""
    return np.where(labelled | (scores != 0), scores, np.nan)
