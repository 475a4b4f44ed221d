"""What a correction mends in the frames around it, and what it harms: the candidates of docs/adr/0015 side by side.

    python benchmarks/bench_repair.py [--json FILE]

The starter predicts each clip in its true boxes. Every joint that it puts further from the truth than a tenth of the
person's size is dragged to the truth, as near as a hand comes, and each candidate says where the joint is in the frames
around. `mended` is the share of the neighbouring wrong joints that are right then, `harmed` that of the right ones that
are wrong, `right` the share of all that were changed; by distance in frames. The last line of a clip is what the
program does. The clips: the bundled demo, and from the folder of shared data (FAMI_SHARED, default ../shared), where
it is there, real paddleboarders that people labelled.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks._results import tell  # noqa: E402 - the path comes first
from benchmarks.bench_repeating import Clip, labelled_clips  # noqa: E402
from core.geometry import FloatArray, apply_affine, invert_affine  # noqa: E402
from core.judging.sizes import person_size_px  # noqa: E402
from core.model.prediction.crops import cut_window, normalised, request_affine  # noqa: E402
from core.model.prediction.explanation import explain  # noqa: E402
from core.model.prediction.loading import load_predictor  # noqa: E402
from core.model.prediction.predictor import Predictor  # noqa: E402
from core.people.flow import JointStart, follow_joints  # noqa: E402
from core.people.repair import REACH, Correction, mend  # noqa: E402
from core.people.repair.mending import AGREES_WITHIN, SAME_MISTAKE  # noqa: E402
from core.poses import Pose, Provenance, Visibility  # noqa: E402
from core.predictions import Prediction, Request  # noqa: E402
from core.work.predicting import predicted_pose  # noqa: E402

RIGHT_WITHIN = 0.1
HAND_MISSES = 0.01
"""How far a hand comes from the truth, as a fraction of the person's size: the deviation along either axis."""
BUCKETS = ((1, 1), (2, 3), (4, 6), (7, REACH))
SEARCHED = 0.15
"""How far around the expected place features are compared, as a fraction of the person's size."""
PEAK_WITHIN = 0.06
"""How near to the flow's place a heatmap's peak must lie to be taken."""

Places = dict[tuple[int, int], FloatArray]
"""Where a candidate sees joints (2,), by frame index and keypoint."""


class Drag(NamedTuple):
    """All wrong joints of a person in one frame, dragged to where they are."""

    track_id: int
    frame_index: int
    keypoints: list[int]
    correction: Correction


class Predicted(NamedTuple):
    """A clip as the starter sees it.

    Attributes:
        clip: the frames and the truth.
        predictor: the starter.
        predictions: by track id and frame index.
        poses: the same as poses, by track id.
        features: (C, h, w) of the backbone, by track id and frame index.
    """

    clip: Clip
    predictor: Predictor
    predictions: dict[tuple[int, int], Prediction]
    poses: dict[int, dict[int, Pose]]
    features: dict[tuple[int, int], np.ndarray]


def predicted(labelled: Clip, predictor: Predictor) -> Predicted:
    """Predicts all people of a clip in their true boxes."""
    requests = [
        Request(index, track_id, pose.bbox_xywh)
        for track_id, track in labelled.people.items()
        for index, pose in track.items()
        if pose.placed.any() and pose.bbox_xywh[2:].min() > 0
    ]
    found = predictor.predict(requests, labelled.frames.__getitem__, len(labelled.frames))
    poses: dict[int, dict[int, Pose]] = {}
    features = {}
    for request, prediction in zip(requests, found, strict=True):
        poses.setdefault(request.track_id, {})[request.frame_index] = predicted_pose(prediction)
        crop = cut_window(request, labelled.frames.__getitem__, [request.frame_index], predictor.metadata.input_size_wh)
        with torch.inference_mode():
            seen = predictor.model.backbone.features(normalised(crop, predictor.device))[0].float().cpu().numpy()
        features[request.track_id, request.frame_index] = seen / np.maximum(np.linalg.norm(seen, axis=0), 1e-6)
    by_place = {(one.request.track_id, one.request.frame_index): one for one in found}
    return Predicted(labelled, predictor, by_place, poses, features)


def errors(pose: Pose, truth: Pose) -> FloatArray:
    """(K,) how far joints lie from the truth, as a fraction of the person's size; NaN where nobody knows it."""
    apart = np.linalg.norm(pose.keypoints - truth.keypoints, axis=1) / person_size_px(truth)
    apart[~(pose.placed & truth.placed)] = np.nan
    return apart


