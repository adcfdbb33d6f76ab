"""What the figures share: colours, text that is shown as it is, PNG files that appear whole."""

import re
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from lass.io.files import atomic_path

# Told apart by colour-blind readers: Okabe and Ito, "Color Universal Design" (2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000")
GREY = "#777777"


def new_figure(width: float, height: float, layout: str = "constrained") -> Figure:
    """An empty figure, inches."""
    return Figure(figsize=(width, height), layout=layout)


def save(figure: Figure, path: Path, dpi: int = 130) -> None:
    """Write a PNG atomically."""
    with atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # scripts that the font lacks are drawn as boxes
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")  # right-to-left scripts
        figure.savefig(temporary, format="png", dpi=dpi, metadata={"Software": None})


def shorten(text: object, width: int = 36) -> str:
    """One line of at most ``width`` characters."""
    line = re.sub(r"[\x00-\x20\x7f]+", " ", str(text)).strip()
    return line if len(line) <= width else line[: width - 1] + "…"


def wrap(text: object, width: int, lines: int = 2) -> str:
    """At most ``lines`` lines of ``width`` characters."""
    whole = shorten(text, 10_000)
    return "\n".join(textwrap.wrap(whole, width, max_lines=lines, placeholder=" …"))


def name_ticks(axis: Axis, names: Sequence[str], **style: object) -> None:
    """Name the ticks 0, 1, .. of an axis; ``$`` has no meaning in names."""
    axis.set_ticks(range(len(names)), names, parse_math=False, **style)


def legend(axes: Axes, handles: Sequence[Artist], names: Sequence[str], **place: object) -> None:
    """A legend; names are set afterwards, since matplotlib reads meanings into ``_`` and ``$``."""
    texts = axes.legend(handles, [str(i) for i in range(len(names))], fontsize=8, framealpha=0.9, **place).get_texts()
    for text, name in zip(texts, names):
        text.set(text=shorten(name), parse_math=False)


def tidy(axes: Axes, grid: str) -> None:
    """No frame but the two axes; a light grid across axis ``grid`` ("x", "y" or "both") behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
