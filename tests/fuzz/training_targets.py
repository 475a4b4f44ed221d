"""What trainings read: recipes, data sets, pictures, a detector's boxes; and what evaluations read."""

import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from core.files.checkout import RESOURCES
from core.formats.layouts import annolist_mat
from core.keypoints import JHMDB
from core.metrics import oks_of_folders, pck_of_folders, posetrack_evaluation
from core.training.bench.motion import read_bench_config
from core.training.clips.real_clips import RealClips
from core.training.datasets.config import DatasetConfig
from core.training.datasets.detections import use_detected_boxes
from core.training.datasets.jhmdb import read_jhmdb
from core.training.datasets.posetrack import read_posetrack18
from core.training.learning.recipe import read_recipe
from core.training.photographs.lspet import PersonCrops
from core.training.photographs.pictures import Pictures
from tests.core.training.sources import starter_files
from tests.fuzz import documents
from tests.fuzz.label_targets import check, read_import_export
from tests.fuzz.mutations import hdf5, matlab, raw_bytes
from tests.fuzz.mutations.values import mutated_document, text_of
from tests.fuzz.program_targets import toml_target
from tests.fuzz.targets import MANY, Target

_CLIP = ("catch", "clip_1")
_SPLIT = "clip_1.avi 1\n"


def _recipe_text() -> str:
    return (RESOURCES / "configs" / "starter.toml").read_text(encoding="utf-8")


def _bench_text() -> str:
    return (RESOURCES / "configs" / "motion_bench.toml").read_text(encoding="utf-8")


def _annolist(rng: Random, folder: Path) -> Path:
    path = folder / "annolist.mat"
    path.write_bytes(matlab.save(matlab.annolist(rng), rng))
    return path


def _read_annolist(path: Path) -> None:
    for labels in annolist_mat.read(path):
        check(labels)


def _positions(rng: Random) -> Any:
    joints = np.random.default_rng(rng.randrange(2**32)).uniform(1, 300, (2, 15, 3))
    if rng.random() < 0.3:
        joints[rng.randrange(2), rng.randrange(15), rng.randrange(3)] = rng.choice((np.nan, np.inf, 1e308, -1e30))
    return matlab.odd(rng) if rng.random() < 0.3 else joints


def _jhmdb(rng: Random, folder: Path) -> Path:
    if rng.random() < 0.5:
        path = folder / "joint_positions.mat"
        path.write_bytes(matlab.save({"pos_img": _positions(rng)}, rng))
        return path
    tree = folder / "jhmdb"
    for kind, name, value in (
        ("joint_positions", "pos_img", _positions(rng)),
        ("puppet_mask", "part_mask", matlab.odd(rng) if rng.random() < 0.5 else np.ones((240, 320, 3), np.uint8)),
    ):
        place = tree / kind / _CLIP[0] / _CLIP[1]
        place.mkdir(parents=True)
        (place / f"{kind.removesuffix('s') if kind == 'x' else kind}.mat").write_bytes(matlab.save({name: value}, rng))
    _write_splits(tree / "sub_splits.zip", rng)
    return tree


def _write_splits(path: Path, rng: Random) -> None:
    names = ("catch_test_split1.txt", "a/../catch_test_split_1.txt", "/catch_test_split1.txt", "catch_test_split9.txt")
    with zipfile.ZipFile(
        path, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    ) as archive:
        for name in rng.sample(names, 2):
            archive.writestr(
                name, rng.choice((_SPLIT, _SPLIT, "", "x 1\n", "../../etc/passwd 1\n", "\x00 1\n", "a" * 300 + " 1\n"))
            )
    if rng.random() < 0.5:
        path.write_bytes(raw_bytes.mutated(path.read_bytes(), rng))


def _read_jhmdb(path: Path) -> None:
    if path.is_dir():
        read_jhmdb(DatasetConfig("jhmdb", path, path, "train1"))
    else:
        read_import_export(path)


