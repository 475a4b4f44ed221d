"""Recognises the format of a label file by what is in it, whatever its name."""

from collections.abc import Callable
from pathlib import Path

from core.errors import FormatError
from core.formats.labels import Labels, from_records
from core.formats.layouts import annolist, label_studio, machine_frames
from core.formats.layouts.coco_like import coco_layout, coco_results
from core.formats.neighbours import ADVICE, parse_other_than_json
from core.formats.texts.records import LabelFile, heard, load_json

READ = (
    "Files of PoseTrack, COCO, CVAT, Label Studio, SLEAP, DeepLabCut, JHMDB, MMPose, OpenPose and AlphaPose are read."
)

READ = (
    "Files of PoseTrack, COCO, CVAT, Label Studio, SLEAP, DeepLabCut, JHMDB, MMPose, OpenPose and AlphaPose are read."
)


def read_labels(path: Path | str, on_step: Callable[[], None] | None = None) -> Labels:
    """Reads a label file of any supported format.

    Args:
        path: of the file.
        on_step: called for every person that is read; may raise Cancelled.

    Raises:
        FormatError: the file is missing, is not JSON, or is of no supported format.
    """
    with heard(on_step):
        return from_records(parse(path))


def parse(path: Path | str) -> LabelFile:
    """Reads a label file of any supported format into records.

    Raises:
        FormatError: the file is missing, is not JSON, or is of no supported format.
    """
    path = Path(path)
    label_file = machine_frames.parse_folder(path) if path.is_dir() else parse_other_than_json(path)
    if label_file is not None:
        return label_file
    document = load_json(path)
    if label_studio.is_label_studio(document):
        return label_studio.parse(document, path)
    if annolist.is_annolist(document):
        return annolist.parse(document, path)
    if coco_layout.is_coco_layout(document):
        return coco_layout.parse(document, path)
    if coco_results.is_results(document):
        return coco_results.parse(document, path)
    label_file = machine_frames.parse(document, path)
    if label_file is not None:
        return label_file
    for advice in ADVICE:
        if advice.recognises(document):
            raise FormatError(f"{path.name} is of {advice.of}, which cannot be read: {advice.do}. {READ}")
    raise FormatError(
        f"{path.name} is JSON, but not a label file of a known format: PoseTrack18 and COCO have a list 'images', "
        "PoseTrack17 a list 'annolist', COCO results are a list of records with an image_id."
    )
