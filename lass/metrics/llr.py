"""Log-likelihood ratio of linear prediction models."""

import numpy as np
import scipy.linalg

from lass.metrics.frames import frames

KEPT = 0.95  # share of the frames, the nearest ones; Hu and Loizou 2008, Sec. III
EPS = np.finfo(np.float64).eps  # added to samples, so that digital silence has a prediction filter, too


def llr(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Mean over frames of log((a_e R a_e) / (a_r R a_r)), of the 95 % lowest ones.

    a_r, a_e: prediction filters of reference and estimate, of order 16 (10 below 10 kHz); R: autocorrelation matrix of
    the reference. Where the reference is digital silence and the estimate is not, a frame is about 20 or more.

    Args:
        reference, estimate: ``[T]``.
        sample_rate: Hz.

    Returns:
        the ratio (0: equal spectral envelopes); NaN for less than one frame.

    Source: Hu and Loizou, "Evaluation of objective quality measures for speech enhancement", IEEE TASLP 16 (1), 2008,
    Eq. 4.
    """
    order = 16 if sample_rate >= 10000 else 10
    clean, tested = (
        _autocorrelation(frames(wave + EPS, sample_rate), order)
        for wave in (np.asarray(reference, np.float64), np.asarray(estimate, np.float64))
    )
    if not len(clean):
        return np.nan
    ratios = [_ratio(*pair) for pair in zip(clean, tested)]
    return float(np.mean(np.sort(ratios)[: round(KEPT * len(ratios))]))


def _autocorrelation(windowed: np.ndarray, order: int) -> np.ndarray:
    """``[F, N]`` -> lags 0 .. ``order``, ``[F, order + 1]``."""
    size = windowed.shape[1]
    return np.stack([np.sum(windowed[:, : size - lag] * windowed[:, lag:], axis=1) for lag in range(order + 1)], axis=1)


def _ratio(clean: np.ndarray, tested: np.ndarray) -> float:
    matrix = scipy.linalg.toeplitz(clean)
    tested_error, clean_error = (filter_ @ matrix @ filter_ for filter_ in map(_prediction, (tested, clean)))
    return float(np.log(tested_error / clean_error))


def _prediction(lags: np.ndarray) -> np.ndarray:
    """Prediction error filter 1, -a_1, .., ``[order + 1]``, from the autocorrelation."""
    return np.r_[1.0, -scipy.linalg.solve_toeplitz(lags[:-1], lags[1:])]
