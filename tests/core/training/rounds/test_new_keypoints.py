"""A joint that a round makes new starts on the head, and changes no other joint's map."""

from pathlib import Path

import pytest
import torch

from core.keypoints import COCO, JHMDB, POSETRACK, Skeleton, names_as_posetrack
from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, in_posetrack
from core.model.weights.files import LoadedModel, load_model
from core.training.rounds.new_keypoints import start_new_keypoints

STARTER = Path(__file__).parents[4] / "resources" / "weights" / "starter.pth"


def born(skeleton: Skeleton, trained: tuple[str, ...]) -> LoadedModel:
    """Weights of a skeleton whose last convolution lets every joint read every other's map."""
    torch.manual_seed(5)
    config = FamiPoseConfig(
        "w12", len(skeleton), supporting_offsets=(-1, 1), gtm_width=8, lcm_width=8, initialisation="paper"
    )
    model = FamiPose(config)
    for conv in (model.backbone.final_layer, model.head_after):
        torch.nn.init.normal_(conv.get_parameter("bias"))
    metadata = WeightsMetadata("born", config, (48, 64), keypoints=skeleton.name, trained_keypoints=trained)
    return in_posetrack(LoadedModel(model.eval(), metadata, ""))


def logits(model: FamiPose) -> torch.Tensor:
    """(1, 17, h, w) of a fixed crop."""
    torch.manual_seed(6)
    with torch.no_grad():
        return model(torch.randn(1, 3, 64, 48), torch.randn(1, 2, 3, 64, 48)).logits


NO_NOSE = tuple(name for name in POSETRACK.keypoint_names if name not in ("nose", "left_ear", "right_ear"))
PAIRS = [
    (skeleton, name)
    for skeleton, known in ((COCO, COCO.keypoint_names), (JHMDB, JHMDB.keypoint_names), (POSETRACK, NO_NOSE))
    for name in POSETRACK.keypoint_names
    if name not in (names_as_posetrack(skeleton) if skeleton is not POSETRACK else known)
]


@pytest.mark.parametrize(("skeleton", "name"), PAIRS, ids=lambda value: getattr(value, "name", value))
def test_no_other_joints_map_changes(skeleton: Skeleton, name: str) -> None:
    loaded = born(skeleton, NO_NOSE if skeleton is POSETRACK else skeleton.keypoint_names)
    before = logits(loaded.model)
    start_new_keypoints(loaded.model, [name], loaded.metadata.trained_keypoints)
    after, new = logits(loaded.model), POSETRACK.index(name)
    known = [POSETRACK.index(known) for known in loaded.metadata.trained_keypoints]
    assert torch.equal(after[:, known], before[:, known])
    others = [k for k in range(17) if k != new]
    assert torch.equal(after[:, others], before[:, others])
    assert after[:, new].std() > 0, "the map is not empty"


@pytest.mark.parametrize("skeleton", [COCO, JHMDB, POSETRACK], ids=lambda skeleton: skeleton.name)
def test_all_that_are_new_together_start_where_the_head_is_known(skeleton: Skeleton) -> None:
    loaded = born(skeleton, NO_NOSE if skeleton is POSETRACK else skeleton.keypoint_names)
    trained = loaded.metadata.trained_keypoints
    new = [name for name in POSETRACK.keypoint_names if name not in trained]
    before = logits(loaded.model)
    start_new_keypoints(loaded.model, new, trained)
    after = logits(loaded.model)
    known = [POSETRACK.index(name) for name in trained]
    assert torch.equal(after[:, known], before[:, known])
    ends = {"coco": ("nose", "left_ear", "right_ear"), "jhmdb": ("head_bottom",)}
    start = before[:, [POSETRACK.index(name) for name in ends.get(skeleton.name, ("head_bottom", "head_top"))]].mean(1)
    for name in new:
        torch.testing.assert_close(after[:, POSETRACK.index(name)], start, rtol=1e-4, atol=1e-4)


def test_a_nose_that_nobody_taught_starts_between_the_heads_ends_and_has_a_way_to_learn() -> None:
    model = load_model(STARTER).model
    nose, ends = POSETRACK.index("nose"), [POSETRACK.index("head_bottom"), POSETRACK.index("head_top")]
    with torch.no_grad():
        model.backbone.final_layer.weight[nose] *= 0.02  # next to nothing, as training leaves what nobody labelled
    start_new_keypoints(model, ["nose"], NO_NOSE)
    width = model.backbone.num_channels
    features = torch.randn(1, width, 48, 36)
    count = len(model.config.supporting_offsets)
    output = model.forward_features(features, features[:, None].expand(1, count, *features.shape[1:]))
    between = output.logits[:, ends].mean(dim=1)
    assert (output.logits[:, nose] - between).abs().max() < 0.1 * between.std() * 5
    output.logits[:, nose].square().sum().backward()
    assert model.backbone.final_layer.weight.grad is not None
    learns = model.backbone.final_layer.weight.grad.flatten(1).norm(dim=1)
    assert learns[nose] > 0.1 * learns[ends].mean()
