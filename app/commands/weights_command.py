"""`python main.py weights`: the weights at hand."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from app import places
from app.outputs import replacing
from app.terminal import Terminal
from app.weights import HOW_TO_GET_SOME, SUFFIX, available_weights
from core.errors import WeightsError
from core.model import load_model, save_weights
from core.model.checkpoints import read_checkpoint
from core.model.weights import FORMAT, read_metadata


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Lists or imports. Returns the exit status."""
    if arguments.verb == "list":
        return list_weights(terminal)
    target = import_weights(arguments.weights_path, arguments.keypoints)
    terminal.say(f"{target}: imported; `predict --weights {target.stem}` uses it.")
    return 0


def list_weights(terminal: Terminal) -> int:
    """One line a file: name, hash, origin, what it is; a file that is damaged says so."""
    at_hand = available_weights()
    if not at_hand:
        terminal.say(f"There are no weights at hand; {HOW_TO_GET_SOME}.")
    for place, weights in enumerate(at_hand):
        try:
            metadata = read_metadata(weights.path)
            what = metadata.description
            # A measure's parts by joint follow it after a comma; a list is for the whole.
            measured = ", ".join(f"{name} {v:.3f}" for name, v in metadata.accuracy.items() if "," not in name)
        except WeightsError as error:
            what, measured = str(error), ""
        mark = "*" if place == 0 else " "
        terminal.say(f"{mark} {weights.name}  {weights.sha256[:8]}  {weights.origin}  {weights.path}")
        terminal.say(f"    {what}{f' ({measured})' if measured else ''}")
    return 0


def import_weights(path: Path, keypoints: str) -> Path:
    """Checks a weights file, and keeps it in the person's weights folder.

    A file of this program's own form is copied as it is, so that its hash stays the one that projects remember;
    another is brought into that form.

    Raises:
        WeightsError: it is no weights file, does not fit, is at hand already, or a file of that name is.
    """
    loaded = load_model(path, keypoints=keypoints)  # type: ignore[arg-type]  # argparse checked the choice
    is_own = read_checkpoint(path).get("format") == FORMAT
    for known in available_weights():
        if known.sha256 == loaded.sha256:
            raise WeightsError(
                f"These weights are at hand already, as {known.name} ({known.origin}); "
                f"use them with 'predict --weights {known.name}'."
            )
    target = places.weights_folder() / (path.stem + SUFFIX)
    if target.exists():
        raise WeightsError(f"There are weights named {target.stem} already, at {target}; rename the new file first.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as partial:
        if is_own:
            shutil.copyfile(path, partial)
        else:
            save_weights(partial, loaded.model, loaded.metadata, half=False)
    return target
