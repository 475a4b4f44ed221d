"""Real clips of people (clips.h5), with a teacher network's keypoints and for a part of them a person's (JHMDB)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray, ByteArray
from core.keypoints import posetrack_places
from core.training.photographs.pictures import LEAST_TRUST, array_of, jpegs, opened, teachers_keypoints
from core.training.samples.person import Person


class RealClips:
    """The clips of a `clips.h5`, frame by frame.

    Attributes:
        first: (clips + 1,) clip i is the frames first[i] to first[i + 1].
        keypoints: (frames, 17, 2) x, y in pixels of the frame.
        trust: (frames, 17) 1 for a person's label, else the teacher's score times the share of views that agree.
        labelled: (frames, 17) where the trust is enough to learn from and the joint is inside the frame.
        by_person: (frames, 17) which of the labels a person set.
        boxes: (frames, 4) xywh in pixels of the frame.
        has_person: (clips,) which clips a person labelled.
        videos: the names of the videos that the clips were cut from, all takes of one under one name.
    """

    def __init__(self, path: Path) -> None:
        with opened(path) as file:
            self._jpegs = jpegs(file, path)
            self.first = np.asarray(file["first"], dtype=np.int64)
            count = len(self._jpegs)
            if self.first.ndim != 1 or (np.diff(self.first) < 0).any() or self.first[0] != 0 or self.first[-1] > count:
                raise ValueError("'first' does not say which frames are a clip")
            names, jhmdb_names = json.loads(file.attrs["joint_names"]), json.loads(file.attrs["jhmdb_joint_names"])
            keypoints, trust = teachers_keypoints(array_of(file, "keypoints", (count, len(names), 4)), names)
            persons = array_of(file, "jhmdb_joints", (count, len(jhmdb_names), 2))
            places = posetrack_places(jhmdb_names)
            self.boxes = array_of(file, "box", (count, 4))
            origins = [origin[0] for origin in json.loads(file.attrs["origins"])]
            paths = [path.decode() for path in file["path"]]
            self.videos = tuple(
                _video(origins[origin], path) for origin, path in zip(file["origin"], paths, strict=True)
            )
        self.by_person: BoolArray = (places >= 0) & np.isfinite(persons[:, places]).all(axis=2)
        self.keypoints = np.where(self.by_person[:, :, None], persons[:, places], keypoints)
        # A whole frame has one labeller of its body: where a person was, the teacher adds only the face.
        self.trust = np.where(self.by_person, 1.0, trust)
        self.labelled: BoolArray = self.trust >= LEAST_TRUST
        self.has_person = np.array([self.by_person[slice(*self.frames(clip))].any() for clip in range(len(self))])

    def __len__(self) -> int:
        """The number of clips."""
        return len(self.first) - 1

    def frames(self, clip: int) -> tuple[int, int]:
        """The first frame of a clip, and the first after it."""
        return int(self.first[clip]), int(self.first[clip + 1])

    def rgb(self, frame: int) -> ByteArray:
        """(H, W, 3) one frame."""
        return self._jpegs.rgb(frame)

    def person(self, index: int) -> Person:
        """One frame as a picture. A joint outside it is not labelled: beyond the frame there is nothing to see."""
        rgb = self.rgb(index)
        keypoints = self.keypoints[index]
        inside = ((keypoints >= 0) & (keypoints <= [rgb.shape[1] - 1, rgb.shape[0] - 1])).all(axis=1)
        return Person(rgb, keypoints, self.labelled[index] & inside, self.boxes[index], self.trust[index])

    def labelled_frames(self, clips: NDArray[np.int64]) -> NDArray[np.int64]:
        """The frames of some clips that have labels of half a person or more."""
        frames = [np.arange(*self.frames(int(clip))) for clip in clips]
        every = np.concatenate(frames) if frames else np.zeros(0, np.int64)
        enough: BoolArray = self.labelled[every].sum(axis=1) >= _FEWEST_LABELS
        return np.asarray(every[enough], dtype=np.int64)


_FEWEST_LABELS = 6
_TAKE = r"_{action}_[a-z]_[a-z]{{2}}_np\d_[a-z]{{2}}_[a-z]{{3}}_\d+\.avi$"
"""What JHMDB's file names add to a video's name: action, visible body, camera, people, view, quality, take."""


def _video(origin: str, path: str) -> str:
    """A video's name. JHMDB's takes of a video, and parts of it whose names differ only in digits, are one."""
    if origin != "jhmdb":
        return f"{origin}/{path}"
    folder, _, name = path.rpartition("/")
    action = folder.rpartition("/")[2]
    bare = re.sub(_TAKE.format(action=re.escape(action)), "", name)
    letters = re.sub(r"[^a-z]", "", bare.lower())
    return f"{origin}/{re.sub('i+$', '', letters)}"
