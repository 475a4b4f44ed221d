"""Weights of the real person detector, untrained: what it finds means nothing, but it runs as any other."""

from pathlib import Path

import torch
from torch import nn
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn

ARCHITECTURE = "fasterrcnn_mobilenet_v3_large_fpn"


def untrained(seed: int = 3) -> nn.Module:
    """torchvision's own network with random weights, tilted so that it takes some places for people."""
    torch.manual_seed(seed)
    model = fasterrcnn_mobilenet_v3_large_fpn(weights=None, weights_backbone=None, box_score_thresh=0.25)
    predictor = model.roi_heads.box_predictor
    with torch.no_grad():
        predictor.cls_score.weight.mul_(0.01)
        predictor.cls_score.bias.zero_()
        predictor.cls_score.bias[1] = 6.5
        for layer in (predictor.bbox_pred, model.rpn.head.bbox_pred):
            layer.weight.mul_(0.01)
            layer.bias.zero_()
    return model.eval()


def write_weights(path: Path, seed: int = 3) -> Path:
    """A file as torchvision publishes them: without the counters that its frozen layers do not have."""
    state = untrained(seed).state_dict()
    torch.save({name: t for name, t in state.items() if not name.endswith("num_batches_tracked")}, path)
    return path
