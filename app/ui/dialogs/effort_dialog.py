"""The ledger of effort: what the labels of this clip cost a hand, before and after each round of fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.table_dialog import TableDialog

WIDTH_PX, HEIGHT_PX, ROW_PX = 640, 300, 26


@dataclass(frozen=True)
class EffortRow:
    """The work of a stretch of time.

    Attributes:
        when: "Before round 1", "All".
        num_frames: how many frames were changed by hand, one by one.
        num_moved: how many times a joint was moved or placed.
        num_edits: how many edits still stand.
        active_s: seconds of work.
    """

    when: str
    num_frames: int
    num_moved: int
    num_edits: int
    active_s: float

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        minutes, seconds = divmod(round(self.active_s), 60)
        per_frame = ("–", "–")
        if self.num_frames:
            per_frame = f"{self.num_edits / self.num_frames:.1f}", f"{self.active_s / self.num_frames:.0f} s"
        return (
            self.when,
            f"{self.num_frames:,}",
            f"{self.num_moved:,}",
            f"{self.num_edits:,}",
            f"{minutes} min {seconds:02d} s",
            *per_frame,
        )


HEADERS = (
    ("When", "Rounds of fine-tuning divide the work."),
    ("Frames", "How many frames were changed one by one; those filled by range are not counted."),
    ("Joints moved", "How many times a joint was moved or placed by hand."),
    ("Edits", "All edits that were not undone."),
    ("Time", "Pauses of a minute and more are left out."),
    ("Edits a frame", "Edits for each of these frames."),
    ("Time a frame", "Time for each of these frames."),
)


class EffortDialog(TableDialog):
    """A row for the time before the first round, after each one, and for all together."""

    def __init__(self, parent: QWidget | None, rows: Sequence[EffortRow]) -> None:
        super().__init__(
            parent,
            "effort",
            "Effort",
            "What the labels of this clip cost the hand.",
            headers=HEADERS,
            rows=[row.cells for row in rows],
            row_px=ROW_PX,
        )
        self.resize(WIDTH_PX, HEIGHT_PX)


def show_effort(parent: QWidget | None, rows: Sequence[EffortRow]) -> None:
    """Shows the ledger until it is closed."""
    EffortDialog(parent, rows).show_until_closed()
