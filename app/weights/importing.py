"""Bringing a weights file in: recognised, checked, and kept in the person's weights folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.weights.available import SUFFIX, WeightsFile, available_weights, catalogue
from core.errors import WeightsError
from core.files import places
from core.files.replacing import replacing
from core.model import load_model, save_weights
from core.model.weights.checkpoints import KeypointsChoice, read_checkpoint
from core.model.weights.files import FORMAT


def import_weights(path: Path, keypoints: KeypointsChoice = "auto") -> WeightsFile:
    """Checks a weights file, and keeps it in the person's weights folder.

    A file of this program's own form, or one of the catalogue, is copied as it is, so that its hash stays the one that
    projects and the catalogue know; another is brought into this program's form.

    Args:
        path: the file, in any layout that core.model.weights.checkpoints knows.
        keypoints: whose keypoints a published checkpoint's heatmaps are, where the file does not say.

    Returns:
        The weights at hand from now on.

    Raises:
        KeypointsUnknownError: `keypoints` is "auto" and the file does not say.
        WeightsError: it is no weights file, does not fit, is at hand already, or a file of that name is.
    """
    loaded = load_model(path, keypoints=keypoints)
    for known in available_weights():
        if known.sha256 == loaded.sha256:
            raise WeightsError(
                f"These weights are already here, as {known.name} ({known.origin}); "
                f"use them with 'predict --weights {known.name}'."
            )
    entry = next((entry for entry in catalogue() if loaded.sha256.startswith(entry.sha256.lower())), None)
    target = places.weights_folder() / (entry.file_name if entry is not None else path.stem + SUFFIX)
    if target.exists() and entry is None:  # a damaged file of the catalogue is replaced by a good one
        raise WeightsError(f"There are weights named {target.stem} already, at {target}; rename the new file first.")
    if entry is not None or read_checkpoint(path).get("format") == FORMAT:
        with replacing(target, WeightsError, make_folder=True) as draft:
            shutil.copyfile(path, draft)
    else:
        save_weights(target, loaded.model, loaded.metadata, half=False)
    return WeightsFile(target, "yours" if entry is None else "fetched", entry)
