"""Batch norms folded into the convolutions before them: the same numbers with one pass over memory less each."""

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norms(model: nn.Module) -> None:
    """Folds every batch norm that follows a convolution, in place; the model can then only predict.

    A batch norm follows its convolution in every module of this network. What is left in its place is an identity, so
    that the names of the parameters that remain are the same.

    Raises:
        ValueError: if the model is in training, where a batch norm is no constant.
    """
    if model.training:
        raise ValueError("batch norms are folded in evaluation only")
    for parent in model.modules():
        for (conv_name, conv), (norm_name, norm) in pairwise(list(parent.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, conv_name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, norm_name, nn.Identity())
