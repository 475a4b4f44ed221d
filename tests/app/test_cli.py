"""The command line as a person meets it: help, exit statuses, one-line errors, evaluation."""

import io
import json
import math
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from app.arguments import BENCHMARKS
from app.cli import join_negative_values, main, parse
from app.terminal import Terminal
from core.errors import FamiError
from core.files import places
from core.files.outputs import write_json
from core.files.replacing import replacing

REPOSITORY = Path(__file__).parents[2]
DEMO = str(places.DEMO_CLIP)


def run(*argv: str) -> tuple[int, str, str]:
    """A command's exit status, output and errors."""
    output, errors = io.StringIO(), io.StringIO()
    status = main([str(word) for word in argv], Terminal(output, errors))
    return status, output.getvalue(), errors.getvalue()


@pytest.mark.parametrize("code", ["import core", "import main", "from app import cli; cli.parse(['clip.mp4'])"])
def test_neither_torch_nor_qt_is_loaded_before_it_is_needed(code: str) -> None:
    probe = f"{code}; import sys; print(sorted({{'torch', 'PySide6', 'pyqtgraph', 'cv2', 'av'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    probe = (
        "import runpy, sys\n"
        "sys.argv = ['main.py', '--help']\n"
        "try: runpy.run_path('main.py', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'torch', 'PySide6'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for command in ("predict", "evaluate", "import", "export", "finetune", "train", "weights", "bench", "doctor"):
        assert f"\n  {command} " in done.stdout
    assert "--screenshot" in done.stdout


def test_a_path_opens_the_window_and_a_name_runs_its_command() -> None:
    assert parse(["clip.mp4"]).command == "window"
    assert parse([]).command == "window"
    assert parse(["--screenshot", "out.png", "clip.mp4"]).path == Path("clip.mp4")
    assert parse(["doctor"]).command == "doctor"
    assert parse(["--debug", "doctor"]).debug
    assert parse(["./doctor"]).command == "window"


@pytest.mark.parametrize("words", [["--box=-5,3,40,80"], ["--box", "-5,3,40,80"], ["--box", "-5.0,3,40,80"]])
def test_boxes_may_begin_outside_the_picture(words: list[str]) -> None:
    parsed = parse(["predict", "clip.mp4", "--out", "o.json", *words, "--box", "1,-2,3,4", "--window", "-2,-1,1,2"])
    assert parsed.box == [(-5.0, 3.0, 40.0, 80.0), (1.0, -2.0, 3.0, 4.0)]
    assert parsed.window == (-2, -1, 1, 2)


def test_only_lists_of_numbers_are_joined_to_their_option() -> None:
    words = ["--out", "-", "--box", "-.5,1,2,3", "--debug", "-1,2"]
    assert join_negative_values(words) == ["--out", "-", "--box=-.5,1,2,3", "--debug=-1,2"]


@pytest.mark.parametrize(
    "words",
    [
        ["--box", "1,2,3"],
        ["--box", "1,2,0,4"],
        ["--box", "1,2,nan,4"],
        ["--frames", "5"],
        ["--frames", "5:5"],
        ["--window", "-1,0,1"],
        ["--device", "gpu"],
        ["--unknown"],
    ],
)
def test_wrong_usage_ends_with_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["predict", "clip.mp4", "--out", "o.json", *words])
    assert end.value.code == 2
    assert "main.py predict: error: " in capsys.readouterr().err


def test_an_unknown_benchmark_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["bench", "nope"])
    assert end.value.code == 2
    assert "bench_journal" in capsys.readouterr().err


