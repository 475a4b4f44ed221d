"""What has to hold after a kill: acknowledged entries are there, the state is the journal's, nothing is half."""

import csv
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from core.errors import FamiError
from core.files import places
from core.files.outputs import write_json
from core.poses import Pose
from core.project import Project
from core.project.records import PoseChange, ReviewChange
from core.project.storage.codec import encode
from tests.kills.driver import digest_of


def acknowledged(folder: Path) -> dict[int, str]:
    """The digest of each entry that was acknowledged; a line that the kill cut is none."""
    lines = (folder / "acks").read_text(encoding="utf-8").split("\n")[:-1] if (folder / "acks").exists() else []
    words = [line.split() for line in lines if line[:1].isdigit()]
    return {int(entry_id): digest for entry_id, digest in words}


def project_of(folder: Path) -> Path:
    """Where the program laid the project of the folder's clip."""
    return places.project_path_for(folder / "clip.mp4")


def faults_after_kill(folder: Path) -> list[str]:
    """Opens what a driver's kill left and looks through it; one line for each thing that is wrong."""
    return faults_of_project(project_of(folder), acknowledged(folder)) + _half_files(folder)


def faults_of_project(path: Path, expected: Mapping[int, str]) -> list[str]:
    """What is wrong in a project that has to hold entries of these digests."""
    if not path.exists():
        return [f"{path.name} is gone, with {len(expected)} acknowledged entries"] if expected else []
    try:
        with Project.open(path) as project:
            faults = _of_project(project, expected)
    except FamiError as error:
        return [f"it does not open: {error}"]
    with closing(sqlite3.connect(path)) as connection:
        said = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if said != "ok":
        faults.append(f"SQLite says: {said}")
    return faults


def _of_project(project: Project, expected: Mapping[int, str]) -> list[str]:
    entries = {entry.entry_id for entry in project.journal()}
    faults = [f"entry {entry_id} was acknowledged and is gone" for entry_id in expected if entry_id not in entries]
    faults += [
        f"entry {entry_id} says something else than was acknowledged"
        for entry_id, digest in expected.items()
        if entry_id in entries and digest_of(project, entry_id) != digest
    ]
    faults += [f"run {run.run_id} is still “running”" for run in project.runs() if run.status == "running"]
    poses, reviewed = _replayed(project)
    found = {(frame.frame_index, pose.track_id): encode(pose) for frame in project.frames() for pose in frame.poses}
    marks = {frame.frame_index for frame in project.frames() if frame.reviewed}
    if found != {place: encode(pose) for place, pose in poses.items()}:
        faults.append("the poses are not what the journal adds up to")
    if marks != reviewed:
        faults.append("the reviewed frames are not what the journal adds up to")
    summary = project.summary()
    people = {int(index): int(count) for index, count in enumerate(summary.num_people) if count}
    counted: dict[int, int] = {}
    for frame_index, _ in found:
        counted[frame_index] = counted.get(frame_index, 0) + 1
    if people != counted:
        faults.append("the summary counts other people than there are")
    return faults


def _replayed(project: Project) -> tuple[dict[tuple[int, int], Pose], set[int]]:
    poses: dict[tuple[int, int], Pose] = {}
    reviewed: set[int] = set()
    for entry in project.journal():
        for change in project.changes_of(entry.entry_id):
            if isinstance(change, PoseChange):
                if change.before is not None:
                    poses.pop((change.frame_index, change.before.track_id), None)
                if change.after is not None:
                    poses[change.frame_index, change.after.track_id] = change.after
            elif isinstance(change, ReviewChange):
                (reviewed.add if change.after else reviewed.discard)(change.frame_index)
    return poses, reviewed


def _half_files(folder: Path) -> list[str]:
    """Whatever exports left is whole; a part that the kill left goes with the next write beside it."""
    faults = []
    out = folder / "out"
    for file in (*out.glob("*.json"), *out.glob("*.csv")):
        try:
            text = file.read_text(encoding="utf-8")
            if file.suffix == ".json":
                json.loads(text)
            elif len({len(row) for row in csv.reader(text.splitlines())}) != 1:
                faults.append(f"{file.name} is half written")
        except ValueError as error:
            faults.append(f"{file.name} is half written ({error})")
    from core.files import replacing  # noqa: PLC0415 - what this process knows of folders is forgotten below

    for place in (folder, out, folder / "clip.weights", project_of(folder).parent):
        if place.is_dir():
            replacing._looked_through.discard(place.absolute())
            write_json(place / "next.json", 1)
            faults += [f"{part.name} is left in {place.name}" for part in place.glob(".fami-*.part")]
            faults += [f"{part.name} is left in {place.name}" for part in place.glob("*.making*")]
    return faults
