"""Feature maps as pictures: three fixed directions in the space of features become red, green and blue."""

import functools

import numpy as np
from numpy.typing import NDArray

_SPREAD = 5.0
"""How many standard deviations of the reference the range from black to full colour spans."""


@functools.cache
def directions(channels: int) -> NDArray[np.float64]:
    """(C, 3) orthonormal directions, the same at every call and on every machine."""
    random = np.random.RandomState(channels).standard_normal((channels, 3))
    basis, triangle = np.linalg.qr(random)
    basis *= np.sign(np.diag(triangle))  # the signs of a factorisation differ between libraries
    basis.setflags(write=False)
    return basis


def coloured(features: NDArray[np.float32], like: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Feature maps in colours that compare with each other.

    Args:
        features: (n, C, h, w).
        like: (C, h, w) the map whose mean is mid-grey and whose deviation sets the contrast.

    Returns:
        (n, h, w, 3) RGB.
    """
    basis = directions(features.shape[1])
    reference = np.einsum("chw,cr->hwr", like, basis)
    mean = reference.mean(axis=(0, 1))
    spread = np.maximum(reference.std(axis=(0, 1)), 1e-6) * _SPREAD
    values = (np.einsum("nchw,cr->nhwr", features, basis) - mean) / spread + 0.5
    colours: NDArray[np.uint8] = (np.clip(values, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    return colours