@pytest.mark.parametrize("script", sorted(BENCHMARKS.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_every_benchmark_takes_a_file_for_its_result(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(script), "--help"])
    monkeypatch.setattr(sys, "path", [*sys.path])  # the scripts add to it
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")  # some set it
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(script), run_name="__main__")  # here: a process of its own would load torch first
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_bench_writes_what_its_scripts_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = tmp_path / "benchmarks"
    quick.mkdir()
    journal = BENCHMARKS / "bench_journal.py"
    (quick / "bench_small.py").write_text(
        f"import runpy, sys\nsys.argv += ['--frames', '100']\nrunpy.run_path({str(journal)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr("app.arguments.BENCHMARKS", quick)
    monkeypatch.setattr("app.commands.bench_command.BENCHMARKS", quick)
    status, output, errors = run("bench", "--json", tmp_path / "report.json")
    assert (status, errors) == (0, "")
    assert "bench_small" in output
    result = json.loads((tmp_path / "report.json").read_text())["bench_small"]
    assert result["large_frames"] == 100
    assert result["work"]["move a joint"]["large_ms"] > 0


def test_evaluate_agrees_with_the_reference_evaluator(shared: Path, tmp_path: Path) -> None:
    folder = shared / "oracles" / "poseval"
    expected = json.loads((folder / "expected.json").read_text())["18"]["AP"]["ap"]
    report = tmp_path / "report.json"
    status, output, errors = run("evaluate", "--gt", folder / "gt18", "--pred", folder / "pred18", "--json", report)
    assert (status, errors) == (0, "")
    written = json.loads(report.read_text())
    assert written["ap"]["mean"] == pytest.approx(expected[-1], abs=1e-6)
    assert set(written["groups"]) == {"Head", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Mean"}
    assert set(written["mota"]) == set(written["ap"])
    assert f"{expected[-1]:.2f}" in output.splitlines()[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.mp4"], "nowhere.mp4"),
        (["evaluate", "--gt", "nowhere", "--pred", "nowhere"], "nowhere"),
        (["export", "nowhere.fami", "--format", "coco", "--out", "o.json"], "nowhere.fami"),
        (["import", "nowhere.json", "--source", "nowhere.mp4", "--project", "p.fami"], "nowhere.json"),
        (["predict", "nowhere.mp4", "--out", "o.json"], "nowhere.mp4"),
        (["predict", DEMO, "--out", "o.json"], "--box"),
        (["predict", DEMO, "--out", "no folder/o.json"], "no folder"),
        (["predict", DEMO, "--out", "o.json", "--box", "1,2,3,4", "--weights", "nothing"], "nothing"),
        (["train", "--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, output, errors = run(*words)
    assert status == 1
    assert output == ""
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert says in errors
    assert list(tmp_path.iterdir()) == []


def test_a_text_file_named_as_a_video_is_an_error_in_one_line(shared: Path, tmp_path: Path) -> None:
    path = shared / "data" / "malformed" / "vtest_is_a_text_url.avi"
    weights = next((REPOSITORY / "resources" / "weights").glob("*.pth"))
    words = ["predict", path, "--out", tmp_path / "o.json", "--box", "1,2,30,40", "--weights", weights]
    status, _, errors = run(*words)
    assert status == 1
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert path.name in errors
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_where_an_error_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nowhere.mp4", "--debug")[0] == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object, __: Terminal) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.cli.load_command", lambda _: interrupted)
    status, _, errors = run("doctor")
    assert status == 130
    assert errors.count("\n") == 1


def test_a_defect_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.load_command", lambda _: lambda *_: {}["two\nlines"])
    status, _, errors = run("doctor")
    assert status == 1
    assert errors.startswith("error: unexpected KeyError")
    assert errors.count("\n") == 1


def test_a_file_is_replaced_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    def spoil() -> None:
        with replacing(path) as partial:
            partial.write_text("half")
            raise ValueError("stopped in the middle")

    with pytest.raises(ValueError, match="stopped"):
        spoil()
    assert path.read_text() == "old"
    with pytest.raises(FamiError, match="cannot be written"):
        write_json(tmp_path / "nowhere" / "report.json", {})
    write_json(path, {"mean": math.nan, "joints": (1.5, 2)})
    assert json.loads(path.read_text()) == {"mean": None, "joints": [1.5, 2]}
    assert list(tmp_path.iterdir()) == [path]


def test_doctor_reports_every_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.files.places.weights_folder", lambda: tmp_path)
    _, output, errors = run("doctor")
    assert errors == ""
    for name in ("Python", "torch", "PySide6", "Weights", "Person detector", "Demo clip"):
        assert f"  {name}: " in output
