"""People's numbers: who gets the next one, and which ones are kept for people whom a run is about to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.errors import ProjectError
from core.project.records import Change, PoseChange, Unsaved
from core.project.storage.bounds import MOST_TRACK_ID
from core.project.storage.in_words import reading
from core.project.storage.ledger import set_setting
from core.project.storage.store import Store


def highest(store: Store) -> int:
    """The highest number that anybody has, had, or was promised; 0 if there is none."""
    row = store.one("SELECT value FROM meta WHERE key = 'highest_track_id'")
    with reading("the highest number of its people", store.path):
        return 0 if row is None else int(row[0])


def reserve(store: Store, count: int, above: int) -> range:
    """Takes `count` numbers that nobody has or ever had, higher than `above`, inside a transaction."""
    if count < 0:
        raise ValueError(f"numbers are reserved for none or more people, not {count}")
    first = max(highest(store), above) + 1
    if first + count - 1 > MOST_TRACK_ID:
        raise ProjectError(f"No number above {first - 1} is left for another person; give somebody a lower number.")
    if count:
        set_setting(store, "highest_track_id", str(first + count - 1))
    return range(first, first + count)


def for_unsaved(store: Store, unsaved: Iterable[Unsaved], count: int, above: int) -> range:
    """Numbers for people of an edit that cannot be written and is kept, beside others that are kept already."""
    first = max(highest(store), above, *(number for edit in unsaved for number in edit.track_ids)) + 1
    return range(first, first + count)


def raise_to(store: Store, number: int) -> None:
    """Has everybody who comes later get a higher number, inside a transaction."""
    if number > highest(store):
        set_setting(store, "highest_track_id", str(number))


def require_free(store: Store, changes: Sequence[Change], reserved: Mapping[int, Iterable[range]]) -> None:
    """Keeps a person from giving somebody a number that a run is about to give to somebody else.

    Args:
        store: the project's file.
        changes: what the person is about to change.
        reserved: the numbers that unfinished runs reserved, by run.

    Raises:
        ProjectError: a number is reserved, and nobody has it yet.
    """
    promised = [numbers for of_run in reserved.values() for numbers in of_run]
    for change in changes:
        if not isinstance(change, PoseChange) or change.after is None:
            continue
        number = change.after.track_id
        is_new = change.before is None or change.before.track_id != number
        if not is_new or not any(number in numbers for numbers in promised):
            continue
        if store.one("SELECT 1 FROM poses WHERE track_id = ? LIMIT 1", (number,)) is None:
            raise ProjectError(f"Number {number} is reserved for somebody who is being found; choose another number.")
