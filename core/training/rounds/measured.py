"""What weights say of the people that a round is measured by, and the report that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import Cancelled, TrainingError
from core.model.weights.files import LoadedModel, load_model
from core.model.weights.reskeleton import in_posetrack
from core.predictions import Prediction
from core.training.rounds.clips import RoundClip
from core.training.rounds.held_out_error import HeldOutError, held_out_error
from core.training.rounds.proof import changed_most, compared
from core.training.rounds.report import RoundReport, RoundWatch, verdict_of

SAME_PREDICTIONS = (
    "The new weights predict exactly what the old ones do, so nothing was learnt: start from other weights, "
    "or report this."
)
OTHER_PREDICTIONS = "The saved weights do not predict as the trained ones do: keep the weights in use, and report this."
FLATTERED = (
    "An earlier round trained on all frames that could be measured, so the error before is flattered: "
    "correct frames elsewhere for a fair measure."
)


@dataclass(frozen=True, eq=False)
class Measured:
    """What weights say of the people that a clip is measured by, and how far that is from the labels.

    Attributes:
        of_held_out, of_taught: predictions of the clip's `held_out` and `taught` poses.
        held_out, taught: their errors.
    """

    of_held_out: list[Prediction]
    of_taught: list[Prediction]
    held_out: HeldOutError
    taught: HeldOutError

    @classmethod
    def of(cls, clip: RoundClip, loaded: LoadedModel, device: str, watch: RoundWatch | None = None) -> Measured:
        """Measures weights. Raises Cancelled after a watch said so."""
        names = loaded.metadata.trained_keypoints
        held_out = clip.predicted(loaded, clip.held_out, device)
        if watch is not None and watch.cancelled():
            raise Cancelled
        taught = clip.predicted(loaded, clip.taught, device)
        return cls(
            held_out, taught, held_out_error(names, clip.held_out, held_out), held_out_error(names, clip.taught, taught)
        )


def check_what_was_saved(path: Path, clip: RoundClip, before: Measured, after: Measured, device: str) -> None:
    """Predicts once with the file, as everybody will from now on.

    Args:
        path: of the weights that were saved.
        clip: one of those that were measured.
        before: of the weights that the round started from.
        after: of the new ones, before they were saved.
        device: where to compute.

    Raises:
        TrainingError: the file predicts what the weights before did, or not what was measured.
    """
    loaded = in_posetrack(load_model(path, device))
    saved = clip.predicted(loaded, clip.held_out[:1], device)[0].heatmaps
    if np.array_equal(saved, before.of_held_out[0].heatmaps):
        raise TrainingError(SAME_PREDICTIONS)
    if not np.allclose(saved, after.of_held_out[0].heatmaps, rtol=0.05, atol=0.02):
        raise TrainingError(OTHER_PREDICTIONS)


def report_of(clip: RoundClip, before: Measured, after: Measured, new: tuple[str, ...], seed: int) -> RoundReport:
    """What the round did to the error in one clip; the weights file and the rest are filled in by the caller.

    Args:
        clip: its corrections.
        before: of the weights that the round started from; with an error of some joint.
        after: of the new ones.
        new: names of the keypoints that the round learnt anew.
        seed: of the draws that tell the spread.
    """
    names = tuple(before.held_out.joint_errors)
    errors_before, errors_after = before.held_out.errors(names), after.held_out.errors(names)
    frames_before, frames_after = before.held_out.by_frame(names), after.held_out.by_frame(names)
    worse = [index for index, error in frames_before.items() if frames_after[index] > error]
    proof = {
        name: compared(first, second, [n for n in names if n in first.joint_errors], seed)
        for name, first, second in (
            ("held_out", before.held_out, after.held_out),
            ("corrected", before.taught, after.taught),
        )
        if len(first.frame_indices)
    }
    verdict = verdict_of(errors_before["mean"], errors_after["mean"])
    return RoundReport(
        before=errors_before,
        after=errors_after | {name: value for name, value in after.held_out.errors(new).items() if name != "mean"},
        pck_before=before.held_out.pck(names),
        pck_after=after.held_out.pck(names),
        train_frames=clip.train_frames,
        held_out_frames=list(clip.parts.held_out),
        worse_frames=worse,
        new_keypoints=list(new),
        accepted=errors_after["mean"] <= errors_before["mean"],
        verdict=verdict,
        reason=_reason(proof["held_out"]["joints"], verdict, worse),
        proof=proof,
        changed=changed_most(
            [*clip.held_out, *clip.taught],
            ([*before.of_held_out, *before.of_taught], [*after.of_held_out, *after.of_taught]),
            (before.held_out.joined(before.taught), after.held_out.joined(after.taught)),
            names,
            frozenset(clip.parts.held_out),
        ),
        project=str(clip.path),
        held_out_blocks=list(clip.parts.spans),
        corrected_frames=list(clip.corrected),
        choosing_frames=list(clip.choosing),
        skipped_frames=list(clip.skipped),
        remarks=[FLATTERED] if clip.parts.flattered else [],
    )


def _reason(joints: dict[str, dict[str, Any]], verdict: str, worse: list[int]) -> str:
    """The verdict in a sentence, with the joint that it is owed to most."""
    mean = joints["mean"]
    verb = {"better": "fell", "worse": "rose", "same": "stayed"}[verdict]
    first, then = f"{100 * mean['before']:.1f} %", f"{100 * mean['after']:.1f} %"
    if first == then:  # the difference shows only in the second digit
        first, then = f"{100 * mean['before']:.2f} %", f"{100 * mean['after']:.2f} %"
    numbers = f"at {then} of a person's size" if verdict == "same" else f"from {first} to {then} of a person's size"
    sentence = f"The mean error on held-out frames {verb} {numbers}"
    change = mean["change"]
    if change is None:
        sentence += ", measured in one frame"
    elif verdict != "same" and change[0] <= 0 <= change[1]:
        sentence += ", a change within its spread"
    if verdict != "worse":
        return sentence + "."
    name, joint = max(
        ((name, joint) for name, joint in joints.items() if name != "mean"),
        key=lambda item: (item[1]["after"] - item[1]["before"]) * item[1]["count"],
    )
    where = f", most in frame {worse[0]}" if len(worse) == 1 else ""
    rise = f"{100 * joint['before']:.1f} to {100 * joint['after']:.1f} %"
    return f"{sentence}, most of all the {name.replace('_', ' ')} ({rise}){where}."
