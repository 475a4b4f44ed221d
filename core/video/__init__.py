"""Frames of videos and folders of images by number, exact however they are reached."""

from core.video.cache import FrameCache
from core.video.open import open_source
from core.video.proof import frame_proof
from core.video.source import Source

__all__ = ["FrameCache", "Source", "frame_proof", "open_source"]
