"""Pictures in files: their header, their pixels, and several of them in one file. One place knows size and orientation.

Pillow reads the header and all pictures of 8 bits a channel, OpenCV those of 12 or 16, which Pillow cuts to 8.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from core.errors import SourceError
from core.video.source import reading

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff"}
MOST_PIXELS = 200_000_000
"""Of one picture: twenty times a camera's. A larger one is a mistake, or made to fill the memory."""
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")
"""What Pillow calls the formats of `IMAGE_SUFFIXES`; a file's content says which it is, whatever its name."""
SEVERAL_PICTURES = {"PNG", "WEBP", "TIFF"}
"""Formats whose files may hold a clip; a JPEG's second picture is its camera's own affair."""
DEPTHS = (8, 10, 12, 14, 16)
"""Bits a channel that cameras count with; files hold those above 8 in 16 without saying which."""

warnings.filterwarnings("ignore", module=r"PIL\.")  # what Pillow warns of, it reads all the same
Image.MAX_IMAGE_PIXELS = None  # in place of Pillow's warning on standard error, `MOST_PIXELS` refuses in a sentence

_STUMBLES = (
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""Pillow's readers trust what a header says, and stumble in these ways over one that is wrong."""

_SUBFILE_TYPE, _ORIENTATION, _REDUCED = 254, 0x0112, 1
_SIDEWAYS = {5, 6, 7, 8}
"""EXIF orientations that exchange width and height."""


@dataclass(frozen=True)
class PictureHeader:
    """What a file says of its pictures before any is decoded.

    Attributes:
        size: width and height of the first in pixels as displayed, after its orientation.
        pages: which pictures of the file are frames: all of the first one's size that are no previews.
        num_others: pictures that are none.
        is_deep: more than 8 bits a channel.
        is_animated: pictures with times; those of a TIFF have none.
    """

    size: tuple[int, int]
    pages: tuple[int, ...]
    num_others: int
    is_deep: bool
    is_animated: bool


def read_header(path: Path) -> PictureHeader:
    """The header of a picture, or of several in one file.

    Raises:
        SourceError: the file is missing, no picture, damaged, too large, or of a kind that tells no colours.
    """
    with opened(path) as image, decoding(path):
        if image.mode in ("F", "I"):
            kind = "floating-point" if image.mode == "F" else "32-bit"
            raise SourceError(
                f"The image {path} cannot be read: its pixels are {kind} numbers, which tell no range of brightness; "
                "save it with 8 or 16 bits a channel."
            )
        is_deep = _is_deep(image)  # first: to find EXIF behind the pixels decodes them, and their depth is forgotten
        size = _shown_size(image)
        num_pages = getattr(image, "n_frames", 1) if image.format in SEVERAL_PICTURES else 1
        pages = tuple(page for page in range(num_pages) if page == 0 or _is_frame(image, page, size))
        return PictureHeader(size, pages, num_pages - len(pages), is_deep, image.format != "TIFF")


def read_image(path: Path, page: int = 0, bits: int = 16) -> NDArray[np.uint8]:
    """A picture as (H, W, 3) RGB, turned as its EXIF orientation says.

    Args:
        path: of the file.
        page: which of its pictures.
        bits: of a picture with more than 8 bits a channel, those in use (see `bits_of`): the highest 8 are shown.

    Raises:
        SourceError: if it is missing, cannot be decoded in full, or is larger than `MOST_PIXELS` or the memory takes.
    """
    with opened(path) as image, decoding(path):
        return pixels_of(image, path, page, bits)


def pixels_of(image: ImageFile.ImageFile, path: Path, page: int, bits: int) -> NDArray[np.uint8]:
    """As `read_image`, of a file that is open already; errors come out as Pillow raises them."""
    if image.format in SEVERAL_PICTURES:
        image.seek(page)
    if _is_deep(image):
        return (_deep_pixels(image, path, page) >> (bits - 8)).clip(0, 255).astype(np.uint8)
    return np.array(ImageOps.exif_transpose(image).convert("RGB"), np.uint8)


@lru_cache(maxsize=65536)
def bits_of(path: Path, pages: tuple[int, ...], num_bytes: int, modified_ns: int) -> int:
    """How many bits a channel of these pictures are in use: the fewest of `DEPTHS` that hold their largest value.

    Args:
        path: of a file whose header says that its pictures are deep.
        pages: which of its pictures.
        num_bytes: size of the file; with the next, part of what is remembered: a changed file is read anew.
        modified_ns: when it was changed last.
    """
    largest = 0
    with opened(path) as image, decoding(path):
        for page in pages:
            image.seek(page)
            largest = max(largest, int(_deep_pixels(image, path, page).max(initial=0)))
    return next(bits for bits in DEPTHS if largest < 2**bits)


@contextmanager
def opened(path: Path) -> Iterator[ImageFile.ImageFile]:
    """A picture whose header is read. Raises SourceError if it is missing, none, or too large."""
    with reading(f"The image {path}", "put it back"):
        file = path.open("rb")
    Image.init()  # knows all formats from then on; does nothing the second time
    with file:
        with decoding(path):
            image = Image.open(file, formats=FORMATS)
        with image:
            _refuse_huge(path, image.size)
            yield image


def _refuse_huge(path: Path, size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise SourceError(
            f"The image {path} says that it is {size[0]}x{size[1]} pixels, more than fit here; "
            "replace it with a smaller one or remove it from the folder."
        )


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Whatever a damaged file makes of the decoder leaves as a SourceError."""
    advice = "replace it with an intact one or remove it from the folder"
    try:
        with reading(f"The image {path}", "replace it with an intact or smaller one, or remove it from the folder"):
            try:
                yield
            except OSError as error:
                if error.errno is not None:  # of the disk; Pillow's own, about the content, have no number
                    raise
                raise SourceError(f"The image {path} is damaged; {advice}.") from error
    except (
        SyntaxError,
        ValueError,
        EOFError,
        LookupError,
        TypeError,
        ArithmeticError,
        struct.error,
        zlib.error,
    ) as error:
        # Pillow's readers trust what a header says, and stumble in these ways over one that is wrong.
        raise SourceError(f"The image {path} is damaged; {advice}.") from error


def _shown_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    # Pillow gives a TIFF's size as displayed, that of the others as stored.
    width, height = image.size
    has_exif = image.format != "PNG" or "exif" in image.info or _png_ends_with_exif(image)
    turned = has_exif and image.format != "TIFF" and image.getexif().get(_ORIENTATION) in _SIDEWAYS
    return (height, width) if turned else (width, height)


def _png_ends_with_exif(image: ImageFile.ImageFile) -> bool:
    """Whether EXIF follows a PNG's pixels, where Pillow finds it only by decoding the picture."""
    file = image.fp
    if file is None:
        return False
    start = file.tell()
    file.seek(8)
    found = False
    while len(head := file.read(8)) == 8 and not found:
        found = head[4:] == b"eXIf"
        file.seek(int.from_bytes(head[:4], "big") + 4, 1)
    file.seek(start)
    return found


def _is_frame(image: ImageFile.ImageFile, page: int, size: tuple[int, int]) -> bool:
    if image.format != "TIFF":
        return True
    image.seek(page)
    is_preview = int(image.getexif().get(_SUBFILE_TYPE, 0)) & _REDUCED
    return not is_preview and image.size == size


def _is_deep(image: ImageFile.ImageFile) -> bool:
    """Whether the file has more than 8 bits a channel, also where Pillow would give its highest 8 only."""
    return image.mode.startswith("I;16") or any(";16" in str(tile.args) for tile in image.tile)


def _deep_pixels(image: ImageFile.ImageFile, path: Path, page: int) -> NDArray[np.uint16]:
    """(H, W, 3) RGB of 16 bits, turned as it is displayed."""
    if image.mode.startswith("I;16"):
        grey = np.asarray(ImageOps.exif_transpose(image), np.uint16)
        return np.repeat(grey[:, :, None], 3, axis=2)
    _, pictures = cv2.imreadmulti(str(path), start=page, count=1, flags=cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
    if not pictures:
        raise SourceError(f"The image {path} is damaged; replace it with an intact one or remove it from the folder.")
    return np.asarray(cv2.cvtColor(pictures[0], cv2.COLOR_BGR2RGB), np.uint16)
