"""Ignore regions: where nothing is to be evaluated.

A label file brings some, which belong to the run that imported it. A person draws others and takes away some that a
file brought; that is kept apart, by frame, so that it outlasts both the removal of a run and another import.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.poses import FloatArray
from core.project.storage.bounds import FARTHEST_PX
from core.project.storage.in_words import reading
from core.project.storage.store import Store

Polygons = tuple[FloatArray, ...]
_REGIONS = "where it says that nothing is to be evaluated"
_TABLES = ("ignore_regions", "persons_regions")


class PersonsRegions(NamedTuple):
    """What a person said of a frame's regions, each polygon as JSON text, so that equal ones are equal.

    Attributes:
        drawn: polygons that a person drew or changed.
        removed: polygons of label files that a person took away.
    """

    drawn: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def text_of(polygon: FloatArray) -> str:
    """A polygon (N, 2) as JSON text."""
    return json.dumps(np.asarray(polygon, dtype=np.float64).tolist())


def write(store: Store, run_id: int, regions_by_frame: Mapping[int, Iterable[FloatArray]]) -> None:
    """Keeps a run's polygons (N, 2) in pixels, inside a transaction; a frame's earlier ones of the run are replaced."""
    rows = (
        (frame_index, run_id, f"[{', '.join(text_of(polygon) for polygon in polygons)}]")
        for frame_index, polygons in regions_by_frame.items()
    )
    store.has_regions = None
    store.execute_many("INSERT OR REPLACE INTO ignore_regions (frame_index, run_id, polygons) VALUES (?, ?, ?)", rows)


def remove(store: Store, run_id: int) -> None:
    """Takes a run's regions away, inside a transaction."""
    store.has_regions = None
    store.execute("DELETE FROM ignore_regions WHERE run_id = ?", (run_id,))


def read(store: Store) -> dict[int, Polygons]:
    """The polygons of every frame that has some, each once however often it was imported."""
    with reading(_REGIONS, store.path):
        imported = _imported(store)
        persons = _persons(store)
        found = {
            frame_index: _standing(imported.get(frame_index, ()), persons.get(frame_index, PersonsRegions()))
            for frame_index in sorted({*imported, *persons})
        }
    return {frame_index: polygons for frame_index, polygons in found.items() if polygons}


def of_frame(store: Store, frame_index: int) -> Polygons:
    """The polygons of one frame. Most projects have none in any frame, which is asked once."""
    with store.mutex:
        if store.has_regions is None or store.read_only:
            store.has_regions = any(_has_rows(store, name) for name in _TABLES)
        if not store.has_regions:
            return ()
    with reading(_REGIONS, store.path):
        return _standing(_imported(store, frame_index).get(frame_index, ()), of_person(store, frame_index))


def of_person(store: Store, frame_index: int) -> PersonsRegions:
    """What a person said of a frame's regions."""
    return _persons(store, frame_index).get(frame_index, PersonsRegions())


def said(store: Store, frame_index: int, polygons: Sequence[FloatArray]) -> PersonsRegions:
    """What a person says who leaves a frame with these regions."""
    texts = tuple(dict.fromkeys(text_of(polygon) for polygon in polygons))
    imported = _imported(store, frame_index).get(frame_index, ())
    before = of_person(store, frame_index)
    removed = dict.fromkeys(text for text in (*before.removed, *imported) if text not in texts)
    return PersonsRegions(tuple(text for text in texts if text not in imported), tuple(removed))


def set_persons(store: Store, frame_index: int, regions: PersonsRegions) -> None:
    """Keeps what a person said, inside a transaction."""
    store.has_regions = None
    if regions == PersonsRegions():
        store.execute("DELETE FROM persons_regions WHERE frame_index = ?", (frame_index,))
    else:
        store.execute(
            "INSERT OR REPLACE INTO persons_regions (frame_index, drawn, removed) VALUES (?, ?, ?)",
            (frame_index, json.dumps(regions.drawn), json.dumps(regions.removed)),
        )


def _standing(imported: Iterable[str], persons: PersonsRegions) -> Polygons:
    texts = dict.fromkeys([*(text for text in imported if text not in persons.removed), *persons.drawn])
    return tuple(_polygon(text) for text in texts)


def _polygon(text: str) -> FloatArray:
    """The polygon (N, 2) of a text. Raises ValueError, TypeError where it is none."""
    polygon = np.array(json.loads(text), dtype=np.float64)
    if polygon.ndim != 2 or polygon.shape[1] != 2 or not (np.abs(polygon) <= FARTHEST_PX).all():
        raise ValueError("no polygon")
    return polygon


def _imported(store: Store, frame_index: int | None = None) -> dict[int, tuple[str, ...]]:
    """Each polygon once, as text, by frame."""
    if not _has_table(store, "ignore_regions"):
        return {}
    where, values = ("", ()) if frame_index is None else (" WHERE frame_index = ?", (frame_index,))
    found: dict[int, dict[str, None]] = {}
    for index, text in store.rows(
        f"SELECT frame_index, polygons FROM ignore_regions{where} ORDER BY frame_index, run_id",  # noqa: S608 - constant
        values,
    ):
        found.setdefault(index, {}).update(dict.fromkeys(json.dumps(polygon) for polygon in json.loads(text)))
    return {index: tuple(texts) for index, texts in found.items()}


def _persons(store: Store, frame_index: int | None = None) -> dict[int, PersonsRegions]:
    if not _has_table(store, "persons_regions"):
        return {}
    where, values = ("", ()) if frame_index is None else (" WHERE frame_index = ?", (frame_index,))
    rows = store.rows(f"SELECT frame_index, drawn, removed FROM persons_regions{where}", values)  # noqa: S608 - constant
    return {
        index: PersonsRegions(tuple(json.loads(drawn)), tuple(json.loads(removed))) for index, drawn, removed in rows
    }


def _has_rows(store: Store, name: str) -> bool:
    return _has_table(store, name) and store.one(f"SELECT 1 FROM {name} LIMIT 1") is not None  # noqa: S608 - constant


def _has_table(store: Store, name: str) -> bool:
    """False in a project of an older version, open to read."""
    return store.one("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)) is not None
