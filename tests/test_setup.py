"""The setup: what it asks of the system, what it says, and that it leaves a finished environment alone."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pip
import pytest

from app import system_packages

REPOSITORY = Path(__file__).parents[1]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def checkout(folder: Path) -> Path:
    """A bare checkout with what setup.sh reads."""
    for name in ("setup.sh", "pyproject.toml", "constraints.txt", "app/system_packages.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    shutil.copytree(REPOSITORY / "resources" / "setup", folder / "resources" / "setup")
    return folder


def setup(folder: Path, purpose: str = "test", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "setup.sh", purpose],
        cwd=folder,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_every_dependency_has_one_exact_version_and_no_address() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text().split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", line) for line in lines)
    fixed = [canonical(line.split("==")[0]) for line in lines]
    assert len(fixed) == len(set(fixed))
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert {canonical(re.split("[!<>=]", name)[0]) for name in wanted} <= set(fixed)


def test_what_is_installed_here_is_what_is_fixed() -> None:
    from importlib.metadata import distributions  # noqa: PLC0415

    installed = {canonical(d.metadata["Name"]): d.version for d in distributions()}
    fixed = dict(line.split("==") for line in (REPOSITORY / "constraints.txt").read_text().split())
    for name in ("torch", "numpy", "PySide6", "opencv-python", "av", "pytest"):
        assert installed[canonical(name)].split("+")[0] == fixed[name]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system packages are looked for on Linux only")
def test_missing_libraries_are_named_by_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert system_packages.loads("libc.so.6")
    assert not system_packages.loads("libnothing-of-this-name.so.1")
    assert system_packages.missing_packages(window=False) == []  # the tests of the window could not run otherwise
    lost = {"libEGL.so.1", "libgthread-2.0.so.0", "libglib-2.0.so.0", "libxcb-cursor.so.0"}
    monkeypatch.setattr(system_packages, "loads", lambda soname: soname not in lost)
    assert system_packages.missing_packages(window=False) == ["libegl1", "libglib2.0-0"]
    assert system_packages.missing_packages(window=True) == ["libegl1", "libglib2.0-0", "libxcb-cursor0"]
    monkeypatch.setattr(system_packages, "FONT_FOLDERS", ())
    assert system_packages.FONT_PACKAGE in system_packages.missing_packages(window=False)


def test_the_line_to_install_them_fits_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    line = system_packages.install_command(["libegl1", "libgl1"])
    assert line == "sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1 libgl1"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "sudo" not in system_packages.install_command(["libegl1"])


def test_without_a_python_one_line_says_what_to_do(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "checkout")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "dirname", "cat", "cksum", "id", "uname", "grep", "rm"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    done = setup(folder, PATH=str(programs))
    assert done.returncode == 1
    assert done.stderr.startswith("error: no Python 3.11 or newer")
    assert done.stderr.count("\n") == 1
    old = programs / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # as a Python does whose version the probe does not like
    old.chmod(0o755)
    assert setup(folder, PATH=str(programs)).stderr.startswith("error: no Python 3.11 or newer")


def test_a_finished_environment_is_left_alone_and_a_changed_wish_is_not(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    (folder / ".venv" / "bin").mkdir(parents=True)
    calls = folder / "calls.txt"
    python = folder / ".venv" / "bin" / "python"
    # Stands for pip, whose work takes minutes; everything else is this Python's.
    python.write_text(
        f'#!/bin/sh\nif [ "$2" = pip ] && [ "$3" = install ]; then echo "$@" >> "{calls}"; exit ${{FAKE_PIP:-0}}; fi\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    python.chmod(0o755)
    stopped = setup(folder, FAKE_PIP="1")
    assert stopped.returncode == 1
    assert "goes on from where it was" in stopped.stderr
    assert not (folder / ".venv" / ".ready").exists()
    first = setup(folder)
    assert (first.returncode, first.stderr) == (0, "")
    assert "Ready." in first.stdout
    again = setup(folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(calls.read_text().splitlines()) == 2
    assert "--constraint constraints.txt" in calls.read_text()
    wanted = (folder / ".venv" / "wanted.txt").read_text().split()
    assert {"torch", "av", "pytest"} <= set(wanted)
    with (folder / "constraints.txt").open("a") as file:
        file.write("another==1.0\n")
    assert setup(folder).returncode == 0
    assert len(calls.read_text().splitlines()) == 3


def opencv_wheel(folder: Path, project: str) -> None:
    """A wheel of OpenCV in small: like the real ones, both projects hold the folder cv2."""
    name = project.replace("-", "_")
    described = f"{name}-5.0.0.93.dist-info"
    files = {
        "cv2/__init__.py": f"project = {project!r}\n",
        f"cv2/{name}_only.py": "",
        f"{described}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: 5.0.0.93\n",
        f"{described}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{described}/RECORD"
    files[record] = "".join(f"{name},,\n" for name in [*files, record])
    with zipfile.ZipFile(folder / f"{name}-5.0.0.93-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


@pytest.mark.parametrize("before", [["opencv-python-headless"], ["opencv-python", "opencv-python-headless"]])
def test_opencv_without_a_screen_goes_before_the_one_with_a_screen_comes(tmp_path: Path, before: list[str]) -> None:
    folder = checkout(tmp_path / "checkout")
    (folder / "pyproject.toml").write_text(
        '[project]\ndependencies = ["opencv-python"]\noptional-dependencies.sleap = []\n[dependency-groups]\ndev = []\n'
    )
    wheels, tools = tmp_path / "wheels", tmp_path / "tools"
    wheels.mkdir()
    tools.mkdir()
    for project in ("opencv-python", "opencv-python-headless"):
        opencv_wheel(wheels, project)
    (tools / "pip").symlink_to(Path(pip.__file__).parent)  # a pip of its own would take seconds to make
    environment = {
        "PYTHONPATH": str(tools),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
    }
    venv.create(folder / ".venv")
    python = folder / ".venv" / "bin" / "python"
    for project in before:
        subprocess.run([python, "-m", "pip", "install", "-q", project], env=os.environ | environment, check=True)
    done = setup(folder, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Taking opencv-python-headless out" in done.stdout
    installed = next((folder / ".venv" / "lib").glob("python*/site-packages"))
    assert sorted(path.name for path in (installed / "cv2").glob("*.py")) == ["__init__.py", "opencv_python_only.py"]
    assert "'opencv-python'" in (installed / "cv2" / "__init__.py").read_text()
    assert not list(installed.glob("opencv_python_headless*"))
    assert setup(folder, **environment).stdout == ""


def test_an_unknown_purpose_is_refused(tmp_path: Path) -> None:
    done = setup(checkout(tmp_path), "fly")
    assert done.returncode == 1
    assert done.stderr.startswith("error: unknown purpose 'fly'")
