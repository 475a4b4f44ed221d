"""Folders of images as clips."""

import random
import struct
from pathlib import Path

import cv2
import numpy as np

from core.video import open_source
from core.video.image_folder import natural_key
from core.video.pictures import read_header


def test_a_real_folder(shared: Path) -> None:
    folder = shared / "data/posetrack/paddleboard/060470979"
    with open_source(folder) as source:
        assert source.kind == "images"
        assert len(source) == 20
        assert source.size == (960, 540)
        assert source.pixel_aspect == 1.0
        assert source.damaged is None
        assert source.frame_name(0) == "00001.jpg"
        expected = cv2.imread(str(folder / "00007.jpg"))[:, :, ::-1]
        np.testing.assert_array_equal(source.frame(6), expected)
        assert [index for index, _ in source.frames(2, 9, 3)] == [2, 5, 8]


def test_sizes_are_read_without_decoding(shared: Path) -> None:
    images = sorted((shared / "data/posetrack").rglob("*.jpg"))[:20]
    assert len(images) == 20
    for path in images:
        shape = cv2.imread(str(path)).shape
        assert read_header(path).size == (shape[1], shape[0])


def test_natural_order() -> None:
    names = ["frame10.png", "Frame2.png", "frame1.png", "frame010b.png", "a.png", "10.png", "9.png"]
    assert sorted(names, key=natural_key) == [
        "9.png",
        "10.png",
        "a.png",
        "frame1.png",
        "Frame2.png",
        "frame10.png",
        "frame010b.png",
    ]


def test_natural_order_is_total_whatever_order_the_disk_has() -> None:
    in_order = [
        "1-2.png", "1.2.png", "01.png", "1.png", "1e5.png", "02 (2).png", "2.png", "-1.png", "a1.png", "a-2.png",
        "a_1.png", "É1.png", "É2.png", "É10.png",
    ]  # fmt: skip
    for seed in range(20):
        names = random.Random(seed).sample(in_order, len(in_order))
        assert sorted(names, key=natural_key) == in_order


def test_frames_come_in_natural_order_and_others_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "Bilder äöü"
    folder.mkdir()
    for value in (1, 2, 10):
        _, encoded = cv2.imencode(".png", np.full((8, 12, 3), value * 20, np.uint8))
        (folder / f"f{value}.png").write_bytes(encoded.tobytes())
    (folder / "._f1.png").write_bytes(b"resource fork")
    (folder / "labels.json").write_text("{}")
    with open_source(folder) as source:
        assert [int(frame[0, 0, 0]) for _, frame in source.frames()] == [20, 40, 200]
        assert source.size == (12, 8)
        assert source.timestamps.dtype == np.float64


def test_pictures_taken_sideways_are_turned(tmp_path: Path) -> None:
    """EXIF orientation 6: to be shown turned clockwise; the size follows."""
    _, encoded = cv2.imencode(".jpg", np.zeros((16, 32, 3), np.uint8))
    tag = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0" + struct.pack(">2sHIH", b"MM", 42, 8, 1) + tag + bytes(4)
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    content = encoded.tobytes()
    (tmp_path / "1.jpg").write_bytes(content[:2] + segment + content[2:])
    with open_source(tmp_path) as source:
        assert source.size == (16, 32)
        assert source.frame(0).shape == (32, 16, 3)


def test_colours_are_red_green_blue(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.full((4, 4, 3), (0, 0, 255), np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), np.full((4, 4), 77, np.uint8))
    with open_source(tmp_path) as source:
        assert source.frame(0)[0, 0].tolist() == [255, 0, 0]
        assert source.frame(1)[0, 0].tolist() == [77, 77, 77]
