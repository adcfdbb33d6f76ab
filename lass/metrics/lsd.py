"""Log-spectral distance, and the one that audioldm_eval computes."""

import numpy as np
import scipy.signal

FLOOR = 1e-12  # added to the magnitude of the estimate and to the ratio of powers
OFFSET = 1120  # samples; audioldm_eval cuts them from the head of the estimate alone


def lsd(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Mean over frames of the root mean square over frequency of log10(|R|^2 / |E|^2).

    The log of powers is to base 10 without a factor (1 is 10 dB), as in published tables. STFT: Hann window of 46 ms
    every 10 ms, zero-padded at both ends.

    Args:
        reference, estimate: ``[T]``, any level: a gain counts as distance.
        sample_rate: Hz.

    Returns:
        the distance: 0 for equal spectra, 12 or more where one of them is silent.

    Source: Gray and Markel, "Distance measures for speech processing", IEEE TASSP 24 (5), 1976; window, hop and floors
    of the package ssr_eval (Liu et al. 2022), which audioldm_eval uses, too.
    """
    spectra = [_magnitudes(wave, sample_rate) for wave in (reference, estimate)]
    frames = min(spectrum.shape[1] for spectrum in spectra)
    target, tested = (spectrum[:, :frames] for spectrum in spectra)
    logs = np.log10(target**2 / (tested + FLOOR) ** 2 + FLOOR)
    return float(np.mean(np.sqrt(np.mean(logs**2, axis=0))))


def lsd_audioldm(reference: np.ndarray, estimate: np.ndarray, sample_rate: int, offset: int = OFFSET) -> float:
    """``lsd`` as audioldm_eval computes it: of signals without mean, scaled to a peak of 1.

    Args:
        offset: samples that are cut from the head of the estimate, and as many from the tail of the reference: with
            1120 the two are not aligned, and equal signals score about 2.5.

    Returns:
        the distance; NaN where a signal is constant, or no longer than ``offset``.
    """
    if len(estimate) <= offset:
        return np.nan
    target, tested = _centred(reference)[: len(estimate) - offset], _centred(estimate[offset:])
    if not (np.isfinite(target).all() and np.isfinite(tested).all()):
        return np.nan
    return lsd(target, tested, sample_rate)


def _centred(wave: np.ndarray) -> np.ndarray:
    wave = np.asarray(wave, np.float64) - np.mean(wave, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return wave / np.max(np.abs(wave))


def _magnitudes(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """``[T]`` -> ``[F, frames]``."""
    size, hop = int(2048 / (44100 / sample_rate)), int(sample_rate / 100)  # 2048 and 441 samples at 44.1 kHz
    window = scipy.signal.get_window("hann", size)
    padded = np.pad(np.asarray(wave, np.float64), size // 2)
    return np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window)).T
