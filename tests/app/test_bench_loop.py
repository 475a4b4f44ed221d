"""`python main.py bench loop` from end to end, with next to no frames and no rounds."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.files import places
from core.simulation.bench import SMALL
from tests.app.test_cli import run


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    size = replace(SMALL, most_person_frames=4, most_rounds=0)
    monkeypatch.setattr("app.commands.bench_loop.SIZES", {"small": size})


@pytest.mark.usefixtures("tiny", "qapp")
def test_the_loop_of_any_labelled_clip_as_table_json_and_picture(tmp_path: Path) -> None:
    report = tmp_path / "loop.json"
    status, output, errors = run(
        "bench", "loop", "--clip", places.DEMO_LABELS, "--source", places.DEMO_CLIP, "--json", report
    )
    assert (status, errors) == (0, "")
    assert "prediction alone" in output and "random" in output
    result = json.loads(report.read_text())
    for name in ("nothing", "prediction", "repair", "rounds_5", "rounds_10", "rounds_20"):
        way = result["ways"][name]
        assert way["drags_per_100"] > 0 and way["frames_looked_at"] in (1, 2) and way["seconds"] >= 0
        assert set(way["by_order"]) >= {"queue", "even", "random"}
    assert result["clips"]["walkers"]["person_frames"] == 4
    picture = np.asarray(Image.open(report.with_suffix(".png")).convert("RGB"))
    assert picture.shape[:2] == (440, 680) and len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--clip", "nobody"), "There is no labelled clip 'nobody' here; choose among demo"),
        (("--clip", str(places.DEMO_LABELS)), "Give --source, the clip that walkers.json labels."),
    ],
)
def test_a_clip_that_is_not_there_says_what_to_give(words: tuple[str, str], sentence: str) -> None:
    status, _, errors = run("bench", "loop", *words)
    assert status == 1 and sentence in errors
