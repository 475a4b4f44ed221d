"""What a heatmap's peak says about being right."""

from __future__ import annotations

import numpy as np

from core.training.lspet import BoolArray, FloatArray

_STEPS = 12


def calibration_table(peaks: FloatArray, right: BoolArray, steps: int = _STEPS) -> tuple[tuple[float, float], ...]:
    """Rising pairs (peak, share of joints right): a histogram of equal counts, made monotone.

    Neighbouring steps whose shares fall are pooled (isotonic regression), so that a higher peak never means a lower
    score.

    Args:
        peaks: (N,) heatmap peaks.
        right: (N,) whether the joint was found.
        steps: number of steps before pooling.

    Returns:
        At most `steps` pairs with rising peaks and shares that never fall.
    """
    order = np.argsort(peaks, kind="stable")
    pooled: list[tuple[float, float, int]] = []
    for part in np.array_split(order, min(steps, len(order))):
        block = (float(peaks[part].mean()), float(right[part].mean()), len(part))
        while pooled and (pooled[-1][1] >= block[1] or pooled[-1][0] >= block[0]):
            peak, share, count = pooled.pop()
            total = count + block[2]
            block = (
                (peak * count + block[0] * block[2]) / total,
                (share * count + block[1] * block[2]) / total,
                total,
            )
        pooled.append(block)
    return tuple((round(peak, 5), round(share, 4)) for peak, share, _ in pooled)
