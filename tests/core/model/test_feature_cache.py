"""Heatmaps are found again, oldest go first, and a damaged or busy file costs nothing."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from core.model.crops import Request
from core.model.feature_cache import FeatureCache
from core.model.predictor import Prediction

SHAPE = (17, 12, 9)
ROOM_FOR_FOUR = 4 * 2 * 17 * 12 * 9 + 10


def prediction(frame_index, shape=SHAPE):
    return Prediction(
        Request(frame_index, 1, (0.0, 0.0, 9.0, 12.0)),
        np.zeros((17, 2)),
        np.ones(17),
        np.full(shape, frame_index, np.float16),
        np.full((2, 3), float(frame_index)),
    )


@pytest.fixture
def cache(tmp_path):
    cache = FeatureCache(ROOM_FOR_FOUR, tmp_path / "folder" / "heatmaps.h5")
    yield cache
    cache.close()


def test_heatmaps_are_found_by_source_weights_frame_and_person(cache):
    cache.put("clip", "aa", prediction(3))
    np.testing.assert_array_equal(cache.get("clip", "aa", 3, 1), prediction(3).heatmaps)
    np.testing.assert_array_equal(cache.affine("clip", "aa", 3, 1), prediction(3).image_from_heatmap)
    for other in (("other", "aa", 3, 1), ("clip", "bb", 3, 1), ("clip", "aa", 4, 1), ("clip", "aa", 3, 2)):
        assert cache.get(*other) is None
        assert cache.affine(*other) is None


def test_the_oldest_are_overwritten_and_the_file_stays_bounded(cache, tmp_path):
    for frame_index in range(11):
        cache.put("clip", "aa", prediction(frame_index))
    kept = [i for i in range(11) if cache.get("clip", "aa", i, 1) is not None]
    assert kept == [7, 8, 9, 10]
    assert all(cache.get("clip", "aa", i, 1)[0, 0, 0] == i for i in kept)
    assert (tmp_path / "folder" / "heatmaps.h5").stat().st_size < ROOM_FOR_FOUR + 20_000


def test_the_file_outlives_the_program_and_another_shape_starts_it_anew(tmp_path):
    path = tmp_path / "h.h5"
    first = FeatureCache(ROOM_FOR_FOUR, path)
    first.put("clip", "aa", prediction(2))
    first.close()
    second = FeatureCache(ROOM_FOR_FOUR, path)
    assert second.get("clip", "aa", 2, 1) is not None
    second.put("clip", "bb", prediction(5, (17, 6, 5)))
    assert second.get("clip", "aa", 2, 1) is None
    assert second.get("clip", "bb", 5, 1).shape == (17, 6, 5)
    second.close()


def test_a_damaged_file_is_made_anew(tmp_path):
    path = tmp_path / "h.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n and then nothing of use")
    cache = FeatureCache(ROOM_FOR_FOUR, path)
    cache.put("clip", "aa", prediction(1))
    assert cache.get("clip", "aa", 1, 1) is not None
    cache.close()


def test_a_file_in_use_by_another_program_leaves_a_cache_in_memory(tmp_path):
    path = tmp_path / "h.h5"
    hold = "import h5py, sys; f = h5py.File(sys.argv[1], 'w'); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        cache = FeatureCache(ROOM_FOR_FOUR, path)
        cache.put("clip", "aa", prediction(1))
        assert cache.get("clip", "aa", 1, 1) is not None
        cache.close()
        other.communicate("")


def test_where_no_folder_can_be_made_the_cache_is_in_memory(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = FeatureCache(ROOM_FOR_FOUR, tmp_path / "file" / "h.h5")
    cache.put("clip", "aa", prediction(1))
    assert cache.get("clip", "aa", 1, 1) is not None
    cache.close()


def test_without_room_for_one_nothing_is_kept(tmp_path):
    cache = FeatureCache(100, tmp_path / "h.h5")
    cache.put("clip", "aa", prediction(1))
    assert cache.get("clip", "aa", 1, 1) is None
    cache.close()


def test_threads_write_and_read_at_once(cache):
    wrong = []

    def work(first):
        for frame_index in range(first, first + 30):
            cache.put("clip", "aa", prediction(frame_index))
            heatmaps = cache.get("clip", "aa", frame_index, 1)
            if heatmaps is not None and heatmaps[0, 0, 0] != frame_index:
                wrong.append(frame_index)

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
