"""What loading and predicting hold at once, in bytes of arrays: no checkpoint twice, one window at a time.

How much memory a process takes beside that: benchmarks/bench_memory.py.
"""

import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.model import (
    FamiPose,
    FamiPoseConfig,
    Predictor,
    Request,
    WeightsMetadata,
    load_model,
    load_weights,
    save_weights,
)

CONFIG = FamiPoseConfig("w12", gtm_width=8, lcm_width=8, initialisation="paper")
CROP_WH = (144, 192)


class BytesHeld(TorchDispatchMode):
    """Counts the bytes of the arrays that operations make, from their making to their end.

    Attributes:
        now: bytes held at this moment.
        peak: the most that were held at once.
    """

    def __init__(self, known: torch.nn.Module | None = None) -> None:
        """`known` was there before: its arrays don't count."""
        super().__init__()
        self.now = self.peak = 0
        self._sizes: dict[int, int] = {}
        for tensor in () if known is None else known.state_dict().values():
            self._sizes[tensor.untyped_storage()._cdata] = 0

    def __torch_dispatch__(self, operation, _types, arguments=(), options=None):
        result = operation(*arguments, **(options or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor) and not tensor.is_meta:
                self._note(tensor.untyped_storage())
        return result

    def _note(self, storage: torch.UntypedStorage) -> None:
        if storage._cdata not in self._sizes:
            self._sizes[storage._cdata] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, storage._cdata)

    def _forget(self, storage: int) -> None:
        self.now -= self._sizes.pop(storage)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "small.pth"
    save_weights(path, FamiPose(CONFIG), WeightsMetadata("small", CONFIG, CROP_WH))
    return path


@pytest.fixture
def one_thread():
    """So that all operations run where they are counted."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("folded", [False, True])
def test_no_checkpoint_is_held_twice_while_it_loads(weights, one_thread, folded):
    network = sum(tensor.nbytes for tensor in FamiPose(CONFIG).state_dict().values())
    with BytesHeld() as held:
        load_model(weights, folded=folded)
    assert 0.5 * network < held.peak < 1.5 * network, "the network once, and a few of its layers"


def test_loading_into_a_network_makes_no_arrays_beside_the_mapped_file(weights, one_thread):
    model = FamiPose(CONFIG)
    with BytesHeld(known=model) as held:
        load_weights(model, weights)
    assert held.peak <= weights.stat().st_size


def test_predicting_holds_the_maps_of_one_window(weights, one_thread):
    """Of eight people as of one: what is done is let go."""
    loaded = load_model(weights, folded=True)
    torch.nn.init.constant_(loaded.model.gain, 0.1)  # else the neighbours would be left out
    peaks = []
    for num_people in (1, 8):
        predictor = Predictor(loaded, "cpu", batch_size=1)
        people = [Request(5, track_id, (100.0, 100.0, 120.0 + track_id, 200.0)) for track_id in range(num_people)]
        with BytesHeld(known=loaded.model) as held:
            predictor.predict(people, lambda index: np.full((480, 640, 3), 20 * index, np.uint8), 11)
        peaks.append(held.peak)
    assert 0 < peaks[1] < 2 * peaks[0]
