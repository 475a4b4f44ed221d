"""What this machine offers and lacks, as lines of a report. Each check stands alone: one that fails is a finding."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.logs import Logs
from app.system_packages import install_command, missing_packages
from app.weights import detectors
from app.weights.available import available_weights
from app.weights.choice import HOW_TO_GET_SOME, default_weights
from core.errors import FamiError
from core.files import checkout, places

CONSTRAINTS = checkout.REPOSITORY / "constraints.txt"
PACKAGES = ("torch", "torchvision", "PySide6", "pyqtgraph", "av", "opencv-python", "h5py")
LOW_SPACE_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        name: what was looked at.
        text: what was found, and what to do where it is not `fine`.
        fine: False where something will not work.
    """

    name: str
    text: str
    fine: bool = True


def findings() -> Iterator[Finding]:
    """Everything that is checked, in the order of the report."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python, _packages, _machine, _screen, _accelerator, _folders, _crashes, _weights, _detector, _demo,
    )  # fmt: skip
    for check in checks:
        yield from check()


def _python() -> Iterator[Finding]:
    fine = sys.version_info >= (3, 11)
    yield Finding(
        "Python", f"{platform.python_version()} at {sys.executable}" + ("" if fine else "; 3.11 is needed"), fine
    )


def _packages() -> Iterator[Finding]:
    wanted = dict(line.split("==") for line in CONSTRAINTS.read_text(encoding="utf-8").split())
    for name in PACKAGES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "missing; run ./setup.sh run", fine=False)
            continue
        # torch's builds for one kind of accelerator add a local part, such as +cpu.
        fine = version.split("+")[0] == wanted[name]
        yield Finding(name, version if fine else f"{version}, tested is {wanted[name]}; run ./setup.sh run", fine)


def _machine() -> Iterator[Finding]:
    tested = "" if sys.platform.startswith("linux") else "; only Linux is tested"
    yield Finding("System", f"{platform.platform()}, {os.cpu_count()} processors{tested}")


def _screen() -> Iterator[Finding]:
    if not sys.platform.startswith("linux"):
        return
    screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    yield Finding("Screen", screen or "none; the window needs one, --screenshot and the commands do not")
    for what, window in (("Drawing without a screen", False), ("A window under X11", True)):
        packages = missing_packages(window)
        yield Finding(
            what,
            f"libraries are missing; install them with: {install_command(packages)}"
            if packages
            else "all libraries are there",
            not packages,
        )


def _accelerator() -> Iterator[Finding]:
    try:
        import torch  # noqa: PLC0415 - seconds, and it may be what is broken
    except (ImportError, OSError) as error:
        yield Finding("torch", f"does not load ({error}); run ./setup.sh run", fine=False)
        return
    if not torch.cuda.is_available():
        yield Finding(
            "Accelerator", f"none that torch {torch.__version__} can use; the processor is used, which is slower"
        )
        return
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        yield Finding("Accelerator", f"cuda:{index} {properties.name}, {properties.total_memory / 2**30:.0f} GB")


def _folders() -> Iterator[Finding]:
    for name, folder in (("Projects", places.projects_folder()), ("Weights folder", places.weights_folder()),
                         ("Cache", places.cache_folder()), ("Logs", places.log_folder())):  # fmt: skip
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free_gb = shutil.disk_usage(there).free / 1e9
        if not os.access(there, os.W_OK):
            yield Finding(name, f"{folder} cannot be written; allow writing to {there}", fine=False)
        else:
            low = "; that is not much" if free_gb < LOW_SPACE_GB else ""
            yield Finding(name, f"{folder}, {free_gb:.0f} GB free{low}", free_gb >= LOW_SPACE_GB)


def _crashes() -> Iterator[Finding]:
    kept = Logs().crashes()
    last = f"{len(kept)} kept, the last is {kept[-1]}; Help > Report a fault… shows it" if kept else "none"
    yield Finding("Crashes", last)


def _weights() -> Iterator[Finding]:
    try:
        at_hand, choice = available_weights(), default_weights()
    except (FamiError, ImportError, OSError) as error:  # a broken torch is told above
        yield Finding("Weights", f"cannot be read ({error})", fine=False)
        return
    if choice is None:
        yield Finding("Weights", f"none; {HOW_TO_GET_SOME}", fine=False)
        return
    for sentence in choice.unusable:
        yield Finding("Weights", sentence, fine=False)
    for weights in at_hand:
        taken = f"; used by default, {choice.why}" if weights == choice.weights else ""
        yield Finding("Weights", f"{weights.name} ({weights.origin}, {weights.sha256[:8]}){taken}")


def _detector() -> Iterator[Finding]:
    for detector in (detectors.FOR_PROCESSORS, detectors.FOR_CUDA):
        where = f"at {detector.path}" if detector.at_hand else "not here yet; fetched when you first look for people"
        yield Finding("Person detector", f"{detector.architecture}, {where}")


def _demo() -> Iterator[Finding]:
    lost = [path.name for path in (places.DEMO_CLIP, places.DEMO_LABELS) if not path.is_file()]
    yield Finding("Demo clip", f"missing {', '.join(lost)}; get the checkout again" if lost else "there", not lost)
