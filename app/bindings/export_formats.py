"""The formats that the export dialog offers: those that can be written, in the window's words."""

from __future__ import annotations

from app.ui.dialogs.dialogs import ExportFormat
from core.formats.known import WRITTEN_FORMATS

_TITLES = {
    "posetrack18": ("PoseTrack 2018", "Joints, visibility, people's numbers and head boxes."),
    "posetrack17": ("PoseTrack 2017", "The layout that the PoseTrack evaluator reads."),
    "coco": ("COCO keypoints", "17 COCO joints; the eyes are left unlabelled."),
    "csv": ("Table (CSV)", "One row for each joint; opens in any spreadsheet."),
    "sleap": ("SLEAP", "Instances and predicted instances; no boxes, no occlusion."),
    "deeplabcut": ("DeepLabCut (CSV)", "One row per frame: x, y and likelihood of each joint."),
    "label_studio": ("Label Studio", "One task per frame: rectangles with their joints."),
    "cvat": ("CVAT for video 1.1", "A track of skeletons for each person, and one of boxes."),
}
"""Title and what it is good for, by name."""

EXPORT_FORMATS = tuple(ExportFormat(one.name, *_TITLES[one.name], one.suffix) for one in WRITTEN_FORMATS)
