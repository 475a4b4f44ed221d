"""`python main.py predict`: people found or followed, poses estimated, PoseTrack18 JSON written."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.clips import detector_at_hand, frames_of, open_checked, remarks_of
from app.terminal import Terminal
from app.weights import detectors
from app.weights.choice import find_weights
from core.errors import PredictionError, ProjectError, SourceError
from core.files.outputs import check_can_write
from core.files.paths import files_of, project_files
from core.files.replacing import replacing
from core.formats import Labels, export_project, import_labels, match_source, read_labels
from core.people.tracking import Locate
from core.poses import FramePoses
from core.project import BEGUN_BY, Project, ProjectLockedError, RunKind, edits, is_blank
from core.video import Source, frame_proof
from core.video.pictures import IMAGE_SUFFIXES
from core.work.following import follow_person, locator
from core.work.heatmap_file import HeatmapFile
from core.work.overlay import write_overlay
from core.work.predicting import require_boxes, run_prediction
from core.work.source_record import record_of

if TYPE_CHECKING:  # seconds of torch
    from core.model import Predictor

Box = tuple[float, float, float, float]

BOXES_BY_HAND = "or say where people are with --box X,Y,W,H or --boxes FILE"


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Predicts. Returns the exit status."""
    if not arguments.source.exists():
        raise SourceError(f"There is nothing at {arguments.source}; give a video or a folder of images.")
    read = [*files_of(arguments.source, IMAGE_SUFFIXES), arguments.boxes]
    beside_project = [] if arguments.project is None else project_files(arguments.project)[1:]
    outputs = (arguments.out, arguments.overlay, arguments.heatmaps, arguments.project)
    check_can_write(*outputs, inputs=read + beside_project)
    if arguments.project is not None:
        make_way(arguments.project)
    weights_path = find_weights(arguments.weights, arguments.device)
    check_can_write(*outputs, inputs=[weights_path])
    with ExitStack() as stack:
        source = stack.enter_context(open_checked(arguments.source, terminal))
        start, stop = frames_of(arguments.frames, len(source))
        check_boxes(arguments.box, source.size)
        project_path = arguments.project or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "run.fami"
        project = stack.enter_context(new_project(project_path, source))
        work = Work(project, source, start, stop, terminal)
        work.notes += remarks_of(source)
        if arguments.boxes is not None:
            work.import_boxes(arguments.boxes, arguments.first_number)
        if arguments.box:
            work.follow(arguments.box, weights_path, arguments.device)
        if arguments.boxes is None and not arguments.box:
            work.find(arguments.device)
        work.predict(weights_path, arguments.device, arguments.window, arguments.heatmaps)
        written = export_project(project, source, "posetrack18", arguments.out)
        if arguments.overlay is not None:
            with terminal.progress("Drawing the overlay") as progress:
                write_overlay(project, source, (start, stop), arguments.overlay, progress)
    terminal.say(f"{arguments.out}: {written.num_people} poses in {written.num_frames} frames.")
    for note in work.notes:
        terminal.say(note)
    return 0


def make_way(path: Path) -> None:
    """Removes what a killed run of this command left before its first pose.

    Raises:
        ProjectError: something else lies there, or another program has it open.
    """
    if not path.exists() or is_blank(path):
        return
    try:
        with Project.open(path) as project:
            frames = project.summary()
            joints = frames.num_predicted + frames.num_accepted + frames.num_corrected + frames.num_imported
            holds_labels = project.setting(BEGUN_BY) is None or bool(joints.sum()) or bool(frames.reviewed.any())
    except ProjectLockedError:
        raise
    except ProjectError:  # whatever it is, it was not made by this command
        holds_labels = True
    if holds_labels:
        raise ProjectError(f"{path} exists already; choose another name, so that no label in it is lost.")
    for file in project_files(path):
        file.unlink(missing_ok=True)


@contextmanager
def new_project(path: Path, source: Source) -> Iterator[Project]:
    """A new project, taken away again where the command fails before the network has begun.

    Such a project would only stand in the next attempt's way; one that holds predictions is kept, also where what
    comes after them fails.
    """
    project = Project.create(path, record_of(source))
    has_predictions = False
    try:
        with project:
            project.set_setting(BEGUN_BY, "predict")
            try:
                yield project
                project.set_setting(BEGUN_BY, None)
            finally:
                has_predictions = any(run.kind == RunKind.PREDICT for run in project.runs())
    except BaseException:
        if not has_predictions:
            for file in project_files(path):
                file.unlink(missing_ok=True)
        raise


