"""Peak signal-to-noise ratio of the wave."""

import numpy as np


def psnr(reference: np.ndarray, estimate: np.ndarray) -> float:
    """10 log10(max(r)^2 / mean((r - e)^2)) in dB, the peak being that of the absolute reference, of ``[T]``.

    Returns:
        infinite for a perfect estimate, NaN for a silent reference.
    """
    reference, estimate = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    peak, error = np.max(np.abs(reference)), np.mean((reference - estimate) ** 2)
    if not peak:
        return np.nan
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(peak**2 / error))
