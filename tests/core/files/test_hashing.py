"""The hash of a file, and that the light modules stay light."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import WeightsError
from core.files import checkout
from core.files.hashing import file_sha256


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "net.pth").write_bytes(content)
    assert file_sha256(tmp_path / "net.pth") == file_sha256(str(tmp_path / "net.pth"))
    assert file_sha256(tmp_path / "net.pth") == hashlib.sha256(content).hexdigest()


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.pth cannot be read .*; choose another file\.$"):
        file_sha256(tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        file_sha256(tmp_path)


def test_arguments_load_nothing_heavy() -> None:
    heavy = "sorted({'numpy', 'torch', 'cv2', 'PySide6', 'scipy', 'h5py', 'av'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, app.arguments; print({heavy})"],
        cwd=checkout.REPOSITORY, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_the_check_of_system_packages_runs_before_anything_is_installed() -> None:
    script = checkout.REPOSITORY / "app" / "system_packages.py"
    subprocess.run([sys.executable, "-I", "-S", str(script)], capture_output=True, check=True, timeout=60)
