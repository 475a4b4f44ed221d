"""`python main.py import`: another program's labels into a project."""

from __future__ import annotations

import argparse

from app.commands.clips import make_sure_of_frames, open_checked, remarks_of
from app.terminal import Terminal
from core.errors import ProjectError
from core.files.outputs import check_can_write
from core.files.paths import files_of
from core.formats import import_labels, match_source, read_labels
from core.formats.preview import labelled_images, matched_images
from core.project import Project, SourceRecord, is_blank
from core.work.source_record import record_of


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Imports labels; makes the project where there is none yet. Returns the exit status."""
    check_can_write(arguments.project, inputs=[arguments.labels, *files_of(arguments.source)])
    labels = read_labels(arguments.labels)
    is_new = not arguments.project.exists() or is_blank(arguments.project)
    if not is_new:
        make_sure_of_frames(arguments.project, terminal)
    with open_checked(arguments.source, terminal) as source:
        record = record_of(source)
        names = [source.frame_name(index) for index in range(len(source))] if source.kind == "images" else None
        remarks = remarks_of(source)
    match = match_source(labels, record, names, arguments.first_number)
    matched = matched_images(labelled_images(labels), match, record)  # before a project is made
    people = len({pose.track_id for image in matched for pose in image.poses.poses})
    terminal.say(f"{arguments.labels.name}: {people} people in {len(matched)} frames of {record.path.name}.")
    project = Project.create(arguments.project, record) if is_new else Project.open(arguments.project)
    try:
        with project:
            _check_same_source(project.source, record)
            touched = import_labels(
                project, labels, names, first_number=arguments.first_number, same_people=arguments.same_people
            )
    except BaseException:
        if is_new:
            arguments.project.unlink(missing_ok=True)
        raise
    terminal.say(
        f"{arguments.project}: labels in {len(touched.frame_indices)} frames, {len(touched.track_ids)} people."
    )
    for remark in [*remarks, *labels.warnings]:
        terminal.say(remark)
    return 0


def _check_same_source(known: SourceRecord, given: SourceRecord) -> None:
    if (known.num_frames, known.width, known.height) != (given.num_frames, given.width, given.height):
        raise ProjectError(
            f"The project is of {known.path.name}, not of {given.path.name}; "
            "give --source the same clip, or --project a new file."
        )
