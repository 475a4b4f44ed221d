"""Label files of other programs, read into and written from one kind of Labels; see docs/formats.md."""

from core.formats.exporting import FORMATS, ExportResult, export_project
from core.formats.frames.frame_match import FrameMatch
from core.formats.frames.matching import find_images, match_frames
from core.formats.importing import import_labels, match_source
from core.formats.labels import LabelImage, Labels
from core.formats.preview import ImportPreview, preview_imports
from core.formats.recognition import read_labels

__all__ = [
    "FORMATS",
    "ExportResult",
    "FrameMatch",
    "ImportPreview",
    "LabelImage",
    "Labels",
    "export_project",
    "find_images",
    "import_labels",
    "match_frames",
    "match_source",
    "preview_imports",
    "read_labels",
]
