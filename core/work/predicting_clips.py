"""Predicting the clips of a collection one after the other, each in its own project. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FamiError
from core.work.opening import Opened, open_path
from core.work.predicting import require_boxes, run_prediction

if TYPE_CHECKING:  # it loads torch
    from core.model import Predictor

FindPeople = Callable[[Opened, Callable[[int, int], None]], None]


@dataclass(frozen=True)
class ClipOutcome:
    """What came of one clip: how many poses, or why none in one sentence."""

    clip: Path
    num_poses: int = 0
    trouble: str = ""


def predict_clips(
    clips: Iterable[Path],
    predictor: Callable[[], Predictor],
    find_people: FindPeople | None,
    *,
    on_clip: Callable[[Path], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[ClipOutcome]:
    """Predicts everybody with a box in every clip; a clip that cannot be predicted costs no other one.

    Args:
        clips: clips and projects; each is opened when its turn comes.
        predictor: gives the network.
        find_people: finds people in a clip that has none; None where no detector is at hand.
        on_clip: called with each clip before it is opened, and with what was written after.
        on_progress: called with what is done and in all, of the clip whose turn it is; may raise Cancelled.
    """
    outcomes = []
    for clip in clips:
        on_clip(clip)
        try:
            outcomes.append(ClipOutcome(clip, _predict(clip, predictor, find_people, on_progress)))
        except FamiError as error:
            outcomes.append(ClipOutcome(clip, trouble=str(error)))
    return outcomes


def _predict(
    clip: Path,
    predictor: Callable[[], Predictor],
    find_people: FindPeople | None,
    on_progress: Callable[[int, int], None],
) -> int:
    opened = open_path(clip, on_progress)
    try:
        project, source = opened.project, opened.source
        if project.read_only:
            raise FamiError(f"{clip.name} is open elsewhere: predict it there.")
        if find_people is not None and not len(project.labelled_frames()):
            find_people(opened, on_progress)
        require_boxes(project, 0, len(source))
        return run_prediction(project, source, predictor(), 0, len(source), on_progress=on_progress)
    finally:
        opened.close()
