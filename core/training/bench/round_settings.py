"""Compares settings of a round of fine-tuning: `python -m core.training.bench.round_settings [VARIANT ...]`.

A variant is settings of `FinetuneSettings` as "steps=200,pull=0.1", with "augmentation=none", "light" or "strong"; ""
is the defaults. For each labelled clip a labeller is simulated who looks at evenly spaced frames: joints that the
starter puts further off than a tenth of the person's size are set to the truth, the others are accepted where the
starter put them. Printed as Markdown, clip by clip: the mean error on frames that were never corrected before and after
the round, the seconds of one processor, and what became of the starter's accuracy on people it never saw (PCK@0.2).
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import FamiError, TrainingError
from core.files import places
from core.files.checkout import shared_path
from core.geometry import BoolArray, FloatArray
from core.keypoints import POSETRACK
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel, load_model
from core.poses import Provenance
from core.predictions import Request
from core.training.bench.evaluate_starter import STARTER, people_sets
from core.training.clips.real_clips import RealClips
from core.training.measuring.labelled_people import video_people
from core.training.measuring.people_sets import PeopleSet, measure
from core.training.rounds.correction_batches import LIGHT_AUGMENTATION, CorrectionSampler, cut_people
from core.training.rounds.corrections import TRUST, CorrectedPose, supporting_frames
from core.training.rounds.held_out_error import PCK_OF_SIZE, HeldOutError, held_out_error
from core.training.rounds.report import FinetuneSettings, RoundWatch
from core.training.rounds.training import RoundTraining
from core.training.samples.augmentation import AugmentationSettings
from core.training.samples.batches import SampleSettings
from core.training.sources.starter_split import STARTER_PEOPLE, split_clips

AUGMENTATIONS = {
    "none": replace(LIGHT_AUGMENTATION, rotated=0.0, scale_low=0.97, scale_high=1.03, shift=0.01, colour=0.0, blur=0.0),
    "light": LIGHT_AUGMENTATION,
    "strong": replace(
        LIGHT_AUGMENTATION, rotation_deg=35.0, rotated=0.6, scale_low=0.75, scale_high=1.3, colour=0.25, occluded=0.15
    ),
}
_MOST_MEASURED = 60
_FORGOTTEN = {"held-out LSPET": 12, "COCO mini": 1, "held-out JHMDB": 8}
"""Of these people every so manieth (of JHMDB clip) is measured: it is done once a variant and clip."""


@dataclass(frozen=True, eq=False)
class LabelledClip:
    """A clip with everybody's true joints, and how many of its frames are corrected."""

    name: str
    frame: Callable[[int], NDArray[np.uint8]]
    num_frames: int
    truth: tuple[CorrectedPose, ...]
    num_corrected: int


def labelled_clips(names: Sequence[str]) -> list[LabelledClip]:
    """The clips of these names: "demo", "paddleboard", "jhmdb" (six of the held-out ones).

    Raises:
        FamiError: a clip is not there.
    """
    found = []
    for name in names:
        if name == "jhmdb":
            found += _jhmdb()
            continue
        video = shared_path("data/posetrack/paddleboard")
        paths = {
            "demo": (places.DEMO_CLIP, places.DEMO_LABELS, 20),
            "paddleboard": (video / "060470979", video / "labels_posetrack18.json", 7),
        }
        if name not in paths:
            raise TrainingError(f"There is no clip {name}; there are {', '.join(paths)} and jhmdb.")
        people = video_people(name, *paths[name][:2])
        frame, num_frames = people.clip(0)
        truth = _truth(people.requests, people.keypoints, people.labelled)
        found.append(LabelledClip(name, frame, num_frames, truth, paths[name][2]))
    return found


