"""The person detector: torchvision's network, read for people alone, from files that are what they say."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.detection import (
    FasterRCNN_MobileNet_V3_Large_FPN_Weights,
    FasterRCNN_ResNet50_FPN_V2_Weights,
    fasterrcnn_resnet50_fpn_v2,
)

from app.weights import detectors
from core.errors import WeightsError
from core.model.prediction.detector import LEAST_SCORE, PERSON, PersonDetector
from tests.detector_weights import ARCHITECTURE, untrained, write_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("detector") / "untrained.pth")


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (120, 160, 3)).astype(np.uint8)


def test_it_finds_what_torchvisions_own_network_finds(weights: Path) -> None:
    frames = [(7, picture(1)), (9, picture(2))]
    found = list(PersonDetector(weights, ARCHITECTURE, "cpu").boxes(iter(frames)))
    assert [index for index, _ in found] == [7, 9]
    model = untrained()
    for (_, rgb), (_, boxes) in zip(frames, found, strict=True):
        with torch.inference_mode():
            (output,) = model([torch.from_numpy(rgb).permute(2, 0, 1).float() / 255])
        people = output["labels"] == PERSON
        expected = output["boxes"][people].numpy()
        assert len(boxes) == len(expected) > 0
        corners = np.array([[x, y, x + w, y + h] for x, y, w, h in (box.bbox_xywh for box in boxes)])
        np.testing.assert_allclose(corners, expected, atol=1e-3)
        np.testing.assert_allclose([box.score for box in boxes], output["scores"][people].numpy(), atol=1e-5)
        assert min(box.score for box in boxes) >= LEAST_SCORE
        assert corners.min() >= 0 and (corners.max(axis=0) < [160.01, 120.01, 160.01, 120.01]).all()


def test_a_file_with_counters_fits_as_well(weights: Path, tmp_path: Path) -> None:
    torch.save(untrained().state_dict(), tmp_path / "counted.pth")
    one, other = (PersonDetector(path, ARCHITECTURE, "cpu").model for path in (weights, tmp_path / "counted.pth"))
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])


def test_weights_of_something_else_are_refused_in_one_sentence(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="does not hold the person detector fasterrcnn_resnet50_fpn_v2; delete it"):
        PersonDetector(weights, "fasterrcnn_resnet50_fpn_v2", "cpu")
    text = tmp_path / "page.pth"
    text.write_text("<html>sign in</html>")
    with pytest.raises(WeightsError, match=r"not a weights file|damaged"):
        PersonDetector(text, ARCHITECTURE, "cpu")
    torch.save({"backbone": 1}, tmp_path / "numbers.pth")
    with pytest.raises(WeightsError, match="does not hold"):
        PersonDetector(tmp_path / "numbers.pth", ARCHITECTURE, "cpu")
    with pytest.raises(WeightsError, match="no weights file at"):
        PersonDetector(tmp_path / "absent.pth", ARCHITECTURE, "cpu")


def test_the_large_one_loads_as_well(tmp_path: Path) -> None:
    path = tmp_path / "large.pth"
    torch.save(fasterrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None).state_dict(), path)
    assert PersonDetector(path, "fasterrcnn_resnet50_fpn_v2", "cpu").method == "detector fasterrcnn_resnet50_fpn_v2"


@pytest.mark.parametrize(
    ("file", "published"),
    [
        (detectors.FOR_PROCESSORS, FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1),
        (detectors.FOR_CUDA, FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1),
    ],
)
def test_the_files_are_the_published_ones(file: detectors.DetectorFile, published: object) -> None:
    assert file.url == published.url
    assert file.url.endswith(f"-{file.sha256}.pth"), "torchvision puts the hash's first digits in the name"
    assert file.size_mb == round(published.meta["_file_size"] * 2**20 / 1e6)
    assert published.meta["categories"][PERSON] == "person"
    assert published.value.url.rpartition("/")[2].startswith(file.architecture)
