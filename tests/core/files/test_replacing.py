"""The one writer: whole or not at all, on full and read-only disks, and after a kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Cancelled, FamiError, FormatError
from core.files import replacing as module
from core.files.checkout import REPOSITORY
from core.files.replacing import drafting, put_in_place, replacing

WRITER = """
import sys, time
from pathlib import Path
from core.files.replacing import replacing
with replacing(Path(sys.argv[1])) as draft:
    draft.write_text("half")
    print("written", flush=True)
    time.sleep(600)
"""


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "labels.json"
    path.write_text("old")
    return path


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def killed(target: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of writing the target."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "written\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_the_file_has_the_new_content_and_nothing_lies_beside_it(target: Path) -> None:
    with replacing(target) as draft:
        assert draft.name == "labels.json"  # libraries go by the suffix
        draft.write_text("new")
        draft.with_name("side.tmp").write_text("what a library lays beside its file")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(target.parent) == ["labels.json"]


@pytest.mark.parametrize("error", [ValueError("stopped"), Cancelled(), KeyboardInterrupt(), FormatError("said")])
def test_what_stops_the_block_leaves_the_old_file_and_is_passed_on(target: Path, error: BaseException) -> None:
    def write() -> None:
        with replacing(target) as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(type(error)) as raised:
        write()
    assert raised.value is error
    assert target.read_text() == "old"
    assert names(target.parent) == ["labels.json"]


def test_a_draft_may_be_named_by_what_is_in_it(tmp_path: Path) -> None:
    with drafting(tmp_path / "any") as draft:
        draft.write_text("content")
        put_in_place(draft, tmp_path / f"{len(draft.read_text())}.txt")
    assert names(tmp_path) == ["7.txt"]


def test_a_missing_folder_is_made_or_said(tmp_path: Path) -> None:
    path = tmp_path / "new" / "labels.json"
    with pytest.raises(FormatError, match=r"cannot be written, as there is no folder .*new; make it first"):
        replacing(path, FormatError).__enter__()
    with replacing(path, FormatError, make_folder=True) as draft:
        draft.write_text("new")
    assert path.read_text() == "new"
    with pytest.raises(FamiError, match="there is no folder"):
        replacing(path / "below a file", make_folder=True).__enter__()


def test_a_full_disk_costs_a_sentence_and_no_file(mount: Path) -> None:
    path = mount / "labels.json"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as draft:
            draft.write_bytes(bytes(100_000))

    with pytest.raises(FamiError, match=r"labels\.json cannot be written, as its disk is full; free some space"):
        write()
    assert path.read_text() == "old"
    assert names(mount) == ["labels.json"]


def test_a_read_only_disk_costs_a_sentence(mount: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    with pytest.raises(FamiError, match=r"cannot be written, as .*small is read-only; allow writing there"):
        replacing(mount / "labels.json").__enter__()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write in every folder")
def test_a_folder_without_permission_costs_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(FamiError, match="is read-only; allow writing there"):
            replacing(tmp_path / "labels.json").__enter__()
    finally:
        tmp_path.chmod(0o755)


def test_what_a_killed_process_left_over_is_removed_by_the_next_write(
    target: Path, killed: subprocess.Popen[str]
) -> None:
    killed.kill()
    killed.wait()
    assert target.read_text() == "old"
    assert len(names(target.parent)) == 2
    with replacing(target) as draft:
        draft.write_text("new")
    assert target.read_text() == "new"
    assert names(target.parent) == ["labels.json"]


def test_what_another_process_is_writing_stays(target: Path, killed: subprocess.Popen[str]) -> None:
    before = names(target.parent)
    with replacing(target) as draft:
        draft.write_text("new")
    assert names(target.parent) == before


def test_only_what_is_surely_left_over_is_removed(target: Path) -> None:
    start = module._start_of(os.getpid())
    assert start is not None
    mine = f".fami-{module._HOST}-{os.getpid()}"
    ours, reused = f"{mine}-{start}-9999.part", f"{mine}-1-0.part"
    foreign, other = f".fami-{'0' * 8}-{os.getpid()}-1-0.part", ".fami-notes.part"
    for name in (ours, reused, foreign, other):
        (target.parent / name).mkdir()
    with replacing(target) as draft:
        draft.write_text("new")
    assert names(target.parent) == sorted([ours, foreign, other, "labels.json"])


def test_new_files_have_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with replacing(tmp_path / "new") as draft:
        draft.write_text("")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
