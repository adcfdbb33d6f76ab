"""Segmental signal-to-noise ratio."""

import numpy as np

from lass.metrics.frames import frames

LOWEST, HIGHEST = -10.0, 35.0  # dB; Hansen and Pellom 1998
EPS = np.finfo(np.float64).eps


def segmental_snr(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Mean over frames of 10 log10(|r|^2 / |r - e|^2) in dB, each frame limited to -10 .. 35 dB.

    Frames are those of ``frames``. Silence in the reference counts as -10 dB (0 dB where the estimate is silent, too).

    Args:
        reference, estimate: ``[T]``.
        sample_rate: Hz.

    Returns:
        dB; NaN for less than one frame (30 ms).

    Source: Hansen and Pellom, "An effective quality evaluation protocol for speech enhancement algorithms", ICSLP 1998.
    """
    clean, noise = frames(reference, sample_rate), frames(np.subtract(reference, estimate), sample_rate)
    if not len(clean):
        return np.nan
    ratio = (np.sum(clean**2, axis=1) + EPS) / (np.sum(noise**2, axis=1) + EPS)
    return float(np.mean(np.clip(10 * np.log10(ratio), LOWEST, HIGHEST)))
