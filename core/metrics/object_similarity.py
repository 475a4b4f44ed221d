"""COCO's average precision by object keypoint similarity, with pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO as CocoDataset  # noqa: N811 - it is a class
from pycocotools.cocoeval import COCOeval

from core.errors import FormatError
from core.formats.labels import Labels, from_records
from core.formats.layouts.coco_like import coco_layout, coco_results
from core.formats.layouts.coco_like.annotations import COCO_CODES, annotation
from core.formats.texts.names import usual_name
from core.formats.texts.records import ImageRecord, load_json, number, numbers, whole_number
from core.keypoints import COCO, POSETRACK, Skeleton
from core.metrics.folders import paired_files
from core.metrics.pairing import FilePair, OnRemark, ignore_remark, pair_files

OKS_NAMES = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")
SIGMAS = dict(zip(POSETRACK.keypoint_names, POSETRACK.sigmas, strict=True)) | dict(
    zip(COCO.keypoint_names, COCO.sigmas, strict=True)
)
"""Each keypoint's constant (COCO's k/2) by its name."""
Entry = dict[str, Any]
"""An annotation of COCO's, or one of its results."""


@dataclass
class Evaluated:
    """What pycocotools is given.

    Attributes:
        names: of the keypoints, in the order of the entries.
        num_images: they are called 1, 2, ...
        truth: the annotations of people.
        guesses: the results.
    """

    names: tuple[str, ...]
    num_images: int = 0
    truth: list[Entry] = field(default_factory=list)
    guesses: list[Entry] = field(default_factory=list)


def oks_of_folders(gt_dir: Path | str, pred_dir: Path | str, on_remark: OnRemark = ignore_remark) -> dict[str, float]:
    """COCO's average precision and recall over all files.

    Where the ground truth is COCO's, the numbers are pycocotools' own for these files: the annotations' areas, crowds
    ignored, the results' scores, eyes and ears as the file names them. Else joints are compared in the PoseTrack
    skeleton, and a person's area is the box's.

    Args:
        gt_dir: folder of label files, one a video.
        pred_dir: folder with a file of the same name for each of them.
        on_remark: called with a sentence on what was left out.

    Returns:
        Percent by the names in `OKS_NAMES`; -1 where COCO has nothing to measure (no medium or no large person).

    Raises:
        FormatError: the folders don't pair, or the ground truth holds no labelled keypoint.
    """
    pairs = [(paths, pair_files(*paths, on_remark)) for paths in paired_files(gt_dir, pred_dir)]
    documents = [load_json(gt_path) for (gt_path, _), _ in pairs]
    names = {_coco_names(document, pair) for document, (_, pair) in zip(documents, pairs, strict=True)}
    as_coco = next(iter(names)) if len(names) == 1 else ()
    evaluated = Evaluated(as_coco or POSETRACK.keypoint_names)
    for document, ((_, pred_path), pair) in zip(documents, pairs, strict=True):
        if as_coco:
            _add_coco(evaluated, document, load_json(pred_path), pair)
        else:
            _add_labels(evaluated, pair)
    return evaluate(evaluated, gt_dir)


def oks_ap(truth: Labels, predicted: Labels) -> dict[str, float]:
    """COCO's average precision and recall of poses, in percent, with the PoseTrack skeleton's sigmas.

    Frames pair by `frame_index`. A prediction's score is the mean score of its labelled keypoints.

    Returns:
        Percent by the names in `OKS_NAMES`; -1 where COCO has nothing to measure (no medium or no large person).

    Raises:
        FormatError: the ground truth holds no pose.
    """
    places = {image.frame_index: place for place, image in enumerate(predicted.images)}
    evaluated = Evaluated(POSETRACK.keypoint_names)
    _add_images(evaluated, truth, predicted, [places.get(image.frame_index) for image in truth.images])
    return evaluate(evaluated)


