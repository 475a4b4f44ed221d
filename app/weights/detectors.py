"""Which person detectors there are, where their files lie, and how one comes to hand. Loads no torch by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import FetchError, WeightsError
from core.files import places
from core.files.fetch import OnProgress, fetch
from core.files.hashing import file_sha256
from core.project import Project, Touched
from core.video import Source
from core.work.finding import Found, find_people, frames_between_looks

if TYPE_CHECKING:  # it loads torch
    from core.model.prediction.detector import PersonDetector


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
            raise FetchError(f"The person detector is not available: {why[0].lower()}{why[1:]}") from error

    def checked(self) -> str:
        """The file's whole hash. Raises WeightsError where the file is not what its name says."""
        digest = file_sha256(self.path)
        if not digest.startswith(self.sha256):
            raise WeightsError(f"{self.path} is damaged; delete it, and the person detector is fetched again.")
        return digest

    def load(self, device: str) -> PersonDetector:
        """The detector, ready to find people. Raises WeightsError where the file holds another network."""
        from core.model.prediction.detector import PersonDetector  # noqa: PLC0415 - loads torch

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


def look_for_people(
    detector_file: DetectorFile,
    device: str,
    project: Project,
    source: Source,
    frames: tuple[int, int],
    *,
    on_progress: Callable[[int, int], None],
    on_part: Callable[[Touched], None] = lambda _: None,
) -> Found:
    """Finds people in a stretch of a clip with a detector that is at hand, and writes them as one run; loads torch.

    Args:
        detector_file: which detector.
        device: where it computes.
        project: takes the boxes.
        source: opened for this thread alone.
        frames: the first frame, and the first that is left out.
        on_progress: called with the frames done and in all; may raise Cancelled, what was found before is written.
        on_part: called after each part that was written.

    Raises:
        Cancelled: as `on_progress` raised it.
        FamiError: the detector or the clip could not be read.
    """
    digest = detector_file.checked()
    return find_people(
        project,
        source,
        detector_file.load(device),
        *frames,
        every=frames_between_looks(source, detector_file.looks_per_s),
        weights_sha256=digest,
        on_progress=on_progress,
        on_part=on_part,
    )
