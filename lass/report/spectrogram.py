"""One figure a set: mixture, target and estimate of the mixture whose SDRi is nearest the median."""

import csv
import textwrap
import warnings
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.mlab import specgram

from lass.errors import LassError
from lass.io import audio
from lass.io.files import atomic_path
from lass.io.table import read_table

RANGE = 80  # dB below the mixture's maximum
WINDOW = 0.032  # s, rounded to a power of two samples


def median_item(items_tsv: str | Path) -> tuple[str, float]:
    """(mix_id, SDRi in dB) of the row whose SDRi is nearest the median; the first one of equals."""
    with open(items_tsv, encoding="utf-8", newline="") as f:
        table = csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = [(row["mix_id"], float(row["sdri"])) for row in table]
    middle = np.median([sdri for _, sdri in rows])
    return min(rows, key=lambda row: abs(row[1] - middle))


def magnitudes(wave: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float]:
    """STFT magnitudes ``[F, frames]`` of ``[C, T]`` (channel mean; Hann, window 32 ms, hop 8 ms), and duration in s."""
    size = 2 ** round(np.log2(WINDOW * sample_rate))
    mono = np.mean(wave, axis=0)
    padded = np.pad(mono, (0, max(0, 2 * size - len(mono))))
    values, _, _ = specgram(padded, NFFT=size, Fs=sample_rate, noverlap=size - size // 4, mode="magnitude")
    return values, len(mono) / sample_rate


def draw(path: str | Path, panels: list[tuple[str, np.ndarray]], sample_rate: int) -> None:
    """Write a PNG of log-magnitude spectrograms side by side, atomically.

    Args:
        panels: (title, wave ``[C, T]``); levels are in dB relative to the maximum of the first panel, 80 dB deep.
        sample_rate: Hz.
    """
    spectra = [(title, *magnitudes(wave, sample_rate)) for title, wave in panels]
    loudest = max(spectra[0][1].max(), 1e-10)
    figure = Figure(figsize=(4.2 * len(panels), 3.8), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, (title, values, duration) in zip(axes, spectra):
        level = 20 * np.log10(np.maximum(values / loudest, 1e-10))
        extent = (0, duration, 0, sample_rate / 2000)
        image = axis.imshow(level, origin="lower", aspect="auto", extent=extent, vmin=-RANGE, vmax=0, cmap="magma")
        axis.set_title(title, fontsize=10, parse_math=False)  # a caption may hold '$'
        axis.set_xlabel("time (s)")
    axes[0].set_ylabel("frequency (kHz)")
    figure.colorbar(image, ax=axes, label="dB re maximum of the mixture", pad=0.01)
    with atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # scripts that the font lacks are drawn as boxes
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def draw_set(path: str | Path, results: dict, items_tsv: str | Path) -> None:
    """Draw the median mixture of a scored system (``results`` is its ``results.json``).

    Raises:
        LassError: the test set or the estimates are not where ``results`` says.
    """
    mix, sdri = median_item(items_tsv)
    folder = Path(results["set_dir"])
    tables = {name: dict(read_table(folder / name)) for name in ("wav.scp", "ref.scp", "queries")}
    estimates = dict(read_table(results["est_scp"]))
    key = next((key for key in tables["queries"] if key.rpartition("#")[0] == mix), None)
    if key is None or mix not in tables["wav.scp"] or mix not in tables["ref.scp"]:
        raise LassError(f"{folder}: has no mixture {mix!r} of {items_tsv}: score again")
    if key not in estimates and mix not in estimates:
        raise LassError(f"{results['est_scp']}: has no estimate {key!r} of {items_tsv}: score again")
    target, rate = audio.read(tables["ref.scp"][mix])
    estimate, _ = audio.read(estimates[key] if key in estimates else estimates[mix])
    query = "\n".join(textwrap.wrap(tables["queries"][key], 48, max_lines=2, placeholder=" ..."))
    panels = [
        (f"mixture {mix}", audio.read(tables["wav.scp"][mix])[0]),
        ("target", target),
        (f"estimate, SDRi {sdri:.1f} dB, asked for\n“{query}”", estimate),
    ]
    draw(path, panels, rate)
