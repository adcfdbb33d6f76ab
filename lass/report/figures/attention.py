"""Figure: where the global feature attends to in a mixture (HSM-TSS, Fig. 6)."""

from pathlib import Path

import numpy as np

from lass.report.figures.plotting import new_figure, save, shorten


def draw(path: Path, title: str, spectrograms: dict[str, np.ndarray], attention: dict[str, np.ndarray]) -> None:
    """Log-mel spectrograms above, attention to the patches below, on one time axis.

    Args:
        spectrograms: name -> ``[frames, bands]``, 100 frames a second.
        attention: name -> ``[patches along time, patches along frequency]``.
    """
    panels, seconds = {**spectrograms, **attention}, len(next(iter(spectrograms.values()))) / 100
    figure = new_figure(8, 1.6 * len(panels) + 0.6)
    for axes, (name, values) in zip(figure.subplots(len(panels), sharex=True), panels.items()):
        extent = (0, seconds, 0, values.shape[1])
        colours = "magma" if name in spectrograms else "viridis"
        axes.imshow(values.T, origin="lower", aspect="auto", extent=extent, cmap=colours, interpolation="nearest")
        axes.set(yticks=[])
        axes.set_title(name, fontsize=9, loc="left", parse_math=False)
    axes.set_xlabel("time (s)")
    figure.suptitle(shorten(title, 90), fontsize=10, parse_math=False)
    save(figure, path)
