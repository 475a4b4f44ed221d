"""The power fails: what was not yet forced to the disk is there in part, in another order, or as zeros."""

import random
import shutil
import struct

import pytest

from core.project import Project, SourceRecord, edits
from tests.kills.checking import faults_of_project
from tests.kills.driver import digest_of

HEADER, FRAME_HEADER, SECTOR = 32, 24, 512


def transactions(log: bytes) -> list[tuple[int, list[int]]]:
    """Of a write-ahead log: where each transaction ends, and the pages that it wrote."""
    page_size, salts = struct.unpack(">I", log[8:12])[0], log[16:24]
    found, pages, at = [], [], HEADER
    while at + FRAME_HEADER + page_size <= len(log) and log[at + 8 : at + 16] == salts:
        page, size_after_commit = struct.unpack(">II", log[at : at + 8])
        pages.append(page)
        at += FRAME_HEADER + page_size
        if size_after_commit:
            found.append((at, pages))
            pages = []
    return found


@pytest.fixture
def working(tmp_path):
    """A project that is open and has not been copied from its log yet; copies of its files, as they lie there."""
    folder = tmp_path / "working"
    folder.mkdir()
    path = folder / "p.fami"
    with Project.create(path, SourceRecord(tmp_path / "c.mp4", "video", 640, 480, 50)) as project:
        edits.add_person(project, 0, (1, 2, 30, 40))
    with Project.open(path) as project:
        for number in range(12):
            edits.move_keypoint(project, 0, 1, number, (number, number + 0.5))
        digests = {entry.entry_id: digest_of(project, entry.entry_id) for entry in project.journal()}
        copy = tmp_path / "copied"
        copy.mkdir()
        for file in (path, path.with_name("p.fami-wal")):
            shutil.copy(file, copy / file.name)
    return copy, digests


def test_writes_that_were_not_forced_yet_are_torn(working, tmp_path):
    copied, digests = working
    log = (copied / "p.fami-wal").read_bytes()
    ends = [end for end, _ in transactions(log)]
    assert len(ends) >= 12  # one for each edit, and none for anything else that is seen
    chance = random.Random(4)
    for number in range(60):
        folder = tmp_path / f"torn{number}"
        shutil.copytree(copied, folder)
        num_lost = chance.randrange(1, 4)  # edits whose acknowledgement never came
        forced = ends[-1 - num_lost]
        torn = bytearray(log)
        how = chance.choice(("cut", "zeros", "garbage", "holes"))
        at = chance.randrange(forced, len(log))
        if how == "cut":
            del torn[at:]
        elif how == "zeros":
            torn[at:] = bytes(len(log) - at)
        else:
            for start in range(forced, len(log), SECTOR):
                if chance.random() < 0.5:
                    length = min(SECTOR, len(log) - start)
                    torn[start : start + length] = chance.randbytes(length) if how == "garbage" else bytes(length)
        (folder / "p.fami-wal").write_bytes(torn)
        kept = dict(sorted(digests.items())[: len(digests) - num_lost])
        assert not faults_of_project(folder / "p.fami", kept), (number, how)


def test_copying_the_log_into_the_file_is_torn(working, tmp_path):
    copied, digests = working
    log, page_size = (copied / "p.fami-wal").read_bytes(), 4096
    pages = sorted({page for _, written in transactions(log) for page in written})
    assert struct.unpack(">I", log[8:12])[0] == page_size
    chance = random.Random(9)
    for number in range(20):
        folder = tmp_path / f"torn{number}"
        shutil.copytree(copied, folder)
        whole = bytearray((folder / "p.fami").read_bytes())
        for page in pages:
            for start in range((page - 1) * page_size, min(page * page_size, len(whole)), SECTOR):
                if chance.random() < 0.3:
                    whole[start : start + SECTOR] = chance.choice((bytes(SECTOR), chance.randbytes(SECTOR)))
        (folder / "p.fami").write_bytes(whole)
        assert not faults_of_project(folder / "p.fami", digests), number
