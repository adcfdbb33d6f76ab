"""Perceptual evaluation of speech quality."""

import numpy as np
import pesq as library


def pesq_wb(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Wide-band PESQ (MOS-LQO, about 1 .. 4.64) of ``[T]`` at 16 kHz; NaN where none is defined.

    Undefined: no utterance is found in the reference, the estimate is silent, the clip is shorter than 0.25 s.

    Source: ITU-T P.862.2, computed by the package ``pesq`` (Wang et al. 2022).
    """
    return _pesq(reference, estimate, sample_rate, "wb")


def pesq_nb(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Narrow-band PESQ (MOS-LQO, about 1 .. 4.55; ITU-T P.862 and P.862.1); as ``pesq_wb`` otherwise."""
    return _pesq(reference, estimate, sample_rate, "nb")


def _pesq(reference: np.ndarray, estimate: np.ndarray, sample_rate: int, mode: str) -> float:
    if not (np.any(reference) and np.any(estimate)):  # the library divides by the level
        return np.nan
    try:
        return float(library.pesq(sample_rate, reference, estimate, mode))
    except library.PesqError:
        return np.nan
