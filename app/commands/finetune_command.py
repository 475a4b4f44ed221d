"""`python main.py finetune`: one round of training on a project's corrections."""

from __future__ import annotations

import argparse

from app.commands.clips import make_sure_of_frames
from app.terminal import Terminal
from app.weights.available import ProjectWeights
from app.weights.choice import find_weights
from core.files.outputs import check_can_write, write_json
from core.files.paths import files_of, project_files
from core.project import Project, ProjectLockedError
from core.training.rounds.finetune import finetune
from core.training.rounds.report import FinetuneSettings, RoundProgress, RoundReport, RoundWatch


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Trains one round, says what it did to the error, and takes better weights into use. Returns the exit status."""
    check_can_write(arguments.json, inputs=project_files(arguments.project))
    make_sure_of_frames(arguments.project, terminal)
    with Project.open(arguments.project, read_only=True) as project:
        own = ProjectWeights.of(project) if arguments.weights is None else None
        out_folder, clip = project.weights_folder, project.source.path
    weights_path = own.find() if own is not None else find_weights(arguments.weights, arguments.device)
    check_can_write(arguments.json, inputs=[weights_path, *files_of(out_folder), *files_of(clip)])
    with terminal.progress("Training") as progress:

        def on_progress(step: RoundProgress) -> None:
            progress(step.step, step.steps)

        settings = FinetuneSettings(device=arguments.device)
        report = finetune(arguments.project, weights_path, out_folder, settings, RoundWatch(on_progress=on_progress))
    say_report(report, terminal)
    if report.accepted:
        take_into_use(arguments, report, terminal)
    if arguments.json is not None:
        write_json(arguments.json, report.to_dict())
    return 0


def say_report(report: RoundReport, terminal: Terminal) -> None:
    """The errors before and after, the mean first, and the frames that got worse."""
    terminal.say(
        f"Trained on {len(report.train_frames)} frames. Error on {len(report.held_out_frames)} held-out frames, "
        "as a fraction of the person's size:"
    )
    for name in sorted(report.after, key=lambda name: (name != "mean", name)):
        before = report.before.get(name)
        terminal.say(f"  {name:<16}{'new' if before is None else f'{before:.4f}':>8}  -> {report.after[name]:.4f}")
    if report.worse_frames:
        terminal.say(f"Worse in frames {', '.join(map(str, report.worse_frames))}.")
    terminal.say(f"Weights: {report.weights}{'' if report.accepted else ' (not used: the error grew)'}")


def take_into_use(arguments: argparse.Namespace, report: RoundReport, terminal: Terminal) -> None:
    """Records the round in the project, which then predicts with its weights; the window can take it back."""
    try:
        with Project.open(arguments.project) as project:
            project.record_round(report.to_dict(), report.weights_sha256, report.parent_sha256)
            project.set_active_weights(report.weights_sha256)
    except ProjectLockedError:
        terminal.say(
            "The project is open in another program, so it keeps its weights; close it there and run this again."
        )
