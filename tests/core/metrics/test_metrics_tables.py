"""Tables of results, and evaluations of folders by PCK and OKS, through the command line."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from core.formats import Labels, read_labels
from core.formats.labels import LabelImage
from core.formats.layouts.coco_like import posetrack18
from core.metrics import box_sizes, oks_of_folders, pck, pck_of_folders
from core.metrics.tables import (
    Result,
    components_table,
    methods_table,
    result_of,
    to_csv,
    to_latex,
    to_text,
    windows_table,
)  # fmt: skip
from core.poses import FramePoses

PAPER_RECIPE = Path(__file__).parents[3] / "resources/configs/posetrack18.toml"
OFFSET_PX = np.array([20, 0])
GROUPS = ("Head", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Mean")
PAPER = {
    "HRNet [52]": (82.1, 83.6, 80.4, 73.3, 75.5, 75.3, 68.5, 77.3),
    "FAMI-Pose & ours": (89.6, 90.1, 86.3, 80.0, 84.6, 83.4, 77.0, 84.8),
}
RUNS = {
    "HRNet [52]": {"use_gtm": False, "use_lcm": False, "mutual_information": False, "supporting_offsets": []},
    "FAMI-Pose & ours": {
        "use_gtm": True, "use_lcm": True, "mutual_information": True, "supporting_offsets": [-2, -1, 1, 2],
    },
}  # fmt: skip


@pytest.fixture
def results():
    return [Result(name, dict(zip(GROUPS, values, strict=True)), RUNS[name]) for name, values in PAPER.items()]


def test_a_table_of_methods_as_text_csv_and_latex(results):
    text = to_text(methods_table(results)).splitlines()
    assert text[0].split() == ["Method", *GROUPS]
    assert text[2].split() == ["HRNet", "[52]", "82.1", "83.6", "80.4", "73.3", "75.5", "75.3", "68.5", "77.3"]
    assert len({len(line) for line in text}) == 1, "columns are aligned"
    header, *rows = csv.reader(io.StringIO(to_csv(methods_table(results))))
    assert header == ["Method", *GROUPS]
    assert [float(value) for value in rows[1][1:]] == list(PAPER["FAMI-Pose & ours"])
    latex = to_latex(methods_table(results)).splitlines()
    assert latex[0] == r"\begin{tabular}{lcccccccc}"
    assert latex[4].startswith("HRNet [52] & 82.1 &")
    assert latex[5].startswith(r"FAMI-Pose \& ours & \textbf{89.6} &")
    assert latex[-1] == r"\end{tabular}"


def test_tables_of_components_and_windows_say_what_made_the_numbers(results):
    header, first, second = csv.reader(io.StringIO(to_csv(components_table(results))))
    assert header[1:] == ["Global transformation", "Local calibration", "MI loss", "Wrist", "Ankle", "Mean"]
    assert first[1:] == ["0", "0", "0", "73.3", "68.5", "77.3"]
    assert second[1:] == ["1", "1", "1", "80.0", "77.0", "84.8"]
    assert r"\checkmark" in to_latex(components_table(results))
    windows = to_text(windows_table(results))
    assert "{-2, -1, 1, 2}" in windows
    assert r"\{-2, -1, 1, 2\}" in to_latex(windows_table(results))


def test_what_is_not_known_is_a_dash_and_never_the_best():
    document = {"groups": {**dict.fromkeys(GROUPS, 50.0), "Head": None}}
    lacking, whole = result_of("a", document), result_of("b", {"groups": dict.fromkeys(GROUPS, 40.0)})
    assert to_text(methods_table([lacking])).splitlines()[2].split()[1] == "-"
    assert r"b & \textbf{40.0} & 40.0" in to_latex(methods_table([lacking, whole]))


@pytest.fixture
def folders(shared, tmp_path):
    """The paddleboarders, and predictions of them that are 20 pixels off, without the first person."""
    truth = read_labels(shared / "data/posetrack/paddleboard/labels_posetrack18.json")
    moved = [
        LabelImage(
            image.frame_index, "", image.size, labelled=True,
            poses=FramePoses(
                image.frame_index, tuple(p.replaced(keypoints=p.keypoints + OFFSET_PX) for p in image.poses.poses[1:])
            ),
        )
        for image in truth.images
    ]  # fmt: skip
    for folder, labels in (("gt", truth), ("pred", Labels(moved))):
        (tmp_path / folder).mkdir()
        for name in ("a.json", "b.json"):
            posetrack18.write(labels, tmp_path / folder / name, "clip")
    return tmp_path / "gt", tmp_path / "pred", truth, moved


def test_pck_counts_in_longer_sides_of_the_box_and_in_torsos(folders):
    gt, pred, truth, _ = folders
    found = pck_of_folders(gt, pred)
    people = [(place > 0, pose) for image in truth.images for place, pose in enumerate(image.poses.poses)]
    wrist = truth.images[0].poses.poses[0].keypoints.shape[0] - 8  # left wrist of the PoseTrack skeleton
    right = total = 0
    for is_predicted, pose in people:
        total += bool(pose.labelled[wrist])
        right += bool(pose.labelled[wrist]) and is_predicted and 0.2 * max(pose.bbox_xywh[2:]) >= 20
    assert 0 < right < total
    assert found["box"]["left_wrist"] == pytest.approx(100 * right / total)
    assert found["torso"]["mean"] < found["box"]["mean"], "a torso is smaller than the box"
    perfect = pck_of_folders(gt, gt)
    assert perfect["box_groups"]["Mean"] == perfect["torso_groups"]["Ankle"] == 100


def test_a_box_without_a_size_is_left_out_of_pck():
    truth = np.zeros((2, 17, 2))
    sizes = box_sizes([[0, 0, 30, 100], [0, 0, 0, 0]])
    assert sizes.tolist() == [100, 0]
    assert pck(truth, np.ones((2, 17)), truth + np.array([[[0, 20]], [[0, 90]]]), sizes_px=sizes)["mean"] == 100


def test_oks_of_folders_counts_every_file(folders):
    gt, pred, _, _ = folders
    assert oks_of_folders(gt, gt)["AP"] == pytest.approx(100)
    assert 0 < oks_of_folders(gt, pred)["AR"] <= 75


def test_evaluate_and_table_on_the_command_line(shared, folders, tmp_path, capsys):
    oracle = shared / "oracles/poseval"
    argv = ["evaluate", "--gt", str(oracle / "gt18"), "--pred", str(oracle / "pred18")]
    assert main([*argv, "--json", str(tmp_path / "oracle.json")]) == 0
    assert main([*argv, "--json", str(tmp_path / "run.json"), "--config", str(PAPER_RECIPE)]) == 0
    gt, pred, _, _ = folders
    argv = ["evaluate", "--gt", str(gt), "--pred", str(pred), "--metrics", "posetrack", "pck", "oks", "--json"]
    assert main([*argv, str(tmp_path / "paddle.json")]) == 0
    printed = capsys.readouterr().out
    assert "PCK@0.2 torso" in printed
    assert "OKS AP " in printed
    files = [str(tmp_path / "oracle.json"), str(tmp_path / "paddle.json")]
    assert main(["table", *files, "--names", "A", "B", "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    expected = json.loads((tmp_path / "oracle.json").read_text())["groups"]
    assert rows[0] == ["Method", *GROUPS]
    assert [float(value) for value in rows[1][1:]] == pytest.approx([expected[group] for group in GROUPS])
    assert main(["table", files[1], "--metric", "pck", "--out", str(tmp_path / "t.tex"), "--format", "latex"]) == 0
    assert "paddle &" in (tmp_path / "t.tex").read_text()
    assert main(["table", str(tmp_path / "run.json"), "--kind", "windows"]) == 0
    assert "{-2, -1, 1, 2}" in capsys.readouterr().out
    assert main(["table", files[0], "--kind", "windows"]) == 1
    assert "evaluate it with --config" in capsys.readouterr().err
    assert main(["table", files[0], "--metric", "pck"]) == 1
    assert main(["table", *files, "--names", "A"]) == 1
