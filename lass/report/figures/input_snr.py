"""Figure: SDRi, or another metric, against the level of the target in the mixture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lass.metrics.registry import known
from lass.report.figures.plotting import COLOURS, legend, new_figure, save, tidy

BINS = 10
VARIES = 1.0  # dB; over a smaller range there is nothing to see


def varies(snr: Sequence[float]) -> bool:
    """Is the input SNR (dB) spread enough for the figure?"""
    return len(snr) > 0 and float(np.ptp(snr)) > VARIES


def binned_means(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of ``x`` and of ``y`` in bins of equal width over ``x`` that are not empty: two ``[bins]``."""
    edges = np.linspace(x.min(), x.max(), BINS + 1)
    bins = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, BINS - 1)
    filled = np.unique(bins)
    return tuple(np.array([values[bins == b].mean() for b in filled]) for values in (x, y))


def draw(path: Path, metric: str, snr: Sequence[float], values: Sequence[float]) -> None:
    """Draw a point a mixture and the mean of ten bins.

    Args:
        snr: SDR of the unprocessed mixture (dB), one a mixture.
        values: of ``metric``, one a mixture.
    """
    figure = new_figure(7, 4.2)
    axes = figure.subplots()
    size = 9 if len(snr) > 500 else 18
    points = axes.scatter(snr, values, s=size, color=COLOURS[0], alpha=0.35, linewidths=0)
    [line] = axes.plot(*binned_means(np.asarray(snr), np.asarray(values)), "o-", color=COLOURS[3], markersize=5)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("input SNR: SDR of the mixture (dB)")
    axes.set_ylabel(known(metric).axis)
    axes.set_title(f"{known(metric).title} against input SNR ({len(snr)} mixtures)", fontsize=10, loc="left")
    tidy(axes, "both")
    legend(axes, [points, line], ["one mixture", "mean of a tenth of the range"], loc="best")
    save(figure, path)
