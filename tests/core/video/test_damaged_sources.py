"""What is missing, cut off, mislabelled or no video costs one clear sentence."""

import errno
import io
import struct
import wave
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import SourceError
from core.video import open_source, video_file


def refusal(path: Path) -> str:
    """The sentence with which a source is refused."""
    with pytest.raises(SourceError) as refused:
        open_source(path)
    sentence = str(refused.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert ";" in sentence, "says what to do after what happened"
    assert "\n" not in sentence
    return sentence


def test_text_named_avi(shared: Path) -> None:
    assert "not a video" in refusal(shared / "data/malformed/vtest_is_a_text_url.avi")


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.nfo"])
def test_text_of_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("Shoot the jump again.\n" * 200)
    assert "not a video" in refusal(path)


def test_missing_file(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "gone.mp4")


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "empty" in refusal(path)


def test_sound_without_picture(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack("<800h", *range(800)))
    assert "no video" in refusal(path)


def test_single_image(shared: Path) -> None:
    assert "single image" in refusal(shared / "data/posetrack/paddleboard/060470979/00001.jpg")


def test_mp4_whose_table_is_cut_off(shared: Path, tmp_path: Path, encode: Callable[..., Path]) -> None:
    whole = encode("table_last.mp4", "libx264", {"g": "15"}).read_bytes()
    assert whole.rfind(b"moov") > whole.find(b"mdat")
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: whole.rfind(b"moov") + 40])
    assert "cut off" in refusal(path)


