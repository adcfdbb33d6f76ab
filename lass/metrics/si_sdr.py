"""Scale-invariant signal-to-distortion ratio."""

import numpy as np
from numpy.typing import ArrayLike

from lass.metrics.sums import Pair

EPS = np.finfo(np.float64).eps


def si_sdr(reference: ArrayLike, estimate: ArrayLike) -> np.ndarray:
    """SI-SDR = 10 log10(|a r|^2 / |e - a r|^2) in dB, with a = <r, e> / |r|^2 for reference r and estimate e.

    No mean is removed, as in the definition: an offset of the estimate is an error. As in AudioSep's released code, the
    machine epsilon of float64 is added to both terms of the scale and of the ratio: a silent reference gives a finite
    (very low) value, an all-zero estimate 0 dB. Computed in float64.

    Args:
        reference: target, ``[..., T]`` (samples last).
        estimate: ``[..., T]``, the same shape.

    Returns:
        ``[...]``, dB.

    Raises:
        ValueError: the shapes differ.

    Source: Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019, Eq. 3-5; ``calculate_sisdr`` of AudioSep.
    """
    return of_pair(Pair(reference, estimate))


def of_pair(pair: Pair) -> np.ndarray:
    """SI-SDR in dB, from sums over reference and estimate."""
    scale = (pair.product + EPS) / (pair.energy + EPS)
    return 10 * np.log10((scale**2 * pair.energy + EPS) / (pair.distance(scale) + EPS))


def si_sdr_zero_mean(reference: ArrayLike, estimate: ArrayLike) -> np.ndarray:
    """``si_sdr`` after the mean over time of both signals is removed, as evaluators of speech separation do.

    Source: Luo and Mesgarani, "TasNet", ICASSP 2018, Sec. 2.3.
    """
    signals = (np.asarray(x, np.float64) for x in (reference, estimate))
    return si_sdr(*(x - np.mean(x, axis=-1, keepdims=True) for x in signals))
