"""The window in a folder where nothing may be written: a person who is not root, in a process of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core.project import Project, SourceRecord, edits

CHILD = """
import os, sys
from pathlib import Path
from core.video import open_source
from core.work.opening import open_path
open_source(Path(sys.argv[2])).close()  # loads what a stranger may not be allowed to read
if os.geteuid() == 0:
    os.setuid(65534)
for path in map(Path, sys.argv[1:]):
    opened = open_path(path, lambda done, total: None)
    print(opened.project.read_only, len(opened.project.frame(0).poses), opened.notes)
    opened.close()
"""


@pytest.fixture
def folder():
    """Not below pytest's own, which only its owner may enter."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="folders have no such rights on this system")
@pytest.mark.parametrize("only_file", [False, True])
def test_a_project_that_may_not_be_written_opens_to_read(folder, made, only_file):
    clip = folder / "walk.mp4"
    clip.write_bytes((made / "walk.mp4").read_bytes())
    path = folder / "walk.fami"
    with Project.create(path, SourceRecord(clip, "video", 160, 120, 12)) as project:
        edits.add_person(project, 0, (1, 2, 30, 40))
    path.with_name("walk.fami.lock").unlink()
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o777 if only_file else 0o555)
    words = [sys.executable, "-c", CHILD, str(path), str(clip)]
    environment = os.environ | {"XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert line.startswith("True 1 ") and "open read-only" in line
    assert len(done.stdout.splitlines()) == 2
