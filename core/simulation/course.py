"""One labeller's way through one clip, from the first frame to the last wrong joint, and what it cost."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from core.model.prediction.loading import load_predictor
from core.people.flow import RgbFrame
from core.poses import Pose, Provenance
from core.project import Project, RunKind, Touched
from core.simulation.labeller import Labeller
from core.simulation.orders import QUEUE, fixed_order, order_of
from core.simulation.truth import TrueClip, errors
from core.simulation.ways import Way
from core.training.rounds.finetune import finetune
from core.training.rounds.holding_out import FEWEST_FRAMES, TooFewFramesError
from core.training.rounds.report import FinetuneSettings
from core.video import FrameCache, Source, frame_proof, open_source
from core.work.mending import FramesAround, mend_after
from core.work.predicting import CACHE_BYTES, run_prediction
from core.work.source_record import record_of


@dataclass(frozen=True)
class Start:
    """What every way starts from.

    Attributes:
        truth: the clip.
        project_path: with everybody's boxes, and predictions where the way has them; never changed.
        weights_path: that predicted, and that the first round starts from.
        seconds: of the prediction.
    """

    truth: TrueClip
    project_path: Path
    weights_path: Path
    seconds: float


@dataclass(frozen=True)
class Plan:
    """One course.

    Attributes:
        start: where from.
        way: what the program does.
        order: which frame comes next, see core.simulation.orders.
        seed: of a random order, and of the rounds.
        steps: of a round; None for the program's own.
        most_rounds: no further rounds after so many, for a bench that is to end; None for as many as come.
    """

    start: Start
    way: Way
    order: str
    seed: int = 0
    steps: int | None = None
    most_rounds: int | None = None


@dataclass(frozen=True)
class RoundDone:
    """A round of fine-tuning within a course.

    Attributes:
        after_frames: frames that had been looked at.
        accepted: whether its weights were taken.
        before, after: its own report: the mean error on the frames that it held out.
        seconds: of the round alone.
    """

    after_frames: int
    accepted: bool
    before: float
    after: float
    seconds: float


@dataclass(frozen=True)
class Course:
    """What a course cost.

    Attributes:
        order, seed: as planned.
        frame_indices: in the order in which they were looked at, up to the frame with the last wrong joint.
        drags: of each of them.
        wrong: joints that were wrong at the start, and after each of these frames was right; the last is 0.
        seconds: of computing: predictions, rounds, the queue.
        rounds: in order.
        errors: of the first predictions, and of those after each round: {frame index: [sum of the errors of its joints,
            number of its joints]}, errors being parts of the person's size.
    """

    order: str
    seed: int
    frame_indices: tuple[int, ...]
    drags: tuple[int, ...]
    wrong: tuple[int, ...]
    seconds: float
    rounds: tuple[RoundDone, ...] = ()
    errors: tuple[dict[int, tuple[float, int]], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the errors are left out, for `unseen_errors` says what they are for."""
        return {key: value for key, value in asdict(self).items() if key != "errors"}

    def unseen_errors(self, rounds: int = 3) -> tuple[float, ...]:
        """Mean error before and after each of the first rounds, on the frames that were not looked at until the last.

        Returns:
            Parts of the person's size; () where there was no round, or nothing was left unseen.
        """
        stages = self.errors[: rounds + 1]
        if len(stages) < 2:
            return ()
        seen = set(self.frame_indices[: self.rounds[len(stages) - 2].after_frames])
        unseen = stages[0].keys() - seen
        sums = [np.sum([stage[index] for index in unseen], axis=0) for stage in stages]
        return tuple(float(total / count) for total, count in sums) if unseen else ()


def start_of(truth: TrueClip, weights_path: Path, folder: Path, *, predicts: bool = True) -> Start:
    """A project with the boxes of the truth, and the predictions of some weights.

    Args:
        truth: whose boxes count as a person's, as if they had been drawn or found; none of its joints is told.
        weights_path: what predicts.
        folder: takes the project.
        predicts: False for boxes alone.
    """
    path = folder / f"{truth.name}.fami"
    with open_source(truth.source_path) as source, Project.create(path, record_of(source)) as project:
        with project.run(RunKind.IMPORT, None, {"keypoints": False}) as run_id:
            project.write_run(
                run_id,
                {
                    index: [Pose.empty(pose.track_id, pose.bbox_xywh, Provenance.IMPORTED) for pose in people]
                    for index, people in truth.people.items()
                },
            )
        started = time.perf_counter()
        if predicts:
            predict(project, source, weights_path)
        return Start(truth, path, weights_path, time.perf_counter() - started)


def predict(project: Project, source: Source, weights_path: Path, device: str = "auto") -> Touched:
    """Predicts everybody in the clip, as the window's prediction of all frames; what a person set stays."""
    parts: list[Touched] = []
    run_prediction(project, source, load_predictor(weights_path, device), 0, len(source), on_part=parts.append)
    return reduce(Touched.and_then, parts, Touched())


