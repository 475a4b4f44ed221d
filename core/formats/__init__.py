"""Label files of other programs, read into and written from one kind of Labels; see docs/formats.md."""

from core.formats.detect import read_labels
from core.formats.export import FORMATS, ExportResult, export_project
from core.formats.frame_match import FrameMatch
from core.formats.import_ import import_labels, match_source
from core.formats.labels import LabelImage, Labels
from core.formats.matching import find_images, match_frames

__all__ = [
    "FORMATS",
    "ExportResult",
    "FrameMatch",
    "LabelImage",
    "Labels",
    "export_project",
    "find_images",
    "import_labels",
    "match_frames",
    "match_source",
    "read_labels",
]
