"""Which data set is meant: its kind, where it lies, which part of it, and whose boxes cut the people out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from core.errors import TrainingError

Kind = Literal["posetrack17", "posetrack18", "jhmdb"]
Labelling = Literal["dense", "sparse"]
TRUTH = "truth"

POSETRACK_SPLITS = ("train", "val")
JHMDB_SPLITS = ("train1", "test1", "train2", "test2", "train3", "test3")


@dataclass(frozen=True)
class DatasetConfig:
    """A data set as its user names it; docs/datasets.md says what lies where.

    Attributes:
        kind: the benchmark.
        root: the folder of images that the label files' file names are relative to.
        labels: the label file, or the folder of them; a subfolder named like the split is preferred.
        split: "train" or "val"; of Sub-JHMDB "train1", "test1", ... "test3": a part and the number of the split.
        labelling: "dense": the label files list every frame, and neighbours are counted among those listed.
            "sparse": they label some frames only; these are the key frames, and neighbours are counted among all
            pictures of the video's folder.
        boxes: "truth", or a detector's file or folder of files (COCO detections, or PoseTrack18 with boxes).
        min_box_score: detected boxes below it are left out.
    """

    kind: Kind
    root: Path
    labels: Path
    split: str = "train"
    labelling: Labelling = "dense"
    boxes: str | Path = TRUTH
    min_box_score: float = 0.0

    def __post_init__(self) -> None:
        """Makes paths of words. Raises TrainingError for a kind, split or labelling that does not exist."""
        for name, value, known in (
            ("kind", self.kind, get_args(Kind)),
            ("labelling", self.labelling, get_args(Labelling)),
            ("split", self.split, JHMDB_SPLITS if self.kind == "jhmdb" else POSETRACK_SPLITS),
        ):
            if value not in known:
                raise TrainingError(f"The data set's {name} is {value!r}; it must be one of {', '.join(known)}.")
        for name in ("root", "labels"):
            object.__setattr__(self, name, Path(getattr(self, name)).expanduser())
        if self.boxes != TRUTH:
            object.__setattr__(self, "boxes", Path(self.boxes).expanduser())

    @property
    def detector_file(self) -> Path | None:
        """The detector's file or folder, None where the boxes are the ground truth's."""
        return None if self.boxes == TRUTH else Path(self.boxes)