def run_course(plan: Plan) -> Course:
    """Labels a copy of the start's project until every joint is right.

    Raises:
        FamiError: the clip or the project could not be read or written, or a round failed.
    """
    if not plan.way.predicts:
        return _by_hand_alone(plan)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "course.fami"
        shutil.copyfile(plan.start.project_path, path)
        with Project.open(path) as project, open_source(plan.start.truth.source_path) as source:
            return _Running(plan, project, source).run()


def _by_hand_alone(plan: Plan) -> Course:
    """Every joint of every frame is placed; no program is needed to count that."""
    people = plan.start.truth.people
    frames = plan.start.truth.frame_indices
    if plan.order != QUEUE:  # without predictions there is no queue, and frames are labelled as they come
        frames = fixed_order(plan.order, frames, plan.seed)
    drags = [sum(int(pose.placed.sum()) for pose in people[index]) for index in frames]
    left = np.sum(drags) - np.concatenate([[0], np.cumsum(drags)])
    return Course(plan.order, plan.seed, tuple(frames), tuple(drags), tuple(left.astype(int).tolist()), 0.0)


class _Running:
    """A course that is under way."""

    def __init__(self, plan: Plan, project: Project, source: Source) -> None:
        self._plan, self._project, self._source = plan, project, source
        self._truth = plan.start.truth
        self._labeller = Labeller(project, self._truth, self._edited)
        self._cache = FrameCache(source, CACHE_BYTES)
        self._proofs: dict[int, str] = {}
        self._wrong = {index: self._labeller.wrong_joints(index) for index in self._truth.people}
        self._order = order_of(plan.order, project, self._truth.frame_indices, plan.seed, self._wrong)
        self._weights_path = plan.start.weights_path
        self._seconds = plan.start.seconds
        self._rounds: list[RoundDone] = []
        self._errors = [self._errors_now()]

    def run(self) -> Course:
        """Frame by frame until nothing is wrong."""
        seen: list[int] = []
        drags: list[int] = []
        wrong = [sum(self._wrong.values())]
        unseen = set(self._truth.people)
        while wrong[-1] > 0:
            with self._computing():
                index = self._order.next_frame(unseen)
            unseen.remove(index)
            seen.append(index)
            drags.append(self._labeller.look_at(index))
            wrong.append(sum(self._wrong.values()))
            if unseen and self._is_time_for_a_round(len(seen)):
                self._round(len(seen))
                wrong[-1] = sum(self._wrong.values())
        return Course(
            self._plan.order, self._plan.seed, tuple(seen), tuple(drags), tuple(wrong), self._seconds,
            tuple(self._rounds), tuple(self._errors),
        )  # fmt: skip

    def _edited(self, touched: Touched) -> None:
        """A hand did something; the frames around follow it where the way has that, as they do in the window."""
        self._changed(touched)
        if self._plan.way.mends and touched:
            with self._computing():
                frames = FramesAround(lambda: self._source, self._decoded, self._source.timestamps)
                mended = mend_after(self._project, touched.entry_id, frames)
            if mended is not None:
                self._changed(mended.touched)

    def _decoded(self, frame_index: int) -> tuple[RgbFrame, str]:
        rgb = self._cache.get(frame_index)
        if frame_index not in self._proofs:
            self._proofs[frame_index] = frame_proof(rgb)
        return rgb, self._proofs[frame_index]

    def _changed(self, touched: Touched) -> None:
        self._order.note(touched)
        for index in set(touched.frame_indices) & self._wrong.keys():
            self._wrong[index] = self._labeller.wrong_joints(index)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """What the block takes counts as computing."""
        started = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - started

    def _errors_now(self) -> dict[int, tuple[float, int]]:
        found = {}
        for index, people in self._truth.people.items():
            frame = self._project.frame(index)
            of_joints = np.concatenate([errors(frame.pose(true.track_id), true) for true in people])
            found[index] = float(np.nansum(of_joints)), int(np.isfinite(of_joints).sum())
        return found

    # ---- rounds ----

    def _is_time_for_a_round(self, num_seen: int) -> bool:
        every, most = self._plan.way.round_every, self._plan.most_rounds
        return (
            every is not None
            and num_seen % every == 0
            and num_seen >= FEWEST_FRAMES
            and (most is None or len(self._rounds) < most)
        )

    def _round(self, num_seen: int) -> None:
        """A round on everything that is corrected; its weights are taken where the program's own rule says so."""
        settings = FinetuneSettings(seed=self._plan.seed)
        if self._plan.steps is not None:
            settings = replace(settings, steps=self._plan.steps)
        project = self._project
        with self._computing():
            try:
                report = finetune(project.path, self._weights_path, project.weights_folder, settings)
            except TooFewFramesError:
                return  # a labeller who is told that the frames lie too close together goes on elsewhere
            project.record_round(report.to_dict(), report.weights_sha256, report.parent_sha256)
            touched = Touched()
            if report.accepted:
                project.set_active_weights(report.weights_sha256)
                self._weights_path = Path(report.weights)
                touched = predict(project, self._source, self._weights_path)
        self._changed(touched)
        self._rounds.append(
            RoundDone(num_seen, report.accepted, report.before["mean"], report.after["mean"], report.seconds)
        )
        self._errors.append(self._errors_now())