def _coco_jhmdb(rng: Random, folder: Path) -> Path:
    document = {
        "images": [{"id": 1, "file_name": "catch/clip/00001.png", "width": 320, "height": 240, "frame_id": 1}],
        "annotations": [{"image_id": 1, "bbox": [1, 2, 100, 200], "keypoints": [5, 6, 1] * 15, "track_id": 0}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(JHMDB.keypoint_names)}],
    }
    return _write_json(folder / "Sub1_train.json", document, rng)


def _write_json(path: Path, document: Any, rng: Random) -> Path:
    content = text_of(mutated_document(document, rng)).encode("utf-8", "replace")
    path.write_bytes(raw_bytes.mutated(content, rng) if rng.random() < 0.1 else content)
    return path


def _read_coco_jhmdb(path: Path) -> None:
    read_jhmdb(DatasetConfig("jhmdb", path.parent, path, "train1"))


def _detections(rng: Random, folder: Path) -> Path:
    (folder / "truth.json").write_text(json.dumps(documents.posetrack18()[1]))
    base = rng.choice((documents.results()[0], documents.posetrack18()[1], documents.coco()[1]))
    return _write_json(folder / "boxes.json", base, rng)


def _read_detections(path: Path) -> None:
    truth = path.with_name("truth.json")
    videos = read_posetrack18(DatasetConfig("posetrack18", path.parent, truth))
    use_detected_boxes(videos, path, "train", 0.1)


def _evaluated(rng: Random, folder: Path) -> Path:
    bases = rng.choice((documents.posetrack17, documents.posetrack18, documents.coco))()
    document = rng.choice(bases)
    text = json.dumps(document)
    for name in ("gt", "pred"):
        (folder / name).mkdir()
        wrong = rng.random() < 0.6
        (folder / name / "clip.json").write_text(
            text_of(mutated_document(json.loads(text), rng)) if wrong else text, errors="replace"
        )
    return folder / "gt"


def _evaluate(gt: Path) -> None:
    pred = gt.with_name("pred")
    way = (gt / "clip.json").stat().st_size % 3
    result: Any = (posetrack_evaluation, pck_of_folders, oks_of_folders)[way](gt, pred)
    json.dumps(result)


def _hdf5_target(name: str, write: Callable[[Path], None], read: Callable[[Path], object]) -> Target:
    @cache
    def content(place: Path) -> bytes:
        write(place / "base.h5")
        return (place / "base.h5").read_bytes()

    def make(rng: Random, folder: Path) -> Path:
        path = folder / f"{name}.h5"
        path.write_bytes(content(folder))
        hdf5.mutate(path, rng)
        return path

    return Target(name, make, read)


def _read_crops(path: Path) -> None:
    crops = PersonCrops(path)
    for index in range(min(2, len(crops))):
        crops.person(index)


def _read_pictures(path: Path) -> None:
    pictures = Pictures(path)
    for index in range(min(2, len(pictures))):
        pictures.person(index)


def _read_clips(path: Path) -> None:
    clips = RealClips(path)
    for clip in range(min(2, len(clips))):
        clips.person(clips.frames(clip)[0])
    clips.labelled_frames(np.arange(len(clips)))


TARGETS = (
    toml_target("recipe", _recipe_text, read_recipe, "recipe.toml", MANY),
    toml_target("bench_config", _bench_text, read_bench_config, "bench.toml"),
    Target("annolist", _annolist, _read_annolist),
    Target("jhmdb", _jhmdb, _read_jhmdb, MANY, ("jhmdb",)),
    Target("jhmdb_json", _coco_jhmdb, _read_coco_jhmdb),
    Target("detections", _detections, _read_detections),
    Target("evaluate", _evaluated, _evaluate),
    _hdf5_target("crops", lambda path: starter_files.write_crops(path, 2), _read_crops),
    _hdf5_target("pictures", lambda path: starter_files.write_pictures(path, 3), _read_pictures),
    _hdf5_target(
        "clips",
        lambda path: starter_files.write_clips(path, ["a_catch_f_cm_np1_ri_med_0.avi", "b"], [True, False]),
        _read_clips,
    ),
)
