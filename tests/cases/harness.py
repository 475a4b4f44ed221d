"""Runs a case: the files that a person brought, the commands they ran, and what must come of it. See README.md."""

from __future__ import annotations

import io
import json
import re
import shutil
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.cli import main
from app.terminal import Terminal
from core.errors import FamiError
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility
from core.project import Project
from core.video import open_source

TOLERANCE_PX = 0.5
BITS = 8
"""The clips of the cases show their frame's number in a row of eight blocks at the top, the lowest bit at the left."""


@dataclass(frozen=True)
class Case:
    """A case: `folder` holds the files, `expectation` is its case.toml."""

    folder: Path
    expectation: Path

    @property
    def name(self) -> str:
        return self.folder.name


def cases_of(folder: Path, expectations: Path | None = None) -> list[Case]:
    """The cases in `folder`; their case.toml lies in them, or in a folder of the case's name in `expectations`."""
    cases = []
    for case in sorted(path for path in folder.iterdir() if (path / "case.md").is_file()):
        toml = (case if expectations is None else expectations / case.name) / "case.toml"
        cases.append(Case(case, toml))
    return cases


def run_case(case: Case, folder: Path) -> None:
    """Runs a case's steps in a copy of its files at `folder`, the working directory; raises AssertionError."""
    assert case.expectation.is_file(), f"{case.name} has no case.toml: write what must come of it"
    for source in case.folder.iterdir():
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / source.name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    steps = _only(tomllib.loads(case.expectation.read_text(encoding="utf-8")), "step")["step"]
    for number, step in enumerate(steps, start=1):
        try:
            run_step(step, folder)
        except AssertionError as error:
            said = " ".join(step.get("command", ["no command"]))
            raise AssertionError(f"{case.name}, step {number} ({said}): {error}") from error


def run_step(step: dict[str, Any], folder: Path) -> None:
    _only(step, "command", "status", "says", "says_not", "project", "source", "json", "same", "files", "no_files")
    if "command" in step:
        output, errors = io.StringIO(), io.StringIO()
        try:
            status = main(step["command"], Terminal(output, errors))
        except SystemExit as end:  # wrong usage, as argparse leaves
            status = int(end.code or 0)
        said = output.getvalue() + errors.getvalue()
        assert status == step.get("status", 0), f"the exit status is {status}; it said: {said}"
        for text in step.get("says", []):
            assert re.search(text, said, re.IGNORECASE), f"{text!r} was not said, but: {said}"
        for text in step.get("says_not", []):
            assert not re.search(text, said, re.IGNORECASE), f"{text!r} was said: {said}"
    for name in step.get("files", []):
        assert (folder / name).is_file(), f"there is no file {name}"
    for name in step.get("no_files", []):
        assert not (folder / name).exists(), f"there is a {name}"
    for expected in step.get("project", []):
        check_project(expected, folder)
    for expected in step.get("source", []):
        check_source(expected, folder)
    for expected in step.get("json", []):
        check_json(expected, folder)
    for first, second in step.get("same", []):
        check_same(folder / first, folder / second)


# ---- projects ----


def check_project(expected: dict[str, Any], folder: Path) -> None:
    _only(expected, "path", "frames", "track_ids", "num_people", "joints", "provenance", "ignore_regions")
    with Project.open(folder / expected["path"], read_only=True) as project:
        frames = {frame.frame_index: frame for frame in project.frames() if frame.poses}
        regions = sorted(project.ignore_regions())
    people = sorted({pose.track_id for frame in frames.values() for pose in frame.poses})
    if "frames" in expected:
        assert sorted(frames) == expected["frames"], f"the labelled frames are {sorted(frames)}"
    if "track_ids" in expected:
        assert people == expected["track_ids"], f"the people are {people}"
    if "num_people" in expected:
        assert len(people) == expected["num_people"], f"there are {len(people)} people"
    if "ignore_regions" in expected:
        assert regions == expected["ignore_regions"], f"frames with ignore regions are {regions}"
    if "provenance" in expected:
        wanted = Provenance[expected["provenance"].upper()]
        found = {
            Provenance(p).name for f in frames.values() for pose in f.poses for p in pose.provenance[pose.labelled]
        }
        assert found == {wanted.name}, f"joints are {found or 'nowhere labelled'}"
    for row in expected.get("joints", []):
        _check_pose(row, frames)


def _check_pose(row: dict[str, Any], frames: dict[int, FramePoses]) -> None:
    _only(row, "frame", "track_id", "at", "absent", "occluded", "box", "scores", "box_provenance")
    frame = frames.get(row["frame"])
    assert frame is not None, f"frame {row['frame']} holds nobody"
    if "track_id" in row:
        pose = frame.pose(row["track_id"])
        assert pose is not None, f"frame {row['frame']} has {[p.track_id for p in frame.poses]}"
    else:
        assert len(frame.poses) == 1, f"frame {row['frame']} has {len(frame.poses)} people"
        pose = frame.poses[0]
    where = f"of person {pose.track_id} in frame {row['frame']}"
    for name, xy in row.get("at", {}).items():
        assert _labelled(pose, name), f"{name} {where} is not labelled"
        found = pose.keypoints[POSETRACK.index(name)]
        assert np.abs(found - xy).max() <= TOLERANCE_PX, f"{name} {where} is at {found.tolist()}, not {xy}"
    for name in row.get("absent", []):
        assert not _labelled(pose, name), f"{name} {where} is labelled"
    for name in row.get("occluded", []):
        assert pose.visibility[POSETRACK.index(name)] == Visibility.OCCLUDED, f"{name} {where} is not occluded"
    for name, score in row.get("scores", {}).items():
        found = float(pose.scores[POSETRACK.index(name)])
        assert abs(found - score) < 1e-6, f"{name} {where} has the score {found}"
    if "box" in row:
        assert np.abs(pose.bbox_xywh - row["box"]).max() <= TOLERANCE_PX, f"the box {where} is {pose.bbox_xywh}"
    if "box_provenance" in row:
        found_provenance = pose.bbox_provenance.name.lower()
        assert found_provenance == row["box_provenance"], f"the box {where} is {found_provenance}"


