"""Figure: how SDRi, or another metric, is distributed over the mixtures, for each system."""

from collections.abc import Sequence
from pathlib import Path

from lass.metrics.registry import known
from lass.report.figures.plotting import COLOURS, name_ticks, new_figure, save, tidy, wrap

FACES = COLOURS[:-1]  # on black the median would not be seen


def draw(path: Path, metric: str, systems: Sequence[tuple[str, Sequence[float]]]) -> None:
    """Draw a box (quartiles, whiskers to 1.5 of their distance, outliers) and the mean of each system.

    Args:
        systems: name, values of ``metric`` of its mixtures; the first one is on top.
    """
    figure = new_figure(7, 1.2 + 0.5 * len(systems))
    axes = figure.subplots()
    drawn = axes.boxplot(
        [values for _, values in systems],
        positions=range(len(systems)),
        orientation="horizontal",
        widths=0.6,
        showmeans=True,
        patch_artist=True,
        medianprops={"color": "black", "linewidth": 1.5},
        meanprops={"marker": "D", "markerfacecolor": "white", "markeredgecolor": "black", "markersize": 5},
        flierprops={"marker": ".", "markersize": 3, "markerfacecolor": "black", "markeredgewidth": 0, "alpha": 0.5},
    )
    for number, box in enumerate(drawn["boxes"]):
        box.set(facecolor=FACES[number % len(FACES)], alpha=0.75)
    axes.axvline(0, color="black", linewidth=0.8)
    name_ticks(axes.yaxis, [f"{wrap(name, 28)} ({len(values)})" for name, values in systems], fontsize=9)
    axes.set_ylim(len(systems) - 0.4, -0.6)
    axes.set_xlabel(known(metric).axis)
    axes.set_title(f"{known(metric).title} by system (mixtures); line: median, diamond: mean", fontsize=10, loc="left")
    tidy(axes, "x")
    save(figure, path)
