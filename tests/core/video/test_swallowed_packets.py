"""Frames that a demuxer jumps over without a word, files cut off, and damage that no decoder reports."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.video import open as open_module
from core.video import open_source, video_file
from core.video.soundness.gaps import frames_lost
from core.video.soundness.wholeness import Wholeness, wholeness_of
from tests.core.video.conftest import moving_pictures

H264 = {"x264-params": "keyint=15:bframes=3:scenecut=0:log-level=none"}
MPEG = {"g": "12", "bf": "2"}
VPX = {"g": "15", "auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"}
FFV1 = {"level": "1", "g": "12", "slicecrc": "0"}


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(video_file, "RECENT_BYTES", 1)
    open_module._indexes.clear()


def num_plain(path: Path) -> int:
    """How many frames a plain decode of all packets shows."""
    shown = 0
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            try:
                shown += len(packet.decode())
            except (av.InvalidDataError, av.EOFError):
                continue
    return shown


def zeroed(path: Path, target: Path, part: float, size: int) -> Path:
    """A copy with a stretch of zeros that begins at a part of the file."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * part)
    content[start : start + size] = bytes(size)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize(
    ("clip", "lost"),
    [
        (("swallowed.mkv", "libx264", H264), 8),
        (("swallowed.webm", "libvpx", VPX), 10),
        (("swallowed.ts", "mpeg2video", MPEG), 2),
        (("swallowed_h264.ts", "libx264", H264), 8),
        (("swallowed.avi", "libvpx", {"g": "15", "lag-in-frames": "0", "cpu-used": "8"}), 2),
        (("swallowed.flv", "flv", {"g": "12"}), 2),
        (("swallowed.wmv", "wmv2", {"g": "12"}), 2),
    ],
)
def test_frames_that_the_demuxer_jumps_over_are_a_gap(
    tmp_path: Path, encode: Callable[..., Path], clip: tuple[str, str, dict[str, str]], lost: int
) -> None:
    whole = encode(*clip)
    path = zeroed(whole, tmp_path / clip[0], 0.6, whole.stat().st_size // 20)
    with open_source(path, checked=True) as source:
        assert len(source) == num_plain(path) < 75
        assert sum(gap.num_missing for gap in source.gaps) == 75 - len(source) >= lost
        assert source.damaged is not None and "missing" in source.damaged
    open_module._indexes.clear()
    with open_source(whole, checked=True) as source:
        assert (source.damaged, source.gaps) == (None, ())


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("cut.mkv", "libx264", H264),
        ("cut.webm", "libvpx-vp9", VPX),
        ("cut.avi", "mpeg4", {"g": "12"}),
        ("cut_ffv1.avi", "ffv1", FFV1),
        ("cut.flv", "flv", {"g": "12"}),
    ],
)
def test_a_file_cut_off_counts_as_a_plain_decode_and_lacks_its_end(
    tmp_path: Path, encode: Callable[..., Path], name: str, codec: str, options: dict[str, str]
) -> None:
    content, path = encode(name, codec, options).read_bytes(), tmp_path / name
    path.write_bytes(content[: len(content) * 7 // 10])
    with open_source(path) as source:
        assert len(source) == num_plain(path)
        assert source.gaps[-1].frame_index == len(source)
        assert len(source) + sum(gap.num_missing for gap in source.gaps) == 75
        assert source.damaged is not None and f"{len(source)} of 75 frames can be read" in source.damaged


def written(path: Path, times_ms: list[int]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuvj420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for at, time in enumerate(times_ms):
            picture = np.full((24, 32, 3), 2 * at, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuvj420p")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("kind", ["jitter", "two rates", "still now and then", "seldom still"])
def test_a_variable_rate_is_no_damage(tmp_path: Path, suffix: str, kind: str) -> None:
    rng = np.random.default_rng(0)
    steps = {
        "jitter": rng.integers(28, 52, 60),
        "two rates": np.repeat([40, 80], 30),
        "still now and then": np.where(rng.random(60) < 0.2, 120, 40),
        "seldom still": np.where(np.arange(60) % 12 == 5, 120, 40),
    }[kind]
    path = written(tmp_path / f"varying{suffix}", [0, *np.cumsum(steps).tolist()])
    with open_source(path, checked=True) as source:
        assert (len(source), source.damaged, source.gaps) == (61, None, ())


def test_a_clip_that_begins_inside_a_group_of_pictures_lacks_nothing(shared: Path) -> None:
    with open_source(shared / "data/cases/46-cut-inside-a-gop/midstart.ts") as source:
        assert (source.damaged, source.gaps) == (None, ())


def test_a_jump_of_the_times_of_a_whole_file_is_said_as_what_it_is(tmp_path: Path) -> None:
    times = [40 * number for number in range(60) if not 20 <= number < 24]
    with open_source(written(tmp_path / "jump.mkv", times)) as source:
        assert [(gap.frame_index, gap.num_missing) for gap in source.gaps] == [(20, 4)]
        assert source.damaged is not None and "jump as if frames 20 to 23 were missing" in source.damaged
        assert "is damaged" not in source.damaged
    with open_source(written(tmp_path / "jump.mp4", times)) as source:  # says itself that frame 19 lasts longer
        assert (source.damaged, source.gaps) == (None, ())


def test_lost_frames_by_rounded_times() -> None:
    times = np.rint(np.arange(200) * 1001 / 30).astype(np.int64)
    assert not frames_lost(times).any()
    kept = np.delete(times, [50, 51, 120])
    lost = frames_lost(kept)
    assert np.flatnonzero(lost).tolist() == [50, 118]
    assert lost[[50, 118]].tolist() == [2, 1]
    joined = np.concatenate([times, times + 10**7])
    assert not frames_lost(joined).any(), "two recordings, joined"


@pytest.mark.parametrize(
    "clip",
    [("silent.mkv", "ffv1", FFV1), ("silent.avi", "ffv1", FFV1), ("silent.mov", "mjpeg", {"strict": "unofficial"})],
)
def test_a_damaged_frame_is_the_same_however_it_is_reached(
    tmp_path: Path,
    encode: Callable[..., Path],
    pixels_hash: Callable[..., str],
    clip: tuple[str, str, dict[str, str]],
) -> None:
    """FFV1 without checks says nothing of damage, and leaves unpainted what it cannot read."""
    whole = encode(*clip)
    path = zeroed(whole, tmp_path / clip[0], 0.5, whole.stat().st_size // 75)
    with open_source(path) as source:
        assert source.damaged is not None and "spoilt" in source.damaged
        forward = [pixels_hash(frame) for _, frame in source.frames()]
    with open_source(path) as source:
        assert len(source) == num_plain(path)
        backward = [pixels_hash(source.frame(index)) for index in range(len(source) - 1, -1, -1)]
        assert backward[::-1] == forward
        order = np.random.default_rng(0).permutation(len(source)).tolist()
        assert [index for index in order if pixels_hash(source.frame(index)) != forward[index]] == []


def test_a_decoder_that_calls_damage_a_forbidden_operation(tmp_path: Path) -> None:
    path = tmp_path / "prores.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv422p10le"
        for picture in moving_pictures()[:20]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    with open_source(zeroed(path, path, 0.4, path.stat().st_size // 20)) as source:
        assert source.damaged is not None and f"{len(source)} of 20" in source.damaged


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("kinds.mkv", "libx264"),
        ("kinds.mp4", "libx264"),
        ("kinds.ts", "mpeg2video"),
        ("kinds.flv", "flv"),
        ("kinds.wmv", "wmv2"),
        ("kinds.avi", "mpeg4"),
        ("kinds.mxf", "mpeg2video"),
    ],
)
def test_whole_and_shortened_files_by_their_structure(
    tmp_path: Path, encode: Callable[..., Path], name: str, codec: str
) -> None:
    whole = encode(name, codec, {"g": "12"})
    assert wholeness_of(whole) is Wholeness.WHOLE
    content, path = whole.read_bytes(), tmp_path / name
    path.write_bytes(content[: len(content) * 2 // 3 - 1])
    assert wholeness_of(path) is Wholeness.CUT_OFF
