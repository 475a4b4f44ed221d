"""Mending after an edit: reads what it corrected, mends the frames around it, and writes that as a run of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geometry import FloatArray
from core.judging.sizes import person_size_px
from core.people.flow import RgbFrame
from core.people.repair import REACH, Correction, Mending, mend
from core.poses import Pose, Provenance, Visibility
from core.project import FOLLOWS, PoseChange, Project, RunKind, Touched
from core.project.storage.codec import joint_bytes
from core.video import Source, frame_proof
from core.work.repeating.flowing import AT_ONCE_BYTES

CORRECTIONS = ("move_keypoint",)
"""The actions that mend: a hand put one joint where it is."""
AT_ONCE_FRAMES = REACH


@dataclass(frozen=True, eq=False)
class Mended:
    """What followed an edit, and is written.

    Attributes:
        edit_id: the edit.
        run_id: the run.
        frame_index: the frame that was corrected.
        track_id: the person.
        keypoint: the joint.
        places_xy: (2,) where the joint was put, by rising frame index.
        touched: what changed.
    """

    edit_id: int
    run_id: int
    frame_index: int
    track_id: int
    keypoint: int
    places_xy: Mapping[int, FloatArray]
    touched: Touched

    @property
    def frame_indices(self) -> tuple[int, ...]:
        """Where it was mended, rising."""
        return tuple(self.places_xy)

    def left(self, project: Project) -> tuple[int, ...]:
        """The frames in which the joint is still as it was left. Raises ProjectError."""
        frames = project.frames(min(self.places_xy), max(self.places_xy) + 1)
        return tuple(
            frame.frame_index
            for frame in frames
            if frame.frame_index in self.places_xy
            and (pose := frame.pose(self.track_id)) is not None
            and pose.provenance[self.keypoint] == Provenance.PROPAGATED
            and np.array_equal(pose.keypoints[self.keypoint], self.places_xy[frame.frame_index])
        )


class FramesAround:
    """The frames around a correction: those that are decoded already, and what is missing, decoded in few passes.

    Args:
        source: gives the clip's source, which nobody else uses meanwhile.
        kept: gives a frame that is decoded already, with its hash, else None.
        go_on: called before each frame; may raise Cancelled.
    """

    def __init__(
        self,
        source: Callable[[], Source],
        kept: Callable[[int], tuple[RgbFrame, str] | None],
        timestamps_s: NDArray[np.float64],
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._kept = kept
        self._timestamps_s = timestamps_s
        self._go_on = go_on
        self._last: int | None = None
        self._decoded: dict[int, RgbFrame] = {}
        self._hashes: dict[int, str] = {}

    def __call__(self, frame_index: int) -> RgbFrame:
        """A frame (H, W, 3); its hash is remembered."""
        self._go_on()
        found = self._kept(frame_index)
        if found is not None:
            rgb, self._hashes[frame_index] = found
        else:
            rgb = self._read(frame_index)
            self._hashes[frame_index] = frame_proof(rgb)
        self._last = frame_index
        return rgb

    def _read(self, frame_index: int) -> RgbFrame:
        """Decodes a frame; where frames are wanted in falling order, those before it in the same pass."""
        if frame_index not in self._decoded:
            source = self._source()
            width, height = source.size
            falls = self._last is not None and frame_index < self._last
            count = max(1, min(AT_ONCE_FRAMES, AT_ONCE_BYTES // max(3 * width * height, 1))) if falls else 1
            self._decoded = dict(source.frames(max(frame_index - count + 1, 0), frame_index + 1))
        return self._decoded[frame_index]

    def proof(self, frame_index: int) -> tuple[float, str]:
        """The time in seconds and the hash of the pixels of a frame that was given."""
        return float(self._timestamps_s[frame_index]), self._hashes[frame_index]


def mend_after(
    project: Project,
    entry_id: int,
    frames: FramesAround,
    *,
    reach: int = REACH,
    locked_joints: Collection[tuple[int, int]] = (),
) -> Mended | None:
    """Mends the frames around what an edit corrected, and writes it as a run that is undone with the edit.

    What the labels have become meanwhile counts: nothing is written where the edit was undone, or the joint moved
    again, and no frame is touched that somebody changed since it was read.

    Args:
        project: the labels.
        entry_id: the entry of the journal that did the edit, or did it again.
        frames: of the clip, for this thread alone.
        reach: how many frames on either side at most.
        locked_joints: (track id, keypoint) of joints that stay as they are.

    Returns:
        None where nothing is to be mended.

    Raises:
        ProjectError: the project cannot be read or written.
        Cancelled: as `frames` raised it.
    """
    found = _correction(project, entry_id)
    if found is None:
        return None
    edit_id, correction = found
    here, track_id = correction.frame_index, correction.after.track_id
    track = {
        one.frame_index: pose
        for one in project.frames(max(here - 2 * reach, 0), here + 2 * reach + 1)
        if (pose := one.pose(track_id)) is not None and not one.reviewed
    }
    still = {keypoint for whose, keypoint in locked_joints if whose == track_id}
    mending = mend(correction, track, frames, reach=reach, still=still)
    if not mending:
        return None
    settings = {FOLLOWS: edit_id, "reach": reach, "track_id": track_id, "corrected": here}
    proofs = {index: frames.proof(index) for index in mending.frame_indices}
    with project.run(RunKind.MEND, None, settings) as run_id, project.undisturbed():
        poses = _still_to_write(project, mending, track)
        written = {index: [pose] for index, pose in poses.items()}
        touched = project.write_run(run_id, written, {index: proofs[index] for index in poses})
    if not touched:
        return None
    keypoint = mending.joints[0].keypoint
    places_xy = {index: poses[index].keypoints[keypoint] for index in sorted(poses)}
    return Mended(edit_id, run_id, here, track_id, keypoint, places_xy, touched)


def _correction(project: Project, entry_id: int) -> tuple[int, Correction] | None:
    """The edit that an entry did, and what it corrected; None where it corrected no joint."""
    entry = next((entry for entry in project.journal(entry_id - 1) if entry.entry_id == entry_id), None)
    if entry is None or entry.action not in CORRECTIONS or entry.kind not in ("edit", "redo"):
        return None
    for change in project.changes_of(entry_id):
        if isinstance(change, PoseChange) and change.before is not None and change.after is not None:
            size_px = person_size_px(change.after)
            correction = Correction(change.frame_index, change.before, change.after, size_px)
            edit_id = entry_id if entry.target is None else entry.target
            return (edit_id, correction) if correction.keypoints else None
    return None


def _still_to_write(project: Project, mending: Mending, track: Mapping[int, Pose]) -> dict[int, Pose]:
    """The mended joints alone, in the frames that are as they were when they were read; none if the edit is undone."""
    correction = mending.correction
    now = project.frame(correction.frame_index).pose(correction.after.track_id)
    corrected = correction.keypoints
    if now is None or not np.array_equal(joint_bytes(now)[corrected], joint_bytes(correction.after)[corrected]):
        return {}
    poses: dict[int, Pose] = {}
    for joint in mending.joints:
        held = project.frame(joint.frame_index)
        current, read = held.pose(correction.after.track_id), track[joint.frame_index]
        if current is None or held.reviewed:
            continue
        if not np.array_equal(joint_bytes(current)[joint.keypoint], joint_bytes(read)[joint.keypoint]):
            continue
        alone = poses.get(joint.frame_index, Pose.empty(current.track_id, current.bbox_xywh, Provenance.NONE))
        seen = Visibility(int(current.visibility[joint.keypoint]))
        poses[joint.frame_index] = alone.with_keypoint(
            joint.keypoint, joint.xy, seen, joint.confidence, Provenance.PROPAGATED
        )
    return poses
