"""Label files of every format: read, brought into a project, and written again."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from core.errors import FormatError
from core.formats import Labels, export_project, find_images, import_labels, read_labels
from core.formats.exporting import FORMATS
from core.project import Project, SourceRecord
from tests.fuzz import documents
from tests.fuzz.mutations import raw_bytes, tables, trees
from tests.fuzz.mutations.values import mutated_document, text_of
from tests.fuzz.targets import MANY, Target

SIZE_WH = (640, 480)
_WRITTEN = tuple(
    name for name in FORMATS if name != "sleap"
)  # which takes a tenth of a second; its own reader tries it


def read_import_export(path: Path) -> Labels:
    """Reads labels; what was read can be imported, drawn, saved and exported.

    Raises:
        FormatError: the file is refused.
    """
    labels = read_labels(path)
    check(labels)
    find_images(labels, path.parent)
    if path.stat().st_size % 8:  # a project takes ten times as long as the reading
        return labels
    work = path.parent / "work"
    work.mkdir(exist_ok=True)
    count = sum(map(ord, path.name)) + path.stat().st_size
    source = SourceRecord(
        path.parent / "clip.mp4", ("video", "images")[count % 2], *SIZE_WH, max(3, len(labels.images))
    )
    names = [f"{index:06d}.jpg" for index in range(source.num_frames)] if source.kind == "images" else None
    with Project.create(work / "clip.fami", source) as project:
        try:
            import_labels(project, labels, names)
        except FormatError:  # they are of another clip, which is no fault of the file
            return labels
        project.summary()
        if project.labelled_frames().size:
            name = _WRITTEN[count % len(_WRITTEN)]
            export_project(project, None, name, work / f"labels.{name}")
    return labels


def check(labels: Labels) -> None:
    """What other code may rely on: finite numbers that can be drawn, whole numbers that fit a database."""
    for image in labels.images:
        image.file_name.encode()
        for number in (
            image.frame_index,
            image.frame_id,
            image.source_frame_index,
            image.num_frames,
            *(image.size or ()),
        ):
            assert number is None or abs(number) < 2**62, number
        for pose in image.poses.poses:
            assert abs(pose.track_id) < 2**53, pose.track_id
            assert np.isfinite(pose.bbox_xywh).all() and np.isfinite(pose.keypoints[pose.labelled]).all()
            assert np.nanmax(np.abs(pose.keypoints), initial=0) < 1e9 and np.abs(pose.bbox_xywh).max() < 1e9
            assert (pose.bbox_xywh[2:] >= 0).all(), pose.bbox_xywh
            scores = pose.scores[np.isfinite(pose.scores)]
            assert ((scores >= 0) & (scores <= 1)).all(), scores
        assert all(np.isfinite(region).all() and np.abs(region).max() < 1e9 for region in image.ignore_regions)
    for sentence in labels.warnings:
        assert len(sentence) < 2000, sentence[:300]


def json_target(
    name: str, bases: Callable[[], list[Any]], formats: tuple[str, ...] = (), ci_cases: int = MANY
) -> Target:
    """A reader of JSON."""
    texts = cache(lambda: tuple(map(json.dumps, bases())))

    def make(rng: Random, folder: Path) -> Path:
        text = text_of(mutated_document(json.loads(rng.choice(texts())), rng))
        content = text.encode(rng.choice(("utf-8",) * 12 + ("utf-16", "utf-8-sig", "latin-1")), "replace")
        if rng.random() < 0.15:
            content = raw_bytes.mutated(content, rng)
        path = folder / "labels.json"
        path.write_bytes(content)
        return path

    return Target(name, make, read_import_export, ci_cases, formats)


def _read_folder(path: Path) -> None:
    if path.is_dir():
        check(read_labels(path))
    else:
        read_import_export(path)


def _openpose_folder(rng: Random, folder: Path) -> Path:
    place = folder / "poses"
    place.mkdir()
    for frame in range(3):
        document = documents.openpose()[0] if rng.random() < 0.8 else documents.mmpose()[2]
        document = mutated_document(document, rng) if rng.random() < 0.5 else document
        (place / f"clip_{frame:012d}_keypoints.json").write_text(text_of(document), errors="replace")
    return place


def _several(*targets: Callable[[Random, Path], Path]) -> Callable[[Random, Path], Path]:
    return lambda rng, folder: rng.choice(targets)(rng, folder)


def _cvat(rng: Random, folder: Path) -> Path:
    path = folder / "labels.xml"
    content = trees.mutated_xml(documents.written("cvat", ".xml"), rng)
    path.write_bytes(raw_bytes.mutated(content, rng) if rng.random() < 0.2 else content)
    return path


def _table(rng: Random, folder: Path) -> Path:
    path = folder / rng.choice(("labels.csv", "labels.txt"))
    base = documents.written(rng.choice(("deeplabcut", "deeplabcut", "csv")), ".csv")
    content = tables.mutated_csv(base.decode(), rng).encode("utf-8", "surrogatepass")
    path.write_bytes(raw_bytes.mutated(content, rng) if rng.random() < 0.2 else content)
    return path


def _own_table(rng: Random, folder: Path) -> Path:
    path = folder / "labels.csv"
    path.write_text(tables.mutated_csv(documents.written("csv", ".csv").decode(), rng), errors="replace")
    return path


def _anything(rng: Random, folder: Path) -> Path:
    path = folder / f"labels{rng.choice(('.json', '.csv', '.mat', '.xml', '.slp', '.h5', '.txt', ''))}"
    head = rng.choice(
        (b"", b"{", b"[", b"PK\x03\x04", b"MATLAB 5.0 MAT-file", b"\x89HDF\r\n\x1a\n", b"scorer,", b"<annotations")
    )
    path.write_bytes(head + rng.randbytes(rng.choice((0, 1, 100, 3000))))
    return path


_OPENPOSE = json_target("openpose", documents.openpose)
TARGETS = (
    json_target("coco", documents.coco, ("coco",)),
    json_target("posetrack17", documents.posetrack17, ("posetrack17",)),
    json_target("posetrack18", documents.posetrack18, ("posetrack18",)),
    json_target("results", documents.results),
    json_target("label_studio", documents.label_studio, ("label_studio",), 60),
    json_target("mmpose", documents.mmpose, ("mmpose",), 60),
    Target("openpose", _several(_OPENPOSE.make, _openpose_folder), _read_folder, formats=("openpose",)),
    json_target("vitpose", documents.vitpose, ("vitpose",), 60),
    json_target("strangers", documents.strangers, ci_cases=60),
    Target("cvat", _cvat, read_import_export, formats=("cvat",)),
    Target("deeplabcut", _table, read_import_export, formats=("deeplabcut",)),
    Target("csv", _own_table, read_import_export, formats=("csv",)),
    Target("anything", _anything, read_import_export),
)
