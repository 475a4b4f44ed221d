"""Which person detectors there are, where their files lie, and how one comes to hand. Loads no torch by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app import places
from app.weights import file_sha256
from core.errors import FetchError, WeightsError
from core.fetch import OnProgress, fetch

if TYPE_CHECKING:
    from core.model.detector import PersonDetector


@dataclass(frozen=True)
class DetectorFile:
    """A detector's published weights.

    Attributes:
        architecture: torchvision's name of the network.
        url: where the file comes from.
        sha256: the first hex digits of its hash, as its name has them.
        size_mb: in megabytes of a million bytes.
        licence: of the weights.
        looks_per_s: frames in a second of the clip that are looked at; the boxes between are bridged.
    """

    architecture: str
    url: str
    sha256: str
    size_mb: int
    licence: str
    looks_per_s: float

    @property
    def path(self) -> Path:
        """Where the file lies, once it is at hand."""
        return places.detectors_folder() / self.url.rpartition("/")[2]

    @property
    def host(self) -> str:
        """The server that it comes from."""
        return urlsplit(self.url).hostname or ""

    @property
    def at_hand(self) -> bool:
        """Whether the file is there."""
        return self.path.is_file()

    def fetch(self, on_progress: OnProgress, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Brings the file here. Raises FetchError in one sentence, or Cancelled."""
        try:
            fetch(self.url, self.path, self.sha256, on_progress, cancelled)
        except FetchError as error:
            why = str(error)
            raise FetchError(f"The person detector is not at hand: {why[0].lower()}{why[1:]}") from error

    def load(self, device: str) -> PersonDetector:
        """The detector, ready to find people. Raises WeightsError where the file is not what its name says."""
        if not file_sha256(self.path).startswith(self.sha256):
            raise WeightsError(f"{self.path} is damaged; delete it, and the person detector is fetched again.")
        from core.model.detector import PersonDetector  # noqa: PLC0415 - loads torch

        return PersonDetector(self.path, self.architecture, device)


_HOST = "https://download.pytorch.org/models/"
_LICENCE = "BSD-3 (torchvision), trained on COCO"

FOR_PROCESSORS = DetectorFile(
    "fasterrcnn_mobilenet_v3_large_fpn",
    _HOST + "fasterrcnn_mobilenet_v3_large_fpn-fb6a3cc7.pth",
    "fb6a3cc7",
    78,
    _LICENCE,
    looks_per_s=12.0,
)
FOR_CUDA = DetectorFile(
    "fasterrcnn_resnet50_fpn_v2",
    _HOST + "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth",
    "dd69338a",
    175,
    _LICENCE,
    looks_per_s=30.0,
)


def suited_to(device: str) -> DetectorFile:
    """The detector for a device: "auto", "cpu", "cuda" or "cuda:N". Loads torch.

    Raises:
        PredictionError: there is no such device.
    """
    from core.model import available_device  # noqa: PLC0415 - loads torch

    return FOR_CUDA if available_device(device).type == "cuda" else FOR_PROCESSORS
