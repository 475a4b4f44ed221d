"""Frame n is the same pixels whether it is reached by playing, stepping back or jumping."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.video import index as index_module
from core.video import open as open_module
from core.video import open_source

Decode = Callable[..., list[str]]
Hash = Callable[[np.ndarray], str]

H264 = {"x264-params": "keyint=15:bframes=3:scenecut=0:log-level=none"}
OPEN_GOP = {"x264-params": "open-gop=1:keyint=15:bframes=3:scenecut=0:b-pyramid=2:log-level=none"}
INTRA_REFRESH = {"x264-params": "intra-refresh=1:keyint=15:bframes=2:scenecut=0:log-level=none"}
HEVC = {"x265-params": "keyint=15:open-gop=1:bframes=4:scenecut=0:log-level=none"}
MPEG = {"g": "12", "bf": "2"}
VPX = {"g": "15", "auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"}

ENCODED = [
    ("closed.mp4", "libx264", H264),
    ("open.mp4", "libx264", OPEN_GOP),
    ("open.mkv", "libx264", OPEN_GOP),
    ("open.ts", "libx264", OPEN_GOP),
    ("open.avi", "libx264", OPEN_GOP),
    ("refresh.mkv", "libx264", INTRA_REFRESH),
    ("refresh.ts", "libx264", INTRA_REFRESH),
    ("raw.h264", "libx264", H264),
    ("hevc.mp4", "libx265", HEVC),
    ("mpeg2.ts", "mpeg2video", MPEG),
    ("mpeg4.avi", "mpeg4", MPEG),
    ("vp8.webm", "libvpx", VPX),
    ("vp9.webm", "libvpx-vp9", VPX),
    ("old.wmv", "wmv2", {"g": "12"}),
]


@pytest.mark.parametrize(
    "name",
    [
        "armwrestling_sar64-51.mp4",
        "mpeg4asp_bframes_320x240.avi",
        "mmpose_street_5fps_5f.mp4",
        "derived/dance_vfr_drops.mp4",
    ],
)
def test_every_frame_in_random_order(shared: Path, name: str, plain_decode: Decode, pixels_hash: Hash) -> None:
    path = shared / "data/video" / name
    expected = plain_decode(path)
    order = list(range(len(expected)))
    random.Random(7).shuffle(order)
    with open_source(path) as source:
        assert len(source) == len(expected)
        assert source.damaged is None
        wrong = [index for index in order if pixels_hash(source.frame(index)) != expected[index]]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "jumps"),
    [
        ("dance.mp4", 14),
        ("juggle.mp4", 4),
        ("ntu_drink_h264_avi.avi", 4),
    ],
)
def test_long_clips_played_jumped_in_and_stepped_back(
    shared: Path, name: str, jumps: int, plain_decode: Decode, pixels_hash: Hash
) -> None:
    path = shared / "data/video" / name
    expected = plain_decode(path)
    rng = random.Random(3)
    with open_source(path) as source:
        assert [pixels_hash(frame) for _, frame in source.frames()] == expected
        for index in [rng.randrange(len(source)) for _ in range(jumps)]:
            assert pixels_hash(source.frame(index)) == expected[index], f"jumped to {index}"
        last = len(source) - 1
        for index in range(last, last - 25, -1):
            assert pixels_hash(source.frame(index)) == expected[index], f"stepped back to {index}"


@pytest.fixture(params=[True, False], ids=["checked in full", "spot-checked"])
def checked_in_full(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Has clips opened as short ones, then as long ones."""
    if not request.param:
        monkeypatch.setattr(index_module, "FULL_CHECK_PIXELS", 0)
    open_module._indexes.clear()
    return request.param


@pytest.mark.usefixtures("checked_in_full")
@pytest.mark.parametrize("case", ENCODED, ids=[case[0] for case in ENCODED])
def test_formats_and_kinds_of_key_frames(
    case: tuple[str, str, dict[str, str]],
    encode: Callable[..., Path],
    plain_decode: Decode,
    pixels_hash: Hash,
) -> None:
    """Open groups of pictures, gradual refresh, hidden frames, formats without times; as short and as long clip."""
    path = encode(*case)
    expected = plain_decode(path)
    assert len(set(expected)) == 75
    order = list(range(75))
    random.Random(5).shuffle(order)
    with open_source(path) as source:
        assert len(source) == 75
        assert source.damaged is None
        assert [pixels_hash(frame) for _, frame in source.frames()] == expected
    with open_source(path) as source:
        assert [index for index in order if pixels_hash(source.frame(index)) != expected[index]] == []


def test_frames_iterates_over_a_range(shared: Path, plain_decode: Decode, pixels_hash: Hash) -> None:
    path = shared / "data/video/armwrestling_sar64-51.mp4"
    expected = plain_decode(path)
    with open_source(path) as source:
        forward = [(index, pixels_hash(frame)) for index, frame in source.frames(3, 60, 7)]
        backward = [(index, pixels_hash(frame)) for index, frame in source.frames(20, 10, -3)]
    assert forward == [(index, expected[index]) for index in range(3, 60, 7)]
    assert backward == [(index, expected[index]) for index in range(20, 10, -3)]


def test_no_frame_outside_the_clip(shared: Path) -> None:
    with open_source(shared / "data/video/mmpose_street_5fps_5f.mp4") as source:
        for index in (-1, 5):
            with pytest.raises(IndexError, match="which has 5"):
                source.frame(index)


def test_a_closed_source_opens_again(shared: Path) -> None:
    source = open_source(shared / "data/video/mmpose_street_5fps_5f.mp4")
    first = source.frame(3)
    source.close()
    np.testing.assert_array_equal(source.frame(3), first)
    source.close()
