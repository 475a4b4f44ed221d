"""`python main.py compare`: two annotators' projects of one clip, joint by joint."""

from __future__ import annotations

import argparse
import math

from app.terminal import Terminal
from core.files.outputs import check_can_write, write_json
from core.files.paths import project_files
from core.project import Project
from core.work.annotators import JointTotals, Totals, compare

_COLUMNS = ("pairs", "mean px", "median px", "mean size", "within 0.1", "OKS", "only mine", "only theirs")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Compares two projects and prints how well they agree. Returns the exit status."""
    check_can_write(arguments.json, inputs=[*project_files(arguments.mine), *project_files(arguments.theirs)])
    with (
        Project.open(arguments.mine, read_only=True) as mine,
        Project.open(arguments.theirs, read_only=True) as theirs,
        terminal.progress("Comparing") as progress,
    ):
        agreement = compare(mine, theirs, progress)
    say_totals(agreement.totals, terminal)
    terminal.say(
        f"{len(agreement.disagreements):,} disagreements; Compare annotators in the window leads through them."
    )
    if arguments.json is not None:
        write_json(arguments.json, {**agreement.totals.to_dict(), "num_disagreements": len(agreement.disagreements)})
    return 0


def say_totals(totals: Totals, terminal: Terminal) -> None:
    """The table by joint, and who missed whom."""
    terminal.say(f"{'':<16}" + "".join(f"{title:>12}" for title in _COLUMNS))
    for joint in (totals.all, *totals.joints):
        terminal.say(f"{joint.name:<16}" + "".join(f"{text:>12}" for text in _cells(joint)))
    both = totals.num_frames_both
    terminal.say(
        f"{both:,} frame{'' if both == 1 else 's'} labelled by both, {totals.num_frames_only_mine:,} only in mine, "
        f"{totals.num_frames_only_theirs:,} only in theirs."
    )
    terminal.say(
        f"Poses in frames labelled by both: {totals.num_pairs:,} in both, {totals.people_only_mine:,} only in mine, "
        f"{totals.people_only_theirs:,} only in theirs."
    )


def _cells(joint: JointTotals) -> tuple[str, ...]:
    return (
        f"{joint.num_both}",
        _number(joint.mean_px, 1),
        _number(joint.median_px, 1),
        _number(joint.mean_size, 3),
        _number(joint.within, 3),
        _number(joint.oks, 3),
        f"{joint.only_mine}",
        f"{joint.only_theirs}",
    )


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
