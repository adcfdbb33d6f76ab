"""Figure: cosine similarities of audio with its text, and with other texts."""

from pathlib import Path

import numpy as np

from lass.report.figures.plotting import COLOURS, legend, new_figure, save, shorten, tidy


def draw(path: Path, name: str, matched: np.ndarray, unmatched: np.ndarray) -> None:
    """Two histograms with their means.

    Args:
        name: of encoder and set.
        matched, unmatched: cosines, -1 to 1.
    """
    figure = new_figure(6, 3.2)
    axes, handles, names = figure.subplots(), [], []
    low, high = min(matched.min(), unmatched.min()), max(matched.max(), unmatched.max())
    for colour, found, which in ((COLOURS[0], matched, "its text"), (COLOURS[1], unmatched, "other texts")):
        bars = axes.hist(found, bins=np.linspace(low, max(high, low + 1e-3), 61), density=True, color=colour, alpha=0.6)
        axes.axvline(found.mean(), color=colour, linewidth=1.5)
        handles.append(bars[2][0])
        names.append(f"{which}, mean {found.mean():.2f}")
    legend(axes, handles, names)
    axes.set_xlabel("cosine similarity of audio and text")
    axes.set_ylabel("density of pairs")
    axes.set_title(shorten(name, 90), fontsize=10, loc="left", parse_math=False)
    tidy(axes, "y")
    save(figure, path)
