"""A collection lists clips by paths that move with it; how far each is comes from its project."""

import json

import pytest

from core.errors import FormatError
from core.files import places
from core.project import Project, SourceRecord, edits
from core.work.collection import clips_in, progress_of, read_collection, write_collection


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "clips"
    (folder / "walk").mkdir(parents=True)
    (folder / "walk" / "1.jpg").touch()
    (folder / "run.weights").mkdir()
    (folder / "run.weights" / "a.png").touch()
    for name in ("run.MP4", "notes.txt", ".hidden.mp4", "elsewhere.fami", "run.fami"):
        (folder / name).touch()
    return folder


def test_the_clips_of_a_folder(folder):
    assert [clip.name for clip in clips_in(folder)] == ["run.MP4", "walk", "elsewhere.fami"]


def test_a_collection_moves_with_its_clips(folder, tmp_path):
    path = folder / "all.famiset"
    outside = tmp_path / "far.mp4"
    write_collection(path, [folder / "run.MP4", outside, folder / "run.MP4"])
    assert read_collection(path) == (folder / "run.MP4", outside)
    folder.rename(tmp_path / "moved")
    assert read_collection(tmp_path / "moved" / "all.famiset") == (tmp_path / "moved" / "run.MP4", outside)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no list"),
        (json.dumps({"famiset": 1, "clips": [3]}), "no list"),
        (json.dumps({"famiset": 2, "clips": []}), "newer program"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_what_is_no_collection_is_said(tmp_path, content, words):
    path = tmp_path / "a.famiset"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FormatError, match=words):
        read_collection(path)


def test_a_missing_collection_and_folder(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_collection(tmp_path / "a.famiset")
    with pytest.raises(FormatError, match="cannot be read"):
        clips_in(tmp_path / "a")
    with pytest.raises(FormatError):
        write_collection(tmp_path / "a" / "b.famiset", [])


def test_how_far_a_clip_is(tmp_path):
    clip = tmp_path / "run.mp4"
    assert "not there" in progress_of(clip).trouble
    clip.touch()
    assert progress_of(clip).num_frames == 0, "never opened"
    path = places.project_path_for(clip)
    with Project.create(path, SourceRecord(clip, "video", 160, 120, 12)) as project:
        edits.add_person(project, 3, (1, 2, 30, 40))
        edits.mark_reviewed(project, 3, True)
        found = progress_of(clip)  # while it is open for writing elsewhere
    assert (found.num_frames, found.num_labelled, found.num_reviewed, found.num_doubtful) == (12, 1, 1, 0)
    path.write_bytes(b"no project")
    assert progress_of(clip).trouble


@pytest.mark.parametrize("name", ["b" * 300 + ".mp4", "a\x00b.mp4", "a/" * 3000 + "b.mp4"])
def test_a_name_that_no_file_can_have_is_in_trouble(tmp_path, name):
    assert progress_of(tmp_path / name).trouble
