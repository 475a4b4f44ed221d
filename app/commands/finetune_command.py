"""`python main.py finetune`: one round of training on the corrections of a project, of several, or of a collection."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from app.commands.clips import make_sure_of_frames
from app.terminal import Terminal
from app.weights.available import ProjectWeights
from app.weights.choice import find_weights
from core.errors import TrainingError
from core.files.outputs import check_can_write, write_json
from core.files.paths import files_of, project_files
from core.project import Project, ProjectLockedError
from core.training.rounds.elsewhere import bring_back
from core.training.rounds.finetune import finetune_together
from core.training.rounds.recording import record, together
from core.training.rounds.report import FinetuneSettings, RoundPlan, RoundProgress, RoundReport, RoundWatch
from core.training.rounds.training_set import write_training_set
from core.work.collection import SUFFIX, project_of, read_collection


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Trains one round, says what it did to the error, and takes better weights into use. Returns the exit status."""
    paths = projects_of(arguments.project)
    for path in paths:
        check_can_write(arguments.json, inputs=project_files(path))
        make_sure_of_frames(path, terminal)
    own: ProjectWeights | None = None
    folders, clips = [], []
    for path in paths:
        with Project.open(path, read_only=True) as project:
            own = own or (ProjectWeights.of(project) if arguments.weights is None else None)
            folders.append(project.weights_folder)
            clips.append(project.source.path)
    weights_path = own.find() if own is not None else find_weights(arguments.weights, arguments.device)
    written = [file for folder in folders for file in files_of(folder)]
    check_can_write(arguments.json, inputs=[weights_path, *written, *(f for clip in clips for f in files_of(clip))])
    if arguments.training_set is not None:
        for path in paths:
            _write_training_set(path, weights_path, arguments, terminal, apart=len(paths) > 1)
        return 0
    reports = _reports(arguments, terminal, paths, weights_path, folders[0])
    for report in reports:
        say_report(report, terminal, by_name=len(paths) > 1)
    reports = [remember(report, terminal) for report in reports]
    if arguments.json is not None:
        write_json(arguments.json, reports[0].to_dict() if len(paths) == 1 else together(reports))
    return 0


def projects_of(named: Sequence[Path]) -> list[Path]:
    """The projects that are named, those of a collection that there are so far included.

    Raises:
        FormatError: a collection cannot be read.
        TrainingError: there is none.
    """
    found = []
    for path in named:
        if path.suffix.lower() == SUFFIX:
            found += [project for project in map(project_of, read_collection(path)) if project.is_file()]
        else:
            found.append(path)
    if not found:
        raise TrainingError(f"No clip of {named[0].name} has a project yet: open and label some of them first.")
    return list(dict.fromkeys(found))


def _reports(
    arguments: argparse.Namespace, terminal: Terminal, paths: Sequence[Path], weights_path: Path, out_folder: Path
) -> list[RoundReport]:
    settings = FinetuneSettings(device=arguments.device)
    if arguments.trained is not None:
        return [
            bring_back(path, weights_path, find_weights(str(arguments.trained), arguments.device), out_folder, settings)
            for path in paths
        ]
    with terminal.progress("Training") as progress:

        def on_progress(step: RoundProgress) -> None:
            progress(step.step, step.steps)

        def on_plan(plan: RoundPlan) -> None:
            terminal.say(in_words(plan))

        return finetune_together(paths, weights_path, out_folder, settings, RoundWatch(on_plan, on_progress))


def _write_training_set(
    path: Path, weights_path: Path, arguments: argparse.Namespace, terminal: Terminal, *, apart: bool
) -> None:
    folder = arguments.training_set / path.stem if apart else arguments.training_set
    with terminal.progress("Writing the frames") as progress:
        made = write_training_set(path, weights_path, folder, FinetuneSettings(device=arguments.device), progress)
    terminal.say(
        f"{made.train_frames} frames to train on and {made.held_out_frames} to measure, with {made.num_pictures} "
        f"pictures. Train with: python main.py train --config {made.recipe}"
    )


def in_words(plan: RoundPlan) -> str:
    """The line before a round: frames, device, memory and time."""
    choosing = f", {plan.choosing_frames} choose the best step" if plan.choosing_frames else ""
    return (
        f"{plan.train_frames} frames teach, {plan.held_out_frames} are held out to measure{choosing}; "
        f"on {plan.device}, {plan.memory_bytes / 2**30:.1f} GB of memory, about {plan.seconds:.0f} s."
    )


def say_report(report: RoundReport, terminal: Terminal, *, by_name: bool) -> None:
    """The errors before and after, the mean first, and the frames that got worse."""
    if by_name:
        terminal.say(f"{Path(report.project).name}:")
    for remark in report.remarks:
        terminal.say(remark)
    terminal.say(
        f"Trained on {len(report.train_frames)} frames. Error on {len(report.held_out_frames)} held-out frames, "
        "as a fraction of the person's size:"
    )
    table = report.proof["held_out"]["joints"]
    for name in sorted(report.after, key=lambda name: (name != "mean", name)):
        before, row = report.before.get(name), table.get(name, {})
        spread = row.get("spread_after")
        terminal.say(
            f"  {name:<16}{'new' if before is None else f'{before:.4f}':>8}  -> {report.after[name]:.4f}"
            + ("" if spread is None else f" ± {spread:.4f}")
            + ("" if not row else f"   {row['before_px']:6.1f} -> {row['after_px']:.1f} px")
            + ("" if not row else f"   PCK@0.1 {row['pck_before']:.2f} -> {row['pck_after']:.2f}")
        )
    if "corrected" in report.proof:
        taught = report.proof["corrected"]["joints"]["mean"]
        terminal.say(f"On the frames that taught: {taught['before']:.4f} -> {taught['after']:.4f}.")
    if report.worse_frames:
        terminal.say(f"Worse in frames {', '.join(map(str, report.worse_frames))}.")
    terminal.say(report.reason)
    terminal.say(f"Weights: {report.weights}{'' if report.accepted else ' (kept aside: the error grew)'}")


def remember(report: RoundReport, terminal: Terminal) -> RoundReport:
    """Records the round in its project, which then predicts with better weights; the window can take it back."""
    try:
        with Project.open(Path(report.project)) as project:
            return record(project, report)
    except ProjectLockedError:
        terminal.say(
            f"{Path(report.project).name} is open in another program, so it keeps its weights and does not know of the "
            "round; close it there and run this again."
        )
    return report
