"""A table for spreadsheets and scripts: one row a keypoint."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from core.formats.labels import Labels
from core.formats.layouts.coco_like.annotations import written_scores
from core.formats.texts.records import write_file_atomically
from core.keypoints import POSETRACK
from core.poses import Provenance, Visibility

COLUMNS = (
    "frame_index", "track_id", "keypoint", "x_px", "y_px", "visibility", "score", "provenance",
    "bbox_x_px", "bbox_y_px", "bbox_width_px", "bbox_height_px", "frame_reviewed",
)  # fmt: skip


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes one row for each keypoint of each person, the not labelled ones with empty coordinates.

    Args:
        labels: what to write.
        path: of the CSV file.
        source_name: not used; a table doesn't name its video.

    Raises:
        FormatError: the file cannot be written.
    """
    del source_name
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for image in labels.images:
        for pose in image.poses.poses:
            scores = written_scores(pose)
            for keypoint, name in enumerate(POSETRACK.keypoint_names):
                labelled = pose.labelled[keypoint]
                rows.writerow(
                    [
                        image.frame_index,
                        pose.track_id,
                        name,
                        *(pose.keypoints[keypoint].tolist() if labelled else ("", "")),
                        Visibility(pose.visibility[keypoint]).name.lower(),
                        scores[keypoint] if labelled else "",
                        Provenance(pose.provenance[keypoint]).name.lower(),
                        *pose.bbox_xywh.tolist(),
                        int(image.poses.reviewed),
                    ]
                )
    write_file_atomically(Path(path), text.getvalue())
