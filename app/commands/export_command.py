"""`python main.py export`: a project's labels into another program's format."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from app.commands.clips import frames_of, make_sure_of_frames
from app.terminal import Terminal
from core.errors import SourceError
from core.files.outputs import check_can_write
from core.files.paths import project_files
from core.formats import export_project
from core.formats.exporting import refuse_to_destroy
from core.frame_range import FrameRange
from core.project import Project
from core.video import Source, open_source


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Exports. Returns the exit status."""
    check_can_write(arguments.out, inputs=project_files(arguments.project))
    make_sure_of_frames(arguments.project, terminal)
    with ExitStack() as stack:
        project = stack.enter_context(Project.open(arguments.project, read_only=True))
        refuse_to_destroy(project, None, arguments.out)
        source = stack.enter_context(_open_source(project)) if arguments.images else None
        progress = stack.enter_context(terminal.progress("Writing the frames"))
        result = export_project(
            project,
            source,
            arguments.format,
            arguments.out,
            only_reviewed=arguments.only == "reviewed",
            frames=_chosen(arguments.frames, project.source.num_frames),
            images_folder=arguments.out.absolute().parent if arguments.images else None,
            on_progress=progress,
        )
    images = f", {result.num_images} images" if arguments.images else ""
    terminal.say(f"{result.path}: {result.in_words}{images}.")
    for remark in result.remarks:
        terminal.say(remark)
    return 0


def _chosen(frame_range: tuple[int, int | None], num_frames: int) -> FrameRange | None:
    """The frames that were asked for, None for all of them."""
    return None if frame_range == (0, None) else FrameRange(*frames_of(frame_range, num_frames))


def _open_source(project: Project) -> Source:
    path = project.source.path
    if not path.exists():
        raise SourceError(f"The project's clip is not at {path}; open the project in the window and say where it is.")
    return open_source(path)
