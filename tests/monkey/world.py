"""Where the monkey lives: folders of its own, three clips, labels, weights and a detector, all small."""

import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image

from app.weights import detectors
from core.files import places
from core.files.hashing import file_sha256
from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, save_weights
from tests.detector_weights import write_weights

NOWHERE = "http://127.0.0.1:9"
"""Where nothing is fetched from: the monkey stays on this machine."""


@dataclass(frozen=True)
class World:
    """What the monkey can choose in a dialog of files.

    Attributes:
        folder: everything lies in it.
        clips: the demo clip and two others.
        labels: files of labels, one of them for the demo clip and one that is none.
        weights: files of weights, one of which is none.
        folders: of images, of clips, and an empty one.
    """

    folder: Path
    clips: tuple[Path, ...]
    labels: tuple[Path, ...]
    weights: tuple[Path, ...]
    folders: tuple[Path, ...]

    def projects(self) -> list[Path]:
        """The projects that there are by now."""
        return sorted([*self.folder.rglob("*.fami"), *places.projects_folder().glob("*.fami")])


def make_world(folder: Path, given: tuple[Path, ...] = (), *, detector: bool = True) -> World:
    """Makes it in an empty folder, and lets the program keep its own files there, too.

    Args:
        folder: an empty one.
        given: two clips in place of those that are made.
        detector: whether the person detector is at hand, untrained; takes a second.
    """
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(folder / name.lower())
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        os.environ[name] = NOWHERE
    clips = folder / "clips"
    clips.mkdir(parents=True)
    demo = Path(shutil.copy(places.DEMO_CLIP, clips / "walkers.mp4"))
    others = [Path(shutil.copy(clip, clips / clip.name)) for clip in given[:2]]
    if not others:
        others = [make_clip(clips / "small.mp4", 150, (320, 240)), make_clip(clips / "wide.mp4", 90, (640, 360))]
    demo_labels = Path(shutil.copy(places.DEMO_LABELS, folder / "walkers.json"))
    broken = folder / "broken.json"
    broken.write_text(json.dumps({"images": [{"id": "²"}], "annotations": 3}), encoding="utf-8")
    not_weights = folder / "not_weights.pth"
    not_weights.write_bytes(b"PK\x03\x04" + bytes(200))
    images = folder / "images"
    images.mkdir()
    for index in range(8):
        write_picture(images / f"{index:03}.png", index)
    empty = folder / "empty"
    empty.mkdir()
    return World(
        folder,
        (demo, *others),
        (demo_labels, broken),
        (*_make_weights(), not_weights),
        (images, clips, empty) if _bring_detector(detector) else (),
    )


def _make_weights() -> tuple[Path, Path]:
    """A network small enough to run in a blink, which is taken by default, and another like it."""
    torch.set_num_threads(1)
    config = FamiPoseConfig(backbone="w12", gtm_width=8, lcm_width=8, initialisation="paper")
    places.weights_folder().mkdir(parents=True)
    paths = []
    for seed, name in ((7, "tiny"), (11, "other")):
        torch.manual_seed(seed)
        paths.append(places.weights_folder() / f"{name}.pth")
        save_weights(paths[-1], FamiPose(config), WeightsMetadata(name, config, (48, 64)))
    return paths[0], paths[1]


def _bring_detector(at_hand: bool) -> bool:
    """The program's detector is an untrained one from now on."""
    file = replace(detectors.FOR_PROCESSORS, url=f"{NOWHERE}/net.pth", sha256="0" * 8)
    if at_hand:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file = replace(file, sha256=file_sha256(write_weights(file.path))[:8])
    detectors.FOR_PROCESSORS = file
    return True


def make_clip(path: Path, num_frames: int, size_wh: tuple[int, int]) -> Path:
    """A clip of two textured figures that walk before a textured wall."""
    width, height = size_wh
    noise = np.random.default_rng(num_frames)
    wall = np.kron(noise.integers(40, 120, (height // 8, width // 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    figures = [np.kron(noise.integers(90, 255, (20, 8, 3)), np.ones((6, 6, 1))).astype(np.uint8) for _ in range(2)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(num_frames):
            rgb = wall.copy()
            for place, figure in enumerate(figures):
                left = round(width * (0.25 + 0.4 * place) + width * 0.12 * np.sin(index / 10 + place))
                rgb[60:180, left : left + 48] = figure
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_picture(path: Path, index: int) -> None:
    """A grey picture with a light stripe at a place that depends on its index."""
    rgb = np.full((120, 160, 3), 80, np.uint8)
    rgb[:, 10 * index : 10 * index + 20] = 200
    Image.fromarray(rgb).save(path)
