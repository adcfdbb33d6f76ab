"""AudioSep's released SegmentMixer, for comparison: training here draws the clips of a mixture (lass.data.mixtures)."""

from collections.abc import Sequence

import numpy as np

from lass.data import levels


def mix_segments(segments: np.ndarray, deltas_db: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Mix each segment of a batch with those that follow it, the first after the last; alone, it meets itself.

    Args:
        segments: ``[B, T]``.
        deltas_db: for each segment the draws of ``levels.released_rule``; N of them mix N segments.

    Returns:
        mixtures and targets, float64 ``[B, T]``, both scaled where the mixture would clip.
    """
    mixtures, targets = [], []
    for n, deltas in enumerate(deltas_db):
        sources = [segments[(n + i) % len(segments)] for i in range(len(deltas))]
        gains, clip = levels.gains("released", {"deltas_db": deltas}, sources, sample_rate=0)
        target, *others = [clip * gain * source for gain, source in zip(gains, sources, strict=True)]
        mixtures.append(target + sum(others))
        targets.append(target)
    return np.stack(mixtures), np.stack(targets)
