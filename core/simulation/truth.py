"""Clips whose right labels are known: from a label file, a project, or the starter's held-out real clips."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import FamiError
from core.files.checkout import shared_path
from core.files.places import DEMO_CLIP, DEMO_LABELS
from core.formats import import_labels, read_labels
from core.judging.sizes import joints_right, person_size_px
from core.poses import FramePoses, Pose, Provenance, Visibility
from core.project import Project
from core.training.clips.real_clips import RealClips
from core.training.sources.starter_split import STARTER_PEOPLE, split_clips
from core.video import open_source
from core.work.source_record import record_of

LIMIT = 0.1
"""A joint further off than this part of the person's size is dragged."""

DEMO, PADDLEBOARD, JHMDB = "demo", "paddleboard", "jhmdb"
NUM_JHMDB = 6
"""So many of the starter's held-out clips have a name here; there are some fifty, of a second each at most."""

_PADDLEBOARD = "data/posetrack/paddleboard"


@dataclass(frozen=True, eq=False)
class TrueClip:
    """A clip and what a person said is right in it.

    Attributes:
        name: what tables call it.
        source_path: the video, or the folder of images.
        people: by frame index, everybody with a size and a joint that can be measured. Only these frames count.
    """

    name: str
    source_path: Path
    people: Mapping[int, tuple[Pose, ...]]

    @property
    def frame_indices(self) -> list[int]:
        """The frames that count, rising."""
        return sorted(self.people)

    @property
    def num_person_frames(self) -> int:
        """How many people there are in the frames that count, one of each frame."""
        return sum(map(len, self.people.values()))

    @property
    def num_joints(self) -> int:
        """How many joints a person placed: what labelling from nothing costs."""
        return sum(int(pose.placed.sum()) for people in self.people.values() for pose in people)

    def first_frames(self, most_person_frames: int) -> TrueClip:
        """The beginning of the clip: as many frames as hold no more people than that, at least one."""
        kept: dict[int, tuple[Pose, ...]] = {}
        left = most_person_frames
        for index in self.frame_indices:
            left -= len(self.people[index])
            if kept and left < 0:
                break
            kept[index] = self.people[index]
        return TrueClip(self.name, self.source_path, kept)


def true_people(frames: Iterable[FramePoses]) -> dict[int, tuple[Pose, ...]]:
    """By frame index, who can be measured in labels that are taken to be right."""
    people = {}
    for frame in frames:
        measured = tuple(pose for pose in frame.poses if pose.placed.any() and person_size_px(pose) > 0)
        if measured:
            people[frame.frame_index] = measured
    return people


def is_wrong(pose: Pose | None, truth: Pose) -> NDArray[np.bool_]:
    """(K,) which joints a labeller would have to drag: those further off than LIMIT, or not placed at all.

    A joint that the truth does not place is not wrong: nobody can say where it is.
    """
    found = np.full_like(truth.keypoints, np.nan)
    if pose is not None:
        found = np.where(pose.placed[:, None], pose.keypoints, np.nan)
    measured, right = joints_right(
        found[None], truth.keypoints[None], truth.placed[None], LIMIT, sizes_px=[person_size_px(truth)]
    )
    wrong: NDArray[np.bool_] = (measured & ~right)[0]
    return wrong


def errors(pose: Pose | None, truth: Pose) -> NDArray[np.float64]:
    """(K,) distances as parts of the person's size, 1 where a joint is not placed, NaN where the truth has none."""
    found = np.full_like(truth.keypoints, np.nan)
    if pose is not None:
        found = np.where(pose.placed[:, None], pose.keypoints, np.nan)
    fractions = np.linalg.norm(found - truth.keypoints, axis=1) / person_size_px(truth)
    return np.where(truth.placed, np.nan_to_num(fractions, nan=1.0), np.nan)


# ---- where clips come from ----


