"""What a round of fine-tuning is asked for, what it tells while it runs, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from core.errors import TrainingError

Verdict = Literal["better", "same", "worse"]

SAME = 0.0005
"""Changes of the mean error below this part of a person's size are called the same."""


@dataclass(frozen=True)
class FinetuneSettings:
    """How a round trains. The defaults were chosen by measurement over labelled clips (docs/adr/0016).

    Attributes:
        steps: batches.
        batch_size: B; halved where memory does not hold it.
        learning_rate: the highest; it rises for a moment and falls along half a cosine.
        pull: the part of the way by which a full step draws the weights back to those before the project's first round:
            what the network knew of other people is not to be forgotten.
        kept: the part of the way from there to the trained weights that is kept at the end, likewise.
        head: whether the head is trained, too, where no joint is learnt anew: it forgets most and gains least.
        neighbours: whether the window's supporting frames are trained on where the weights do not use them yet.
        held_out_part: share of the corrected frames that only measure.
        choosing_part: share of the others that choose which step was the best, from `fewest_to_choose` frames on.
        fewest_to_choose: see above; with fewer frames all of them are trained on, and the last step is taken.
        choose_every: steps between two looks at the frames that choose.
        new_joint_examples: a keypoint that the weights do not know is learnt from as many examples on.
        seed: of the blocks and of everything that is drawn.
        device: "auto", "cpu" or "cuda[:N]".
    """

    steps: int = 200
    batch_size: int = 4
    learning_rate: float = 3e-4
    pull: float = 0.02
    kept: float = 0.5
    head: bool = False
    neighbours: bool = False
    held_out_part: float = 0.25
    choosing_part: float = 0.15
    fewest_to_choose: int = 24
    choose_every: int = 20
    new_joint_examples: int = 10
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Raises TrainingError for a number that makes no sense."""
        if (
            self.steps < 1
            or self.batch_size < 1
            or self.choose_every < 1
            or not 0 < self.held_out_part < 1
            or not 0 <= self.choosing_part < 1
            or not (0 <= self.pull < 1 and 0 < self.kept <= 1)
            or self.learning_rate <= 0
        ):
            raise TrainingError(
                "A round needs at least one step, a batch of one, a positive learning rate, and a pull and parts "
                "between 0 and 1 that are held out and choose; correct its settings."
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
class Cost:
    """What a round will need, measured with a probe step.

    Attributes:
        memory_bytes: at its peak, beyond the program itself.
        seconds: of all steps.
        batch_size: that memory holds.
        device: where it computes.
    """

    memory_bytes: int
    seconds: float
    batch_size: int
    device: str


@dataclass(frozen=True)
class RoundPlan:
    """What a round is about to do, told before its first step.

    Attributes:
        train_frames, held_out_frames, choosing_frames: how many frames teach, measure, and choose the best step.
        device: where it computes.
        memory_bytes, seconds: what training needs, from a probe step.
        batch_size: samples a step.
        steps: to do.
    """

    train_frames: int
    held_out_frames: int
    choosing_frames: int
    device: str
    memory_bytes: int
    seconds: float
    batch_size: int
    steps: int


@dataclass(frozen=True)
class RoundProgress:
    """How far a round is.

    Attributes:
        step, steps: batches done and to do.
        loss: running mean, None before the first step.
        seconds_left: of training, None before the first step.
        choosing_error: mean error on the frames that choose, where this step was looked at.
        remark: a sentence on what had to change, "" for nothing.
        phase: "training", then "measuring" once the steps are done.
    """

    step: int
    steps: int
    loss: float | None = None
    seconds_left: float | None = None
    choosing_error: float | None = None
    remark: str = ""
    phase: str = "training"


@dataclass(frozen=True)
class RoundWatch:
    """Who looks on while a round runs.

    Attributes:
        on_plan: told once, before the first step.
        on_progress: told before the first step and after every one.
        cancelled: asked before every step; nothing is kept then.
        stopped: likewise; what was best until then is kept and measured.
    """

    on_plan: Callable[[RoundPlan], None] = lambda plan: None
    on_progress: Callable[[RoundProgress], None] = lambda progress: None
    cancelled: Callable[[], bool] = lambda: False
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class RoundReport:
    """What a round did, measured on corrected frames that no round of the project ever trained on.

    Attributes:
        before, after: mean distance from the labels as a fraction of the person's size (the longer side of the
            box), "mean" and by keypoint name; a keypoint that is new in `after` does not count in its mean.
        pck_before, pck_after: share of joints nearer than a tenth of the person's size, likewise.
        train_frames, held_out_frames: frame indices.
        worse_frames: held-out frames whose mean error grew.
        new_keypoints: names that these weights know and those before did not.
        accepted: the rule where nobody decides: the mean error on held-out frames did not grow.
        verdict: "better", "same" or "worse", by the same mean.
        reason: the verdict in a sentence.
        project: its path.
        proof: "held_out" and "corrected" (the frames that taught, and did not in an earlier round), each as
            `core.training.rounds.proof.compared` says.
        changed: the poses that changed most, likewise.
        held_out_blocks: first frames and ends of the blocks that stay held out.
        corrected_frames: all frames of the project with a person's word at the time.
        choosing_frames: frames that chose the best step.
        skipped_frames: corrected frames left out, because the video's picture is not the one that was labelled.
        remarks: sentences on what was decided.
        best_step, steps: the step whose weights these are, and how many there were to be.
        settings: how it trained.
        seconds: how long it took.
        root_weights, root_sha256: the weights before the project's first round, to which all rounds are drawn.
        weights: path of the new weights file.
        weights_sha256, parent_sha256: of the new weights, and of those that it started from.
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
    verdict: str = ""
    reason: str = ""
    project: str = ""
    proof: dict[str, Any] = field(default_factory=dict)
    changed: list[dict[str, Any]] = field(default_factory=list)
    held_out_blocks: list[tuple[int, int]] = field(default_factory=list)
    corrected_frames: list[int] = field(default_factory=list)
    choosing_frames: list[int] = field(default_factory=list)
    skipped_frames: list[int] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    best_step: int = 0
    steps: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    root_weights: str = ""
    root_sha256: str = ""
    weights: str = ""
    weights_sha256: str = ""
    parent_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as written to JSON."""
        return asdict(self)


def verdict_of(before: float, after: float) -> Verdict:
    """What became of a mean error, as a fraction of a person's size."""
    return "same" if abs(after - before) < SAME else "better" if after < before else "worse"
