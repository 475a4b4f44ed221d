"""Following a person's box through a clip into the project, without Qt: for the window and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import PredictionError
from core.geometry import FloatArray
from core.people.tracking import Locate, TrackedBox, follow_box
from core.poses import Pose, Provenance
from core.predictions import Request
from core.project import Project, RunKind, Touched
from core.video import Source, frame_proof

if TYPE_CHECKING:
    from core.model import Predictor


BATCH_FRAMES = 16
METHODS = ("optical flow", "optical flow and poses")
LOST_AFTER = "lost_after"
"""What a run's settings call the last frame before the person was lost; absent where nobody was."""
COSTLY_EVERY = 5
"""Of a network that is slow here, the pose is looked for in every so many frames."""
QUICK_BATCH = 8


@dataclass(frozen=True)
class Followed:
    """How far a person could be followed: the last frame with a box, and whether it was lost there.

    Attributes:
        track_id: the person's number in that frame, as the following ended.
        last_frame: the frame.
        lost: whether there were frames left.
    """

    track_id: int
    last_frame: int
    lost: bool


def follow_person(
    project: Project,
    source: Source,
    track_id: int,
    frame_index: int,
    stop: int,
    *,
    on_progress: Callable[[int, int], None],
    on_part: Callable[[Touched], None],
    locate: Locate | None = None,
    as_of: int | None = None,
) -> Followed:
    """Follows a person's box of `frame_index` to the frames up to `stop`, and writes the boxes as one run.

    Boxes and joints that a person set stay; the following goes on from a box that a person drew.

    Args:
        project: written batch by batch.
        source: opened for this thread alone.
        track_id: the person to follow, by the number after entry `as_of`.
        frame_index: the frame whose box is followed.
        stop: the first frame that is left out.
        on_progress: called with done and total frames; may raise Cancelled, what was written before stays.
        on_part: called after each batch that was written.
        locate: finds the pose that keeps the box on the person, as `locator` gives it; None for the flow alone.
        as_of: the project's `last_entry` when the person was chosen, None if that is now.

    Raises:
        PredictionError: the person has no box in `frame_index`, or the run that put it there was taken back meanwhile:
            nothing more is written then.
    """
    with project.undisturbed():
        chosen, as_of = (
            track_id if as_of is None else project.person_now(frame_index, track_id, as_of),
            project.last_entry,
        )
        pose = None if chosen is None else project.frame(frame_index).pose(chosen)
    if pose is None:
        raise PredictionError(f"Person {track_id} is not in frame {frame_index}: draw a box there first.")
    settings = {"track_id": pose.track_id, "from": frame_index, "to": stop, "method": METHODS[locate is not None]}
    proofs: dict[int, tuple[float, str]] = {}
    batch: dict[int, list[Pose]] = {}
    last_frame = frame_index

    def flush() -> None:
        written, seen = dict(batch), {index: proofs[index] for index in batch}
        batch.clear()
        if written:
            with project.undisturbed():
                _require_still_there(project, pose.track_id, frame_index, as_of)
                touched = project.write_run(run_id, written, seen, as_of=as_of)
            on_part(touched)

    with project.run(RunKind.TRACK, None, settings) as run_id:
        try:
            frames = _with_proofs(source, frame_index, stop, proofs)
            for box in follow_box(frames, pose.bbox_xywh, locate):
                if box.frame_index == frame_index:
                    continue
                batch[box.frame_index] = [_box_only(pose.track_id, box)]
                last_frame = box.frame_index
                if len(batch) >= BATCH_FRAMES:
                    flush()
                on_progress(box.frame_index - frame_index, stop - frame_index - 1)
        finally:  # what was followed before a cancel, or a fault, is worth keeping
            flush()
        if last_frame < stop - 1:
            project.note_run(run_id, {LOST_AFTER: last_frame})
    by_now = project.person_now(last_frame, pose.track_id, as_of)
    return Followed(pose.track_id if by_now is None else by_now, last_frame, lost=last_frame < stop - 1)


def _require_still_there(project: Project, track_id: int, frame_index: int, as_of: int) -> None:
    """Whom a hand deleted or renumbered is the journal's to know; whom a run had found goes with the run, unnamed."""
    by_now = project.person_now(frame_index, track_id, as_of)
    if by_now is not None and project.frame(frame_index).pose(by_now) is None:
        raise PredictionError(
            f"Person {by_now} is no longer followed: what had put them into frame {frame_index} was undone."
        )


def locator(predictor: Predictor) -> Locate:
    """Finds the pose in a box, without neighbours; in every frame, or where the network is slow here, in some."""
    from core.model import Predictor  # noqa: PLC0415 - loads torch

    every = 1 if predictor.device.type == "cuda" or predictor.batch_size >= QUICK_BATCH else COSTLY_EVERY
    alone = Predictor(predictor.loaded, device=str(predictor.device), offsets=())

    def locate(frame_index: int, rgb: NDArray[np.uint8], bbox_xywh: FloatArray) -> tuple[FloatArray, FloatArray]:
        if frame_index % every:
            return np.full((1, 2), np.nan), np.full(1, np.nan)
        (prediction,) = alone.predict([Request(frame_index, 0, bbox_xywh)], lambda _: rgb, frame_index + 1)
        return prediction.keypoints, prediction.scores

    return locate


def _box_only(track_id: int, box: TrackedBox) -> Pose:
    return Pose.empty(track_id, box.bbox_xywh, Provenance.PROPAGATED)


def _with_proofs(
    source: Source, start: int, stop: int, proofs: dict[int, tuple[float, str]]
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for index, rgb in source.frames(start, stop):
        proofs[index] = (float(source.timestamps[index]), frame_proof(rgb))
        yield index, rgb
