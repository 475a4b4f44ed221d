"""The steps of a round, and the links that must hold for it to teach anything."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from core.errors import Cancelled, TrainingError
from core.model.device import within_memory
from core.model.network.fami_pose import FamiPose
from core.training.learning.memory import available_memory, kept_bytes
from core.training.learning.objective import loss_terms
from core.training.learning.optimisation import (
    descend,
    freeze_statistics,
    learning_rate_factor,
    multi_frame_output,
)
from core.training.learning.recipe import Loss
from core.training.rounds.correction_batches import CorrectionSampler
from core.training.rounds.pull import Pull
from core.training.rounds.report import Cost, FinetuneSettings, RoundProgress, RoundWatch
from core.training.samples.batches import Batch

_MEMORY_TO_SPARE = 1.5
_COPIES = 6
"""Of the parameters: themselves, the gradient, Adam's two, the start, and the best so far."""

NOTHING_TAUGHT = "None of the corrections reached the training: no joint had a weight. Correct or accept other joints."
NO_GRADIENT = "The corrections did not reach the network: nothing would be learnt. Choose other weights to start from."
NOT_A_NUMBER = "The loss is no longer a number: start the round again from other weights."
NOTHING_CHANGED = "The round left the weights as they were: nothing was learnt. Choose other weights to start from."
_BATCHES_WITHOUT_LABELS = 8
_HEAD = ("head_before.", "head_after.", "backbone.final_layer.")


