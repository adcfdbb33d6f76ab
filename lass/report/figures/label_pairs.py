"""Figure: SDRi, or another metric, of each pair of labels, target against interferer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lass.metrics.registry import known
from lass.report.figures.plotting import name_ticks, new_figure, save, shorten

MOST = 50  # labels; of more, the most frequent are drawn
PRINTED = 15  # labels; of so few, cells hold their figures

Pair = tuple[Sequence[str], Sequence[str], float]  # ids of the target, ids of the interferer, value


def matrices(pairs: Sequence[Pair], names: Mapping[str, str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the labels in order, mean values (NaN where there is none) and counts, ``[target, interferer]``.

    A mixture whose clips have several labels counts for each pair of them.
    """
    frequency = Counter(label for targets, interferers, _ in pairs for label in (*targets, *interferers))
    common = [label for label, _ in sorted(frequency.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST]]
    labels = sorted(common, key=lambda label: (names.get(label, label), label))
    place = {label: i for i, label in enumerate(labels)}
    sums, counts = np.zeros((2, len(labels), len(labels)))
    for targets, interferers, value in pairs:
        for cell in [(place[t], place[i]) for t in targets for i in interferers if t in place and i in place]:
            sums[cell] += value
            counts[cell] += 1
    means = np.full_like(sums, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return [shorten(names.get(label, label), 24) for label in labels], means, counts


def draw(path: Path, metric: str, pairs: Sequence[Pair], names: Mapping[str, str]) -> None:
    """Draw the matrix of means and the matrix of counts side by side; cells without mixtures are blank."""
    labels, means, counts = matrices(pairs, names)
    side = 2 + max(0.19 * len(labels), 2.5)
    figure = new_figure(2 * side + 0.4, side, layout="compressed")  # square cells leave gaps otherwise
    left, right = figure.subplots(1, 2, sharey=True)
    _matrix(figure, left, labels, means, f"mean {known(metric).axis}", "viridis", "{:z.1f}")
    _matrix(figure, right, labels, np.where(counts > 0, counts, np.nan), "number of mixtures", "Greys", "{:.0f}")
    left.set_ylabel("target", fontsize=9)
    save(figure, path)


def _matrix(
    figure: Figure, axes: Axes, labels: list[str], values: np.ndarray, title: str, colours: str, form: str
) -> None:
    low = min(0, np.nanmin(values)) if colours == "Greys" else None
    image = axes.imshow(values, cmap=colours, vmin=low)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("interferer", fontsize=9)
    size = 8 if len(labels) <= PRINTED else 7
    name_ticks(axes.xaxis, labels, fontsize=size, rotation=90)
    name_ticks(axes.yaxis, labels, fontsize=size)
    axes.tick_params(length=2)
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.02, ticks=MaxNLocator(integer=True))
    bar.ax.tick_params(labelsize=8)
    if len(labels) <= PRINTED:
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                red, green, blue, _ = image.cmap(image.norm(value))
                dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
                axes.text(column, row, form.format(value), ha="center", va="center", fontsize=6.5,
                          color="white" if dark else "black")