def drags(seen: Predicted) -> Iterator[Drag]:
    """Every wrong joint once, with those of the same person and frame."""
    rng = np.random.default_rng(0)
    for track_id, track in seen.poses.items():
        for index, pose in track.items():
            truth = seen.clip.people[track_id][index]
            wrong = [int(k) for k in np.flatnonzero(errors(pose, truth) > RIGHT_WITHIN)]
            size_px = person_size_px(truth)
            after = pose
            for keypoint in wrong:
                xy = truth.keypoints[keypoint] + rng.normal(0, HAND_MISSES * size_px, 2)
                visibility = Visibility(int(truth.visibility[keypoint]))
                after = after.with_keypoint(keypoint, xy, visibility, 1.0, Provenance.CORRECTED)
            if wrong:
                yield Drag(track_id, index, wrong, Correction(index, pose, after, size_px))


# ---- candidates ----


def by_flow(seen: Predicted, drag: Drag) -> Places:
    """Where optical flow carries the corrected joints."""
    found: Places = {}
    after, size_px = drag.correction.after, drag.correction.size_px
    for last in (min(drag.frame_index + REACH, len(seen.clip.frames) - 1), max(drag.frame_index - REACH, 0)):
        if last == drag.frame_index:
            continue
        starts = [
            JointStart((0, k), drag.frame_index, tuple(after.keypoints[k]), size_px, last) for k in drag.keypoints
        ]
        step = 1 if last > drag.frame_index else -1
        frames = ((index, seen.clip.frames[index]) for index in range(drag.frame_index, last + step, step))
        for index, at in follow_joints(frames, starts):
            found |= {(index, keypoint): xy for (_, keypoint), xy in at.items()}
    return found


def by_peaks(seen: Predicted, drag: Drag) -> Places:
    """The heatmap's peak nearest to where flow leads, where one is near."""
    found: Places = {}
    for (index, keypoint), xy in by_flow(seen, drag).items():
        prediction = seen.predictions.get((drag.track_id, index))
        if prediction is None:
            continue
        heatmap = prediction.heatmaps[keypoint].astype(np.float32)
        highest = cv2.dilate(heatmap, np.ones((5, 5), np.uint8))
        rows, columns = np.nonzero((heatmap == highest) & (heatmap > 0.1 * heatmap.max()))
        peaks = apply_affine(prediction.image_from_heatmap, np.column_stack([columns, rows]).astype(np.float64))
        apart = np.linalg.norm(peaks - xy, axis=1)
        if len(apart) and apart.min() < PEAK_WITHIN * drag.correction.size_px:
            found[index, keypoint] = peaks[apart.argmin()]
    return found


def by_features(seen: Predicted, drag: Drag) -> Places:
    """Where the backbone's features are most like those of the corrected place, around the place expected."""
    found: Places = {}
    key = seen.features[drag.track_id, drag.frame_index]
    to_key = invert_affine(seen.predictions[drag.track_id, drag.frame_index].image_from_heatmap)
    height, width = key.shape[1:]
    cells = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2).astype(np.float64)
    before, after = drag.correction.before, drag.correction.after
    for keypoint in drag.keypoints:
        x, y = np.rint(apply_affine(to_key, after.keypoints[keypoint][None])[0]).astype(int)
        if not (0 <= x < width and 0 <= y < height):
            continue
        for index, pose in around(seen, drag):
            expected = pose.keypoints[keypoint] + after.keypoints[keypoint] - before.keypoints[keypoint]
            in_image = apply_affine(seen.predictions[drag.track_id, index].image_from_heatmap, cells)
            near = np.linalg.norm(in_image - expected, axis=1) < SEARCHED * drag.correction.size_px
            if near.any():
                alike = np.tensordot(key[:, y, x], seen.features[drag.track_id, index], 1).ravel()
                found[index, keypoint] = in_image[np.where(near, alike, -np.inf).argmax()]
    return found


def by_alignment(seen: Predicted, drag: Drag) -> Places:
    """Where the network's own global transformation leads, in the frames of its window."""
    request = seen.predictions[drag.track_id, drag.frame_index].request
    explained = explain(seen.predictor, request, seen.clip.frames.__getitem__, len(seen.clip.frames))
    size_wh = seen.predictor.metadata.input_size_wh
    to_crop = request_affine(request, size_wh, size_wh)
    found: Places = {}
    for row, index in enumerate(explained.frame_indices[1:]):
        if explained.neighbour_from_key is not None and index != drag.frame_index:
            for keypoint in drag.keypoints:
                in_crop = apply_affine(to_crop, drag.correction.after.keypoints[keypoint][None])
                there = apply_affine(explained.neighbour_from_key[row], in_crop)
                found[index, keypoint] = apply_affine(invert_affine(to_crop), there)[0]
    return found


