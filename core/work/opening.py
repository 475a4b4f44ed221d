"""Finding out what a path is, and opening it: a clip, a project, or a file of labels. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ProjectError, SourceError
from core.files import places
from core.formats import Labels, find_images, import_labels, match_source, read_labels
from core.project import Project, ProjectLockedError, ProjectNotWritableError, SourceRecord, is_blank
from core.video import Source, open_source
from core.work.recounting import is_to_be_recounted, recount
from core.work.source_record import record_of
from core.work.trusting import difference

OnProgress = Callable[[int, int], None]


class SourceMissingError(SourceError):
    """A project's clip is not where it was; whoever opens asks where it is now."""

    def __init__(self, project_path: Path, source_path: Path) -> None:
        super().__init__(
            f"The clip of {project_path.name} is not at {source_path}: say where it is now, its labels are safe."
        )
        self.project_path = project_path
        self.source_path = source_path


class ImagesMissingError(SourceError):
    """The pictures that a file of labels names were not found; whoever opens asks for their folder."""

    def __init__(self, labels_path: Path) -> None:
        super().__init__(
            f"The pictures that {labels_path.name} names were not found near it: open the clip or its folder "
            "of images, then import the labels (Ctrl+I)."
        )
        self.labels_path = labels_path


class AlreadyOpenError(ProjectError):
    """What is to be opened is open in this window."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A project and its open source, ready for the window.

    Attributes:
        notes: short sentences for the status bar.
        warnings: sentences on what a person should look at; they stay until they are dismissed.
        frame_index: the frame to show first, None for the one shown last.
    """

    project: Project
    source: Source
    notes: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = ()
    frame_index: int | None = None

    def close(self) -> None:
        """Closes both, where nobody takes them."""
        self.source.close()
        self.project.close()


def open_path(path: Path, on_progress: OnProgress, moved_to: Path | None = None, held: Path | None = None) -> Opened:
    """Opens whatever `path` is.

    Args:
        path: a video, a folder of images, a `.fami` project, or a JSON file of labels.
        on_progress: called with done and total while a long clip is indexed; may raise Cancelled.
        moved_to: where the clip of the project, or the images of the labels, are now.
        held: the project that this very program has open.

    Raises:
        AlreadyOpenError: `path` leads to the project that is open.
        SourceMissingError: the project's clip is gone from its place.
        ImagesMissingError: the labels' pictures were not found.
        FamiError: anything else that a person can act on.
    """
    path = path.expanduser()
    try:
        exists = path.exists()
    except OSError as error:
        raise SourceError(f"{path.name[:60]} cannot be opened ({error.strerror}): check the name.") from error
    if not exists:
        raise SourceError(f"{path} does not exist: check the name.")
    suffix = path.suffix.lower()
    if suffix == ".fami":
        _refuse_if_held(path, held)
        return _open_project(path, on_progress, moved_to)
    if suffix == ".json":
        return _open_labels(path, on_progress, moved_to, held)
    project_path = places.project_path_for(path)
    _refuse_if_held(project_path, held)
    opened = _with_project(project_path, open_source(path, on_progress))
    with ExitStack() as on_failure:
        on_failure.callback(opened.close)
        project = opened.project
        if path.resolve() == places.DEMO_CLIP and not project.read_only and not len(project.labelled_frames()):
            # The demo brings its people's boxes along, so that a newcomer can predict at once.
            import_labels(project, read_labels(places.DEMO_LABELS), None, keypoints=False)
        on_failure.pop_all()
    return opened


def _refuse_if_held(project_path: Path, held: Path | None) -> None:
    if held is not None and project_path.resolve() == held.resolve():
        raise AlreadyOpenError(f"{project_path.name} is open already; to add labels to it, import them (Ctrl+I).")


