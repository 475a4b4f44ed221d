"""predict-set: many clips, gone on with after a break, shared among processes."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from core.errors import FormatError
from core.formats import read_labels
from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, save_weights
from core.work.clip_set import read_set, shares
from tests.app.commands.test_cli_predict import run

SIZE_WH = (96, 72)
BOX = [20.0, 10.0, 40.0, 55.0]
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("weights") / "tiny.pth", seed=7)


def write_tiny(path: Path, seed: int) -> Path:
    """A small untrained network."""
    torch.manual_seed(seed)
    config = FamiPoseConfig(backbone="w12", gtm_width=16, lcm_width=12, initialisation="paper")
    save_weights(path, FamiPose(config), WeightsMetadata("tiny", config, (48, 64)))
    return path


def write_clip(path: Path, num_frames: int, seed: int) -> Path:
    pixels = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        for _ in range(num_frames):
            picture = pixels.integers(0, 255, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_boxes(path: Path, num_frames: int) -> Path:
    """COCO boxes of one person in every frame."""
    images = [
        {"id": i, "file_name": f"{i:06d}.jpg", "width": SIZE_WH[0], "height": SIZE_WH[1]} for i in range(num_frames)
    ]
    people = [
        {"id": i, "image_id": i, "category_id": 1, "track_id": 0, "bbox": BOX, "area": BOX[2] * BOX[3], "iscrowd": 0}
        for i in range(num_frames)
    ]
    path.write_text(json.dumps({"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}))
    return path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips of different lengths, and where people are in them."""
    folder, boxes = tmp_path / "clips", tmp_path / "boxes"
    folder.mkdir()
    boxes.mkdir()
    for seed, (name, num_frames) in enumerate((("a", 4), ("b", 7), ("c", 3))):
        write_clip(folder / f"{name}.mp4", num_frames, seed)
        write_boxes(boxes / f"{name}.json", num_frames)
    return folder


def predict(clips: Path, out: Path, weights: Path, *more: object) -> tuple[int, str, str]:
    boxes = clips.parent / "boxes"
    return run("predict-set", clips, "--out", out, "--boxes", boxes, "--weights", weights, "--device", "cpu", *more)


def test_every_clip_gets_a_file_and_one_that_fails_costs_no_other(clips: Path, weights: Path, tmp_path: Path) -> None:
    (clips / "b.mp4").write_bytes(b"no video at all")
    out = tmp_path / "out"
    status, output, errors = predict(clips, out, weights)
    assert (status, errors) == (1, "")
    assert "a: 4 poses in 4 frames." in output and "c: 3 poses in 3 frames." in output
    assert "b failed: " in output and "2 of 3 clips are done; run the same command again" in output
    assert sorted(path.name for path in out.iterdir()) == ["a.json", "c.json", "predict-set.csv", "predict-set.json"]
    with (out / "predict-set.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["clip"], row["state"], bool(row["reason"])) for row in rows] == [
        ("a", "done", False),
        ("b", "failed", True),
        ("c", "done", False),
    ]
    assert all(image.poses.poses[0].labelled.any() for image in read_labels(out / "a.json").images)

    written = (out / "a.json").stat().st_mtime_ns
    write_clip(clips / "b.mp4", 7, 1)
    status, output, errors = predict(clips, out, weights)
    assert (status, errors) == (0, "") and "3 of 3 clips are done." in output
    assert "b: 7 poses in 7 frames." in output and "a:" not in output
    assert (out / "a.json").stat().st_mtime_ns == written, "what is done is not done again"

    other = write_tiny(tmp_path / "other.pth", seed=8)
    status, _, errors = predict(clips, out, other)
    assert status == 1 and "holds what other weights or another window predicted" in errors


def test_two_processes_write_the_same_files_as_one(clips: Path, weights: Path, tmp_path: Path) -> None:
    assert predict(clips, tmp_path / "one", weights)[0] == 0
    words = ["predict-set", clips, "--out", tmp_path / "two", "--boxes", clips.parent / "boxes", "--weights", weights]
    command = [sys.executable, "main.py", *map(str, words), "--device", "cpu", "--processes", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, cwd=REPOSITORY, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert b"3 of 3 clips are done." in done.stdout
    one = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()} == one


def test_work_is_divided_by_length() -> None:
    lengths = [10, 900, 20, 30, 850, 40]
    taken = shares(lengths, 2)
    loads = [sum(length for length, process in zip(lengths, taken, strict=True) if process == p) for p in (0, 1)]
    assert abs(loads[0] - loads[1]) <= 50 and taken == shares(lengths, 2)
    assert set(shares([0, 0, 0], 8)) <= set(range(8))


def test_a_list_names_clips_and_their_boxes(tmp_path: Path) -> None:
    listing = tmp_path / "clips.txt"
    listing.write_text("# of Monday\n\nmonday/walk.mp4\ntuesday/walk.mp4\tboxes/tuesday.json\nrun.mp4\n")
    (tmp_path / "run.json").write_text("{}")
    found = read_set(listing, tmp_path)
    assert [(clip.name, clip.source, clip.boxes) for clip in found] == [
        ("monday_walk", tmp_path / "monday" / "walk.mp4", None),
        ("tuesday_walk", tmp_path / "tuesday" / "walk.mp4", tmp_path / "boxes" / "tuesday.json"),
        ("run", tmp_path / "run.mp4", tmp_path / "run.json"),
    ]
    listing.write_text("walk.mp4\nwalk.mov\n")
    with pytest.raises(FormatError, match="would get the same label file"):
        read_set(listing)
    for nothing in ("", "# only words\n"):
        listing.write_text(nothing)
        with pytest.raises(FormatError, match="names no clip"):
            read_set(listing)
    listing.write_bytes(b"\xff\xfe\x00clip")
    with pytest.raises(FormatError, match="no list of clips"):
        read_set(listing)
