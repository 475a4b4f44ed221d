"""Long clips that are damaged in the middle: counted as a plain decode counts them, once they were checked."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import Cancelled
from core.video import index as index_module
from core.video import open as open_module
from core.video import open_source, plain_decode
from core.video.soundness.gaps import Gap, gaps_of, in_words
from tests.damaged_clips import take_clips_for_long_ones, whole_and_damaged

CASE = "data/cases/31-long-clip-damaged-in-the-middle"


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    open_module._indexes.clear()


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A whole clip and a damaged one, opened as long ones."""
    take_clips_for_long_ones(monkeypatch)
    return whole_and_damaged(tmp_path)


def test_the_shared_clips_count_as_a_plain_decode(shared: Path, plain_decode: Callable[..., list[str]]) -> None:
    path = shared / CASE / "one_packet.mp4"
    with open_source(path) as source:
        assert not source.is_checked
    with open_source(path, checked=True) as source:
        assert source.is_checked
        assert len(source) == 299
        assert source.gaps == (Gap(150, 1),)
        assert source.damaged is not None
        assert "299 of 300 frames can be read, frame 150 is missing" in source.damaged
        assert source.frame(150).shape == (1080, 1920, 3)
    with open_source(path) as source:
        assert len(source) == 299, "known from now on"
    with open_source(shared / CASE / "six_packets.mp4", checked=True) as source:
        assert len(source) == 294
        assert source.gaps == (Gap(150, 6),)
        assert "frames 150 to 155 are missing" in (source.damaged or "")


def test_every_frame_of_a_checked_clip_is_that_of_a_plain_decode(
    damaged: tuple[Path, Path], pixels_hash: Callable[..., str]
) -> None:
    _, path = damaged
    with open_source(path) as source:
        assert (len(source), source.is_checked) == (75, False)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        expected = []
        for packet in container.demux(stream):
            try:
                expected += [pixels_hash(frame.to_ndarray(format="rgb24")) for frame in packet.decode()]
            except av.InvalidDataError:
                continue
    with open_source(path, checked=True) as source:
        assert len(source) == len(expected) < 75
        assert source.damaged is not None and "is missing" in source.damaged
        order = np.random.default_rng(0).permutation(len(source)).tolist()
        assert [index for index in order if pixels_hash(source.frame(index)) != expected[index]] == []


def test_a_whole_clip_is_decoded_once_and_then_known(
    damaged: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = damaged
    with open_source(whole, checked=True) as source:
        assert (source.is_checked, source.damaged, source.gaps, len(source)) == (True, None, (), 75)

    def again(*_: object, **__: object) -> None:
        raise AssertionError("decoded a second time")

    monkeypatch.setattr(index_module, "plain_decode", again)
    open_module._indexes.clear()  # as in another run of the program
    with open_source(whole) as source:
        assert source.is_checked
    content = whole.read_bytes()
    whole.write_bytes(content + b"\0\0\0\x08free")
    with pytest.raises(AssertionError, match="decoded a second time"):
        open_source(whole, checked=True)


def test_what_is_remembered_of_damage_comes_back(damaged: tuple[Path, Path]) -> None:
    _, path = damaged
    with open_source(path, checked=True) as source:
        found = (len(source), source.gaps, source.damaged, source.timestamps.tolist())
    open_module._indexes.clear()
    with open_source(path) as source:
        assert (len(source), source.gaps, source.damaged, source.timestamps.tolist()) == found


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"order": [1e9, "x"]}', '{"order": [999], "failed": [], "spoilt": []}']
)
def test_a_damaged_memory_is_found_out_again(damaged: tuple[Path, Path], tmp_path: Path, content: str) -> None:
    _, path = damaged
    with open_source(path, checked=True) as source:
        found = len(source)
    (record,) = (tmp_path / "cache").rglob("*.json")
    record.write_text(content)
    open_module._indexes.clear()
    with open_source(path, checked=True) as source:
        assert len(source) == found


def test_the_check_can_be_cancelled(damaged: tuple[Path, Path]) -> None:
    _, path = damaged
    open_source(path).close()
    with pytest.raises(Cancelled):
        open_source(path, cancelled=lambda: True, checked=True)


def test_a_lightly_damaged_clip_has_the_same_pixels_each_time_and_says_so(
    shared: Path, tmp_path: Path, pixels_hash: Callable[..., str]
) -> None:
    """One byte changed: decoders on several threads conceal it in another way each time."""
    content = bytearray((shared / "data/video/armwrestling_sar64-51.mp4").read_bytes())
    start = content.index(b"mdat")
    path = tmp_path / "light.mp4"
    content[start + 80_000] ^= 0xFF
    path.write_bytes(content)
    played = []
    for _ in range(3):
        with open_source(path) as source:
            assert source.damaged is not None and "spoilt" in source.damaged
            played.append([pixels_hash(frame) for _, frame in source.frames(0, 120)])
    assert played[0] == played[1] == played[2]
    assert plain_decode.plain_decode(path, 280).is_spoilt


def test_gaps_in_numbers_and_words() -> None:
    assert gaps_of([3, 4, 9]) == (Gap(3, 2), Gap(7, 1))
    assert gaps_of([]) == ()
    assert in_words([150], "is missing", "are missing") == "frame 150 is missing"
    assert in_words([150, 151, 160], "is missing", "are missing") == "frames 150 to 151 and 160 are missing"
    assert in_words([1, 3, 5, 7], "is missing", "are missing") == "4 frames in 4 places are missing"
