"""How long a network takes for one person in one frame here: measured once and remembered, estimated until then."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.errors import Cancelled, FamiError
from core.files import places
from core.files.replacing import replacing
from core.files.small_files import json_value
from core.keypoints import POSETRACK
from core.model import FamiPose, FamiPoseConfig, LoadedModel, Predictor, Request, WeightsMetadata, new_backbone
from core.model.device import available_device

CPU_GFLOP_PER_S_PER_THREAD = 50.0
CUDA_GFLOP_PER_S = 5000.0
OVERHEAD_S = 0.01
KFLOP_PER_PIXEL = {"w48": 638.5, "w32": 311.1, "w16": 16.8, "w16_wide": 28.2, "w12": 8.7, "lite0": 17.7}
"""What `counted_kflop_per_pixel` says, so that an estimate takes no time."""

_MEASURED_S = 1.5
_FRAME_WH = (640, 480)


@dataclass(frozen=True)
class Architecture:
    """What a network's speed depends on.

    Attributes:
        backbone: a name in BACKBONES.
        input_size_wh: width and height of the crop in pixels.
        num_frames: frames that one prediction looks at; 1 where the neighbours change nothing yet.
    """

    backbone: str
    input_size_wh: tuple[int, int]
    num_frames: int

    @property
    def key(self) -> str:
        """Names it in the file of speeds."""
        width, height = self.input_size_wh
        return f"{self.backbone} {height}x{width}, {self.num_frames} frame{'s' if self.num_frames > 1 else ''}"


@dataclass(frozen=True)
class Speed:
    """Seconds for one person in one frame.

    Attributes:
        seconds: crop, network and decoding.
        is_measured: False where it is an estimate from the number of operations.
    """

    seconds: float
    is_measured: bool


def device_name(device: str = "auto") -> str:
    """What computes, as people call it: "AMD EPYC, 2 threads" or "NVIDIA GeForce RTX 4090".

    Raises:
        PredictionError: this machine has no such device.
    """
    found = available_device(device)
    if found.type == "cuda":
        return torch.cuda.get_device_name(found)
    return f"{_processor()}, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()


class Speeds:
    """The speeds on one device, kept in a file of the cache folder, by machine and version of torch."""

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self.device_name = device_name(device)
        self._key = f"{platform.node()}, {self.device_name}, torch {torch.__version__}"

    def speed(self, architecture: Architecture) -> Speed:
        """The measured speed where there is one, else an estimate."""
        measured = _read().get(self._key, {}).get(architecture.key)
        if isinstance(measured, float):
            return Speed(measured, is_measured=True)
        is_cuda = available_device(self._device).type == "cuda"
        rate = CUDA_GFLOP_PER_S if is_cuda else CPU_GFLOP_PER_S_PER_THREAD * torch.get_num_threads()
        return Speed(OVERHEAD_S + gflop_of(architecture) * architecture.num_frames / rate, is_measured=False)

    def measure(self, architecture: Architecture, cancelled: Callable[[], bool] = lambda: False) -> Speed:
        """Measures a network of that architecture with random weights, and remembers the result.

        Raises:
            Cancelled: as `cancelled` asked for.
            PredictionError: the network does not fit the device's memory.
        """
        seconds = seconds_per_person(architecture, self._device, cancelled)
        everything = _read()
        everything.setdefault(self._key, {})[architecture.key] = seconds
        _write(everything)
        return Speed(seconds, is_measured=True)


def gflop_of(architecture: Architecture) -> float:
    """Billions of floating-point operations of one pass of the backbone over one crop."""
    width, height = architecture.input_size_wh
    known = KFLOP_PER_PIXEL.get(architecture.backbone)
    return (counted_kflop_per_pixel(architecture.backbone) if known is None else known) * width * height / 1e6


def counted_kflop_per_pixel(backbone: str) -> float:
    """Thousands of operations per pixel of the crop, counted on tensors without content; takes seconds."""
    side = 64
    with torch.device("meta"):
        network = new_backbone(backbone, len(POSETRACK)).eval()
        crop = torch.empty(1, 3, side, side)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(crop)
    return float(counter.get_total_flops()) / 1e3 / side**2


def seconds_per_person(architecture: Architecture, device: str, cancelled: Callable[[], bool] = lambda: False) -> float:
    """The median time of one person in one frame, over batches as the predictor makes them, after one to warm up.

    Raises:
        Cancelled: as `cancelled` asked for, between batches.
    """
    sides = architecture.num_frames - 1
    offsets = tuple(offset for offset in range(-sides, sides + 1) if offset)[:sides]
    config = FamiPoseConfig(architecture.backbone, supporting_offsets=offsets)
    model = FamiPose(config)
    torch.nn.init.ones_(model.gain)  # neighbours count, as they do once the alignment was trained
    torch.nn.init.constant_(model.head_after.weight, 1e-9)  # random features are large: the heatmaps stay finite
    predictor = Predictor(
        LoadedModel(model, WeightsMetadata("speed", config, architecture.input_size_wh), "0" * 64), device
    )
    width, height = _FRAME_WH
    rgb = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    box = np.array([width / 4, height / 8, width / 3, height * 3 / 4])
    people = [Request(0, person, box) for person in range(predictor.batch_size)]
    times_s: list[float] = []
    while len(times_s) < 2 or (sum(times_s) < _MEASURED_S and len(times_s) < 20):
        if cancelled():
            raise Cancelled
        began_s = time.perf_counter()
        predictor.predict(people, lambda _: rgb, 1)
        times_s.append((time.perf_counter() - began_s) / len(people))
    return float(np.median(times_s[1:]))


def _file() -> Path:
    return places.cache_folder() / "speeds.json"


def _read() -> dict[str, dict[str, float]]:
    try:
        content = json_value(_file())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and all(isinstance(v, dict) for v in content.values()) else {}


def _write(content: dict[str, dict[str, float]]) -> None:
    """Keeps the speeds; a folder that cannot be written costs only them."""
    try:
        with replacing(_file(), make_folder=True, forced=False) as draft:
            draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
    except FamiError:
        return