class RoundTraining:
    """The steps of a round.

    Args:
        model: trained in place, its batch norms' statistics held.
        sampler: gives batches.
        settings: how.
        choosing_error: measures the model on frames that choose which step was best, None where there are none.
        pull: what keeps it from forgetting; by default toward where the weights are now.
        learns_new: whether keypoints are learnt that the weights did not know.
    """

    def __init__(
        self,
        model: FamiPose,
        sampler: CorrectionSampler,
        settings: FinetuneSettings,
        choosing_error: Callable[[FamiPose], float] | None = None,
        pull: Pull | None = None,
        *,
        learns_new: bool = False,
    ) -> None:
        self.model, self.sampler, self.settings = model, sampler, settings
        self.device = next(model.parameters()).device
        self.batch_size = settings.batch_size
        self._choosing_error = choosing_error
        if not (settings.head or learns_new):
            for name, parameter in model.named_parameters():
                if name.startswith(_HEAD):
                    parameter.requires_grad_(False)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if not trained:
            raise TrainingError(NO_GRADIENT)
        groups = [{"params": trained, "highest": settings.learning_rate}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
        self._start = self._copied()
        self._pull = pull or Pull(model)
        self._best: tuple[float, int, list[Tensor]] | None = None
        self._remark = ""
        self._blank = 0
        self._to_training()

    def _to_training(self) -> None:
        self.model.train()
        freeze_statistics(self.model)

    def _copied(self) -> list[Tensor]:
        return [parameter.detach().clone() for parameter in self.model.parameters()]

    def prepare(self) -> Cost:
        """What the round will cost, from a probe step; makes the batch smaller if it would not fit.

        Raises:
            TrainingError: nothing is taught, or memory does not hold even one sample.
        """
        if not self.sampler.teaches:
            raise TrainingError(NOTHING_TAUGHT)
        for_one, seconds = within_memory(self._cost_of_a_sample, lambda: False, self.device, _no_memory)
        self.optimizer.zero_grad(set_to_none=True)
        fixed = _COPIES * sum(parameter.numel() * parameter.element_size() for parameter in self._start)
        free = available_memory(self.device)
        while free is not None and self.batch_size > 1 and fixed + for_one * self.batch_size * _MEMORY_TO_SPARE > free:
            self._halve()
        memory = fixed + for_one * self.batch_size
        return Cost(memory, seconds * self.batch_size * self.settings.steps, self.batch_size, str(self.device))

    def run(self, watch: RoundWatch) -> int:
        """All steps, or those until the watch says to stop; the model ends as it was at the best of them.

        Returns:
            The best step: the last one where no frames choose.

        Raises:
            Cancelled: the watch said so.
            TrainingError: memory does not hold even one sample, or a link is cut: no labels, no gradient, a loss
                that is not finite, weights that did not change.
        """
        steps, loss, error = self.settings.steps, None, self._choose(0)
        started, last = time.perf_counter(), 0
        watch.on_progress(RoundProgress(0, steps, choosing_error=error))
        for step in range(steps):
            if watch.cancelled():
                raise Cancelled
            if watch.stopped():
                break
            value = self._step_within_memory(step)
            last = step + 1
            loss = value if loss is None else 0.9 * loss + 0.1 * value
            error = self._choose(last) if last % self.settings.choose_every == 0 or last == steps else None
            left = (time.perf_counter() - started) / last * (steps - last)
            watch.on_progress(RoundProgress(last, steps, loss, left, error, self._remark))
        best = self._take_best(last)
        if all(torch.equal(now, then) for now, then in zip(self.model.parameters(), self._start, strict=True)):
            raise TrainingError(NOTHING_CHANGED)
        return best

    def _choose(self, step: int) -> float | None:
        """The error on the frames that choose; keeps the weights where it is the lowest so far."""
        if self._choosing_error is None:
            return None
        going_on = self._copied()
        self._draw_back()
        error = self._choosing_error(self.model)
        if step and (self._best is None or error <= self._best[0]):
            self._best = error, step, self._copied()
        self._put(going_on)
        self._to_training()
        return error

    def _take_best(self, last: int) -> int:
        if self._best is None:
            self._draw_back()
            return last
        _, step, weights = self._best
        self._put(weights)
        return step

    def _draw_back(self) -> None:
        """Gives up a part of the way, for what the network knew of other people."""
        self._pull.draw(self.model, 1 - self.settings.kept)

    def _put(self, weights: list[Tensor]) -> None:
        with torch.no_grad():
            for parameter, kept in zip(self.model.parameters(), weights, strict=True):
                parameter.copy_(kept)

    def _cost_of_a_sample(self) -> tuple[int, float]:
        """Bytes that a forward pass keeps, and seconds for both passes."""
        losses = [self.loss(self.sampler.batch(1))]
        if not losses[0].requires_grad:
            raise TrainingError(NO_GRADIENT)
        torch.autograd.backward(losses.pop())  # the first pass is slow
        started = time.perf_counter()
        kept = kept_bytes(lambda: losses.append(self.loss(self.sampler.batch(1))), self.model.parameters())
        torch.autograd.backward(losses.pop())
        return kept, time.perf_counter() - started

    def _halve(self) -> None:
        self.batch_size = max(1, self.batch_size // 2)
        self._remark = f"Memory does not hold the batch: it is down to {self.batch_size}, and the round takes longer."

    def _step_within_memory(self, step: int) -> float:
        def shrink() -> bool:
            is_smallest = self.batch_size == 1
            self._halve()
            self.optimizer.zero_grad(set_to_none=True)
            return not is_smallest

        return within_memory(lambda: self._step(step), shrink, self.device, _no_memory)

    def _step(self, step: int) -> float:
        batch = self.sampler.batch(self.batch_size)
        # A joint can leave the crop by chance; that all of them do so in batch after batch is no chance.
        self._blank = 0 if bool((batch.weights > 0).any()) else self._blank + 1
        if self._blank >= _BATCHES_WITHOUT_LABELS:
            raise TrainingError(NOTHING_TAUGHT)
        loss = self.loss(batch)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(NOT_A_NUMBER)
        factor = learning_rate_factor(step / self.settings.steps)
        norm = float(descend(self.optimizer, loss, factor))
        if not math.isfinite(norm):
            raise TrainingError(NOT_A_NUMBER)
        if norm == 0 and not self._blank:
            raise TrainingError(NO_GRADIENT)
        self._pull.draw(self.model, self.settings.pull * factor)
        return value

    def loss(self, batch: Batch) -> Tensor:
        """The loss that the weights were made with: cross-entropy for heatmaps that are a softmax, else Eq. 11."""
        key, supporting, targets, weights = (
            tensor.to(self.device) for tensor in (batch.key, batch.supporting, batch.targets, batch.weights)
        )
        output = multi_frame_output(self.model, key, supporting)
        loss: Loss = "cross_entropy" if self.model.config.heatmap_activation == "softmax" else "squared_error"
        return loss_terms(loss, output.logits, output.heatmaps, targets, weights)["total"]


def _no_memory() -> TrainingError:
    return TrainingError(
        "There is not enough memory to train even one sample: close other programs, or choose smaller weights."
    )
