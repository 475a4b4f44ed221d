"""What a round of fine-tuning is asked for, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.errors import TrainingError


@dataclass(frozen=True)
class FinetuneSettings:
    """How a round trains. The defaults take a minute or two on two processor cores with the starter.

    Attributes:
        steps: batches.
        batch_size: B; halved where memory does not hold it.
        learning_rate: the highest; it rises for a moment and falls along half a cosine.
        pull: how strongly the weights are drawn back to where they started (L2): what the network knew of other
            people is not to be forgotten.
        held_out_part: share of the corrected frames that only measure.
        new_joint_examples: a keypoint that the weights do not know is learnt from as many examples on.
        seed: of the split and of everything that is drawn.
        device: "auto", "cpu" or "cuda[:N]".
    """

    steps: int = 100
    batch_size: int = 4
    learning_rate: float = 3e-4
    pull: float = 0.02
    held_out_part: float = 0.25
    new_joint_examples: int = 10
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Raises TrainingError for a number that makes no sense."""
        if self.steps < 1 or self.batch_size < 1 or not 0 < self.held_out_part < 1 or self.learning_rate <= 0:
            raise TrainingError(
                "A round needs at least one step, a batch of one, a positive learning rate and a held-out part "
                "between 0 and 1; correct its settings."
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FinetuneSettings:
        """Settings as a job names them, the others at their defaults. Raises TrainingError for unknown ones."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise TrainingError(f"A round has no setting {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        try:
            return cls(**values)
        except TypeError as error:
            raise TrainingError(f"A setting of the round is not valid ({error}); correct it.") from error


@dataclass(frozen=True)
class RoundProgress:
    """How far a round is.

    Attributes:
        step, steps: batches done and to do; step 0 comes before the first, with the estimate of the whole.
        loss: running mean, None before the first step.
        seconds_left: of training.
        memory_bytes: estimate of what training needs at its peak, beyond the program itself.
    """

    step: int
    steps: int
    loss: float | None
    seconds_left: float
    memory_bytes: int


@dataclass(frozen=True)
class RoundReport:
    """What a round did, measured on corrected frames that it never trained on.

    Attributes:
        before, after: mean distance from the labels as a fraction of the person's size (the longer side of the
            box), "mean" and by keypoint name; a keypoint that is new in `after` does not count in its mean.
        pck_before, pck_after: share of joints nearer than a tenth of the person's size, likewise.
        train_frames, held_out_frames: frame indices.
        worse_frames: held-out frames whose mean error grew.
        skipped_frames: corrected frames left out, because the video's picture is not the one that was labelled.
        new_keypoints: names that these weights know and those before did not.
        seconds: how long it took.
        weights: path of the new weights file.
        weights_sha256, parent_sha256: of the new weights, and of those that it started from.
        accepted: the rule where nobody decides: the mean error on held-out frames did not grow.
    """

    before: dict[str, float]
    after: dict[str, float]
    pck_before: dict[str, float]
    pck_after: dict[str, float]
    train_frames: list[int]
    held_out_frames: list[int]
    worse_frames: list[int]
    new_keypoints: list[str]
    accepted: bool
    skipped_frames: list[int] = field(default_factory=list)
    seconds: float = 0.0
    weights: str = ""
    weights_sha256: str = ""
    parent_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as written to JSON."""
        return asdict(self)
