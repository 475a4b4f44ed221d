"""Makes the fixtures of every format version with the code that wrote it, taken from the history.

    python tests/core/project/versions/make_versions.py [VERSION ...]

Run it in a clone with its history after a new version of the format; it adds `clip.format-N.fami.xz` here.
"""

import io
import lzma
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[3]
COMMITS = {
    1: "24d84da08178330fddc0ed73d8461faba1ffb61e",
    2: "2dac75b3834e09cd087cbf9da6ad6c102ee8d1db",
    3: "96700e75afaa8224953607af701977b8e3dad80a",
    4: "6e012823b5b580412fd90d44b291acaa56b73d1d",
    5: "770dfda6a4870118251f285e46d738d82e9ce3cd",
    6: "bcacda6905a85d109ec4e1fc2e6d6f5e62eb3aa9",
    7: "2138bb0a9a316050d08eba7684c729e03978cba5",
    8: "719c47f5ef948289f828519b6694824fcd265e7d",
}
"""The last commit of each version, or one of its commits; a new one is `HEAD` until its successor comes."""

LABELS = """
import sys
from pathlib import Path
import numpy as np
from core.poses import Pose, Provenance, Visibility
from core.project import Project, ReviewChange, SourceRecord, edits

def predicted(track_id, at):
    return Pose(track_id, np.array([5.0, 6.0, 70.0, 80.0]), np.full((17, 2), at), np.full(17, Visibility.VISIBLE),
                np.full(17, 0.8), np.full(17, Provenance.PREDICTED), Provenance.PREDICTED)

path = Path(sys.argv[1])
with Project.create(path, SourceRecord(path.with_name("clip.mp4"), "video", 640, 480, 30)) as project:
    run = project.begin_run("predict")
    project.write_run(run, {i: [predicted(1, 10.0 + i), predicted(2, 200.0 + i)] for i in range(8)},
                      {i: (0.04 * i, f"{i:016x}") for i in range(8)})
    project.finish_run(run, "done")
    edits.move_keypoint(project, 0, 1, 9, (3.0, 4.0), proofs={0: (0.0, f"{0:016x}")})
    edits.set_visibility(project, 1, 1, 9, Visibility.OCCLUDED)
    edits.add_person(project, 9, (1.0, 2.0, 30.0, 40.0))
    edits.accept_pose(project, 2, 1)
    edits.move_keypoint(project, 3, 2, 0, (300.0, 40.0))
    project.undo()
    edits.mark_reviewed(project, 4)
    edits.delete_person(project, 2, 5)
"""


def make(version: int) -> None:
    """Writes the fixture of one version."""
    tree = subprocess.run(["git", "archive", COMMITS[version]], check=True, capture_output=True, cwd=ROOT).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            archive.extractall(folder, filter="data")
        path = Path(folder) / "labels" / "clip.fami"
        path.parent.mkdir()
        subprocess.run([sys.executable, "-c", LABELS, str(path)], check=True, cwd=folder)
        packed = lzma.compress(path.read_bytes(), preset=9)
    (FOLDER / f"clip.format-{version}.fami.xz").write_bytes(packed)
    sys.stdout.write(f"version {version}: {len(packed)} bytes\n")


if __name__ == "__main__":
    for number in [int(word) for word in sys.argv[1:]] or sorted(COMMITS):
        make(number)
