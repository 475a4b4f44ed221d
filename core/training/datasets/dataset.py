"""ClipDataset: people in the frames of videos, each a training sample or what a network is judged on."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from cachetools import LRUCache

from core.errors import TrainingError
from core.geometry import BoolArray, ByteArray, FloatArray
from core.heatmaps import STRIDE, gaussian_targets
from core.keypoints import Skeleton
from core.training.datasets.config import DatasetConfig
from core.training.datasets.detections import use_detected_boxes
from core.training.datasets.jhmdb import read_jhmdb
from core.training.datasets.pictures import PictureClip, PictureFinder
from core.training.datasets.posetrack import read_posetrack17, read_posetrack18
from core.training.datasets.videos import LabelledVideos, without_ignored
from core.training.samples.augmentation import (
    AugmentationSettings,
    WindowDraw,
    blurred,
    crop_labels,
    crop_pixels,
    draw_colour,
    draw_window,
    occlude,
    plain_window,
    recolour,
)
from core.training.samples.batches import Sample
from core.training.samples.person import Person
from core.video.pictures import read_image

log = logging.getLogger(__name__)

MIN_BOX_SIDE_PX = 8.0
"""People whose box is smaller on its longer side are not trained on: a single joint, or a speck."""
_KEPT_FRAMES = 8

_READERS = {"posetrack17": read_posetrack17, "posetrack18": read_posetrack18, "jhmdb": read_jhmdb}


@dataclass(frozen=True, eq=False)
class PersonInstance:
    """One person in one key frame.

    Attributes:
        video: name of the video.
        frame_index: the key frame's place among the frames that the label file lists, from zero.
        track_id: the person's number in the video, -1 for a detection that belongs to nobody.
        bbox_xywh: (4,) the box that cuts the person out, in full-frame pixels.
        keypoints: (K, 2) x, y in full-frame pixels, anything where not labelled.
        labelled: (K,).
        file_name: of the key frame's picture, as the label file says it.
        frame_id: the label file's own number of the frame, None where it has none.
        score: the detector's, 1 for the ground truth's box.
        truth_bbox_xywh: (4,) the ground truth's box, None for a detection that belongs to nobody.
    """

    video: str
    frame_index: int
    track_id: int
    bbox_xywh: FloatArray
    keypoints: FloatArray
    labelled: BoolArray
    file_name: str
    frame_id: int | None = None
    score: float = 1.0
    truth_bbox_xywh: FloatArray | None = None


class ClipDataset:
    """People as samples. Pictures are opened when they are asked for, so that loader processes may share it.

    Attributes:
        instances: everybody, in the order of videos and frames.
        skeleton: of their keypoints.
        offsets: times of the supporting frames.
        remarks: how often each kind of thing was skipped when the data set was opened.
    """

    def __init__(
        self,
        *,
        instances: tuple[PersonInstance, ...],
        places: tuple[tuple[PictureClip, int], ...],
        skeleton: Skeleton,
        offsets: tuple[int, ...],
        input_size_wh: tuple[int, int],
        sigma: float,
        augmentation: AugmentationSettings | None,
        seed: int,
        subpixel: bool,
        remarks: Counter[str],
    ) -> None:
        self.instances, self.skeleton, self.offsets, self.remarks = instances, skeleton, offsets, remarks
        self._places = places
        self._size_wh, self._sigma, self._subpixel = input_size_wh, sigma, subpixel
        self._augmentation, self._seed = augmentation, seed
        self._recent: LRUCache[Path, ByteArray] = LRUCache(_KEPT_FRAMES)

    def __len__(self) -> int:
        return len(self.instances)

    def frame(self, instance_index: int, offset: int) -> ByteArray:
        """The RGB picture (H, W, 3) so many frames from a person's key frame, or the nearest that exists.

        Raises:
            SourceError: the picture cannot be read.
        """
        clip, position = self._places[instance_index]
        path = clip.nearest(position + offset, position)
        if path not in self._recent:
            self._recent[path] = read_image(path)
        return self._recent[path]

    def sample(self, index: int, epoch: int) -> Sample:
        """A person as a sample; the same seed, epoch and index give the same one.

        Raises:
            SourceError: a picture cannot be read.
        """
        rng = np.random.default_rng((self._seed, epoch, index))
        instance = self.instances[index]
        key = self.frame(index, 0)
        person = Person(key, instance.keypoints, instance.labelled, instance.bbox_xywh)
        window = self._window(rng, person)
        frames = self._crops(rng, window, key, index)
        keypoints, labelled = crop_labels(window, person, self.skeleton)
        heatmap_size_wh = self._size_wh[0] // STRIDE, self._size_wh[1] // STRIDE
        targets, weights = gaussian_targets(keypoints, labelled, heatmap_size_wh, self._sigma, subpixel=self._subpixel)
        return Sample(frames, targets, weights)

    def _window(self, rng: np.random.Generator, person: Person) -> WindowDraw:
        if self._augmentation is None:
            return plain_window(person, self._size_wh)
        return draw_window(rng, person, self._augmentation, self._size_wh, self.skeleton)

    def _crops(self, rng: np.random.Generator, window: WindowDraw, key: ByteArray, index: int) -> ByteArray:
        """(1 + S, H, W, 3): one window and one change of colours for all frames; black beyond the picture."""
        crops = [crop_pixels(window, key, self._size_wh, border=cv2.BORDER_CONSTANT)]
        for offset in self.offsets:
            frame = self.frame(index, offset)
            # A picture of another size is no neighbour: the window would show another place.
            frame = frame if frame.shape == key.shape else key
            crops.append(crop_pixels(window, frame, self._size_wh, border=cv2.BORDER_CONSTANT))
        settings = self._augmentation
        if settings is None:
            return np.stack(crops)
        if settings.colour:
            colour = draw_colour(rng, settings)
            crops = [recolour(colour, crop) for crop in crops]
        # Only the key frame is degraded: there the neighbours have something to tell.
        if rng.random() < settings.blur:
            crops[0] = blurred(rng, crops[0])
        if rng.random() < settings.occluded:
            crops[0] = occlude(rng, crops[0])
        return np.stack(crops)


def open_dataset(  # noqa: PLR0917 - every one of them is needed, in the order in which one speaks of them
    config: DatasetConfig,
    offsets: tuple[int, ...],
    input_size_wh: tuple[int, int],
    sigma: float,
    augmentation: AugmentationSettings | None,
    seed: int,
    *,
    subpixel: bool = False,
) -> ClipDataset:
    """Reads the labels of a data set and finds its pictures.

    Args:
        config: which data set.
        offsets: times of the supporting frames.
        input_size_wh: width and height of the crops.
        sigma: of the targets, in heatmap pixels.
        augmentation: what is changed at random in training; None for the plain window that prediction uses. People
            of whom nothing is labelled, and those in ignore regions, are left out of training only.
        seed: of everything that is drawn.
        subpixel: put the targets' centres exactly on the joints, not on the nearest heatmap pixel.

    Raises:
        TrainingError: nothing in it can be used.
    """
    labelled = _READERS[config.kind](config)
    if config.detector_file is not None:
        use_detected_boxes(labelled, config.detector_file, config.split, config.min_box_score)
    instances, places, remarks = _instances(labelled, config, for_training=augmentation is not None)
    for remark, count in remarks.items():
        log.warning("%s: %s (%d times)", config.labels, remark, count)
    if not instances:
        raise TrainingError(
            f"No picture that {config.labels} labels is under {config.root}; name the folder that its file names, "
            f"as {labelled.videos[0].frames[0].file_name or 'the first'}, are relative to."
        )
    return ClipDataset(
        instances=tuple(instances),
        places=tuple(places),
        skeleton=labelled.skeleton,
        offsets=offsets,
        input_size_wh=input_size_wh,
        sigma=sigma,
        augmentation=augmentation,
        seed=seed,
        subpixel=subpixel,
        remarks=remarks,
    )


def _instances(
    labelled: LabelledVideos, config: DatasetConfig, *, for_training: bool
) -> tuple[list[PersonInstance], list[tuple[PictureClip, int]], Counter[str]]:
    """Everybody in the key frames, with the clip and the key frame's place in it."""
    finder = PictureFinder(config.root)
    remarks = Counter(labelled.remarks)
    instances, places = [], []
    for video in labelled.videos:
        placed = finder.place(video, config.labelling)
        if placed.remark is not None:
            remarks[placed.remark] += 1
        for frame_index, (frame, position) in enumerate(zip(video.frames, placed.positions, strict=True)):
            if not frame.labelled or not frame.people:
                continue
            if position is None:
                remarks["a labelled frame's picture is not there, and the frame was skipped"] += 1
                continue
            people = without_ignored(frame, for_training=for_training)
            remarks["a person in an ignore region was left out"] += len(frame.people) - len(people)
            for person in people:
                if for_training and not person.labelled.any():
                    remarks["a person without labelled joints was left out"] += 1
                elif for_training and person.bbox_xywh[2:].max() < MIN_BOX_SIDE_PX:
                    remarks[f"a person smaller than {MIN_BOX_SIDE_PX:g} pixels was left out"] += 1
                else:
                    instances.append(
                        PersonInstance(
                            video.name,
                            frame_index,
                            person.track_id,
                            person.bbox_xywh,
                            person.keypoints,
                            person.labelled,
                            frame.file_name,
                            frame.frame_id,
                            person.score,
                            person.truth_bbox_xywh,
                        )
                    )
                    places.append((placed.clip, position))
    return instances, places, +remarks