def by_others(seen: Predicted, drag: Drag) -> Places:
    """Where joints would be if they moved as the person's other joints do."""
    before, after = drag.correction.before, drag.correction.after
    found: Places = {}
    for index, pose in around(seen, drag):
        for keypoint in drag.keypoints:
            others = before.placed & pose.placed & (np.arange(len(before.placed)) != keypoint)
            moved = np.median(pose.keypoints[others] - before.keypoints[others], axis=0)
            found[index, keypoint] = after.keypoints[keypoint] + moved
    return found


def around(seen: Predicted, drag: Drag) -> Iterator[tuple[int, Pose]]:
    """The person's other poses within reach."""
    for index, pose in seen.poses[drag.track_id].items():
        if 0 < abs(index - drag.frame_index) <= REACH:
            yield index, pose


def everywhere(seen: Predicted, drag: Drag, found: Places) -> Places:
    """Takes a candidate at its word."""
    return found


def same_mistakes(seen: Predicted, drag: Drag, found: Places) -> Places:
    """Takes a candidate outwards from the corrected frame as long as the network makes the same mistake."""
    taken: Places = {}
    before, after, size_px = drag.correction.before, drag.correction.after, drag.correction.size_px
    for keypoint in drag.keypoints:
        moved = before.keypoints[keypoint] - after.keypoints[keypoint]
        for side in (1, -1):
            for index in range(drag.frame_index + side, drag.frame_index + (REACH + 1) * side, side):
                pose, new = seen.poses[drag.track_id].get(index), found.get((index, keypoint))
                if pose is None or new is None:
                    break
                off = pose.keypoints[keypoint] - new
                apart = float(np.linalg.norm(off))
                if apart <= AGREES_WITHIN * size_px or np.linalg.norm(off - moved) >= SAME_MISTAKE * apart:
                    break
                taken[index, keypoint] = new
    return taken


def by_mending(seen: Predicted, drag: Drag) -> Places:
    """What the program does."""
    mending = mend(drag.correction, seen.poses[drag.track_id], seen.clip.frames.__getitem__)
    return {(joint.frame_index, joint.keypoint): np.array(joint.xy) for joint in mending.joints}


Candidate = Callable[[Predicted, Drag], Places]
Taken = Callable[[Predicted, Drag, Places], Places]
CANDIDATES: dict[str, tuple[Candidate, Taken]] = {
    "flow, everywhere": (by_flow, everywhere),
    "alignment, same mistakes": (by_alignment, same_mistakes),
    "features, same mistakes": (by_features, same_mistakes),
    "others, same mistakes": (by_others, same_mistakes),
    "peaks near flow, same mistakes": (by_peaks, same_mistakes),
    "flow, same mistakes": (by_flow, same_mistakes),
    "mend": (by_mending, everywhere),
}


# ---- measuring ----


def compared(seen: Predicted, candidate: Candidate, taken: Taken) -> str:
    """What becomes of the joints around, by distance, and the seconds for a frame with drags."""
    rows = []
    taken_s, count = 0.0, 0
    for drag in drags(seen):
        started_s = time.perf_counter()
        found = taken(seen, drag, candidate(seen, drag))
        taken_s += time.perf_counter() - started_s
        count += 1
        for index, pose in around(seen, drag):
            truth = seen.clip.people[drag.track_id][index]
            before = errors(pose, truth)
            for keypoint in drag.keypoints:
                if np.isfinite(before[keypoint]):
                    new = found.get((index, keypoint))
                    off = 0.0 if new is None else float(np.linalg.norm(new - truth.keypoints[keypoint]))
                    after = before[keypoint] if new is None else off / person_size_px(truth)
                    rows.append((abs(index - drag.frame_index), before[keypoint], after, new is not None))
    table = np.array(rows)
    words = []
    for first, last in BUCKETS:
        here = table[(table[:, 0] >= first) & (table[:, 0] <= last)]
        was_right, is_right, is_changed = here[:, 1] <= RIGHT_WITHIN, here[:, 2] <= RIGHT_WITHIN, here[:, 3] > 0
        changed = f"{is_right[is_changed].mean():6.1%}" if is_changed.any() else "     -"
        words.append(
            f"{first}-{last}: mended {is_right[~was_right].mean():4.0%}, harmed {(~is_right[was_right]).mean():6.2%} "
            f"of {was_right.sum()}, right {changed}"
        )
    return "; ".join([*words, f"{1000 * taken_s / max(count, 1):.0f} ms"])


def measure() -> dict[str, object]:
    """All of it."""
    cv2.setNumThreads(2)
    predictor = load_predictor(ROOT / "resources/weights/starter.pth", "cpu")
    result: dict[str, object] = {}
    for name, labelled in labelled_clips().items():
        seen = predicted(labelled, predictor)
        for how, (candidate, taken) in CANDIDATES.items():
            result[f"{name}: {how}"] = compared(seen, candidate, taken)
    return result


if __name__ == "__main__":
    tell(__doc__, measure)
