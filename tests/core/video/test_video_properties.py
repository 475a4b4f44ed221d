"""Sizes, times, rotation and pixel aspect of real clips."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import Cancelled
from core.video import open as open_module
from core.video import open_source
from core.video.container import oriented


def test_every_clip_opens(shared: Path) -> None:
    clips = [path for path in sorted((shared / "data/video").rglob("*")) if path.suffix in {".mp4", ".avi"}]
    assert len(clips) >= 13
    for path in clips:
        with open_source(path) as source:
            assert source.kind == "video"
            assert source.damaged is None
            assert len(source.timestamps) == len(source) > 0
            assert (np.diff(source.timestamps) > 0).all()
            width, height = source.size
            assert source.frame(0).shape == (height, width, 3)


def test_rotation_is_applied(shared: Path) -> None:
    upright = shared / "data/video/dance.mp4"
    turned = shared / "data/video/derived/dance_rotate90_flag.mp4"
    with open_source(upright) as plain, open_source(turned) as rotated:
        assert plain.size == (406, 720)
        assert rotated.size == (720, 406)
        # The flag asks for a quarter turn anticlockwise: the right edge comes up.
        np.testing.assert_array_equal(rotated.frame(10), np.rot90(plain.frame(10), 1))


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[1, 0], [0, 1]], lambda rgb: rgb),
        ([[0, 1], [-1, 0]], lambda rgb: np.rot90(rgb, 1)),
        ([[-1, 0], [0, -1]], lambda rgb: np.rot90(rgb, 2)),
        ([[0, -1], [1, 0]], lambda rgb: np.rot90(rgb, 3)),
        ([[-1, 0], [0, 1]], np.fliplr),
        ([[1, 0], [0, -1]], np.flipud),
        ([[0, 1], [1, 0]], lambda rgb: rgb.transpose(1, 0, 2)),
        ([[0, -1], [-1, 0]], lambda rgb: np.rot90(rgb.transpose(1, 0, 2), 2)),
    ],
)
def test_the_eight_orientations(matrix: list[list[int]], expected: Callable[[np.ndarray], np.ndarray]) -> None:
    rgb = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    np.testing.assert_array_equal(oriented(rgb, np.array(matrix)), expected(rgb))


def test_pixel_aspect_is_told_and_not_applied(shared: Path) -> None:
    with open_source(shared / "data/video/armwrestling_sar64-51.mp4") as source:
        assert source.pixel_aspect == pytest.approx(64 / 51)
        assert source.size == (340, 256)
    with open_source(shared / "data/video/dance.mp4") as source:
        assert source.pixel_aspect == 1.0


def test_variable_frame_rate_keeps_its_gaps(shared: Path) -> None:
    path = shared / "data/video/derived/dance_vfr_drops.mp4"
    with av.open(str(path)) as container:
        expected = [frame.time for frame in container.decode(video=0)]
    with open_source(path) as source:
        np.testing.assert_allclose(source.timestamps, expected, atol=1e-9)
        gaps_ms = np.unique(np.round(np.diff(source.timestamps) * 1000))
    assert gaps_ms.tolist() == [33.0, 67.0]


@pytest.mark.parametrize(("name", "rate"), [("ntu_drink_h264_avi.avi", 30), ("mpeg4asp_bframes_320x240.avi", 25)])
def test_times_of_avi_come_from_the_count(shared: Path, name: str, rate: int) -> None:
    with open_source(shared / "data/video" / name) as source:
        np.testing.assert_allclose(source.timestamps, np.arange(len(source)) / rate)


def test_names_of_video_frames(shared: Path) -> None:
    with open_source(shared / "data/video/mmpose_street_5fps_5f.mp4") as source:
        assert source.frame_name(3) == "000003.jpg"


def test_opening_tells_its_progress_and_can_be_cancelled(shared: Path) -> None:
    path = shared / "data/video/juggle.mp4"
    open_module._indexes.clear()
    told: list[tuple[int, int]] = []
    open_source(path, on_progress=lambda done, total: told.append((done, total))).close()
    assert told
    assert all(0 <= done <= total for done, total in told)
    open_module._indexes.clear()
    with pytest.raises(Cancelled):
        open_source(path, cancelled=lambda: True)


def test_a_changed_file_is_indexed_anew(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes((shared / "data/video/mmpose_street_5fps_5f.mp4").read_bytes())
    with open_source(path) as source:
        assert len(source) == 5
    path.write_bytes((shared / "data/video/armwrestling_sar64-51.mp4").read_bytes())
    with open_source(path) as source:
        assert len(source) == 280
