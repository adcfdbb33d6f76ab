"""Figure: SDRi, or another metric, of each label of the target."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lass.metrics.registry import known
from lass.report.figures.plotting import COLOURS, GREY, legend, name_ticks, new_figure, save, shorten, tidy

MOST = 60  # labels; of more, the highest and the lowest half of this number are drawn


def draw(path: Path, metric: str, groups: Sequence[tuple[str, Sequence[float]]]) -> None:
    """Draw means as bars, the highest first, and interquartile ranges as lines.

    Args:
        groups: name of a label, values of ``metric`` of its mixtures.
    """
    ranked = sorted(groups, key=lambda group: -np.mean(group[1]))
    cut = len(ranked) > MOST
    if cut:
        ranked = ranked[: MOST // 2] + ranked[-MOST // 2 :]
    rows = np.arange(len(ranked))
    figure = new_figure(7, 1.1 + 0.24 * len(ranked))
    axes = figure.subplots()
    bars = axes.barh(rows, [np.mean(values) for _, values in ranked], color=COLOURS[0], height=0.72)
    low, high = np.array([np.quantile(values, [0.25, 0.75]) for _, values in ranked]).T
    lines = axes.hlines(rows, low, high, color=COLOURS[1], linewidth=2.2)
    axes.axvline(0, color="black", linewidth=0.8)
    if cut:
        axes.axhline(MOST / 2 - 0.5, color=GREY, linestyle="--", linewidth=1)
    name_ticks(axes.yaxis, [f"{shorten(name)} ({len(values)})" for name, values in ranked], fontsize=9)
    axes.set_ylim(len(ranked) - 0.4, -0.6)
    axes.set_xlabel(known(metric).axis)
    halves = f"; the highest and lowest {MOST // 2} of {len(groups)} labels" if cut else ""
    axes.set_title(f"{known(metric).title} by label of the target (mixtures){halves}", fontsize=10, loc="left")
    tidy(axes, "x")
    legend(axes, [bars, lines], ["mean", "middle half of the mixtures"], loc="lower right")
    save(figure, path)
