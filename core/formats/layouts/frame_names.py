"""The name of a frame in a file that is written."""

from __future__ import annotations

from core.formats.labels import LabelImage


def image_file_name(source_name: str, frame_index: int) -> str:
    """Where an exported frame of a video lies, relative to the folder of images that the person names."""
    return f"images/{source_name}/{frame_index:06d}.jpg"


def name_of(image: LabelImage, source_name: str) -> tuple[str, bool]:
    """The name of an image, and whether it is made here, because no file has it."""
    if image.file_name:
        return image.file_name, image.name_is_made
    return image_file_name(source_name, image.frame_index), True
