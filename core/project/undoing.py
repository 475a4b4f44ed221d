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


def reverted(store: Store, step: Step, kind: str) -> list[journal.Written]:
    """Reverts the entry that last did (or undid) an edit, as an entry of its own, inside a transaction.

    Args:
        store: the project's file.
        step: the edit.
        kind: "undo", which also removes the runs that mended other frames after the edit, or "redo".

    Returns:
        What was written, the edit's own entry last.
    """
    following = _what_follows_taken_back(store, step.edit_id) if kind == "undo" else []
    actual = history.of_reverting(store, step.applied_by, ledger.removed_runs(store))
    journal.forget_removals(store, step.applied_by, journal.changes_of(store, step.applied_by))
    written = journal.append(store, kind, step.action, step.label, actual, target=step.edit_id)
    status = "undone" if kind == "undo" else "done"
    store.execute(
        "UPDATE entries SET status = ?, applied_by = ? WHERE entry_id = ?",
        (status, written.touched.entry_id, step.edit_id),
    )
    return [*following, written]


def _what_follows_taken_back(store: Store, edit_id: int) -> list[journal.Written]:
    taken_back = []
    for run_id in ledger.runs_that_follow(store, edit_id):
        run = ledger.run(store, run_id)
        actual = history.of_removing_run(store, run_id, ledger.removed_runs(store))
        label = f"Remove run {run_id}"
        taken_back.append(journal.append(store, "remove_run", run.kind, label, actual, run_id=run_id))
        proofs.remove(store, run_id)
        ledger.finish_run(store, run_id, "removed")
    return taken_back
