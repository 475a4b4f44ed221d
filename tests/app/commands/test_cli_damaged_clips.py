"""Commands on a long clip that is damaged in the middle."""

import json
from pathlib import Path

import pytest

from app.cli import main
from core.files.places import cache_folder
from core.project import Project, edits
from core.video import frame_proof, open_source
from core.video import open as open_module
from core.work.source_record import record_of
from tests.damaged_clips import DESTROYED, NUM_FRAMES, take_clips_for_long_ones, whole_and_damaged


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    open_module._indexes.clear()
    take_clips_for_long_ones(monkeypatch)
    return whole_and_damaged(tmp_path)[1]


def test_an_import_counts_as_a_plain_decode_and_says_what_is_missing(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [{"id": n, "file_name": f"{n:06d}.jpg", "width": 96, "height": 64} for n in (10, 60)]
    annotations = [
        {"id": n, "image_id": n, "category_id": 1, "track_id": 1, "bbox": [8, 8, 20, 30], "keypoints": [12, 12, 2] * 17}
        for n in (10, 60)
    ]
    labels = tmp_path / "labels.json"
    labels.write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]})
    )
    project = tmp_path / "p.fami"
    assert main(["import", str(labels), "--source", str(clip), "--project", str(project)]) == 0
    said = capsys.readouterr().out
    assert f"{NUM_FRAMES - 1} of {NUM_FRAMES} frames can be read, frame {DESTROYED} is missing" in said
    with Project.open(project, read_only=True) as opened:
        assert opened.source.num_frames == NUM_FRAMES - 1
    assert list(cache_folder().rglob("*.json")), "the next command need not decode it again"


def test_an_export_of_a_project_that_counted_the_missing_frame_moves_its_labels_first(
    clip: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "p.fami", tmp_path / "out"
    out.mkdir()
    with open_source(clip) as source, Project.create(path, record_of(source)) as project:
        proof = (float(source.timestamps[50]), frame_proof(source.frame(50)))
        edits.add_person(project, 50, (10, 10, 20, 40), proofs={50: proof})
    assert main(["export", str(path), "--format", "posetrack18", "--images", "--out", str(out / "o.json")]) == 0
    document = json.loads((out / "o.json").read_text())
    assert len(document["images"]) == NUM_FRAMES - 1 == len(list(out.rglob("*.jpg")))
    with Project.open(path, read_only=True) as project:
        assert project.labelled_frames().tolist() == [49]
