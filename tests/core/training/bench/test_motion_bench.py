"""The motion bench in miniature: it trains, keeps what is finished, and its tables say what was measured."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import TrainingError
from core.model.network.config import TABLE_6, TABLE_7
from core.training.bench import motion
from core.training.bench.motion import LINES, BenchConfig, BenchProgress, BenchRun, MotionBench, read_bench_config
from core.training.bench.motion_clips import DEGRADATIONS, Cell, cells, evaluation_people
from core.training.bench.motion_rows import THRESHOLDS, CellAccuracy, centre_shifts
from core.training.bench.motion_tables import as_csv, as_text, columns, motion_text, shares, summary, trained_line


@pytest.fixture
def tiny(shared: Path, tmp_path: Path) -> BenchConfig:
    """The real bench with a handful of clips."""
    assert (shared / "data/images/lspet_train_small.h5").is_file()
    config = read_bench_config()
    small = config.sizes["small"]
    training = replace(small.training, samples=8, batch_size=4)
    return replace(
        config,
        work_folder=str(tmp_path / "bench"),
        seeds=(1, 2),
        evaluation_clips=3,
        sizes={"small": replace(small, training_clips=6, training=training)},
    )


def test_every_line_of_both_tables_is_trained_once() -> None:
    assert len(LINES) == 7
    tables = TABLE_6 | TABLE_7
    assert {trained_line(line) for line in tables} == set(LINES)
    assert all(tables[trained_line(line)] == tables[line] for line in tables)


def test_a_bench_stopped_between_rows_goes_on_and_gives_the_same_numbers(tiny: BenchConfig, tmp_path: Path) -> None:
    steps: list[BenchProgress] = []
    through = MotionBench(tiny, "small", steps.append).run()
    assert [(run.line, run.seed) for run in through] == [(line, seed) for line in LINES for seed in (1, 2)]
    assert steps[-1].done == pytest.approx(steps[-1].total, abs=2)
    assert all(before.done <= after.done for before, after in itertools.pairwise(steps))

    stopped = replace(tiny, work_folder=str(tmp_path / "stopped"))
    finished = 0

    def stop_after_three(step: BenchProgress) -> None:
        nonlocal finished
        finished += step.finished is not None
        if finished == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        MotionBench(stopped, "small", stop_after_three).run()
    second = MotionBench(stopped, "small", lambda _: None)
    assert len(list(second.folder.glob("*-seed-*.json"))) == 3
    again = second.run()
    assert [run.measured for run in again] == [run.measured for run in through] or all(
        np.allclose(list(a.measured[c].pck.values()), list(b.measured[c].pck.values()))
        for a, b in zip(again, through, strict=True)
        for c in a.measured
    )
    assert not (second.folder / "features").exists()


def test_another_configuration_has_another_folder(tiny: BenchConfig) -> None:
    first = MotionBench(tiny, "small", lambda _: None).folder
    assert MotionBench(tiny, "small", lambda _: None).folder == first
    assert MotionBench(replace(tiny, clips_seed=1), "small", lambda _: None).folder != first


def test_evaluation_people_are_held_out_and_each_cell_shows_the_same_ones(tiny: BenchConfig) -> None:
    bench = MotionBench(tiny, "small", lambda _: None)
    people = evaluation_people(bench.crops, bench.split.held_out, 80)
    assert len(people) == 80
    assert not set(people) & set(bench.split.train)
    assert set(people) <= set(bench.split.held_out)
    evaluation = bench.evaluation()
    assert len(evaluation) == len(DEGRADATIONS) * 2
    labels = {cell: clips.labels for cell, clips in evaluation.items()}
    for speed in ("slow", "fast"):
        clean = labels[Cell(None, speed)]
        for degradation in DEGRADATIONS:
            np.testing.assert_allclose(labels[Cell(degradation, speed)].keypoints, clean.keypoints)
    size = np.array([96, 128])
    slow, fast = (np.abs(centre_shifts(labels[Cell(None, s)].global_motion, size)).mean() for s in ("slow", "fast"))
    assert fast > 2 * slow


def run_of(line: str, seed: int, share: float) -> BenchRun:
    speeds = read_bench_config().speeds
    found = {cell: CellAccuracy(dict.fromkeys(THRESHOLDS, share), 0.5, 0.4) for cell in cells(speeds)}
    return BenchRun(line, seed, 1.0, found)


def test_tables_show_mean_spread_and_gain_of_known_runs() -> None:
    config = read_bench_config()
    runs = [run_of(line, seed, 0.4 + 0.05 * place + 0.01 * seed) for place, line in enumerate(LINES) for seed in (1, 3)]
    entries = summary(runs, config)
    entry = next(e for e in entries if (e["line"], e["threshold"], e["clips"]) == ("GTM", 0.2, "dark"))
    assert entry["mean"] == pytest.approx(0.47)
    assert entry["spread"] == pytest.approx(0.02 / np.sqrt(2))
    assert entry["gain"] == pytest.approx(0.05)
    assert entry["gain_spread"] == pytest.approx(0.0, abs=1e-9)
    assert "47.0 ± 1.4" in as_text(entries)
    assert "0.50" in motion_text(runs)
    assert len(as_csv(entries).splitlines()) == 1 + len(entries)
    whole = next(line for line in TABLE_7 if line not in LINES)
    assert shares(runs, whole, 0.2, lambda _: True) == shares(runs, "GTM + LCM + MI", 0.2, lambda _: True)


def test_columns_take_the_clips_that_they_name() -> None:
    config = read_bench_config()
    chosen = {
        name: [cell.name for cell in cells(config.speeds) if takes(cell)] for name, takes in columns(config).items()
    }
    assert len(chosen["all"]) == 8
    assert chosen["dark"] == ["dark-slow", "dark-fast"]
    assert chosen["slow"] == ["clean-slow", "blurred-slow", "occluded-slow", "dark-slow"]
    assert chosen["spoilt and fast"] == ["blurred-fast", "occluded-fast", "dark-fast"]


def test_runs_survive_json() -> None:
    run = run_of("GTM", 2, 0.25)
    assert BenchRun.from_dict(json.loads(json.dumps(run.to_dict()))) == run


def test_a_wrong_configuration_says_so(tmp_path: Path) -> None:
    path = tmp_path / "motion_bench.toml"
    path.write_text(motion.CONFIG.read_text(encoding="utf-8").replace("clips_seed", "clip_seed"), encoding="utf-8")
    with pytest.raises(TrainingError, match="clip"):
        read_bench_config(path)
