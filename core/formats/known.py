"""Every format of label files: whose it is, whether it is read and written, what it keeps and what it cannot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownFormat:
    """One format, as `python main.py formats` lists it.

    Attributes:
        name: on the command line, and of `Labels.format_name`.
        of: the program or data set, and the file.
        suffix: of the files, with its dot.
        is_read: whether it can be imported.
        is_written: whether it can be exported.
        keeps: what comes back after export and import.
        cannot_keep: what the file has no place for.
        needs: the package that reads and writes it, where it is none of the program's own.
    """

    name: str
    of: str
    suffix: str
    is_read: bool
    is_written: bool
    keeps: str
    cannot_keep: str
    needs: str = ""


_JOINTS = "joints, track ids"
_NO_PROVENANCE = "who set each joint, reviewed marks"
_PREDICTED = "predicted joints, scores, track ids"
_NOTHING_OF_HANDS = "hands, face and feet"

KNOWN_FORMATS = (
    KnownFormat(
        "posetrack18", "PoseTrack 2018 JSON, a file a video", ".json", True, True,
        "the whole state: joints, occlusion, boxes, head boxes, track ids, scores, who set what, ignore regions",
        "nothing",
    ),
    KnownFormat(
        "posetrack17", "PoseTrack 2017 JSON, as poseval reads it", ".json", True, True,
        "joints, occlusion, head boxes, track ids, scores, ignore regions", f"boxes of people, {_NO_PROVENANCE}",
    ),
    KnownFormat(
        "coco", "COCO keypoints JSON; also lists of results (COCO, MMPose, AlphaPose, YOLO)", ".json", True, True,
        "joints, occlusion, boxes, track ids, scores, who set what", "ignore regions",
    ),
    KnownFormat(
        "csv", "a table for spreadsheets: one row a joint", ".csv", False, True,
        "joints, occlusion, boxes, track ids, scores, who set what", "ignore regions, head boxes",
    ),
    KnownFormat(
        "sleap", "SLEAP labels", ".slp", True, True,
        f"{_JOINTS}, scores; predicted and corrected people apart", f"occlusion, boxes, {_NO_PROVENANCE}",
        needs="sleap-io",
    ),
    KnownFormat(
        "deeplabcut", "DeepLabCut tables: CSV (also HDF5, only read)", ".csv", True, True,
        f"{_JOINTS}, scores", f"occlusion, boxes, {_NO_PROVENANCE}",
    ),
    KnownFormat(
        "label_studio", "Label Studio JSON and JSON-MIN", ".json", True, True,
        f"{_JOINTS}, boxes; scores of people whom only the network has seen", f"occlusion, {_NO_PROVENANCE}",
    ),
    KnownFormat(
        "cvat", "CVAT XML: 'CVAT for video 1.1' and 'for images'", ".xml", True, True,
        f"{_JOINTS}, occlusion, boxes, attributes, labels, what is interpolated", f"scores, {_NO_PROVENANCE}",
    ),
    KnownFormat(
        "mmpose", "MMPose's inferencer and demos: JSON of instances, a file a clip or a picture", ".json", True, False,
        f"{_PREDICTED}, boxes", _NOTHING_OF_HANDS,
    ),
    KnownFormat(
        "openpose", "OpenPose JSON, a folder with a file a frame; AlphaPose's `--format open`", ".json", True, False,
        _PREDICTED, f"its neck, which lies lower than PoseTrack's; {_NOTHING_OF_HANDS}",
    ),
    KnownFormat(
        "vitpose", "easy_ViTPose JSON", ".json", True, False, _PREDICTED, _NOTHING_OF_HANDS,
    ),
    KnownFormat(
        "jhmdb", "JHMDB joint_positions.mat, a file a clip", ".mat", True, False,
        "12 joints and the neck", "belly and face",
    ),
)  # fmt: skip

WRITTEN_FORMATS = tuple(one for one in KNOWN_FORMATS if one.is_written)
"""Those that can be exported."""


def format_title(name: str) -> str:
    """Whose a format is, and what file, for people; the name itself where it is none of these."""
    return next((entry.of for entry in KNOWN_FORMATS if entry.name == name), name)