@pytest.mark.parametrize("part", [0.35, 0.6, 0.9])
def test_mp4_whose_tail_is_cut_off(
    shared: Path, tmp_path: Path, part: float, plain_decode: Callable[..., list[str]], pixels_hash: Callable[..., str]
) -> None:
    """The table of frames stands at the front and promises all 450; what is there can be seen and labelled."""
    whole, path = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    with (
        av.open(str(shared / "data/video/dance.mp4")) as original,
        av.open(str(whole), "w", container_options={"movflags": "faststart"}) as copy,
    ):
        stream = copy.add_stream_from_template(original.streams.video[0])
        for packet in original.demux(video=0):
            if packet.size:
                packet.stream = stream
                copy.mux(packet)
    content = whole.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    expected = plain_decode(whole)
    with open_source(path) as source:
        assert 50 < len(source) < 450
        assert source.damaged is not None
        assert str(len(source)) in source.damaged
        assert "450" in source.damaged
        last = len(source) - 1
        for index in (0, last // 2, last - 9, 5):
            assert pixels_hash(source.frame(index)) == expected[index]
        # The last frames may have gaps: later ones that they were stored after are there, earlier ones are not.
        shown = [pixels_hash(frame) for _, frame in source.frames(last - 8)]
        places = [expected.index(picture) for picture in shown]
        assert places == sorted(set(places))


def test_avi_cut_off(
    shared: Path, tmp_path: Path, plain_decode: Callable[..., list[str]], pixels_hash: Callable
) -> None:
    whole = shared / "data/video/mpeg4asp_bframes_320x240.avi"
    content, path = whole.read_bytes(), tmp_path / "cut.avi"
    path.write_bytes(content[: len(content) // 2])
    expected = plain_decode(whole)
    with open_source(path) as source:
        assert 40 < len(source) < 164
        assert source.damaged is not None
        assert str(len(source)) in source.damaged
        for index in (len(source) - 6, 3, 30):
            assert pixels_hash(source.frame(index)) == expected[index]


def test_a_header_that_lies_about_the_count(shared: Path, tmp_path: Path) -> None:
    content = bytearray((shared / "data/video/mpeg4asp_bframes_320x240.avi").read_bytes())
    for header, offset in ((b"avih", 24), (b"strh", 40)):
        at = content.find(header)
        struct.pack_into("<I", content, at + offset, 9999)
    path = tmp_path / "lies.avi"
    path.write_bytes(content)
    with open_source(path) as source:
        assert len(source) == 164
        assert source.frame(163).shape == (240, 320, 3)


def test_bytes_lost_in_the_middle(
    shared: Path, tmp_path: Path, plain_decode: Callable[..., list[str]], pixels_hash: Callable[..., str]
) -> None:
    """Frames in front of the hole are as ever, and each is the same however it is reached."""
    content = bytearray((shared / "data/video/armwrestling_sar64-51.mp4").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 6000] = bytes(6000)
    path = tmp_path / "hole.mp4"
    path.write_bytes(content)
    whole = plain_decode(shared / "data/video/armwrestling_sar64-51.mp4")
    with open_source(path) as source:
        played = [pixels_hash(frame) for _, frame in source.frames()]
        assert played[:90] == whole[:90]
        assert 200 < len(source) <= 280
        assert played[-1] == whole[-1]
        for index in (len(source) - 1, 20, 60, 100, len(source) - 30):
            assert pixels_hash(source.frame(index)) == played[index]


def test_a_damaged_picture_among_whole_ones_is_left_out_whatever_its_decoder_raises(tmp_path: Path) -> None:
    """FFmpeg's PNG decoder says of damage that zlib failed, not that the data are invalid."""
    path = tmp_path / "pictures.mov"
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "rgb24"
        for _ in range(5):
            rgb = noise.integers(0, 60, (64, 96, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][2]
        assert packet.pos is not None
        middle = packet.pos + packet.size // 2
    content = bytearray(path.read_bytes())
    content[middle : middle + 40] = b"\xff" * 40
    path.write_bytes(content)
    with open_source(path) as source:
        assert source.damaged is not None
        assert "4 of 5 frames can be read, frame 2 is missing" in source.damaged
        whole = [source.frame(index).copy() for index in range(4)]
        for index in (3, 0, 2, 1):
            np.testing.assert_array_equal(source.frame(index), whole[index])


def test_a_file_that_goes_away_after_opening(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes((shared / "data/video/dance.mp4").read_bytes())
    source = open_source(path)
    path.unlink()
    with pytest.raises(SourceError, match="no file"):
        source.frame(400)


def test_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert "no images" in refusal(tmp_path)


def test_images_of_different_sizes(tmp_path: Path) -> None:
    for name, height in (("1.png", 20), ("2.png", 20), ("3.jpg", 30)):
        cv2.imwrite(str(tmp_path / name), np.zeros((height, 24, 3), np.uint8))
    sentence = refusal(tmp_path)
    assert "differ in size" in sentence
    assert "24x20" in sentence
    assert "24x30" in sentence


def test_an_image_that_is_none(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.jpg"), np.zeros((20, 24, 3), np.uint8))
    (tmp_path / "2.jpg").write_text("not a picture")
    with pytest.raises(SourceError, match=r"2\.jpg is damaged; replace"):
        open_source(tmp_path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_an_image_cut_off(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 240, 3)).astype(np.uint8)
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}{suffix}"), noise)
    cut = tmp_path / f"1{suffix}"
    cut.write_bytes(cut.read_bytes()[:9000])
    with open_source(tmp_path) as source:
        assert source.frame(0).shape == (200, 240, 3)
        with pytest.raises(SourceError, match="is damaged; replace"):
            source.frame(1)
        assert source.frame(2).shape == (200, 240, 3)


@pytest.mark.parametrize(
    "error",
    [
        av.FFmpegError(errno.EIO, "Input/output error"),
        av.error.PermissionError(errno.EPERM, "Operation not permitted"),
        av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory"),
        cv2.error("OpenCV(4) -215:Assertion failed"),
        MemoryError(),
        OSError(errno.ESTALE, "Stale file handle"),
    ],
)
def test_whatever_a_decoder_raises_names_file_and_frame_and_the_next_frame_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for value in range(6):
            grey = np.full((48, 64, 3), value * 40, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())

    def broken(*_: object) -> list[av.VideoFrame]:
        raise error

    with open_source(path) as source:
        first = source.frame(0)
        with monkeypatch.context() as patch, pytest.raises(SourceError, match=r"Frame 4 of clip\.mp4") as refused:
            patch.setattr(video_file, "decode_tolerantly", broken)
            source.frame(4)
        assert str(refused.value).endswith(".") and "\n" not in str(refused.value)
        assert [int(frame[0, 0, 0]) // 30 for _, frame in source.frames(4)] == [5, 6]
        np.testing.assert_array_equal(source.frame(0), first)


@pytest.mark.parametrize("size", [(60000, 60000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    header = struct.pack(">II5B", *size, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    ]
    (tmp_path / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(SourceError, match=r"1\.png says that it is .* pixels, more than fit here; replace it"):
        open_source(tmp_path)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # pytest hears what the program leaves out
@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_a_picture_with_changed_bytes_is_read_or_costs_one_sentence(tmp_path: Path, format_name: str) -> None:
    rng = np.random.default_rng(0)
    whole = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (12, 16, 3)).astype(np.uint8)).save(whole, format_name)
    path = tmp_path / "1.png"
    for _ in range(150):
        content = bytearray(whole.getvalue())
        for at in rng.integers(0, min(len(content), 200), 3):
            content[at] = rng.integers(256)
        path.write_bytes(content)
        try:
            with open_source(tmp_path) as source:
                source.frame(0)
        except SourceError as error:
            assert "1.png" in str(error)
