"""Heatmaps in a file: what is written is read again; a disk that becomes full costs a sentence, not the process."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from core.predictions import Prediction, Request
from core.work.heatmap_file import HeatmapFile

FILLING = """
import resource, sys
import numpy as np
from pathlib import Path
from core.files.replacing import replacing
from core.predictions import Prediction, Request
from core.work.heatmap_file import HeatmapFile
from core.errors import FamiError
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
noise = np.random.default_rng(0)
def prediction(index):
    heatmaps = noise.random((17, 64, 48)).astype(np.float32)
    return Prediction(Request(index, 1, np.zeros(4)), np.zeros((17, 2)), np.zeros(17), heatmaps, np.zeros((2, 3)))
try:
    with replacing(Path(sys.argv[1])) as draft:
        file = HeatmapFile(draft, Path("clip.mp4"), "0" * 64)
        try:
            for index in range(40):
                file.append([prediction(index)])
        finally:
            file.close()
except FamiError as error:
    print(error)
"""


def prediction(index: int) -> Prediction:
    heatmaps = np.full((17, 16, 12), index / 64, np.float32)
    return Prediction(Request(index, 1, np.zeros(4)), np.zeros((17, 2)), np.zeros(17), heatmaps, np.eye(2, 3))


def test_what_is_appended_is_read_again(tmp_path):
    file = HeatmapFile(tmp_path / "h.h5", tmp_path / "clip.mp4", "a" * 64)
    for start in range(0, 30, 3):
        file.append([prediction(index) for index in range(start, start + 3)])
    file.append([])
    file.close()
    with h5py.File(tmp_path / "h.h5") as found:
        assert found["frame_index"][:].tolist() == list(range(30)) and set(found["track_id"][:]) == {1}
        assert np.array_equal(found["heatmaps"][:, 0, 0, 0], np.arange(30) / 64)
        assert found.attrs["weights_sha256"] == "a" * 64 and len(found.attrs["keypoints"]) == 17


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX bounds the size of files")
@pytest.mark.parametrize("num_bytes", [0, 500, 5_000, 300_000])
def test_a_disk_that_becomes_full_costs_a_sentence_and_not_the_process(tmp_path, num_bytes):
    path = tmp_path / "h.h5"
    path.write_bytes(b"")
    command = [sys.executable, "-X", "faulthandler", "-c", FILLING, str(path), str(num_bytes)]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert child.stdout == f"{path} cannot be written, as its disk is full; free some space and try again.\n"
    assert not child.stderr and [file.name for file in tmp_path.iterdir()] == ["h.h5"]
