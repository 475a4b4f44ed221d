"""Which edit of a person undo takes back, with what follows it, and which redo does again."""

from __future__ import annotations

from typing import NamedTuple

from core.project import history, journal
from core.project.storage import ledger, proofs
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


def take_back_what_follows(store: Store, edit_id: int) -> list[journal.Written]:
    """Removes the runs that mended other frames after an edit, inside the transaction that undoes it."""
    taken_back = []
    for run_id in ledger.runs_that_follow(store, edit_id):
        run = ledger.run(store, run_id)
        actual = history.of_removing_run(store, run_id, ledger.removed_runs(store))
        label = f"Remove run {run_id}"
        taken_back.append(journal.append(store, "remove_run", run.kind, label, actual, run_id=run_id))
        proofs.remove(store, run_id)
        ledger.finish_run(store, run_id, "removed")
    return taken_back
