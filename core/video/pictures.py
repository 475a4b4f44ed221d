"""Pictures in files: their header, their pixels, and several of them in one file. One place knows size and orientation.

Pillow reads the header and all pictures of 8 bits a channel, OpenCV those of 12 or 16, which Pillow cuts to 8.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from core.errors import SourceError
from core.video.cut_pictures import is_cut_off, whole_part
from core.video.soundness.wholeness import Wholeness, wholeness_of
from core.video.source import reading

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff"}
MOST_PIXELS = 200_000_000
"""Of one picture: twenty times a camera's. A larger one is a mistake, or made to fill the memory."""
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")
"""What Pillow calls the formats of `IMAGE_SUFFIXES`; a file's content says which it is, whatever its name."""
SEVERAL_PICTURES = {"PNG", "WEBP", "TIFF", "GIF"}
"""Formats whose files may hold a clip; a JPEG's second picture is its camera's own affair."""
DEPTHS = (8, 10, 12, 14, 16)
"""Bits a channel that cameras count with; files hold those above 8 in 16 without saying which."""

warnings.filterwarnings("ignore", module=r"PIL\.")  # what Pillow warns of, it reads all the same
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what it finds odd in a TIFF, nobody asked for
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
_PIXELS_IN = ((273, 279), (324, 325))
"""Tags of a TIFF: where its strips or tiles begin, and their bytes."""
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0
_SIDEWAYS = {5, 6, 7, 8}
"""EXIF orientations that exchange width and height."""


@dataclass(frozen=True)
class PictureHeader:
    """What a file says of its pictures before any is decoded.

    Attributes:
        size: width and height of the first in pixels as displayed, after its orientation.
        pages: which pictures of the file are frames: all of the first one's size that are no previews.
        num_others: pictures that are none.
        num_cut_off: pictures that the file lists and whose pixels lie behind its end.
        is_cut_off: the file ends before its pictures do; how many it had may be unknown.
        is_deep: more than 8 bits a channel.
        is_animated: pictures with times; those of a TIFF have none.
    """

    size: tuple[int, int]
    pages: tuple[int, ...]
    num_others: int
    num_cut_off: int
    is_cut_off: bool
    is_deep: bool
    is_animated: bool


def is_stack(header: PictureHeader) -> bool:
    """Whether a file holds several pictures, or held them before it was cut off."""
    return len(header.pages) + header.num_cut_off > 1 or header.is_cut_off


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
        is_cut = is_cut_off(path) or (image.format == "GIF" and wholeness_of(path) is not Wholeness.WHOLE)
        if image.format == "TIFF":
            header = PictureHeader(size, (0,), 0, 0, is_cut, is_deep, is_animated=False)
            return _with_pages(header, image, path.stat().st_size)
        num_pages = getattr(image, "n_frames", 1) if image.format in SEVERAL_PICTURES else 1
        return PictureHeader(size, tuple(range(num_pages)), 0, 0, is_cut and num_pages > 1, is_deep, is_animated=True)


def _with_pages(header: PictureHeader, image: ImageFile.ImageFile, num_bytes: int) -> PictureHeader:
    """Follows a TIFF's pages from one to the next, as far as the file goes."""
    pages, num_others, num_cut_off, is_cut = [0], 0, 0, header.is_cut_off
    for page in count(1):
        try:
            image.seek(page)
            is_frame = not int(image.getexif().get(_SUBFILE_TYPE, 0)) & _REDUCED and image.size == header.size
            is_whole = _end_of_pixels(image) <= num_bytes
        except EOFError:
            break
        except (*_STUMBLES, OSError):
            is_cut = True
            break
        if not is_frame:
            num_others += 1
        elif is_whole:
            pages.append(page)
        else:
            num_cut_off += 1
    return replace(header, pages=tuple(pages), num_others=num_others, num_cut_off=num_cut_off, is_cut_off=is_cut)


def _end_of_pixels(image: ImageFile.ImageFile) -> int:
    """Where in the file the last pixels of a TIFF's page end, which lie in strips or in tiles."""
    tags = image.tag_v2  # type: ignore[attr-defined]  # of Pillow's reader of TIFF
    for starts, sizes in _PIXELS_IN:
        if starts in tags and sizes in tags:
            return max((start + size for start, size in zip(tags[starts], tags[sizes], strict=False)), default=0)
    return 0


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
        is_negative = image.format == "TIFF" and image.getexif().get(_PHOTOMETRIC) == _WHITE_IS_ZERO
        shown = (_deep_pixels(image, path, page) >> (bits - 8)).clip(0, 255).astype(np.uint8)
        return 255 - shown if is_negative else shown
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
    file: IO[bytes]
    with reading(f"The image {path}", "put it back"):
        file = whole_part(path) if is_cut_off(path) else path.open("rb")
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
            "replace it with a smaller one."
        )


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Whatever a damaged file makes of the decoder leaves as a SourceError."""
    advice = "replace it with an intact one"
    try:
        with reading(f"The image {path}", "replace it with an intact or smaller one"):
            try:
                yield
            except OSError as error:
                if error.errno is not None:  # of the disk; Pillow's own, about the content, have no number
                    raise
                raise SourceError(f"The image {path} is damaged; {advice}.") from error
    except _STUMBLES as error:
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


def _is_deep(image: ImageFile.ImageFile) -> bool:
    """Whether the file has more than 8 bits a channel, also where Pillow would give its highest 8 only."""
    return image.mode.startswith("I;16") or any(";16" in str(tile.args) for tile in image.tile)


def _deep_pixels(image: ImageFile.ImageFile, path: Path, page: int) -> NDArray[np.uint16]:
    """(H, W, 3) RGB of 16 bits, turned as it is displayed."""
    if image.mode.startswith("I;16"):
        grey = np.asarray(ImageOps.exif_transpose(image), np.uint16)
        return np.repeat(grey[:, :, None], 3, axis=2)
    _, pictures = cv2.imreadmulti(str(path), start=page, count=1, flags=cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
    if not pictures or pictures[0] is None:
        raise SourceError(f"The image {path} is damaged; replace it with an intact one.")
    return np.asarray(cv2.cvtColor(pictures[0], cv2.COLOR_BGR2RGB), np.uint16)
