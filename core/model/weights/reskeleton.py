"""Networks of another skeleton as networks of PoseTrack's, which is what projects are labelled in."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from core.keypoints import POSETRACK, SKELETONS, mapping, names_as_posetrack
from core.model.weights.files import LoadedModel


def in_posetrack(loaded: LoadedModel) -> LoadedModel:
    """The network with one heatmap for each PoseTrack keypoint; the joints that both have are located as before.

    A joint that PoseTrack lacks keeps its place between the last two convolutions, where it may help to locate the
    others, but has no heatmap; one that only PoseTrack has is not trained, and its heatmap is 0 before activation.

    Args:
        loaded: weights of any skeleton in `SKELETONS`; its network becomes the one returned.

    Returns:
        The same weights where they are PoseTrack's already.
    """
    metadata = loaded.metadata
    if metadata.keypoints == POSETRACK.name:
        return loaded
    skeleton = SKELETONS[metadata.keypoints]
    names = names_as_posetrack(skeleton)
    rows = mapping(names, POSETRACK)
    # The ears last in PoseTrack's order first: they are the least likely to be learnt by a round, and so to be in need
    # of a place of their own.
    free = iter([place for place, row in reversed(list(enumerate(rows))) if row < 0])
    places = [POSETRACK.index(name) if name in POSETRACK.keypoint_names else next(free) for name in names]
    model, config = loaded.model, replace(metadata.config, num_keypoints=len(POSETRACK))
    model.backbone.final_layer = _spread(model.backbone.final_layer, places, inputs=False)
    model.head_after = _spread(model.head_after, places, inputs=True)
    unknown = torch.from_numpy(np.flatnonzero(rows < 0))
    with torch.no_grad():
        for parameter in model.head_after.parameters():
            parameter.index_fill_(0, unknown.to(parameter.device), 0.0)
    model.config, model.backbone.num_keypoints = config, len(POSETRACK)
    known = {
        ours for ours, own in zip(names, skeleton.keypoint_names, strict=True) if own in metadata.trained_keypoints
    }
    trained = tuple(name for name in POSETRACK.keypoint_names if name in known)
    score_model = metadata.score_model
    if score_model is not None:
        biases = tuple(score_model.biases[row] if row >= 0 else 0.0 for row in rows)
        score_model = replace(score_model, biases=biases)
    described = replace(
        metadata, config=config, keypoints=POSETRACK.name, trained_keypoints=trained, score_model=score_model
    )
    return replace(loaded, metadata=described)


def _spread(conv: nn.Conv2d, places: list[int], *, inputs: bool) -> nn.Conv2d:
    """A convolution to PoseTrack's K channels that has its outputs, and perhaps its inputs, at these places."""

    def spread(own: Tensor, axes: int) -> Tensor:
        for axis in range(axes):
            shape = [len(POSETRACK) if at == axis else size for at, size in enumerate(own.shape)]
            own = own.new_zeros(shape).index_copy(axis, torch.tensor(places, device=own.device), own)
        return own

    channels = len(POSETRACK) if inputs else conv.in_channels
    result = nn.Conv2d(channels, len(POSETRACK), conv.kernel_size, padding=conv.padding)  # type: ignore[arg-type]
    result.weight = nn.Parameter(spread(conv.weight.detach(), 2 if inputs else 1))
    if conv.bias is not None:
        result.bias = nn.Parameter(spread(conv.bias.detach(), 1))
    return result.train(conv.training)
