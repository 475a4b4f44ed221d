"""The card of a round: what its weights are, on what they learnt, and how far they can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def card_of(report: Mapping[str, Any], *, clip: str, created: str) -> str:
    """A Markdown page beside exported weights.

    Args:
        report: of the round, as `RoundReport.to_dict` writes it.
        clip: the name of the clip.
        created: when the round ended.
    """
    frames = f"{len(report['train_frames'])} corrected frames of {clip}"
    lines = [
        "# Weights fine-tuned on corrections",
        "",
        f"Trained on {frames}, {created}; measured on {len(report['held_out_frames'])} frames of the same clip that no "
        "round trained on. They are made for this clip; how well they do on other people was not measured.",
        "",
        report.get("reason", ""),
        "",
        "| | |",
        "|---|---|",
        f"| SHA-256 | `{report['weights_sha256']}` |",
        f"| made from | `{report['parent_sha256']}` |",
        f"| step | {report.get('best_step', '')} of {report.get('steps', '')} |",
        *(f"| {name.replace('_', ' ')} | {value} |" for name, value in report.get("settings", {}).items()),
    ]
    for name, title in (("held_out", "Held-out frames"), ("corrected", "Frames that taught")):
        table = report.get("proof", {}).get(name)
        if table:
            lines += ["", f"## {title} ({table['frames']})", "", *_table(table["joints"])]
    return "\n".join(lines) + "\n"


def _table(joints: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        "| joint | labels | error before | after | before, px | after, px | PCK@0.1 before | after |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in joints.items():
        cells = (
            "**all**" if name == "mean" else name.replace("_", " "),
            str(row["count"]),
            _percent(row["before"], row["spread_before"]),
            _percent(row["after"], row["spread_after"]),
            f"{row['before_px']:.1f}",
            f"{row['after_px']:.1f}",
            f"{row['pck_before']:.2f}",
            f"{row['pck_after']:.2f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _percent(error: float, spread: float | None) -> str:
    return f"{100 * error:.1f} %" + ("" if spread is None else f" ± {100 * spread:.1f}")
