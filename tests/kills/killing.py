"""Lets a driver work, kills it at a random moment, and looks at what it left."""

import json
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import torch

from core.files import places
from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, save_weights
from tests.app.conftest import encode
from tests.kills.checking import acknowledged, faults_after_kill, project_of
from tests.kills.driver import WAYS

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ROOT / "tests" / "core" / "project" / "versions"
PATIENCE_S = 60.0
NUM_FRAMES = 60


class Killer:
    """A nursery of drivers, and a folder for each way of working in which they go on where the last was killed.

    Attributes:
        kills: how many drivers were killed, by way.
        entries: how many entries were acknowledged by them in all.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        """Starts the nursery; the process's own folders for projects and settings lie in `folder` from now on."""
        self._folder, self._random = folder, random.Random(seed)
        self._environment = {name: str(folder / name.lower()) for name in _OWN_FOLDERS}
        os.environ.update(self._environment)
        self._clip = encode(folder / "made.mp4", NUM_FRAMES)
        _make_weights()
        self.kills: dict[str, int] = {}
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.nursery"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def __enter__(self) -> "Killer":
        assert self._nursery.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._nursery.stdin.close()
        self._nursery.wait()
        self._nursery.stdout.close()

    @property
    def entries(self) -> int:
        """How many entries were acknowledged."""
        return sum(len(acknowledged(folder)) for folder in self._folder.glob("way-*"))

    def kill_one(self, way: str) -> list[str]:
        """Lets one work in that way, kills it, and says what is wrong then."""
        folder = self._prepare(way)
        seed = self._random.randrange(2**31)
        order = {"folder": str(folder), "way": way, "seed": seed, "environment": self._environment}
        self._nursery.stdin.write(json.dumps(order) + "\n")
        self._nursery.stdin.flush()
        child = int(self._nursery.stdout.readline())
        # So many more lines of acknowledgement, however slow the machine is, and a moment.
        lines = self._random.choice((0, 1)) if way in ("make", "migrate") else self._random.randrange(2, 40)
        ready = self._wait(lambda: _num_lines(folder) >= lines, child)
        time.sleep(self._random.uniform(0.0, 0.05))
        alive = _is_alive(child)
        _kill(child)
        self._wait(lambda: not _is_alive(child), None)
        self.kills[way] = self.kills.get(way, 0) + 1
        words = (folder / "words").read_text(encoding="utf-8") if (folder / "words").exists() else ""
        faults = [] if alive and ready else [f"the driver ended by itself: {words[-600:]}"]
        faults += [f"a child of the round lives on as {pid}" for pid in self._orphans(folder)]
        faults += faults_after_kill(folder)
        return [f"{way}, driver {seed}: {fault}" for fault in faults]

    def _prepare(self, way: str) -> Path:
        """The folder of that way; making and migrating begin anew each time."""
        again = f"-{self.kills.get(way, 0)}" if way in ("make", "migrate") else ""
        folder = self._folder / f"way-{way}{again}"
        if not folder.exists():
            (folder / "out").mkdir(parents=True)
            shutil.copy(self._clip, folder / "clip.mp4")
            if way == "import":
                (folder / "labels.json").write_text(json.dumps(_labels()), encoding="utf-8")
            if way == "migrate":
                old = self._random.choice(sorted(VERSIONS.glob("clip.format-*.xz")))
                project_of(folder).write_bytes(lzma.decompress(old.read_bytes()))
        (folder / "words").unlink(missing_ok=True)
        if (folder / "acks").exists():  # what the last one did not finish writing, and its beginnings
            lines = (folder / "acks").read_text(encoding="utf-8").split("\n")[:-1]
            (folder / "acks").write_text("".join(f"{line}\n" for line in lines if line[:1].isdigit()), encoding="utf-8")
        return folder

    def _wait(self, condition: object, child: int | None) -> bool:
        ends_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_s:
            if condition():
                return True
            if child is not None and not _is_alive(child):
                return False
            time.sleep(0.005)
        return False

    def _orphans(self, folder: Path) -> list[int]:
        """Processes that train for a project of the folder, a while after the kill."""
        found: list[int] = []

        def none_left() -> bool:
            found[:] = [pid for pid, words in _processes() if "rounds.child" in words and str(folder) in words]
            return not found

        self._wait(none_left, None)
        return found


_OWN_FOLDERS = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


def _num_lines(folder: Path) -> int:
    """What the driver that runs now has acknowledged, its beginnings among it."""
    text = (folder / "acks").read_text(encoding="utf-8") if (folder / "acks").exists() else ""
    return text.rpartition("begins\n")[2].count("\n") if "begins" in text else -1


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _processes() -> list[tuple[int, str]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()))
            except (OSError, ValueError):
                continue
    return found


def _make_weights() -> None:
    torch.manual_seed(7)
    config = FamiPoseConfig(backbone="w12", gtm_width=8, lcm_width=8, initialisation="paper")
    places.weights_folder().mkdir(parents=True, exist_ok=True)
    save_weights(places.weights_folder() / "tiny.pth", FamiPose(config), WeightsMetadata("tiny", config, (48, 64)))


def _labels() -> dict[str, object]:
    """Two people in every frame, as COCO writes them, under the names that exports use."""
    images = [
        {"id": index + 1, "file_name": f"images/clip/{index:06d}.jpg", "width": 160, "height": 120}
        for index in range(NUM_FRAMES)
    ]
    annotations = [
        {
            "id": 2 * index + person, "image_id": index + 1, "category_id": 1, "track_id": person,
            "bbox": [20 + 60 * person, 20, 40, 80], "num_keypoints": 17, "iscrowd": 0, "area": 3200,
            "keypoints": [value for k in range(17) for value in (22 + 60 * person + k, 25 + 4 * k, 2)],
        }
        for index in range(NUM_FRAMES)
        for person in (0, 1)
    ]  # fmt: skip
    names = [
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee",
        "left_ankle", "right_ankle",
    ]  # fmt: skip
    return {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": names, "skeleton": []}],
    }


def ways_of(count: int) -> list[str]:
    """So many kills, spread over all ways."""
    return [WAYS[number % len(WAYS)] for number in range(count)]
