"""Which edit of a person undo takes back, and which redo does again."""

from __future__ import annotations

from typing import NamedTuple

from core.project.storage.store import Store


class Step(NamedTuple):
    """An edit that can be undone or redone.

    Attributes:
        edit_id: the edit's entry.
        label: as in the undo menu.
        action: what a person did.
        applied_by: the entry that last did or undid it.
    """

    edit_id: int
    label: str
    action: str
    applied_by: int


_COLUMNS = "SELECT entry_id, label, action, coalesce(applied_by, entry_id) FROM entries WHERE kind = 'edit'"


def last_done(store: Store) -> Step | None:
    """The edit that undo would take back."""
    row = store.one(f"{_COLUMNS} AND status = 'done' ORDER BY entry_id DESC LIMIT 1")
    return None if row is None else Step(*row)


def first_undone(store: Store) -> Step | None:
    """The edit that redo would do again."""
    row = store.one(f"{_COLUMNS} AND status = 'undone' ORDER BY entry_id LIMIT 1")
    return None if row is None else Step(*row)


def drop_undone(store: Store) -> None:
    """After a new edit nothing can be redone; inside a transaction."""
    store.execute("UPDATE entries SET status = 'dropped' WHERE kind = 'edit' AND status = 'undone'")


def mark(store: Store, step: Step, status: str, applied_by: int) -> None:
    """Says where an edit stands after undo ("undone") or redo ("done"), inside a transaction."""
    store.execute(
        "UPDATE entries SET status = ?, applied_by = ? WHERE entry_id = ?", (status, applied_by, step.edit_id)
    )
