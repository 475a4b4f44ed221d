"""Files with several moving pictures."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from core.video import open_source


def two_videos(path: Path, sizes: list[tuple[int, int]], default: int | None) -> Path:
    """A Matroska file with a video of each size, each of its own grey; one may be the default."""
    with av.open(str(path), "w") as container:
        streams = []
        for width, height in sizes:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            streams.append(stream)
        for at, stream in enumerate(streams):
            stream.disposition = Disposition.default if at == default else Disposition(0)
        for _ in range(3):
            for at, (stream, (width, height)) in enumerate(zip(streams, sizes, strict=True)):
                grey = np.full((height, width, 3), 60 + 100 * at, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        for stream in streams:
            container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("default", "size", "word"), [(0, (32, 24), "default"), (1, (64, 48), "default"), (None, (64, 48), "largest")]
)
def test_the_default_one_is_taken_else_the_largest_and_it_is_said(
    tmp_path: Path, default: int | None, size: tuple[int, int], word: str
) -> None:
    path = two_videos(tmp_path / "two.mkv", [(32, 24), (64, 48)], default)
    with open_source(path) as source:
        assert source.size == size
        assert len(source) == 3
        grey = 160 if size == (64, 48) else 60
        assert [abs(int(frame[5, 5, 0]) - grey) <= 2 for _, frame in source.frames()] == [True] * 3
        (note,) = source.notes
        assert "holds 2 videos" in note and word in note and f"{size[0]}x{size[1]} was taken" in note


def test_one_video_needs_no_words(tmp_path: Path) -> None:
    with open_source(two_videos(tmp_path / "one.mkv", [(32, 24)], None)) as source:
        assert source.notes == ()


def test_of_equals_the_first_is_taken_and_called_so(tmp_path: Path) -> None:
    with open_source(two_videos(tmp_path / "equal.mkv", [(32, 24), (32, 24)], None)) as source:
        assert source.notes == ("equal.mkv holds 2 videos of 32x24: the first one was taken.",)
        assert abs(int(source.frame(0)[5, 5, 0]) - 60) <= 2
    with open_source(two_videos(tmp_path / "default.mkv", [(32, 24), (32, 24)], 1)) as source:
        assert source.notes == ("default.mkv holds 2 videos of 32x24: the default one was taken.",)
