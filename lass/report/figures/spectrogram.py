"""Spectrograms: figures with axes, and small images for the page."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.image import imsave
from matplotlib.mlab import specgram

from lass.io.files import atomic_path
from lass.report.figures.plotting import new_figure, save

RANGE = 80  # dB below the maximum
WINDOW = 0.032  # s, rounded to a power of two samples
COLOURS = "magma"
SMALL = (128, 320)  # rows and columns of a small image, at most
STEP = 2.5  # dB between its colours, which makes small files

Panel = tuple[str, np.ndarray]  # title, wave [C, T]


def magnitudes(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """STFT magnitudes ``[F, frames]`` of ``[C, T]`` (channel mean; Hann, window 32 ms, hop 8 ms)."""
    size = 2 ** round(np.log2(WINDOW * sample_rate))
    mono = np.mean(wave, axis=0)
    padded = np.pad(mono, (0, max(0, 2 * size - len(mono))))
    return specgram(padded, NFFT=size, Fs=sample_rate, noverlap=size - size // 4, mode="magnitude")[0]


def levels(values: np.ndarray, loudest: float) -> np.ndarray:
    """Magnitudes in dB relative to ``loudest``."""
    return 20 * np.log10(np.maximum(values / max(loudest, 1e-10), 1e-10))


def draw(path: Path, rows: Sequence[Sequence[Panel]], sample_rate: int) -> None:
    """Write a PNG of log-magnitude spectrograms, a row for each of ``rows``.

    Args:
        rows: panels from left to right; levels are relative to the maximum of a row's first panel, 80 dB deep.
        sample_rate: Hz.
    """
    columns = max(map(len, rows))
    figure = new_figure(4.2 * columns, 0.6 + 3.1 * len(rows))
    axes = figure.subplots(len(rows), columns, sharey=True, squeeze=False)
    for row, panels in zip(axes, rows):
        spectra = [magnitudes(wave, sample_rate) for _, wave in panels]
        for axis, (title, wave), values in zip(row, panels, spectra):
            extent = (0, wave.shape[1] / sample_rate, 0, sample_rate / 2000)
            style = {"origin": "lower", "aspect": "auto", "vmin": -RANGE, "vmax": 0, "cmap": COLOURS}
            image = axis.imshow(levels(values, spectra[0].max()), extent=extent, **style)
            axis.set_title(title, fontsize=10, parse_math=False)  # a caption may hold '$'
        row[0].set_ylabel("frequency (kHz)")
    for axis in axes[-1]:
        axis.set_xlabel("time (s)")
    figure.colorbar(image, ax=axes, label="dB re maximum of the mixture", pad=0.01, aspect=20 * len(rows))
    save(figure, path, dpi=100)


def write_small(path: Path, values: np.ndarray, loudest: float) -> None:
    """Write magnitudes ``[F, frames]`` as a PNG without axes, of at most 128 x 320 pixels, atomically."""
    for axis, most in enumerate(SMALL):
        starts = np.unique(np.linspace(0, values.shape[axis], most, endpoint=False, dtype=int))
        values = np.maximum.reduceat(values, starts, axis=axis)
    steps = STEP * np.round(levels(values, loudest) / STEP)
    with atomic_path(path) as temporary:
        imsave(temporary, steps, vmin=-RANGE, vmax=0, cmap=COLOURS, origin="lower", format="png",
               metadata={"Software": None})
