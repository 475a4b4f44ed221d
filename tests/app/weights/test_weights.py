"""Which weights are taken by default, and the catalogue of those that can be fetched, on the command line."""

from pathlib import Path

import pytest
import torch

from app.weights.available import CATALOGUE, WeightsFile, available_weights, catalogue
from app.weights.choice import BUDGET_S, best_of, find_weights
from app.weights.facts import architecture_of
from app.weights.speeds import KFLOP_PER_PIXEL, Architecture, Speeds, counted_kflop_per_pixel
from core.errors import WeightsError
from core.files import places
from core.files.catalogue import read_catalogue
from core.model import HRNet, load_model
from core.model.weights.checkpoints import KNOWN_FILES
from tests.app.commands.test_cli_predict import run
from tests.app.weights.test_weights_window import ENTRY
from tests.file_server import FileServer, sha256

BEST, SMALLER, STARTER = (WeightsFile(Path(f"{name}.pth"), "fetched") for name in ("best", "smaller", "starter"))


@pytest.mark.parametrize(
    ("seconds", "taken", "why"),
    [
        ((0.1, 0.05, 0.02), BEST, "the best available"),
        ((BUDGET_S, 0.3, 0.02), BEST, "the best available"),
        ((0.7, 0.3, 0.02), SMALLER, "the best available that is fast enough here"),
        ((7.0, 3.0, 0.2), STARTER, "the best available that is fast enough here"),
        ((70.0, 30.0, 2.0), STARTER, "the fastest available"),
    ],
)
def test_the_most_accurate_that_is_fast_enough_is_taken(seconds, taken, why):
    choice = best_of((BEST, SMALLER, STARTER), dict(zip((BEST, SMALLER, STARTER), seconds, strict=True)).__getitem__)
    assert (choice.weights, choice.why) == (taken, why)


def test_weights_that_cannot_be_read_are_passed_over_and_told():
    def seconds(weights: WeightsFile) -> float:
        if weights is BEST:
            raise WeightsError("best.pth is damaged.")
        return 0.1

    choice = best_of((BEST, STARTER), seconds)
    assert choice.weights is STARTER and choice.unusable == ("best.pth is damaged.",)


def test_the_shipped_catalogue_is_whole_and_agrees_with_the_checkpoints_that_load():
    entries = read_catalogue(CATALOGUE)
    assert {entry.file_name: entry.keypoints for entry in entries} == KNOWN_FILES
    assert all(f"-{entry.sha256}_" in entry.file_name and entry.name in entry.file_name for entry in entries)
    height_width = [f"{height}x{width}" for width, height in (entry.input_size_wh for entry in entries)]
    assert all(size in entry.name for size, entry in zip(height_width, entries, strict=True))
    assert all(entry.backbone in entry.name for entry in entries)


@pytest.mark.parametrize(
    "text",
    ["", "weights = 3", '[[weights]]\nname = "x"', ENTRY.format(name="x", url="ftp://x/y", sha="12345678"), "]["],
)
def test_a_damaged_catalogue_is_one_sentence(tmp_path, text):
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    with pytest.raises(WeightsError, match="catalogue"):
        read_catalogue(path)


@pytest.mark.parametrize("backbone", ["w12", "w48"])
def test_the_known_numbers_of_operations_are_those_of_the_networks(backbone):
    assert counted_kflop_per_pixel(backbone) == pytest.approx(KFLOP_PER_PIXEL[backbone], rel=0.01)


def test_a_measured_speed_is_remembered_for_this_machine(own_folders, monkeypatch):
    monkeypatch.setattr("app.weights.speeds._MEASURED_S", 0.05)
    kind = Architecture("w12", (48, 64), 5)
    speeds = Speeds("cpu")
    assert not speeds.speed(kind).is_measured
    measured = speeds.measure(kind)
    assert measured.seconds > 0 and Speeds("cpu").speed(kind) == measured
    (places.cache_folder() / "speeds.json").write_text("{broken")
    assert not Speeds("cpu").speed(kind).is_measured


def test_fetched_weights_are_found_by_name_and_come_before_the_bundled(made, own_folders, tmp_path, monkeypatch):
    content = (made / "tiny.pth").read_bytes()
    with FileServer({"better.pth": content}) as server:
        path = tmp_path / "catalogue.toml"
        path.write_text(ENTRY.format(name="better", url=server.address + "better.pth", sha=sha256(content)[:8]))
        monkeypatch.setenv("FAMI_CATALOGUE", str(path))
        assert [entry.name for entry in catalogue()] == ["better"]
        with pytest.raises(WeightsError, match="weights fetch better"):
            find_weights("better")
        status, output, errors = run("weights", "fetch", "better")
    assert (status, errors) == (0, "") and "predict --weights better" in output
    assert find_weights("better") == places.weights_folder() / "better.pth" == find_weights(None)
    assert [weights.origin for weights in available_weights()] == ["fetched", "bundled"]
    status, output, _ = run("weights", "list")
    assert status == 0 and "*  better   fetched" in output


def test_offline_the_command_says_which_file_to_put_where(own_folders, monkeypatch, tmp_path):
    path = tmp_path / "catalogue.toml"
    path.write_text(ENTRY.format(name="far", url="http://weights.invalid/far.pth", sha="12345678"))
    monkeypatch.setenv("FAMI_CATALOGUE", str(path))
    status, output, errors = run("weights", "fetch", "far")
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert f"put it in {places.weights_folder()} as far.pth" in errors
    status, _, errors = run("weights", "fetch", "nothing")
    assert status == 1 and "choose among far" in errors


@pytest.mark.parametrize("name", ["w32_384x288.pth", "w32_256x192.pth", "w32.pth"])
def test_a_checkpoints_crop_is_the_same_in_the_list_and_when_it_predicts(tmp_path, name):
    torch.save(HRNet("w32").state_dict(), tmp_path / name)
    told = architecture_of(WeightsFile(tmp_path / name, "yours"))
    loaded = load_model(tmp_path / name, keypoints="coco").metadata
    assert (told.input_size_wh, told.backbone) == (loaded.input_size_wh, loaded.config.backbone)


def test_a_checkpoint_that_does_not_say_its_keypoints_asks_for_the_flag(own_folders, tmp_path):
    from core.model import HRNet  # noqa: PLC0415 - loads torch

    path = tmp_path / "final_state.pth"
    torch.save(HRNet("w32").state_dict(), path)
    status, _, errors = run("weights", "import", path)
    assert status == 1 and "--keypoints posetrack" in errors and "--keypoints coco" in errors
    status, output, errors = run("weights", "import", path, "--keypoints", "coco")
    assert (status, errors) == (0, "") and "predict --weights final_state" in output