def clip_of_labels(labels_path: Path, source_path: Path | None, name: str | None = None) -> TrueClip:
    """A clip with the labels of a file of any format, or of a project.

    Args:
        labels_path: a label file, or a `.fami` project, of which only what a person set or accepted counts.
        source_path: the video or folder of images; None for a project's own.
        name: what tables call it, by default the source's name.

    Raises:
        FamiError: one of them cannot be read, they do not belong together, or nobody is labelled.
    """
    if labels_path.suffix == ".fami":
        with Project.open(labels_path, read_only=True) as project:
            source_path = source_path or project.source.path
            people = true_people(_by_hand(frame) for frame in project.frames())
    elif source_path is None:
        raise FamiError(f"Give --source, the clip that {labels_path.name} labels.")
    else:
        people = _people_of_file(labels_path, source_path)
    if not people:
        raise FamiError(f"{labels_path} holds no joints that a person set, so nothing can be compared with it.")
    return TrueClip(name or source_path.stem, source_path, people)


def _by_hand(frame: FramePoses) -> FramePoses:
    """The frame with a person's joints only."""
    return FramePoses(
        frame.frame_index,
        tuple(
            pose.replaced(visibility=np.where(pose.human, pose.visibility, Visibility.NOT_LABELLED))
            for pose in frame.poses
        ),
    )


def _people_of_file(labels_path: Path, source_path: Path) -> dict[int, tuple[Pose, ...]]:
    """By way of a project, so that images and frames are matched as an import matches them."""
    labels = read_labels(labels_path)
    with tempfile.TemporaryDirectory() as folder, open_source(source_path) as source:
        names = [source.frame_name(index) for index in range(len(source))] if source.kind == "images" else None
        with Project.create(Path(folder) / "truth.fami", record_of(source)) as project:
            import_labels(project, labels, names)
            return true_people(project.frames())


def known_clips() -> list[str]:
    """The names of the labelled clips that are on this machine."""
    names = [DEMO]
    if shared_path(_PADDLEBOARD).is_dir():
        names.append(PADDLEBOARD)
    if (shared_path(STARTER_PEOPLE) / "clips.h5").is_file():
        names += [f"{JHMDB}-{number}" for number in range(NUM_JHMDB)]
    return names


def known_clip(name: str, folder: Path) -> TrueClip:
    """One of `known_clips`.

    Args:
        name: which.
        folder: takes the pictures of a clip that lies in a file of many.

    Raises:
        FamiError: there is none of that name here, or it cannot be read.
    """
    if name not in known_clips():
        raise FamiError(
            f"There is no labelled clip '{name}' here; choose among {', '.join(known_clips())}, or give a label file."
        )
    if name == DEMO:
        return clip_of_labels(DEMO_LABELS, DEMO_CLIP, DEMO)
    if name == PADDLEBOARD:
        shared = shared_path(_PADDLEBOARD)
        images = next(path for path in sorted(shared.iterdir()) if path.is_dir())
        return clip_of_labels(shared / "labels_posetrack18.json", images, PADDLEBOARD)
    return _real_clip(name, int(name.rpartition("-")[2]), folder)


def _real_clip(name: str, number: int, folder: Path) -> TrueClip:
    """One of the clips of JHMDB that the starter was not trained on, with the joints that a person set."""
    clips = RealClips(shared_path(STARTER_PEOPLE) / "clips.h5")
    held_out = split_clips(clips.videos, clips.has_person).held_out
    # The longest ones, and of each video the first: takes of one video look alike.
    lengths = np.diff(clips.first)[held_out]
    _, firsts = np.unique([clips.videos[clip] for clip in held_out], return_index=True)
    ranked = sorted(firsts.tolist(), key=lambda place: (-lengths[place], place))
    start, stop = clips.frames(int(held_out[ranked[number]]))
    images = folder / name
    images.mkdir()
    people: dict[int, tuple[Pose, ...]] = {}
    for place, index in enumerate(range(start, stop)):
        rgb = clips.rgb(index)
        Image.fromarray(rgb).save(images / f"{place:06d}.png")
        inside = ((clips.keypoints[index] >= 0) & (clips.keypoints[index] <= np.array(rgb.shape[1::-1]) - 1)).all(
            axis=1
        )
        known = clips.by_person[index] & inside
        pose = Pose.empty(1, clips.boxes[index], Provenance.IMPORTED).replaced(
            keypoints=np.where(known[:, None], clips.keypoints[index], np.nan),
            visibility=np.where(known, Visibility.VISIBLE, Visibility.NOT_LABELLED),
            scores=np.where(known, 1.0, np.nan),
            provenance=np.where(known, Provenance.IMPORTED, Provenance.NONE),
        )
        people |= true_people([FramePoses(place, (pose,))])
    return TrueClip(name, images, people)
