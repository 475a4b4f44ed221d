"""One-click fine-tuning: a round of training on what a person corrected, in one project or in several.

The projects are only read. What comes out is a candidate weights file and, for each project, a report of the error
before and after, on corrected frames that no round of that project ever trained on.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import Cancelled, TrainingError
from core.geometry import BoolArray
from core.keypoints import POSETRACK
from core.model.device import available_device
from core.model.network.fami_pose import FamiPose
from core.model.weights.files import LoadedModel, WeightsMetadata, load_model, save_weights_by_hash
from core.model.weights.reskeleton import in_posetrack
from core.training.rounds.clips import RoundClip, opened_clip
from core.training.rounds.correction_batches import LIGHT_AUGMENTATION, CorrectionSampler, CutPerson, cut_people
from core.training.rounds.corrections import supporting_frames, taught_keypoints
from core.training.rounds.held_out_error import held_out_error
from core.training.rounds.measured import Measured, check_what_was_saved, report_of
from core.training.rounds.new_keypoints import start_new_keypoints
from core.training.rounds.pull import Pull
from core.training.rounds.report import Cost, FinetuneSettings, RoundPlan, RoundProgress, RoundReport, RoundWatch
from core.training.rounds.root import root_of
from core.training.rounds.scores import with_scores
from core.training.rounds.training import RoundTraining
from core.training.samples.batches import SampleSettings

NOTHING_MEASURED = "The held-out frames hold no joint that these weights locate: correct more joints."


def finetune(
    project_path: Path | str,
    weights_path: Path | str,
    out_folder: Path | str,
    settings: FinetuneSettings | None = None,
    watch: RoundWatch | None = None,
) -> RoundReport:
    """Runs one round on one project. See `finetune_together`."""
    return finetune_together([project_path], weights_path, out_folder, settings, watch)[0]


def finetune_together(
    project_paths: Sequence[Path | str],
    weights_path: Path | str,
    out_folder: Path | str,
    settings: FinetuneSettings | None = None,
    watch: RoundWatch | None = None,
) -> list[RoundReport]:
    """Runs one round on several projects.

    Args:
        project_paths: read only.
        weights_path: where the round starts from.
        out_folder: takes the new weights, named by their hash.
        settings: how it trains.
        watch: who looks on.

    Returns:
        For each project what the round did there. Whether the weights are taken into use is for a person, or
        `accepted`, to say.

    Raises:
        TrainingError: in one sentence: fewer than four corrected frames, no memory, a loss that is no number, or a
            link that is cut: nothing taught, no gradient, weights that did not change or do not predict otherwise.
        ProjectError, SourceError, WeightsError, PredictionError: from what it reads.
        Cancelled: after the watch said so; nothing is left behind.
    """
    started = time.perf_counter()
    settings, watch = settings or FinetuneSettings(), watch or RoundWatch()
    device = str(available_device(settings.device))
    loaded = in_posetrack(load_model(weights_path, device))
    with ExitStack() as stack:
        clips, before, remarks = _opened(stack, project_paths, loaded, settings, device)
        root = root_of(loaded, Path(weights_path), [report for clip in clips for report in clip.reports])
        trained = _trained(loaded, root.loaded, clips, settings, watch)
        watch.on_progress(RoundProgress(trained.best_step, settings.steps, phase="measuring"))
        after = [Measured.of(clip, trained.candidate, device, watch) for clip in clips]
        candidate = with_scores(
            trained.candidate,
            [pose for clip in clips for pose in clip.held_out],
            [found for one in after for found in one.of_held_out],
        )
        if watch.cancelled():
            raise Cancelled
        path, sha256 = save_weights_by_hash(Path(out_folder), candidate.model, candidate.metadata)
        try:
            check_what_was_saved(path, clips[0], before[0], after[0], device)
        except TrainingError:
            path.unlink(missing_ok=True)
            raise
        reports = [
            report_of(clip, first, second, trained.new, settings.seed)
            for clip, first, second in zip(clips, before, after, strict=True)
        ]
    return [
        replace(
            report,
            remarks=[*remarks, *report.remarks],
            best_step=trained.best_step,
            steps=settings.steps,
            settings=asdict(settings),
            seconds=time.perf_counter() - started,
            root_weights=str(root.path),
            root_sha256=root.loaded.sha256,
            weights=str(path),
            weights_sha256=sha256,
            parent_sha256=loaded.sha256,
        )
        for report in reports
    ]


def _opened(
    stack: ExitStack,
    paths: Sequence[Path | str],
    loaded: LoadedModel,
    settings: FinetuneSettings,
    device: str,
) -> tuple[list[RoundClip], list[Measured], list[str]]:
    """The clips that can take part, how far off the weights are there, and sentences on those that cannot."""
    reach = max((abs(offset) for offset in loaded.metadata.config.supporting_offsets), default=1)
    clips, before, refusals = [], [], []
    for path in paths:
        try:
            clip = stack.enter_context(opened_clip(path, settings, reach, len(paths)))
            measured = Measured.of(clip, loaded, device)
            if not measured.held_out.joint_errors:
                raise TrainingError(NOTHING_MEASURED)
        except TrainingError as error:
            if len(paths) == 1:
                raise
            refusals.append(f"{Path(path).name} was left out: {error}")
            continue
        clips.append(clip)
        before.append(measured)
    if not clips:
        raise TrainingError(f"None of the {len(paths)} projects has enough corrections. {refusals[0]}")
    return clips, before, refusals


@dataclass(frozen=True, eq=False)
class _Trained:
    candidate: LoadedModel
    new: tuple[str, ...]
    best_step: int


def _trained(
    loaded: LoadedModel, root: LoadedModel, clips: Sequence[RoundClip], settings: FinetuneSettings, watch: RoundWatch
) -> _Trained:
    """The network after the steps, and the names of the keypoints that it learnt anew."""
    metadata = loaded.metadata
    poses = [pose for clip in clips for pose in clip.train]
    names, new = taught_keypoints(poses, metadata.trained_keypoints, settings.new_joint_examples)
    taught = np.array([name in names for name in POSETRACK.keypoint_names])
    if not any((pose.known & taught).any() for pose in poses):
        raise TrainingError(
            "So far only joints that these weights do not know are corrected: correct or accept others, "
            f"or at least {settings.new_joint_examples} of one of them."
        )
    model = copy.deepcopy(loaded.model)
    start_new_keypoints(model, new, metadata.trained_keypoints)
    # Neighbours that change nothing yet would cost five times the work to learn little from so few frames.
    offsets = metadata.config.supporting_offsets if settings.neighbours or bool(model.gain.any()) else ()
    people = [person for clip in clips for person in _cut(clip, taught, metadata, offsets)]
    sampling = SampleSettings(metadata.input_size_wh, metadata.config.heatmap_sigma, LIGHT_AUGMENTATION)
    sampler = CorrectionSampler(people, sampling, seed=settings.seed)
    described = _described(loaded, clips, names)
    choosing = _choosing_error(clips, described, str(next(model.parameters()).device))
    pull = Pull(root.model, [name for name in names if name not in root.metadata.trained_keypoints])
    training = RoundTraining(model, sampler, settings, choosing, pull, learns_new=bool(new))
    watch.on_plan(_plan(clips, training.prepare(), settings))
    best_step = training.run(watch)
    return _Trained(LoadedModel(model.eval(), described, ""), new, best_step)


def _cut(clip: RoundClip, taught: BoolArray, metadata: WeightsMetadata, offsets: Sequence[int]) -> list[CutPerson]:
    return cut_people(
        clip.train,
        taught,
        metadata.input_size_wh,
        lambda index: supporting_frames(index, offsets, clip.num_frames),
        clip.frame,
    )


def _choosing_error(
    clips: Sequence[RoundClip], metadata: WeightsMetadata, device: str
) -> Callable[[FamiPose], float] | None:
    """Measures a model on the frames that choose; None where there are none."""
    if not any(clip.choosing_poses for clip in clips):
        return None

    def measured(model: FamiPose) -> float:
        loaded = LoadedModel(model, metadata, "")
        errors = [
            held_out_error(
                metadata.trained_keypoints, clip.choosing_poses, clip.predicted(loaded, clip.choosing_poses, device)
            )
            for clip in clips
        ]
        return float(np.nanmean(np.concatenate([error.distances for error in errors])))

    return measured


def _plan(clips: Sequence[RoundClip], cost: Cost, settings: FinetuneSettings) -> RoundPlan:
    return RoundPlan(
        sum(len(clip.train_frames) for clip in clips),
        sum(len(clip.parts.held_out) for clip in clips),
        sum(len(clip.choosing) for clip in clips),
        cost.device,
        cost.memory_bytes,
        cost.seconds,
        cost.batch_size,
        settings.steps,
    )


def _described(loaded: LoadedModel, clips: Sequence[RoundClip], names: tuple[str, ...]) -> WeightsMetadata:
    """What the new weights are; what was measured of the old ones is no longer true."""
    metadata, frames = loaded.metadata, sum(len(clip.train_frames) for clip in clips)
    of = "one clip" if len(clips) == 1 else f"{len(clips)} clips"
    return replace(
        metadata,
        name=f"{metadata.name.split(' +')[0]} + corrections",
        trained_keypoints=names,
        description=f"{metadata.description.split(' Fine-tuned')[0]} Fine-tuned on {frames} corrected frames of {of}.",
        accuracy={},
        score_model=None,
        parent_sha256=loaded.sha256,
    )
