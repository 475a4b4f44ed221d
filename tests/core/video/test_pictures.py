"""Pictures as other programs write them: turned, of 12 or 16 bits, several in a file."""

import zlib
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import SourceError
from core.project import Project
from core.video import open_source
from core.video.pictures import read_header, read_image
from core.work.opening import open_path

WIDTH, HEIGHT = 32, 20


def corners() -> np.ndarray:
    """(H, W, 3) whose four corners differ."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:10, :16] = 250, 10, 10
    rgb[10:, :16] = 10, 250, 10
    rgb[:10, 16:] = 10, 10, 250
    return rgb


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_every_format_is_turned_alike(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"1{suffix}"
    Image.fromarray(corners()).save(path, exif=exif, **({"lossless": True} if suffix == ".webp" else {}))
    turned = {
        1: corners(),
        2: corners()[:, ::-1],
        3: corners()[::-1, ::-1],
        4: corners()[::-1],
        5: corners().transpose(1, 0, 2),
        6: np.rot90(corners(), -1),
        7: np.rot90(corners(), 2).transpose(1, 0, 2),
        8: np.rot90(corners()),
    }[orientation]
    with open_source(tmp_path) as source:
        assert source.size == (turned.shape[1], turned.shape[0])
        assert np.abs(source.frame(0).astype(int) - turned).mean() < 10  # a JPEG blurs the edges of colours


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path: Path, depth: type[np.uint8 | np.uint16]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    tags = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = len(tags).to_bytes(4, "big") + b"eXIf" + tags + zlib.crc32(b"eXIf" + tags).to_bytes(4, "big")
    path = tmp_path / "1.png"
    scale = np.iinfo(depth).max // 255
    cv2.imwrite(str(path), corners()[:, :, ::-1].astype(depth) * depth(scale))
    content = path.read_bytes()
    last = content.rindex(b"IEND") - 4
    path.write_bytes(content[:last] + chunk + content[last:])
    with open_source(tmp_path) as source:
        assert source.size == (HEIGHT, WIDTH)
        np.testing.assert_array_equal(source.frame(0), np.rot90(corners(), -1))


def ramp(largest: int) -> np.ndarray:
    return np.linspace(0, largest, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "colours"])
def test_deep_pictures_are_shown_by_the_bits_in_use_the_same_for_the_folder(
    tmp_path: Path, bits: int, suffix: str, colours: bool
) -> None:
    bright, dark = ramp(2**bits - 1), ramp(2**bits // 8)
    for name, grey in (("1", dark), ("2", bright)):
        picture = np.dstack([grey, grey // 2, grey // 4]) if colours else grey
        cv2.imwrite(str(tmp_path / f"{name}{suffix}"), picture)
    with open_source(tmp_path) as source:
        for index, grey in enumerate((dark, bright)):
            channel = source.frame(index)[:, :, 2]  # OpenCV writes blue first
            np.testing.assert_array_equal(channel, grey >> (bits - 8))


def test_a_tiff_of_twelve_bits_a_channel(tmp_path: Path) -> None:
    """Packed: two values in three bytes."""
    values = ramp(4095).ravel().astype(int)
    packed = bytearray()
    for first, second in zip(values[::2].tolist(), values[1::2].tolist(), strict=True):
        packed += bytes([first >> 4, (first & 15) << 4 | second >> 8, second & 255])
    entries = [(256, WIDTH), (257, HEIGHT), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, HEIGHT)]
    entries.append((279, len(packed)))
    table = b"".join(
        tag.to_bytes(2, "little") + b"\4\0\1\0\0\0" + value.to_bytes(4, "little") for tag, value in entries
    )
    head = b"II*\0" + (8 + len(packed)).to_bytes(4, "little")
    path = tmp_path / "1.tif"
    path.write_bytes(head + packed + len(entries).to_bytes(2, "little") + table + bytes(4))
    with open_source(tmp_path) as source:
        np.testing.assert_array_equal(source.frame(0)[:, :, 0].ravel(), values >> 4)


def test_numbers_without_a_range_are_refused_in_true_words(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(-1, 9, 20 * 32, dtype=np.float32).reshape(20, 32)).save(tmp_path / "1.tif")
    with pytest.raises(SourceError, match=r"floating-point numbers.*save it with 8 or 16 bits"):
        open_source(tmp_path)


def pages(count: int) -> list[Image.Image]:
    return [Image.fromarray(np.full((HEIGHT, WIDTH, 3), value * 20, np.uint8)) for value in range(count)]


@pytest.mark.parametrize("suffix", [".tif", ".webp", ".png", ".gif"])
@pytest.mark.parametrize("by_folder", [False, True])
def test_several_pictures_in_a_file_are_a_clip(tmp_path: Path, suffix: str, by_folder: bool) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    path = folder / f"several{suffix}"
    first, *others = pages(8)
    first.save(path, save_all=True, append_images=others, **({"lossless": True} if suffix == ".webp" else {}))
    with open_source(folder if by_folder else path) as source:
        assert len(source) == 8
        assert source.path == path
        assert source.size == (WIDTH, HEIGHT)
        order = [*range(8), 5, 2, 7, 0, 6, 1, 1]
        assert [int(source.frame(index)[0, 0, 0]) for index in order] == [20 * index for index in order]
        source.close()
        assert int(source.frame(3)[0, 0, 0]) == 60
        assert source.frame_name(3) == "000003.jpg"
        assert all(earlier < later for earlier, later in pairwise(source.timestamps))


def test_a_webp_tells_its_times(tmp_path: Path) -> None:
    path = tmp_path / "times.webp"
    first, *others = pages(4)
    first.save(path, save_all=True, append_images=others, duration=[40, 100, 20, 40], lossless=True)
    with open_source(path) as source:
        assert source.timestamps.tolist() == pytest.approx([0, 0.04, 0.14, 0.16])


def test_deep_pages_share_their_range(tmp_path: Path) -> None:
    path = tmp_path / "deep.tif"
    cv2.imwritemulti(str(path), [ramp(1000), ramp(4095)])
    with open_source(path) as source:
        np.testing.assert_array_equal(source.frame(0)[:, :, 0], ramp(1000) >> 4)
        np.testing.assert_array_equal(source.frame(1)[:, :, 2], ramp(4095) >> 4)


def test_a_preview_in_a_tiff_is_no_frame(tmp_path: Path) -> None:
    picture, preview = pages(1)[0], Image.new("RGB", (8, 5))
    picture.save(tmp_path / "1.tif", save_all=True, append_images=[preview])
    with open_source(tmp_path) as source:
        assert (source.kind, len(source), source.size) == ("images", 1, (WIDTH, HEIGHT))


def test_a_stack_among_other_images_is_named(tmp_path: Path) -> None:
    first, *others = pages(5)
    first.save(tmp_path / "stack.tif", save_all=True, append_images=others)
    first.save(tmp_path / "single.tif")
    with pytest.raises(SourceError, match=r"stack\.tif holds 5 pictures; open it by itself"):
        open_source(tmp_path)


def test_a_stack_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut.webp"
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)) for _ in range(6)]
    noise[0].save(path, save_all=True, append_images=noise[1:], lossless=True)
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 5 : len(content) * 4 // 5] = bytes(len(content) // 5)
    path.write_bytes(content)
    try:
        source = open_source(path)
    except SourceError as error:
        assert "damaged" in str(error)
    else:
        with source:
            assert source.damaged is not None and f"{len(source)} of 6" in source.damaged
            assert len([source.frame(index) for index in range(len(source))]) < 6


def test_a_project_of_a_stack_opens_again(tmp_path: Path) -> None:
    folder = tmp_path / "scan"
    folder.mkdir()
    first, *others = pages(5)
    first.save(folder / "stack.tif", save_all=True, append_images=others)
    opened = open_path(folder, lambda *_: None)
    project_path = opened.project.path
    assert (opened.project.source.kind, opened.project.source.num_frames) == ("video", 5)
    opened.close()
    again = open_path(project_path, lambda *_: None)
    assert again.warnings == ()
    assert int(again.source.frame(4)[0, 0, 0]) == 80
    again.close()
    with Project.open(project_path, read_only=True) as project:
        assert project.source.path == folder / "stack.tif"


@pytest.mark.parametrize("name", ["a.JPG", "b.jfif", "c.JFIF", "d.Tiff", "e.WebP"])
def test_suffixes_in_any_case(tmp_path: Path, name: str) -> None:
    format_name = {".jpg": "JPEG", ".jfif": "JPEG", ".tiff": "TIFF", ".webp": "WEBP"}[Path(name).suffix.lower()]
    pages(1)[0].save(tmp_path / name, format_name)
    (tmp_path / "thumbs.jpg").mkdir()
    with open_source(tmp_path) as source:
        assert [source.frame_name(index) for index in range(len(source))] == [name]
        assert source.frame(0).shape == (HEIGHT, WIDTH, 3)


def test_a_cameras_second_picture_in_a_jpeg_is_no_frame(tmp_path: Path) -> None:
    first, second = pages(2)
    path = tmp_path / "phone.jpg"
    first.save(path, "MPO", save_all=True, append_images=[second])
    assert read_header(path).pages == (0,)
    assert read_image(path).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("suffix", [".webp", ".tif", ".gif", ".png"])
@pytest.mark.parametrize("by_folder", [False, True])
def test_a_stack_that_ends_early_is_read_as_far_as_it_goes_and_that_is_said(
    tmp_path: Path, suffix: str, by_folder: bool
) -> None:
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)) for _ in range(6)]
    path = tmp_path / f"cut{suffix}"
    noise[0].save(path, save_all=True, append_images=noise[1:], **({"lossless": True} if suffix == ".webp" else {}))
    with open_source(path) as source:
        assert (len(source), source.damaged) == (6, None)
        whole = [source.frame(index) for index in range(6)]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
    with open_source(tmp_path if by_folder else path) as source:
        assert len(source) == 3
        for index in (2, 0, 1):
            np.testing.assert_array_equal(source.frame(index), whole[index])
        assert source.damaged is not None
        assert "3 frames can be read" in source.damaged and "its end is missing" in source.damaged


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate"])
def test_a_compressed_stack_that_ends_early_writes_nothing_to_the_terminal(
    tmp_path: Path, compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.tif"
    first, *others = pages(8)
    first.save(path, save_all=True, append_images=others, compression=compression)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
    with open_source(path) as source:
        assert 3 <= len(source) < 8 and source.damaged is not None
        assert [int(frame[0, 0, 0]) for _, frame in source.frames()] == [20 * index for index in range(len(source))]
    assert capfd.readouterr() == ("", "")


def test_several_gifs_or_videos_in_a_folder_are_named(tmp_path: Path) -> None:
    first, *others = pages(3)
    for name in ("b.gif", "a.gif"):
        first.save(tmp_path / name, save_all=True, append_images=others)
    with pytest.raises(SourceError, match=r"holds GIFs and no images; open one of them by itself, such as a\.gif\."):
        open_source(tmp_path)
    for path in tmp_path.iterdir():
        path.rename(path.with_suffix(".mp4"))
    with pytest.raises(SourceError, match=r"holds videos and no images; open one of them by itself, such as a\.mp4\."):
        open_source(tmp_path)


@pytest.mark.parametrize("bits", [12, 16])
def test_a_deep_tiff_in_which_white_is_zero_is_no_negative(tmp_path: Path, bits: int) -> None:
    grey = ramp(2**bits - 1)
    entries = [(256, WIDTH), (257, HEIGHT), (258, 16), (259, 1), (262, 0), (273, 8), (277, 1), (278, HEIGHT)]
    entries.append((279, grey.nbytes))
    table = b"".join(
        tag.to_bytes(2, "little") + b"\4\0\1\0\0\0" + value.to_bytes(4, "little") for tag, value in entries
    )
    head = b"II*\0" + (8 + grey.nbytes).to_bytes(4, "little")
    path = tmp_path / "1.tif"
    path.write_bytes(head + grey.astype("<u2").tobytes() + len(entries).to_bytes(2, "little") + table + bytes(4))
    with open_source(tmp_path) as source:
        np.testing.assert_array_equal(source.frame(0)[:, :, 0], 255 - (grey >> (bits - 8)))


def test_a_deep_tiff_with_alpha_writes_nothing_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "1.tif"), np.dstack([ramp(65535)] * 4))
    with open_source(tmp_path) as source:
        np.testing.assert_array_equal(source.frame(0)[:, :, 1], ramp(65535) >> 8)
    assert capfd.readouterr() == ("", "")


def test_of_a_lone_file_nothing_is_said_about_folders(tmp_path: Path) -> None:
    path = tmp_path / "lone.tif"
    path.write_bytes(b"II*\0" + bytes(30))
    with pytest.raises(SourceError, match=r"lone\.tif is damaged; replace it with an intact one\.$"):
        open_source(path)
