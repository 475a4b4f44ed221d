"""No command writes over what it reads, by whatever name, and the export of the window neither."""

import io
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.cli import main
from app.terminal import Terminal
from core.errors import FamiError, FormatError
from core.files import places
from core.files.outputs import check_can_write
from core.formats import export_project
from core.project import Project, edits
from core.video import open_source
from core.work.source_record import record_of


def refused(*argv: object) -> str:
    """The one line in which a command refuses."""
    output, errors = io.StringIO(), io.StringIO()
    status = main([str(word) for word in argv], Terminal(output, errors))
    assert (status, output.getvalue()) == (1, "")
    assert errors.getvalue().count("\n") == 1
    return errors.getvalue()


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder but the log and the lock, which come and go with whoever opens a project."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))]
    return {path: path.read_bytes() for path in files}


@pytest.fixture
def project_path(tmp_path: Path) -> Path:
    """A project of a copy of the demo clip, with its labels, all in one folder."""
    shutil.copy(places.DEMO_CLIP, tmp_path / "clip.mp4")
    shutil.copy(places.DEMO_LABELS, tmp_path / "labels.json")
    words = ["import", tmp_path / "labels.json", "--source", tmp_path / "clip.mp4", "--project", tmp_path / "p.fami"]
    assert main([str(word) for word in words], Terminal(io.StringIO(), io.StringIO())) == 0
    return tmp_path / "p.fami"


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A folder of four images, named as an export names them."""
    folder = tmp_path / "images" / "walk"
    folder.mkdir(parents=True)
    for index in range(4):
        cv2.imwrite(str(folder / f"{index:06d}.jpg"), np.full((48, 64, 3), 40 * index, np.uint8))
    return folder


@pytest.mark.parametrize("option", ["--out", "--overlay", "--heatmaps", "--project"])
@pytest.mark.parametrize("link", [None, os.link, os.symlink])
def test_predict_keeps_its_clip(option: str, link: object, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    shutil.copy(places.DEMO_CLIP, clip)
    target = clip
    if callable(link):
        target = tmp_path / "other.mp4"
        link(clip, target)
    before = contents(tmp_path)
    out = [] if option == "--out" else ["--out", tmp_path / "o.json"]
    said = refused("predict", clip, "--box", "100,100,50,90", *out, option, target)
    assert "would destroy" in said
    assert contents(tmp_path) == before


def test_predict_keeps_the_boxes_the_weights_and_each_of_its_results(tmp_path: Path) -> None:
    shutil.copy(places.DEMO_LABELS, tmp_path / "boxes.json")
    weights = tmp_path / "w.pth"
    weights.write_bytes(b"weights")
    before = contents(tmp_path)
    words = ["predict", places.DEMO_CLIP, "--boxes", tmp_path / "boxes.json", "--weights", weights]
    assert "boxes.json" in refused(*words, "--out", tmp_path / "boxes.json")
    assert "w.pth" in refused(*words, "--out", weights)
    for option in ("--overlay", "--heatmaps", "--project"):
        said = refused(*words, "--out", tmp_path / "new", option, tmp_path / "." / "folder" / ".." / "new")
        assert "two different results" in said
    assert "p.fami-wal" in refused(*words, "--out", tmp_path / "p.fami-wal", "--project", tmp_path / "p.fami")
    assert contents(tmp_path) == before


def test_predict_keeps_the_images_of_a_folder(frames: Path, tmp_path: Path) -> None:
    before = contents(tmp_path)
    words = ["predict", frames, "--box", "1,1,20,20"]
    assert "000002.jpg" in refused(*words, "--out", frames / "000002.jpg")
    assert "000001.jpg" in refused(*words, "--out", tmp_path / "o.json", "--overlay", frames / "000001.jpg")
    assert contents(tmp_path) == before
    # Labels may lie among the images, and be written anew.
    (frames / "labels.json").write_text("{}")
    assert "--weights" not in refused(*words, "--out", frames / "labels.json", "--weights", "nothing of that name")


def test_export_keeps_the_project_and_its_clip(project_path: Path) -> None:
    folder = project_path.parent
    before = contents(folder)
    for name in ("p.fami", "p.fami-wal", "p.fami-shm", "p.fami.lock", "clip.mp4"):
        assert name in refused("export", project_path, "--format", "csv", "--out", folder / name)
    assert contents(folder) == before
    os.link(folder / "clip.mp4", folder / "same.mp4")
    with Project.open(project_path, read_only=True) as project, open_source(folder / "clip.mp4") as source:
        for name in ("p.fami", "p.fami-wal", "p.fami-shm", "p.fami.lock", "clip.mp4", "same.mp4"):
            with pytest.raises(FormatError, match="would destroy"):
                export_project(project, source, "posetrack18", folder / name)
    del before[folder / "p.fami"]
    assert before.items() <= contents(folder).items()


def test_export_keeps_the_images_of_a_folder(frames: Path, tmp_path: Path) -> None:
    with open_source(frames) as source, Project.create(tmp_path / "p.fami", record_of(source)) as project:
        edits.add_person(project, 0, (1.0, 1.0, 20.0, 20.0))
        before = contents(frames)
        with pytest.raises(FormatError, match="would destroy"):
            export_project(project, source, "coco", frames / "000003.jpg")
        with pytest.raises(FormatError, match="would destroy"):
            export_project(project, source, "coco", tmp_path / "o.json", images_folder=frames)
        with pytest.raises(FormatError, match="would destroy"):  # its names begin with images/ and the folder's name
            export_project(project, source, "posetrack18", tmp_path / "o.json", images_folder=tmp_path)
        assert contents(frames) == before
        assert not (tmp_path / "o.json").exists()
        assert export_project(project, source, "coco", frames / "labels.json").num_boxes == 1


def test_evaluate_keeps_the_label_files(tmp_path: Path) -> None:
    for name in ("gt", "pred"):
        (tmp_path / name).mkdir()
        shutil.copy(places.DEMO_LABELS, tmp_path / name / "walk.json")
    before = contents(tmp_path)
    for name in ("gt", "pred"):
        words = ["evaluate", "--gt", tmp_path / "gt", "--pred", tmp_path / "pred"]
        assert "walk.json" in refused(*words, "--json", tmp_path / name / "walk.json")
    assert contents(tmp_path) == before


def test_finetune_keeps_the_project_its_clip_and_the_weights(project_path: Path) -> None:
    folder = project_path.parent
    weights = folder / "w.pth"
    weights.write_bytes(b"weights")
    (folder / "p.weights").mkdir()
    (folder / "p.weights" / "round.pth").write_bytes(b"round")
    before = contents(folder)
    for name in ("p.fami", "p.fami-wal", "clip.mp4", "w.pth", "p.weights/round.pth"):
        assert name in refused("finetune", project_path, "--weights", weights, "--json", folder / name)
    assert contents(folder) == before


def test_import_and_the_screenshot_keep_what_they_read(project_path: Path) -> None:
    folder = project_path.parent
    before = contents(folder)
    words = ["import", folder / "labels.json", "--source", folder / "clip.mp4", "--project"]
    assert "labels.json" in refused(*words, folder / "labels.json")
    assert "clip.mp4" in refused(*words, folder / "clip.mp4")
    assert "clip.mp4" in refused(folder / "clip.mp4", "--screenshot", folder / "clip.mp4")
    assert "p.fami" in refused(project_path, "--screenshot", project_path)
    assert contents(folder) == before


def test_a_file_that_is_not_there_yet_may_be_written(tmp_path: Path) -> None:
    check_can_write(tmp_path / "new.json", None, inputs=[tmp_path / "other.json", None])
    (tmp_path / "old.json").write_text("old")
    check_can_write(tmp_path / "old.json", inputs=[tmp_path / "other.json"])
    (tmp_path / "link.json").symlink_to(tmp_path / "made later.json")
    with pytest.raises(FamiError, match="two different results"):
        check_can_write(tmp_path / "made later.json", tmp_path / "link.json")
