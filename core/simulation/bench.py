"""The loop's bench: every way of labelling, in every order, over some clips, a process for each thread there is."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.model.device import ALL_THREADS
from core.simulation.course import Course, Plan, Start, run_course, start_of
from core.simulation.orders import KNOWING, ORDERS, RANDOM
from core.simulation.truth import TrueClip
from core.simulation.ways import WAYS, Way

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Size:
    """How much is simulated.

    Attributes:
        name: as the command says it.
        most_person_frames: of each clip, from its beginning; None for all.
        steps: of a round; None for the program's own.
        most_rounds: in one course; None for as many as come.
        seeds: of the rounds.
        random_seeds: of the random orders where no round makes them dear.
    """

    name: str
    most_person_frames: int | None
    steps: int | None
    most_rounds: int | None
    seeds: tuple[int, ...]
    random_seeds: tuple[int, ...]


SMALL = Size("small", 80, 20, 3, (0,), (0, 1, 2))
FULL = Size("full", None, None, 10, (0, 1, 2), (0, 1, 2))
SIZES = {size.name: size for size in (SMALL, FULL)}


@dataclass(frozen=True)
class ClipResult:
    """What the ways cost on one clip.

    Attributes:
        truth: the clip, as far as it was simulated.
        courses: by way and order, one a seed.
    """

    truth: TrueClip
    courses: Mapping[tuple[str, str], tuple[Course, ...]]


def run_bench(
    clips: Sequence[TrueClip],
    weights_path: Path,
    size: Size,
    *,
    ways: Sequence[Way] = WAYS,
    workers: int | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> list[ClipResult]:
    """Simulates the labeller.

    Args:
        clips: with their truth.
        weights_path: what all ways start from.
        size: how much.
        ways: to compare.
        workers: processes; by default one for each thread of this machine, 1 for none but this one.
        on_progress: called with the courses done and in all.

    Raises:
        FamiError: a clip could not be read, or a round failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        starts = [_start(clip, weights_path, size, Path(folder) / f"{number}") for number, clip in enumerate(clips)]
        plans = [plan for start in starts for way in ways for plan in _plans(start, way, size)]
        # The longest first, so that no process is left with one at the end.
        plans.sort(key=lambda plan: (plan.way.round_every is None, plan.way.round_every or 0))
        courses = _in_processes(plans, workers or ALL_THREADS, on_progress)
    results = []
    for start in starts:
        by_key: dict[tuple[str, str], list[Course]] = {}
        for way in ways:  # in their order, whatever was simulated first
            for plan, course in zip(plans, courses, strict=True):
                if plan.start is start and plan.way == way:
                    by_key.setdefault((way.name, plan.order), []).append(course)
        by_seed = {key: tuple(sorted(of_key, key=lambda course: course.seed)) for key, of_key in by_key.items()}
        results.append(ClipResult(start.truth, by_seed))
    return results


def _start(clip: TrueClip, weights_path: Path, size: Size, folder: Path) -> Start:
    folder.mkdir()
    most = size.most_person_frames
    return start_of(clip if most is None else clip.first_frames(most), weights_path, folder)


def _plans(start: Start, way: Way, size: Size) -> Iterator[Plan]:
    for order in (*ORDERS, KNOWING) if way.predicts and way.round_every is None else ORDERS:
        seeds: tuple[int, ...] = (0,)
        if way.round_every is not None:
            seeds = size.seeds
        elif order == RANDOM:
            seeds = size.random_seeds
        for seed in seeds:
            yield Plan(start, way, order, seed, size.steps, size.most_rounds)


def _in_processes(plans: Sequence[Plan], workers: int, on_progress: OnProgress) -> list[Course]:
    """The courses, in the order of the plans."""
    if workers == 1:
        courses = []
        for plan in plans:
            courses.append(run_course(plan))
            on_progress(len(courses), len(plans))
        return courses
    with _one_thread_each(), ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(run_course, plan) for plan in plans]
        try:
            for done, future in enumerate(futures):
                future.result()
                on_progress(done + 1, len(plans))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that begin meanwhile use one thread: courses beside each other need no other one to wait for."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