def check_boxes(boxes: Sequence[Box], size_wh: tuple[int, int]) -> None:
    """Raises PredictionError for a box that lies beside the picture; one may reach beyond its edge."""
    width, height = size_wh
    for x, y, box_width, box_height in boxes:
        if x >= width or y >= height or x + box_width <= 0 or y + box_height <= 0:
            box = ",".join(f"{value:g}" for value in (x, y, box_width, box_height))
            raise PredictionError(f"--box {box} lies outside the picture of {width}x{height} pixels; correct X and Y.")


@dataclass
class Work:
    """One prediction in the making.

    Attributes:
        project: takes boxes and poses.
        source: the open clip.
        start, stop: the half-open range of frames.
        terminal: shows the progress.
        notes: sentences worth telling: what a file got wrong, and who was lost.
        loaded: the network, once it was needed.
    """

    project: Project
    source: Source
    start: int
    stop: int
    terminal: Terminal
    notes: list[str] = field(default_factory=list)
    loaded: Predictor | None = None

    def import_boxes(self, path: Path, first_number: int | None = None) -> None:
        """Takes people's boxes and track ids from a label file; `first_number` see `match_frames`."""
        labels = read_labels(path)
        names = None
        if self.source.kind == "images":
            names = [self.source.frame_name(index) for index in range(len(self.source))]
        within = self._within(labels, names, first_number)
        import_labels(self.project, within, names, keypoints=False, first_number=first_number)
        self.notes += labels.warnings

    def _within(self, labels: Labels, names: Sequence[str] | None, first_number: int | None) -> Labels:
        """The labels with nobody outside the range; the images stay, as their order says which frame each is."""
        frames = match_source(labels, self.project.source, names, first_number).frames
        images = [
            image
            if self.start <= frames.get(image.frame_index, -1) < self.stop
            else replace(image, poses=FramePoses(image.frame_index), labelled=False)
            for image in labels.images
        ]
        return replace(labels, images=images)

    def follow(self, boxes: Sequence[Box], weights_path: Path, device: str) -> None:
        """Adds a person by each box in the first frame, and follows them through the range."""
        locate = locator(self._predictor(weights_path, device, None))
        for box in boxes:
            self._follow(box, locate)

    def _follow(self, box: Box, locate: Locate) -> None:
        start, source = self.start, self.source
        proofs = {start: (float(source.timestamps[start]), frame_proof(source.frame(start)))}
        (track_id,) = edits.add_person(self.project, start, box, proofs=proofs).track_ids
        with self.terminal.progress(f"Following person {track_id}") as progress:
            followed = follow_person(
                self.project,
                source,
                track_id,
                start,
                self.stop,
                on_progress=progress,
                on_part=lambda _: None,
                locate=locate,
            )
        if followed.lost:
            self.notes.append(f"Person {track_id} was lost after frame {followed.last_frame}.")

    def find(self, device: str) -> None:
        """Finds people with the detector that suits the device; fetches it first where it is not at hand.

        Raises:
            PredictionError: it cannot be fetched, or finds nobody; says how to do without.
        """
        detector_file = detector_at_hand(device, self.terminal, BOXES_BY_HAND)
        with self.terminal.progress("Finding people") as progress:
            found = detectors.look_for_people(
                detector_file, device, self.project, self.source, (self.start, self.stop), on_progress=progress
            )
        if not found.num_people:
            raise PredictionError(f"The detector found nobody in these frames; try other frames, {BOXES_BY_HAND}.")
        self.notes.append(f"The detector found {found.num_people} {'person' if found.num_people == 1 else 'people'}.")

    def predict(
        self, weights_path: Path, device: str, offsets: Sequence[int] | None, heatmaps_path: Path | None
    ) -> None:
        """Runs the network over everybody, and keeps the heatmaps where they are wanted."""
        start, stop = self.start, self.stop
        require_boxes(self.project, start, stop)
        predictor = self._predictor(weights_path, device, offsets)
        with ExitStack() as stack:
            progress = stack.enter_context(self.terminal.progress("Predicting"))
            if heatmaps_path is None:
                run_prediction(self.project, self.source, predictor, start, stop, on_progress=progress)
                return
            partial = stack.enter_context(replacing(heatmaps_path))
            heatmaps = HeatmapFile(partial, self.source.path, predictor.loaded.sha256)
            stack.callback(heatmaps.close)
            run_prediction(
                self.project,
                self.source,
                predictor,
                start,
                stop,
                on_progress=progress,
                on_predictions=heatmaps.append,
            )

    def _predictor(self, weights_path: Path, device: str, offsets: Sequence[int] | None) -> Predictor:
        """The network, whose weights are read once for following and predicting."""
        from core.model import load_predictor  # noqa: PLC0415 - seconds of torch, after all cheap checks

        if self.loaded is None:
            self.loaded = load_predictor(weights_path, device, offsets)
        if offsets is None or tuple(offsets) == tuple(self.loaded.offsets):
            return self.loaded
        return self.loaded.with_offsets(offsets)