def evaluate(evaluated: Evaluated, truth: Path | str = "") -> dict[str, float]:
    """Runs pycocotools; see `oks_of_folders` for what it returns and raises."""
    if not any(person["num_keypoints"] for person in evaluated.truth):
        raise FormatError(f"Nothing can be evaluated: the ground truth {truth} holds no labelled keypoint.")
    if not evaluated.guesses:
        return dict.fromkeys(OKS_NAMES, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports its progress by print
        dataset = CocoDataset()
        dataset.dataset = {
            "info": {},
            "images": [{"id": number} for number in range(1, evaluated.num_images + 1)],
            "annotations": [{**person, "id": place} for place, person in enumerate(evaluated.truth, start=1)],
            "categories": [{"id": 1, "name": "person", "keypoints": list(evaluated.names), "skeleton": []}],
        }
        dataset.createIndex()
        evaluation = COCOeval(dataset, dataset.loadRes(evaluated.guesses), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array([SIGMAS[name] for name in evaluated.names])
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    percent = [100 * value if value >= 0 else -1.0 for value in evaluation.stats]
    return dict(zip(OKS_NAMES, map(float, percent), strict=True))


# ---- files that are not COCO's, as labels in the PoseTrack skeleton ----


def _add_labels(evaluated: Evaluated, pair: FilePair) -> None:
    _add_images(evaluated, from_records(pair.truth), from_records(pair.predicted), pair.partners)


def _add_images(evaluated: Evaluated, truth: Labels, predicted: Labels, partners: Sequence[int | None]) -> None:
    for image, partner in zip(truth.images, partners, strict=True):
        evaluated.num_images += 1
        image_id = {"image_id": evaluated.num_images}
        evaluated.truth += [annotation(pose, POSETRACK, COCO_CODES) | image_id for pose in image.poses.poses]
        if partner is not None:
            poses = [pose for pose in predicted.images[partner].poses.poses if pose.labelled.any()]
            evaluated.guesses += [annotation(pose, POSETRACK, COCO_CODES) | image_id for pose in poses]


# ---- COCO's own files, as they are ----


def _coco_names(document: object, pair: FilePair) -> tuple[str, ...]:
    """The keypoint names of a COCO file of people, () for other files and for names whose sigmas nobody knows."""
    if not isinstance(document, dict) or pair.truth.format_name != "coco":
        return ()
    people = coco_layout.PersonCategories.of(document, pair.truth.path)
    found = {_usual(names) or COCO.keypoint_names for names in people.names.values()} or {COCO.keypoint_names}
    names = next(iter(found))
    return names if len(found) == 1 and set(names) <= SIGMAS.keys() else ()


def _usual(names: tuple[str, ...]) -> tuple[str, ...]:
    """Keypoint names in PoseTrack's and COCO's spelling, where they mean one of theirs."""
    return tuple(usual_name(name) or name for name in names)


def _add_coco(evaluated: Evaluated, truth: dict[str, Any], predicted: object, pair: FilePair) -> None:
    # pycocotools goes through images by rising id; so do the numbers that they get here.
    images = pair.truth.images
    order = sorted(range(len(images)), key=lambda place: _rank(images[place].image_id))
    ids = {place: evaluated.num_images + n for n, place in enumerate(order, start=1)}
    evaluated.num_images += len(order)
    people = coco_layout.PersonCategories.of(truth, pair.truth.path)
    places = _Places(images)
    for entry in coco_layout.dicts(truth.get("annotations")):
        place = places.of(entry)
        if place is not None and people.names_of(entry) is not None:
            evaluated.truth.append(_truth_entry(entry, len(evaluated.names)) | {"image_id": ids[place]})
    theirs = {partner: ids[place] for place, partner in enumerate(pair.partners) if partner is not None}
    if isinstance(predicted, list):
        found = _results(predicted, pair, len(evaluated.names))
    elif isinstance(predicted, dict) and pair.predicted.format_name == "coco":
        found = _annotations(predicted, pair, evaluated.names)
    else:
        found = _poses(pair, evaluated.names)
    guesses = [(theirs[place], entry) for place, entry in found if place in theirs]
    has_boxes = all("bbox" in entry for _, entry in guesses)
    for image_id, entry in guesses:
        kept = {"image_id": image_id, "category_id": 1, "keypoints": entry["keypoints"], "score": entry["score"]}
        evaluated.guesses.append(kept | ({"bbox": entry["bbox"]} if has_boxes else {}))


class _Places:
    """The place of the image that an annotation names."""

    def __init__(self, images: list[ImageRecord]) -> None:
        self._images = coco_layout.ImagesByKey(images)
        self._places = {id(image): place for place, image in enumerate(images)}

    def of(self, entry: Entry) -> int | None:
        image = self._images.image_of(entry)
        return None if image is None else self._places[id(image)]


def _rank(image_id: int | str | None) -> tuple[bool, int, str]:
    return (isinstance(image_id, str), image_id if isinstance(image_id, int) else 0, str(image_id))


def _truth_entry(entry: Entry, count: int) -> Entry:
    """A person of the ground truth, with what pycocotools needs where the file lacks it."""
    keypoints = coco_results.flat_keypoints(entry)
    keypoints = keypoints if len(keypoints) == 3 * count else [0] * (3 * count)
    declared = whole_number(entry.get("num_keypoints"))
    labelled = [k for k in range(count) if (keypoints[3 * k + 2] or 0) > 0]
    box = numbers(entry.get("bbox"), 4)
    if box is None:
        xy = np.array([keypoints[3 * k : 3 * k + 2] for k in labelled], dtype=np.float64).reshape(-1, 2)
        corner = xy.min(axis=0) if len(xy) else np.zeros(2)
        box = np.concatenate([corner, xy.max(axis=0) - corner if len(xy) else np.zeros(2)])
    area = number(entry.get("area"))
    return {
        "category_id": 1,
        "bbox": box.tolist(),
        "area": float(box[2] * box[3]) if area is None else area,
        "iscrowd": int(entry.get("iscrowd") in (1, True)),
        "keypoints": keypoints,
        "num_keypoints": len(labelled) if declared is None else declared,
    }


Found = list[tuple[int | None, Entry]]
"""Results, each with the place of its image in its own file."""


def _results(document: list[Any], pair: FilePair, count: int) -> Found:
    """The people of a list of results, whose keypoints are in the order of the ground truth."""
    entries = coco_layout.dicts(document)
    person, has_flags = coco_results.person_category(entries), coco_results.thirds_are_flags(entries)
    places = {image.image_id: place for place, image in enumerate(pair.predicted.images)}
    found: Found = []
    for entry in entries:
        keypoints = coco_results.flat_keypoints(entry)[: 3 * count]
        if coco_results.is_of_category(entry, person) and len(keypoints) == 3 * count:
            place = places.get(coco_results.image_key(entry.get("image_id")))
            found.append((place, _guess(entry, keypoints, [] if has_flags else keypoints[2::3])))
    return found


def _annotations(document: dict[str, Any], pair: FilePair, names: tuple[str, ...]) -> Found:
    """The people of a COCO file, with their keypoints in the order of `names`."""
    people = coco_layout.PersonCategories.of(document, pair.predicted.path)
    places = _Places(pair.predicted.images)
    found: Found = []
    for entry in coco_layout.dicts(document.get("annotations")):
        own = people.names_of(entry)
        if own is None:
            continue
        own = _usual(own) or COCO.keypoint_names
        flat = coco_results.flat_keypoints(entry)
        if len(flat) < 3 * len(own):
            continue
        rows = [own.index(name) if name in own else None for name in names]
        keypoints = [value for row in rows for value in ([0, 0, 0] if row is None else flat[3 * row : 3 * row + 3])]
        scores = entry.get("scores")
        found.append((places.of(entry), _guess(entry, keypoints, scores if isinstance(scores, list) else [])))
    return found


def _poses(pair: FilePair, names: tuple[str, ...]) -> Found:
    """The people of a PoseTrack file, by the names that both skeletons have."""
    skeleton = Skeleton("ground truth", names, (), tuple(SIGMAS[name] for name in names))
    return [
        (place, annotation(pose, skeleton, COCO_CODES))
        for place, image in enumerate(from_records(pair.predicted).images)
        for pose in image.poses.poses
        if pose.labelled.any()
    ]


def _guess(entry: Entry, keypoints: list[Any], scores: Sequence[Any]) -> Entry:
    score = number(entry.get("score"))
    if score is None:
        known = [value for item in scores if (value := number(item))]
        score = float(np.mean(known)) if known else 1.0
    box = numbers(entry.get("bbox"), 4)
    return {"keypoints": keypoints, "score": score} | ({} if box is None else {"bbox": box.tolist()})