def _jhmdb() -> list[LabelledClip]:
    clips = RealClips(shared_path(STARTER_PEOPLE) / "clips.h5")
    held_out = split_clips(clips.videos, clips.has_person).held_out
    found = []
    for index in held_out[:: max(1, len(held_out) // 6)][:6].tolist():
        first, end = clips.frames(index)
        requests = [Request(frame - first, 0, clips.boxes[frame]) for frame in range(first, end)]
        truth = _truth(requests, clips.keypoints[first:end], clips.by_person[first:end])

        def frame(number: int, first: int = first) -> NDArray[np.uint8]:
            return clips.rgb(first + number)

        found.append(LabelledClip(f"JHMDB {index}", frame, end - first, truth, 4))
    return found


def _truth(requests: Sequence[Request], keypoints: FloatArray, labelled: BoolArray) -> tuple[CorrectedPose, ...]:
    return tuple(
        CorrectedPose(
            request.frame_index, request.track_id, np.asarray(request.bbox_xywh, dtype=np.float64),
            np.where(known[:, None], np.nan_to_num(places_xy), 0.0), known,
        )
        for request, places_xy, known in zip(requests, keypoints, labelled, strict=True)
    )  # fmt: skip


def corrected(clip: LabelledClip, start: LoadedModel) -> tuple[list[CorrectedPose], list[CorrectedPose]]:
    """What the labeller leaves in evenly spaced frames, and the truth of some of the others."""
    frames = sorted({pose.frame_index for pose in clip.truth})
    looked_at = {frames[place] for place in np.linspace(0, len(frames) - 1, clip.num_corrected).round().astype(int)}
    seen = [pose for pose in clip.truth if pose.frame_index in looked_at]
    others = [pose for pose in clip.truth if pose.frame_index not in looked_at]
    errors = error_of(start, clip, seen)
    found = _predictions(start, clip, seen)
    trained = np.isin(POSETRACK.keypoint_names, start.metadata.trained_keypoints)
    left = []
    for pose, distances, said in zip(seen, errors.distances, found, strict=True):
        is_off = ~(np.nan_to_num(distances, nan=np.inf) <= PCK_OF_SIZE)
        known = pose.known & trained
        keypoints = np.where(is_off[:, None], pose.keypoints, np.nan_to_num(said))
        trust = np.where(is_off, TRUST[Provenance.CORRECTED], TRUST[Provenance.ACCEPTED])
        left.append(
            replace(
                pose, keypoints=np.where(known[:, None], keypoints, 0.0), known=known, trust=np.where(known, trust, 0)
            )
        )
    return left, others[:: max(1, len(others) // _MOST_MEASURED)]


def _predictions(loaded: LoadedModel, clip: LabelledClip, poses: Sequence[CorrectedPose]) -> list[FloatArray]:
    requests = [Request(pose.frame_index, pose.track_id, pose.bbox_xywh) for pose in poses]
    return [one.keypoints for one in Predictor(loaded, "cpu").predict(requests, clip.frame, clip.num_frames)]


def error_of(loaded: LoadedModel, clip: LabelledClip, poses: Sequence[CorrectedPose]) -> HeldOutError:
    """How far from the truth weights put these people."""
    requests = [Request(pose.frame_index, pose.track_id, pose.bbox_xywh) for pose in poses]
    found = Predictor(loaded, "cpu").predict(requests, clip.frame, clip.num_frames)
    return held_out_error(loaded.metadata.trained_keypoints, poses, found)


def forgotten_people() -> list[PeopleSet]:
    """Some of the people that the starter never saw."""
    sets = []
    for people in people_sets():
        every = _FORGOTTEN.get(people.name)
        if every is None:
            continue
        if people.clip_lengths:
            lengths = people.clip_lengths[:every]
            kept = np.arange(sum(lengths))
        else:
            lengths, kept = (), np.arange(0, len(people), every)
        sets.append(_some_of(people, kept, lengths))
    return sets


def _some_of(people: PeopleSet, kept: NDArray[np.int64], lengths: tuple[int, ...]) -> PeopleSet:
    return PeopleSet(
        people.name,
        tuple(people.requests[i] for i in kept),
        people.keypoints[kept],
        people.labelled[kept],
        lambda number: people.clip(int(kept[number])),
        lengths,
    )


def settings_of(variant: str) -> tuple[FinetuneSettings, AugmentationSettings]:
    """The settings that a variant names. Raises TrainingError for unknown ones."""
    values = dict(part.split("=", 1) for part in variant.split(",") if "=" in part)
    augmentation = AUGMENTATIONS[values.pop("augmentation", "light")]
    defaults: Mapping[str, object] = {f.name: getattr(FinetuneSettings(), f.name) for f in fields(FinetuneSettings)}
    typed = {}
    for name, text in values.items():
        default = defaults.get(name)
        typed[name] = text == "True" if isinstance(default, bool) else type(default)(text)  # type: ignore[call-arg]
    return FinetuneSettings.from_dict(typed), augmentation


def trained(
    start: LoadedModel,
    clip: LabelledClip,
    poses: Sequence[CorrectedPose],
    settings: FinetuneSettings,
    augmentation: AugmentationSettings,
) -> LoadedModel:
    """The weights after a round on these poses."""
    metadata = start.metadata
    offsets = metadata.config.supporting_offsets if settings.neighbours else ()
    taught = np.isin(POSETRACK.keypoint_names, metadata.trained_keypoints)
    people = cut_people(
        poses, taught, metadata.input_size_wh, lambda i: supporting_frames(i, offsets, clip.num_frames), clip.frame
    )
    sampling = SampleSettings(metadata.input_size_wh, metadata.config.heatmap_sigma, augmentation)
    model = copy.deepcopy(start.model)
    RoundTraining(model, CorrectionSampler(people, sampling, seed=settings.seed), settings).run(RoundWatch())
    return LoadedModel(model.eval(), metadata, "")


def _command_line() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variants", nargs="*", default=[""], metavar="VARIANT")
    parser.add_argument("--clips", nargs="+", default=["demo", "paddleboard"])
    parser.add_argument("--weights", type=Path, default=STARTER)
    arguments = parser.parse_args()
    out = sys.stdout
    try:
        start = load_model(arguments.weights)
        clips = labelled_clips(arguments.clips)
        people = forgotten_people()
        known = [measure(Predictor(start, "cpu"), one).mean for one in people]
        labels = {clip.name: corrected(clip, start) for clip in clips}
        heads = [*(f"{one.name} ({known_:.3f})" for one, known_ in zip(people, known, strict=True))]
        out.write(f"| settings | clip | error before | after | PCK@0.1 | seconds | {' | '.join(heads)} |\n")
        out.write("|---" * (6 + len(heads)) + "|\n")
        for variant in arguments.variants:
            settings, augmentation = settings_of(variant)
            for clip in clips:
                poses, others = labels[clip.name]
                before, began = error_of(start, clip, others), time.process_time()
                after_round = trained(start, clip, poses, settings, augmentation)
                seconds = time.process_time() - began
                after, names = error_of(after_round, clip, others), tuple(before.joint_errors)
                now = [measure(Predictor(after_round, "cpu"), one).mean for one in people]
                cells = [
                    variant or "defaults",
                    clip.name,
                    f"{before.errors(names)['mean']:.4f}",
                    f"{after.errors(names)['mean']:.4f}",
                    f"{before.pck(names)['mean']:.2f} → {after.pck(names)['mean']:.2f}",
                    f"{seconds:.0f}",
                    *(f"{mean - was:+.3f}" for mean, was in zip(now, known, strict=True)),
                ]
                out.write("| " + " | ".join(cells) + " |\n")
                out.flush()
    except FamiError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_command_line())
