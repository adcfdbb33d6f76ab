"""Weighted spectral slope distance."""

import numpy as np

from lass.metrics.frames import frames

# Critical bands, Hz (Klatt 1982; figures of Loizou, "Speech Enhancement", 2007, App. C).
CENTRES = np.array([
    50, 120, 190, 260, 330, 400, 470, 540, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30, 1288.72, 1442.54,
    1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63,
])  # fmt: skip
WIDTHS = np.array([
    70, 70, 70, 70, 70, 70, 70, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823, 168.154,
    183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136,
])  # fmt: skip
TO_MAXIMUM, TO_PEAK = 20.0, 1.0  # Klatt's Kmax and Klocmax, dB
KEPT = 0.95  # share of the frames, the nearest ones; Hu and Loizou 2008, Sec. III
LOWEST_ENERGY = 1e-10
LOWEST_GAIN = np.exp(-30 / (2 * 2.303))  # -30 dB: filters end there


def wss(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Mean over frames of the weighted squared difference of the spectral slopes, of the 95 % lowest ones.

    Slopes are differences of the energies (dB) of 25 critical bands; bands near a spectral peak weigh more.

    Args:
        reference, estimate: ``[T]``.
        sample_rate: Hz.

    Returns:
        the distance (0: equal slopes); NaN for less than one frame.

    Source: Klatt, "Prediction of perceived phonetic distance from critical-band spectra", ICASSP 1982; Hu and Loizou
    2008, Eq. 6.
    """
    clean, tested = (_energies(frames(wave, sample_rate), sample_rate) for wave in (reference, estimate))
    if not len(clean):
        return np.nan
    weights = (_weights(clean) + _weights(tested)) / 2
    distances = np.sum(weights * (np.diff(clean) - np.diff(tested)) ** 2, axis=1) / np.sum(weights, axis=1)
    return float(np.mean(np.sort(distances)[: round(KEPT * len(distances))]))


def _energies(windowed: np.ndarray, sample_rate: int) -> np.ndarray:
    """``[F, N]`` -> dB ``[F, 25]``."""
    size = 2 ** int(np.ceil(np.log2(2 * windowed.shape[1])))
    power = np.abs(np.fft.rfft(windowed, size)[:, : size // 2]) ** 2
    bins = sample_rate / size
    distance = (np.arange(size // 2) - np.floor(CENTRES / bins)[:, None]) / (WIDTHS / bins)[:, None]
    gains = np.exp(-11 * distance**2 + np.log(WIDTHS[0] / WIDTHS)[:, None])
    gains[gains <= LOWEST_GAIN] = 0
    return 10 * np.log10(np.maximum(power @ gains.T, LOWEST_ENERGY))


def _weights(energies: np.ndarray) -> np.ndarray:
    """Weights of the 24 slopes, ``[F, 24]``."""
    bands = energies[:, :-1]
    maximum = energies.max(axis=1, keepdims=True)
    return (TO_MAXIMUM / (TO_MAXIMUM + maximum - bands)) * (TO_PEAK / (TO_PEAK + _peaks(energies) - bands))


def _peaks(energies: np.ndarray) -> np.ndarray:
    """Energy of the spectral peak nearest each of the 24 lower bands, uphill from it, ``[F, 24]``.

    Where that is a higher band, the one below the peak is taken, as in all published figures.
    """
    rising = np.diff(energies) > 0
    peaks = np.empty(rising.shape)
    for frame, (energy, up) in enumerate(zip(energies, rising)):
        for band in range(up.size):
            place = band
            if up[band]:
                while place + 1 < up.size and up[place + 1]:
                    place += 1
            else:
                while place > 0 and not up[place - 1]:
                    place -= 1
            peaks[frame, band] = energy[place]
    return peaks
