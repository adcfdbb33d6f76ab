"""Signal-to-distortion ratio, the plain one of the AudioSep benchmark."""

import numpy as np
from numpy.typing import ArrayLike

from lass.metrics.sums import Pair

POWER_FLOOR = 1e-10  # mean power; AudioSep's released evaluators clamp both powers here


def sdr(reference: ArrayLike, estimate: ArrayLike) -> np.ndarray:
    """SDR = 10 log10(mean(reference^2) / mean((estimate - reference)^2)) in dB.

    No scaling, filtering or mean removal: a wrong gain counts as distortion. Both mean powers are clamped from
    below at 1e-10, so that silence and perfect estimates stay finite (a perfect estimate gets 10 log10(P / 1e-10),
    an all-zero one 0 dB). Computed in float64.

    Args:
        reference: target, ``[..., T]`` (samples last, full scale 1).
        estimate: ``[..., T]``, the same shape.

    Returns:
        ``[...]``, dB.

    Raises:
        ValueError: the shapes differ.

    Source: ``calculate_sdr`` of AudioSep (Liu et al., "Separate Anything You Describe", 2023, Sec. IV-B).
    """
    return of_pair(Pair(reference, estimate))


def of_pair(pair: Pair) -> np.ndarray:
    """SDR in dB, from sums over reference and estimate."""
    signal, distortion = pair.energy / pair.samples, pair.distance() / pair.samples
    return 10 * np.log10(np.maximum(signal, POWER_FLOOR) / np.maximum(distortion, POWER_FLOOR))
