"""Frames of the speech metrics: 30 ms, Hann-windowed, every 7.5 ms."""

import numpy as np

SECONDS = 0.03  # Hu and Loizou 2008, Sec. III
OVERLAP = 4  # frames that share a sample


def frames(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """``[T]`` -> ``[F, N]`` in float64, F = (T - N) // hop, which leaves out the last full frame, as is usual."""
    size = round(SECONDS * sample_rate)
    hop = int(SECONDS * sample_rate / OVERLAP)
    window = np.hanning(size + 2)[1:-1]  # without its zeros
    count = max(0, (len(wave) - size) // hop)
    wave = np.asarray(wave, np.float64)
    return np.stack([wave[i * hop : i * hop + size] for i in range(count)]) * window if count else np.zeros((0, size))
