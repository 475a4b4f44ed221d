"""The deformable convolution for processors is torchvision's, forward and backward."""

import pytest
import torch
from torchvision.ops import deform_conv2d

from core.model.network.deformable import deformable_convolution


@pytest.mark.parametrize("spread", [0.0, 0.4, 3.0, 40.0])
def test_it_gives_torchvisions_numbers_and_gradients(spread: float) -> None:
    generator = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    values = [normal(3, 5, 9, 7), spread * normal(3, 18, 9, 7), normal(3, 9, 9, 7), normal(4, 5, 3, 3), normal(4)]
    results, gradients = [], []
    for ours in (True, False):
        features, offsets, modulation, weight, bias = inputs = [value.clone().requires_grad_() for value in values]
        if ours:
            result = deformable_convolution(features, offsets, modulation, weight, bias)
        else:
            result = deform_conv2d(features, offsets, weight, bias, padding=1, mask=modulation)
        (result * torch.arange(result.numel()).view_as(result).sin()).sum().backward()
        results.append(result.detach())
        gradients.append([value.grad for value in inputs])
    torch.testing.assert_close(results[0], results[1])
    # At whole pixels bilinear sampling has a kink: there the gradient of the offsets is one of two sides'.
    compared = [0, 2, 3, 4] if spread == 0 else [0, 1, 2, 3, 4]
    for place in compared:
        torch.testing.assert_close(gradients[0][place], gradients[1][place])
