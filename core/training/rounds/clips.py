"""The clips that a round learns from: their corrections, divided, and their pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import TrainingError
from core.model.weights.files import LoadedModel
from core.predictions import Prediction
from core.project import Project
from core.training.rounds.corrections import CorrectedPose, corrected_poses, human_frames
from core.training.rounds.held_out_error import held_out_predictions
from core.training.rounds.holding_out import FEWEST_FRAMES, History, Parts, choosing_frames, divide
from core.training.rounds.report import FinetuneSettings
from core.video import FrameCache, Source, frame_proof, open_source

_CACHE_BYTES = 256 * 2**20
MOST_TAUGHT_FRAMES_MEASURED = 20
"""Of the frames that a person just corrected; more would only make the round wait longer for the same answer."""


@dataclass(frozen=True, eq=False)
class RoundClip:
    """One project's part in a round.

    Attributes:
        path: of the project.
        parts: its corrected frames, divided.
        corrected: all frames with a person's word, in order.
        choosing: frames that choose the best step, () for none.
        train, held_out: poses that are trained on and measured.
        choosing_poses: poses in `choosing`.
        taught: poses that are trained on and were not in an earlier round: what a person just corrected.
        reports: of the project's rounds, the oldest first.
        skipped: corrected frames left out, because the video's picture is not the one that was labelled.
        frames: the clip's pixels.
        num_frames: of the clip.
    """

    path: Path
    parts: Parts
    corrected: tuple[int, ...]
    choosing: tuple[int, ...]
    train: tuple[CorrectedPose, ...]
    held_out: tuple[CorrectedPose, ...]
    choosing_poses: tuple[CorrectedPose, ...]
    taught: tuple[CorrectedPose, ...]
    reports: tuple[Mapping[str, Any], ...]
    skipped: tuple[int, ...]
    frames: FrameCache
    num_frames: int

    @property
    def train_frames(self) -> list[int]:
        """Frames with labels that are trained on, in order."""
        return sorted({pose.frame_index for pose in self.train})

    def frame(self, index: int) -> NDArray[np.uint8]:
        """The pixels of a frame."""
        return self.frames.get(index)

    def predicted(self, loaded: LoadedModel, poses: Sequence[CorrectedPose], device: str) -> list[Prediction]:
        """What weights say of people in this clip."""
        return held_out_predictions(loaded, poses, self.frame, self.num_frames, device) if poses else []


@contextmanager
def opened_clip(path: Path | str, settings: FinetuneSettings, reach: int, share: int = 1) -> Iterator[RoundClip]:
    """A project's corrections, divided; the project is only read, and closed again at once.

    Args:
        path: of the project.
        settings: of the round.
        reach: of a supporting frame.
        share: how many clips share the memory for frames.

    Raises:
        TrainingError: too few corrected frames, or all too close together.
        ProjectError, SourceError: from what it reads.
    """
    with Project.open(path, read_only=True) as project, open_source(project.source.path) as source:
        cache = FrameCache(source, _CACHE_BYTES // share)
        skipped: list[int] = []
        every = _as_many_as_needed(corrected_poses(project), settings)
        usable = {
            index: _is_usable(index, project, source, cache, skipped)
            for index in sorted({pose.frame_index for pose in every})
        }
        poses = [pose for pose in every if usable[pose.frame_index]]
        _require_same_pictures(len(human_frames(poses)), len(human_frames(every)), project, source)
        reports = tuple(one.report for one in project.rounds())
        history = History.of(reports)
        parts = divide(human_frames(poses), history, settings.held_out_part, reach, settings.seed)
        choosing, train = choosing_frames(parts.train, settings, reach)
        carried = [pose for pose in poses if not pose.is_human and parts.may_teach(pose.frame_index, choosing, reach)]
        taught = [pose for pose in _of(poses, train) if pose.frame_index not in history.trained]
        measured = sorted({pose.frame_index for pose in taught})
        places = np.linspace(0, len(measured) - 1, min(len(measured), MOST_TAUGHT_FRAMES_MEASURED)).round().astype(int)
        yield RoundClip(
            Path(path),
            parts,
            tuple(human_frames(every)),
            choosing,
            (*_of(poses, train), *carried),
            _of(poses, parts.held_out),
            _of(poses, choosing),
            _of(taught, [measured[place] for place in places]),
            reports,
            tuple(sorted(skipped)),
            cache,
            len(source),
        )


def _as_many_as_needed(poses: Sequence[CorrectedPose], settings: FinetuneSettings) -> list[CorrectedPose]:
    """All that a person vouches for, and no more carried poses than half of the samples: each is decoded and kept."""
    carried = [i for i, pose in enumerate(poses) if not pose.is_human]
    most = settings.steps * settings.batch_size // 2
    spared = set(carried)
    if len(carried) > most:
        spared = set(np.random.default_rng(settings.seed).choice(carried, most, replace=False).tolist())
    return [pose for i, pose in enumerate(poses) if pose.is_human or i in spared]


def _of(poses: Sequence[CorrectedPose], frames: Sequence[int]) -> tuple[CorrectedPose, ...]:
    wanted = set(frames)
    return tuple(pose for pose in poses if pose.is_human and pose.frame_index in wanted)


def _require_same_pictures(num_usable: int, num_corrected: int, project: Project, source: Source) -> None:
    """Raises TrainingError where there were enough corrections, were it not for a video that was replaced."""
    if num_usable < FEWEST_FRAMES <= num_corrected:
        raise TrainingError(
            f"{num_corrected - num_usable} of {num_corrected} corrected frames were labelled on other pictures than "
            f"{source.path.name} shows: choose the original clip, or say that the labels belong to this one "
            f"(File menu, or python main.py relink {project.path.name})."
        )


def _is_usable(index: int, project: Project, source: Source, cache: FrameCache, skipped: list[int]) -> bool:
    """Whether the video still shows the picture that was labelled; a label on another picture would teach nonsense."""
    if index < len(source):
        proof = (float(source.timestamps[index]), frame_proof(cache.get(index)))
        if not project.mismatched(index, proof):
            return True
    skipped.append(index)
    return False
