"""`python main.py evaluate`: PoseTrack AP and MOTA, PCK and OKS AP."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.terminal import Terminal
from core.files.outputs import check_can_write, write_json
from core.files.paths import files_of
from core.metrics import oks_of_folders, pck_of_folders, posetrack_evaluation
from core.metrics.groups import GROUP_NAMES
from core.training.learning.recipe import read_recipe


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Evaluates a folder of predictions and prints a table. Returns the exit status."""
    check_can_write(arguments.json, inputs=[*files_of(arguments.gt), *files_of(arguments.pred), arguments.config])
    result: dict[str, Any] = {}
    if arguments.config is not None:
        result["run"] = _run(arguments.config)
    lines: dict[str, Mapping[str, float]] = {}
    remarks: list[str] = []
    if "posetrack" in arguments.metrics:
        result |= posetrack_evaluation(arguments.gt, arguments.pred, remarks.append)
        lines |= {"AP": result["groups"], "MOTA": result["mota_groups"]}
    if "pck" in arguments.metrics:
        result["pck"] = pck_of_folders(arguments.gt, arguments.pred, on_remark=remarks.append)
        lines |= {"PCK@0.2 box": result["pck"]["box_groups"], "PCK@0.2 torso": result["pck"]["torso_groups"]}
    if lines:
        _say_groups(lines, terminal)
    if "oks" in arguments.metrics:
        result["oks"] = oks_of_folders(arguments.gt, arguments.pred, remarks.append)
        terminal.say("OKS " + "  ".join(f"{name} {result['oks'][name]:.2f}" for name in ("AP", "AP50", "AP75", "AR")))
    for remark in dict.fromkeys(remarks):  # each metric reads the files anew
        terminal.say(remark)
    if arguments.json is not None:
        write_json(arguments.json, result)
    return 0


def _say_groups(lines: Mapping[str, Mapping[str, float]], terminal: Terminal) -> None:
    width = max(map(len, lines)) + 2
    terminal.say(" " * width + "".join(f"{group:>10}" for group in GROUP_NAMES))
    for name, groups in lines.items():
        terminal.say(f"{name:<{width}}" + "".join(f"{groups[group]:>10.2f}" for group in GROUP_NAMES))


def _run(config: Path) -> dict[str, Any]:
    """What a training's configuration says of the network, for `table --kind components` and `windows`."""
    recipe = read_recipe(config)
    network = dict(getattr(recipe, "network", {}))
    clips = [stage for stage in recipe.stages if stage.kind != "pictures"]
    uses_clips = bool(recipe.supporting_offsets) and bool(clips)
    return {
        "name": recipe.name,
        "backbone": recipe.backbone,
        "supporting_offsets": list(recipe.supporting_offsets) if uses_clips else [],
        "use_gtm": uses_clips and network.get("use_gtm", True),
        "use_lcm": uses_clips and network.get("use_lcm", True),
        "mutual_information": uses_clips and any(stage.beta > 0 for stage in clips),
    }
