"""Peak signal-to-noise ratio of log-mel images, as audioldm_eval computes it."""

import functools

import numpy as np
import scipy.signal
import torchaudio

MELS, LOWEST, HIGHEST = 64, 50.0, 14000.0  # bands, Hz
FLOOR = 1e-5  # of a mel magnitude
SUBTRACTED, RANGE = 20.0, 100.0  # dB: (20 log10 m - 20 + 100) / 100 is clipped to 0 .. 1


def psnr_audioldm(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """-10 log10 of the mean squared difference of two log-mel images with values 0 .. 1, in dB.

    The images are those of the signals without their means: magnitudes in windows of 32 ms every 10 ms, 64 mel bands
    from 50 Hz to 14 kHz or half the rate, from -80 dB (0) to 20 dB (1).

    Args:
        reference, estimate: ``[T]``, of one length.
        sample_rate: Hz.

    Returns:
        dB; infinite for equal images.

    Source: audioldm_eval (Liu et al., "AudioLDM", ICML 2023), whose values it gives.
    """
    one, other = (_image(wave, sample_rate) for wave in (reference, estimate))
    with np.errstate(divide="ignore"):
        return float(-10 * np.log10(np.mean((one - other) ** 2)))


def _image(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """``[T]`` -> ``[frames, mels]``."""
    size, hop = round(0.032 * sample_rate), round(0.01 * sample_rate)
    wave = np.asarray(wave, np.float64)
    padded = np.pad(wave - wave.mean(), size // 2, mode="reflect")
    windowed = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * scipy.signal.get_window("hann", size)
    mel = np.abs(np.fft.rfft(windowed)) @ _filters(size, sample_rate)
    return np.clip((20 * np.log10(np.maximum(mel, FLOOR)) - SUBTRACTED + RANGE) / RANGE, 0, 1)


@functools.cache
def _filters(size: int, sample_rate: int) -> np.ndarray:
    """``[bins, mels]``."""
    bands = LOWEST, min(HIGHEST, sample_rate / 2), MELS, sample_rate
    return torchaudio.functional.melscale_fbanks(size // 2 + 1, *bands, norm="slaney", mel_scale="slaney").numpy()
