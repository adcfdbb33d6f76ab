"""Figure: global features of targets, true and predicted, by class (HSM-TSS, Fig. 5)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.lines import Line2D

from lass.report.figures.plotting import GREY, legend, new_figure, save, shorten

MOST = 10  # classes


def draw(path: Path, title: str, true: np.ndarray, found: np.ndarray, classes: Sequence[str]) -> None:
    """t-SNE (van der Maaten and Hinton, 2008) of both kinds together, by cosine; of the ten most frequent classes.

    Args:
        true, found: ``[n, D]``.
        classes: of the n targets.
    """
    from sklearn.manifold import TSNE

    names = [name for name, _ in Counter(sorted(classes)).most_common(MOST)]
    kept = np.isin(classes, names)
    both = np.concatenate((true[kept], found[kept]))
    both = both / np.linalg.norm(both, axis=1, keepdims=True).clip(1e-12)
    perplexity = min(30.0, (len(both) - 1) / 3)  # scikit-learn's, where there are so many points
    places = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(both)
    figure = new_figure(8, 5.5)
    axes, own = figure.subplots(), np.asarray(classes)[kept]
    colours = dict(zip(names, matplotlib.colormaps["tab10"].colors))
    for part, marker in zip(np.split(places, 2), "ox"):
        for name in names:
            axes.scatter(*part[own == name].T, s=18, marker=marker, color=colours[name], alpha=0.7, linewidths=1)
    marks = [Line2D([], [], color=GREY, marker=marker, linestyle="") for marker in "ox"]
    marks += [Line2D([], [], color=colours[name], marker="s", linestyle="") for name in names]
    legend(axes, marks, ["true", "predicted", *names], loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set(xticks=[], yticks=[])
    axes.set_title(shorten(title, 90), fontsize=10, loc="left", parse_math=False)
    save(figure, path)
