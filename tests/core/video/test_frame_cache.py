"""FrameCache: bounded, shared by threads, and never wrong; frame_proof: tells pixels apart."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.video import FrameCache, Source, frame_proof, open_source


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "data/posetrack/paddleboard/060470979"


FRAME_BYTES = 960 * 540 * 3


def test_keeps_the_frames_used_last_within_its_bound(folder: Path) -> None:
    cache = FrameCache(open_source(folder), 3 * FRAME_BYTES)
    for index in (0, 1, 2, 0, 3):
        cache.get(index)
    assert len(cache) == 3
    assert cache.num_bytes == 3 * FRAME_BYTES
    assert cache.peek(1) is None, "the one used longest ago went"
    assert cache.peek(0) is not None
    assert cache.get(0) is cache.get(0)
    cache.close()
    assert cache.num_bytes == 0


def test_a_frame_larger_than_the_bound_is_still_given(folder: Path) -> None:
    cache = FrameCache(open_source(folder), 10)
    assert cache.get(4).shape == (540, 960, 3)
    assert len(cache) == 1
    cache.close()


def test_nearest(folder: Path) -> None:
    cache = FrameCache(open_source(folder), 100 * FRAME_BYTES)
    assert cache.nearest(5) is None
    for index in (2, 8):
        cache.get(index)
    found = [cache.nearest(index) for index in (0, 5, 6, 19)]
    assert [index for index, _ in found if index is not None] == [2, 2, 8, 8]
    assert found[0][1] is cache.get(2)
    cache.close()


def test_frames_are_read_only(folder: Path) -> None:
    cache = FrameCache(open_source(folder), FRAME_BYTES)
    with pytest.raises(ValueError, match="read-only"):
        cache.get(0)[0, 0, 0] = 1
    cache.close()


def test_threads_get_the_right_frames_from_one_source(shared: Path) -> None:
    path = shared / "data/video/armwrestling_sar64-51.mp4"
    with open_source(path) as source:
        proofs = [frame_proof(frame) for _, frame in source.frames(0, 60)]
    opened: list[Source] = []

    def open_it() -> Source:
        opened.append(open_source(path))
        return opened[-1]

    cache = FrameCache(open_it, 20 * 340 * 256 * 3)
    wanted = [random.Random(seed).randrange(60) for seed in range(300)]
    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(lambda index: frame_proof(cache.get(index)), wanted))
    assert got == [proofs[index] for index in wanted]
    assert len(opened) == 1
    assert cache.num_bytes <= 20 * 340 * 256 * 3
    cache.close()


def test_proof_is_sixteen_hex_digits_of_shape_and_pixels() -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (6, 4, 3)).astype(np.uint8)
    proof = frame_proof(rgb)
    assert len(proof) == 16
    assert int(proof, 16) >= 0
    assert frame_proof(rgb.copy()) == proof
    assert frame_proof(np.asfortranarray(rgb)) == proof
    assert frame_proof(rgb.reshape(4, 6, 3)) != proof
    changed = rgb.copy()
    changed[3, 2, 1] ^= 1
    assert frame_proof(changed) != proof