def _labelled(pose: Pose, name: str) -> bool:
    return bool(pose.labelled[POSETRACK.index(name)])


def check_same(first: Path, second: Path) -> None:
    """Both projects hold the same people with the same joints in the same frames, whoever set them."""
    found = [_held(path) for path in (first, second)]
    assert found[0].keys() == found[1].keys(), f"{sorted(found[0])} became {sorted(found[1])}"
    for key, (keypoints, visibility) in found[0].items():
        other_keypoints, other_visibility = found[1][key]
        assert (visibility == other_visibility).all(), f"{key}: {visibility} became {other_visibility}"
        labelled = visibility != Visibility.NOT_LABELLED
        assert np.abs(keypoints - other_keypoints)[labelled].max(initial=0) <= TOLERANCE_PX, key


def _held(path: Path) -> dict[tuple[int, int], tuple[Any, Any]]:
    with Project.open(path, read_only=True) as project:
        return {
            (frame.frame_index, pose.track_id): (pose.keypoints, pose.visibility)
            for frame in project.frames()
            for pose in frame.poses
        }


# ---- sources ----


def check_source(expected: dict[str, Any], folder: Path) -> None:
    _only(expected, "path", "frames", "size", "numbers", "turned", "refused", "damaged")
    try:
        source = open_source(folder / expected["path"])
    except FamiError as error:
        assert "refused" in expected, f"{expected['path']} was refused: {error}"
        assert re.search(expected["refused"], str(error), re.IGNORECASE), f"it was refused with: {error}"
        return
    with source:
        assert "refused" not in expected, f"{expected['path']} was opened, with {len(source)} frames"
        if "frames" in expected:
            assert len(source) == expected["frames"], f"{expected['path']} has {len(source)} frames"
        if "size" in expected:
            assert list(source.size) == expected["size"], f"{expected['path']} is {source.size}"
        if "damaged" in expected:
            assert re.search(expected["damaged"], source.damaged or "", re.IGNORECASE), f"it says {source.damaged}"
        order = [*range(len(source)), *np.random.default_rng(0).permutation(len(source)).tolist()]
        numbers: dict[int, int] = {}
        for index in order:
            try:
                picture = source.frame(index)
            except FamiError as error:
                raise AssertionError(f"frame {index} of {expected['path']}: {error}") from error
            assert picture.shape[1::-1] == source.size, f"frame {index} of {expected['path']} is {picture.shape}"
            number = number_shown(np.rot90(picture, expected.get("turned", 0) // 90))  # back, anticlockwise
            assert numbers.setdefault(index, number) == number, f"frame {index} shows another picture when sought"
    if "numbers" in expected:
        # Either the number of the first frame, from which they rise by one, or a list of [first, one after last].
        begins = expected["numbers"]
        wanted = list(range(begins, begins + len(numbers))) if isinstance(begins, int) else _ranges(begins)
        found = [numbers[index] for index in sorted(numbers)]
        assert found == wanted, f"the frames of {expected['path']} show {found}"


def number_shown(picture: np.ndarray) -> int:
    """The number in the row of blocks, each 20 of 160 pixels wide."""
    grey, width = picture[4:12].mean(axis=2), picture.shape[1]
    blocks = [grey[:, int((b + 0.3) * width / BITS) : int((b + 0.7) * width / BITS)].mean() for b in range(BITS)]
    return sum(1 << bit for bit, level in enumerate(blocks) if level > 128)


def _ranges(pairs: Iterable[list[int]]) -> list[int]:
    return [number for start, stop in pairs for number in range(start, stop)]


# ---- files of JSON ----


def check_json(expected: dict[str, Any], folder: Path) -> None:
    _only(expected, "path", "values", "tolerance", "absent")
    document = json.loads((folder / expected["path"]).read_text(encoding="utf-8"))
    for key, value in expected.get("values", {}).items():
        found = list(_at(document, key.split(".")))
        wanted = value if isinstance(value, list) and "*" in key.split(".") else [value]
        assert len(found) == len(wanted), f"{key} is {found}"
        for one, other in zip(found, wanted, strict=True):
            numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
            equal = abs(one - other) <= expected.get("tolerance", 0) if numbers else one == other
            assert equal, f"{key} is {found}, not {wanted}"
    for key in expected.get("absent", []):
        assert not list(_at(document, key.split("."))), f"{key} is there"


def _at(value: Any, keys: list[str]) -> Iterable[Any]:
    """The values at a dotted path, in which * stands for every item of a list."""
    if not keys:
        yield value
    elif isinstance(value, list):
        items = value if keys[0] == "*" else value[int(keys[0]) : int(keys[0]) + 1]
        for item in items:
            yield from _at(item, keys[1:])
    elif isinstance(value, dict) and keys[0] in value:
        yield from _at(value[keys[0]], keys[1:])


def _only(table: dict[str, Any], *known: str) -> dict[str, Any]:
    """The table itself; a key that means nothing would test nothing."""
    unknown = sorted(set(table) - set(known))
    assert not unknown, f"case.toml: {', '.join(unknown)} has no meaning; choose among {', '.join(known)}"
    return table
