"""Weights that were trained elsewhere, brought back to a project as a round with the same proof."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path

from core.errors import Cancelled, TrainingError
from core.model.device import available_device
from core.model.weights.files import load_model, save_weights_by_hash
from core.model.weights.reskeleton import in_posetrack
from core.training.rounds.clips import opened_clip
from core.training.rounds.measured import SAME_PREDICTIONS, Measured, check_what_was_saved, report_of
from core.training.rounds.report import FinetuneSettings, RoundReport, RoundWatch
from core.training.rounds.scores import with_scores

TRAINED_ELSEWHERE = (
    "These weights were trained elsewhere: on which frames is not known, and the measure is fair only if it was not on "
    "the held-out ones."
)
NOTHING_MEASURED = "The held-out frames hold no joint that both weights locate: correct more joints."


def bring_back(
    project_path: Path | str,
    weights_path: Path | str,
    other_path: Path | str,
    out_folder: Path | str,
    settings: FinetuneSettings | None = None,
    *,
    watch: RoundWatch | None = None,
) -> RoundReport:
    """Measures other weights as a round is measured, and puts a copy of them beside the project.

    Args:
        project_path: read only.
        weights_path: those in use, to compare with.
        other_path: those that were trained elsewhere.
        out_folder: takes the copy, named by its hash.
        settings: what is held out, and where to compute.
        watch: who looks on.

    Returns:
        What the other weights do; `train_frames` is empty, as nobody knows it.

    Raises:
        TrainingError: too few corrected frames, nothing that can be measured, or weights that predict alike.
        ProjectError, SourceError, WeightsError, PredictionError: from what it reads.
        Cancelled: after the watch said so; nothing is left behind.
    """
    started = time.perf_counter()
    settings, watch = settings or FinetuneSettings(), watch or RoundWatch()
    device = str(available_device(settings.device))
    loaded, other = (in_posetrack(load_model(path, device)) for path in (weights_path, other_path))
    reach = max((abs(offset) for offset in loaded.metadata.config.supporting_offsets), default=1)
    with opened_clip(project_path, settings, reach) as clip:
        before, after = Measured.of(clip, loaded, device, watch), Measured.of(clip, other, device, watch)
        both = set(before.held_out.joint_errors) & set(after.held_out.joint_errors)
        if not both:
            raise TrainingError(NOTHING_MEASURED)
        if loaded.sha256 == other.sha256:
            raise TrainingError(SAME_PREDICTIONS)
        other = with_scores(other, clip.held_out, after.of_held_out)
        if watch.cancelled():
            raise Cancelled
        path, sha256 = save_weights_by_hash(Path(out_folder), other.model, other.metadata)
        try:
            check_what_was_saved(path, clip, before, after, device)
            report = report_of(clip, before, after, (), settings.seed)
        except TrainingError:
            path.unlink(missing_ok=True)
            raise
    return replace(
        report,
        train_frames=[],
        remarks=[TRAINED_ELSEWHERE, *report.remarks],
        settings=asdict(settings),
        seconds=time.perf_counter() - started,
        weights=str(path),
        weights_sha256=sha256,
        parent_sha256=loaded.sha256,
    )
