"""`python main.py bench loop`: what a labeller's drags are, by way of labelling and order of frames."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from app.commands.loop_picture import draw_curves
from app.terminal import Terminal
from app.weights.choice import find_weights
from core.files.hashing import file_sha256
from core.files.outputs import check_can_write
from core.simulation.bench import SIZES, SMALL, run_bench
from core.simulation.tables import as_text, summary
from core.simulation.truth import DEMO, LIMIT, TrueClip, clip_of_labels, known_clip, known_clips


def run_loop(arguments: argparse.Namespace, terminal: Terminal) -> dict[str, object]:
    """Simulates the labeller and says what it came to; with --json a picture of the curves lies beside that.

    Returns:
        The result as plain values.

    Raises:
        FamiError: a clip or its labels cannot be read, or there are no weights.
    """
    picture = None if arguments.json is None else arguments.json.with_suffix(".png")
    check_can_write(arguments.json, picture)
    weights_path, size = find_weights(None), SIZES[arguments.size]
    with tempfile.TemporaryDirectory() as folder, terminal.progress("Loop bench") as progress:
        clips = clips_of(arguments, Path(folder))
        terminal.say(f"loop, {size.name}: {', '.join(clip.name for clip in clips)}; {weights_path.stem}")
        terminal.output.flush()
        results = run_bench(clips, weights_path, size, on_progress=progress)
    result = {
        "size": size.name, "limit": LIMIT, "weights_sha256": file_sha256(weights_path), "steps": size.steps,
        "most_rounds": size.most_rounds, **summary(results),
    }  # fmt: skip
    terminal.say(as_text(result))
    if picture is not None:
        draw_curves(results, picture)
        terminal.say(f"{picture}: written.")
    return result


def clips_of(arguments: argparse.Namespace, folder: Path) -> list[TrueClip]:
    """The clips that a person named; without a name the demo clip, and at full size all that are known here.

    Args:
        arguments: of the command.
        folder: takes pictures of clips that are cut out of larger files.
    """
    if arguments.clip is None:
        names = [DEMO] if arguments.size == SMALL.name else known_clips()
        return [known_clip(name, folder) for name in names]
    labels_path = Path(arguments.clip)
    if arguments.source is None and not labels_path.exists():
        return [known_clip(arguments.clip, folder)]
    return [clip_of_labels(labels_path, arguments.source)]
