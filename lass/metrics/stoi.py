"""Short-time objective intelligibility."""

import warnings

import numpy as np
import pystoi


def stoi(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """STOI (about 0 .. 1) of ``[T]``, resampled to 10 kHz by the library.

    Returns:
        NaN where fewer than 30 frames (0.4 s) of the reference are loud enough to be compared.

    Source: Taal et al., "An algorithm for intelligibility prediction of time-frequency weighted noisy speech", IEEE
    TASLP 19 (7), 2011; computed by the package ``pystoi``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # "Not enough STFT frames", and then 1e-5
        try:
            return float(pystoi.stoi(reference, estimate, sample_rate))
        except (RuntimeWarning, ValueError):  # ValueError: shorter than one frame
            return np.nan
