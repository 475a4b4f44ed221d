"""A disk that is full, read-only or gone in the middle of every kind of write costs one true sentence, and no label."""

import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import main
from app.terminal import Terminal
from core.files import places
from core.project import Project, edits
from tests.full_disk import SmallDisk, small_disk

DISK_BYTES = 3 * 2**20
FULL = "full"


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk


def run(*argv: object) -> tuple[int, str]:
    """A command's exit status and what it said of errors."""
    output, errors = io.StringIO(), io.StringIO()
    return main([str(word) for word in argv], Terminal(output, errors)), errors.getvalue()


def said(errors: str) -> str:
    """The one line on standard error."""
    lines = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and "unexpected" not in errors and "Traceback" not in errors, errors
    return lines[0]


@pytest.fixture
def labelled(made: Path, own_folders: Path, tiny_weights: Path, disk: SmallDisk) -> Path:
    """A project on the disk, with somebody in all frames."""
    clip = Path(shutil.copy(made / "walk.mp4", disk.folder / "walk.mp4"))
    labels = own_folders / "walkers.json"
    images = [
        {"id": index + 1, "frame_id": index, "file_name": f"images/walk/{index:06d}.jpg", "width": 160, "height": 120}
        for index in range(12)
    ]
    people = [
        {"id": index, "image_id": index + 1, "category_id": 1, "track_id": 1, "bbox": [40, 20, 50, 80],
         "keypoints": [v for k in range(17) for v in (45 + k, 30 + 4 * k, 1)], "scores": []}
        for index in range(12)
    ]  # fmt: skip
    content = {"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}
    labels.write_text(json.dumps(content), encoding="utf-8")
    path = disk.folder / "walk.fami"
    assert run("import", labels, "--source", clip, "--project", path)[0] == 0
    return path


@pytest.mark.parametrize("leaving", [0, 2_000, 9_000, 30_000])
@pytest.mark.parametrize(
    "what", ["predict", "heatmaps", "overlay", "project", "import", "export", "csv", "images", "evaluate", "weights"]
)
def test_every_command_on_a_full_disk_ends_in_a_sentence(what, leaving, labelled, disk, made):
    tmp_path, tiny_weights = disk.folder.parent, made / "tiny.pth"
    clip, out, spare = disk.folder / "walk.mp4", disk.folder / "out", tmp_path / "spare"
    spare.mkdir()
    box = ("--box", "40,20,50,80", "--weights", tiny_weights, "--device", "cpu")
    command = {
        "predict": ("predict", clip, "--out", out / "l.json", *box),
        "heatmaps": ("predict", clip, "--out", spare / "l.json", "--heatmaps", out / "h.h5", *box),
        "overlay": ("predict", clip, "--out", spare / "l.json", "--overlay", out / "o.mp4", *box),
        "project": ("predict", clip, "--out", spare / "l.json", "--project", out / "p.fami", *box),
        "import": ("import", tmp_path / "walkers.json", "--source", clip, "--project", out / "p.fami"),
        "export": ("export", labelled, "--format", "posetrack18", "--out", out / "l.json"),
        "csv": ("export", labelled, "--format", "csv", "--out", out / "l.csv"),
        "images": ("export", labelled, "--format", "posetrack18", "--out", out / "l.json", "--images"),
        "evaluate": ("evaluate", "--gt", spare, "--pred", spare, "--json", out / "e.json"),
        "weights": ("weights", "import", made / "other.pth"),
    }[what]
    out.mkdir()
    if what == "evaluate":
        assert run("export", labelled, "--format", "posetrack18", "--out", spare / "walk.json")[0] == 0
    if what == "weights":
        shutil.rmtree(places.weights_folder())
        places.weights_folder().symlink_to(out)
    disk.fill(leaving)
    status, errors = run(*command)
    if status == 0:  # it had room enough
        assert (leaving or what == "evaluate") and not errors
        return
    assert FULL in said(errors), errors
    assert not [file.name for file in out.iterdir() if file.suffix in (".json", ".csv", ".h5", ".mp4", ".pth")]
    assert not list(out.glob(".fami-*"))
    disk.empty()
    with Project.open(labelled) as project:
        assert len(project.labelled_frames()) == 12


@pytest.mark.parametrize("leaving", [0, 4_000, 12_000, 40_000])
def test_edits_on_a_full_disk_cost_a_sentence_each_and_go_on_when_there_is_room(leaving, labelled, disk, drive):
    d = drive(labelled)
    d.session.select(1, 9)
    editing, project = d.program.editing, d.session.project
    assert editing.move_keypoint(1, 9, 50.0, 60.0)
    disk.fill(leaving)
    kept, refused = 0, 0
    for number in range(40):
        if editing.move_keypoint(1, 9, 20.0 + number, 30.0):
            kept += 1
        else:
            refused += 1
            assert FULL in d.told()
            assert d.pose(1).keypoints[9].tolist() == d.session.shown_poses().pose(1).keypoints[9].tolist()
    assert refused and (kept < 40)
    disk.empty()
    assert editing.move_keypoint(1, 9, 77.0, 78.0)
    assert d.pose(1).keypoints[9].tolist() == [77.0, 78.0]
    entries = len(project.journal())
    d.close()
    with Project.open(labelled) as found:
        assert len(found.journal()) == entries and found.frame(0).pose(1).keypoints[9].tolist() == [77.0, 78.0]
    with closing(sqlite3.connect(labelled)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("leaving", [0, 8_000, 60_000])
def test_machines_on_a_full_disk_end_in_a_sentence(leaving, labelled, disk, drive):
    d = drive(labelled)
    program, told = d.program, []
    disk.fill(leaving)

    def after(start) -> None:
        start()
        d.idle()
        d.wait(lambda: not program.finetuning.round.running, what="the round")
        if d.window.error_text:
            told.append(d.told())

    for _ in range(4):  # what has room once has none in the end
        after(program.prediction.predict_all)
    after(lambda: program.people.follow(1))
    for _ in range(4):
        after(program.editing.accept_frame)
    after(lambda: program.exporting.export("posetrack18", disk.folder / "l.json", False, disk.folder))
    if program.finetuning.why_not() is None:
        after(lambda: program.finetuning.start(steps=2))
    assert told and all(FULL in sentence for sentence in told), told
    assert [run.status for run in d.session.project.runs() if run.status == "running"] == []
    disk.empty()
    assert program.editing.move_keypoint(1, 3, 7.0, 8.0)


@pytest.mark.parametrize("leaving", [0, 3_000, 20_000])
def test_a_clip_on_a_full_disk_is_told_in_a_sentence_and_opens_once_there_is_room(leaving, made, disk, drive):
    clip = Path(shutil.copy(made / "walk.mp4", disk.folder / "walk.mp4"))
    disk.fill(leaving)
    d = drive()
    d.open(clip)
    d.idle()
    assert FULL in d.told() and d.session.project is None
    assert not [file.name for file in disk.folder.iterdir() if file.name not in ("walk.mp4", "filler")]
    disk.empty()
    d.open(clip)
    d.idle()
    assert d.session.project is not None and not d.window.error_text


def test_what_nobody_may_write_opens_to_read(labelled, disk, drive):
    disk.set_read_only(True)
    d = drive(labelled)
    assert d.session.project.read_only and len(d.session.project.labelled_frames()) == 12
    assert not d.program.editing.move_keypoint(1, 9, 1.0, 2.0)
    sentence = d.told()
    assert "read-only" in sentence and "another program" not in sentence, sentence
    d.close()
    disk.set_read_only(False)
    with Project.open(labelled) as project:
        edits.move_keypoint(project, 0, 1, 9, (1, 2))


def test_a_clip_in_a_folder_that_nobody_may_write_has_its_project_elsewhere(made, disk, drive):
    clip = Path(shutil.copy(made / "walk.mp4", disk.folder / "walk.mp4"))
    disk.set_read_only(True)
    d = drive(clip)
    assert not d.session.project.read_only and d.session.project.path.is_relative_to(places.projects_folder())
    assert d.add_person(0) == 1


def test_a_share_that_vanishes_is_told_at_the_next_edit_and_at_the_next_frame(labelled, disk, drive):
    d = drive(labelled)
    d.session.select(1, 9)
    disk.vanish()
    assert not d.program.editing.move_keypoint(1, 9, 50.0, 60.0)
    sentence = d.told()
    assert "walk.fami" in sentence, sentence
    d.window.close()