def _open_project(path: Path, on_progress: OnProgress, moved_to: Path | None) -> Opened:
    project, notes = _open_or_read_only(path)
    with ExitStack() as on_failure:
        on_failure.callback(project.close)
        source_path = moved_to or project.source.path
        if not source_path.exists():
            raise SourceMissingError(path, source_path)
        source = open_source(source_path, on_progress)
        on_failure.callback(source.close)
        _settle(project, source)
        warnings = _warnings(project.source, source)
        # Another clip is shown with a warning, but not remembered: the next time asks again.
        if moved_to is not None and not project.read_only and difference(project.source, source) is None:
            project.relocate(moved_to)
        on_failure.pop_all()
    return Opened(project, source, (*notes, *source.notes), warnings)


def _open_labels(path: Path, on_progress: OnProgress, images: Path | None, held: Path | None) -> Opened:
    labels: Labels = read_labels(path)
    folder = images or find_images(labels, path.parent)
    if folder is None:
        raise ImagesMissingError(path)
    _refuse_if_held(places.project_path_for(folder), held)
    source = open_source(folder, on_progress)
    names = [source.frame_name(index) for index in range(len(source))]
    with ExitStack() as on_failure:
        on_failure.callback(source.close)
        match_source(labels, record_of(source), names)  # labels of another clip leave no empty project beside it
        on_failure.pop_all()
    opened = _with_project(places.project_path_for(folder), source)
    with ExitStack() as on_failure:
        on_failure.callback(opened.close)
        if opened.project.read_only or len(opened.project.labelled_frames()):
            on_failure.pop_all()
            note = (
                f"{opened.project.path.name} holds labels already: to add those of {path.name}, import them (Ctrl+I)."
            )
            return Opened(opened.project, source, (*opened.notes, note), opened.warnings)
        import_labels(opened.project, labels, names)
        on_failure.pop_all()
    return Opened(opened.project, source, opened.notes, (*opened.warnings, *labels.warnings))


def _with_project(project_path: Path, source: Source) -> Opened:
    """Opens the clip's project, or makes a new one; closes the source where neither can be done."""
    with ExitStack() as on_failure:
        on_failure.callback(source.close)
        if _exists(project_path):
            project, notes = _open_or_read_only(project_path)
            on_failure.callback(project.close)
            _settle(project, source)
            warnings = _warnings(project.source, source)
            if not project.read_only and project.source.path != source.path:
                project.relocate(source.path)
        else:
            project, notes = _create(project_path, source), ()
            on_failure.callback(project.close)
            warnings = _warnings(project.source, source)
        on_failure.pop_all()
    return Opened(project, source, (*notes, *source.notes), warnings)


def _exists(project_path: Path) -> bool:
    """Whether there is a project; what is left of a making that was broken off is none."""
    try:
        return project_path.exists() and not is_blank(project_path)
    except OSError as error:
        raise _no_project(project_path, error) from error


def _create(project_path: Path, source: Source) -> Project:
    try:
        project_path.parent.mkdir(parents=True, exist_ok=True)
        return Project.create(project_path, record_of(source))
    except OSError as error:
        raise _no_project(project_path, error) from error


def _no_project(project_path: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"No project can be made at {project_path} ({error.strerror}): free some space or allow writing there."
    )


def _open_or_read_only(path: Path) -> tuple[Project, tuple[str, ...]]:
    try:
        project = Project.open(path)
    except ProjectLockedError:
        project = Project.open(path, read_only=True)
        return project, (f"Another program has {path.name} open: it is open read-only here.",)
    except ProjectNotWritableError:
        project = Project.open(path, read_only=True)
        return project, (f"{path.name} may not be written here: it is open read-only.",)
    return project, project.notes


def _settle(project: Project, source: Source) -> None:
    """Has a project that counts frames which the clip lacks count them as they are."""
    if not project.read_only and is_to_be_recounted(project.source, source):
        recount(project, source)


def _warnings(record: SourceRecord, source: Source) -> tuple[str, ...]:
    """How the clip differs from the one that the project was made on, and what is damaged in it."""
    differs = difference(record, source)
    advice = None if differs is None else f"{differs}: point it to the original file (File menu), or check its labels."
    return tuple(sentence for sentence in (advice, source.damaged) if sentence)
