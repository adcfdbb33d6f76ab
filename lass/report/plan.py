"""Which figures a report has: those whose data exist."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lass.report.figures import examples, input_snr, label_bars, label_pairs, system_boxes, training_curves
from lass.report.results import SYSTEMS, Experiment, main_system
from lass.report.scored import ScoredSet

LABELS = "Mean SDRi of the mixtures with each label (their number), and where the middle half of them lies."
BOXES = "SDRi of each system over the mixtures (their number): quartiles, median (line), mean (diamond), outliers."
SNR = "SDRi against the SDR of the unprocessed mixture: all mixtures, and the means of ten bins of equal width."
PAIRS = "Mean SDRi of each pair of target and interferer, and the number of its mixtures; blank where there is none."
EXAMPLES = "Spectrograms of the mixtures with the best, the median and the worst SDRi."
TRAINING = "Training loss (moving mean over a fortieth of the training) and SDRi on the validation set."


class Figure(NamedTuple):
    """A figure that ``draw`` writes to ``path``; a wide one gets a line of the page for itself."""

    path: Path
    caption: str
    draw: Callable[[Path], None]
    wide: bool = False


def set_figures(folder: Path, first: Experiment, others: Sequence[Experiment], scored: ScoredSet) -> list[Figure]:
    """Figures of a set: ``<folder>/<set>_*.png``, and ``<folder>/<set>.png`` of its sounds."""
    items, rendered = scored.items, scored.rendered
    groups: dict[str, list[float]] = {}
    for item in items:
        for label in item.labels:
            groups.setdefault(label, []).append(item.sdri)
    named = [(rendered.name([label]), values) for label, values in groups.items()]
    snr, sdri = [item.input_snr for item in items], [item.sdri for item in items]
    pairs = [(item.labels, rendered.interferers.get(item.mix_id, ()), item.sdri) for item in items]
    systems = _systems(scored.name, first, others)
    figures = []

    def add(wanted: object, suffix: str, caption: str, draw: Callable[[Path], None], wide: bool = False) -> None:
        if wanted:
            figures.append(Figure(folder / f"{scored.name}{suffix}.png", caption, draw, wide))

    add(named, "_labels", LABELS, lambda path: label_bars.draw(path, named))
    add(systems, "_systems", BOXES, lambda path: system_boxes.draw(path, systems))
    add(input_snr.varies(snr), "_snr", SNR, lambda path: input_snr.draw(path, snr, sdri))
    both = any(targets and interferers for targets, interferers, _ in pairs)
    add(both, "_pairs", PAIRS, lambda path: label_pairs.draw(path, pairs, rendered.names), wide=True)
    add(scored.chosen, "", EXAMPLES, lambda path: examples.draw(path, scored), wide=True)
    return figures


def _systems(name: str, first: Experiment, others: Sequence[Experiment]) -> list[tuple[str, list[float]]]:
    """Title and SDRi (dB) of each system on a set but the mixture, whose SDRi is 0, and of each other's model."""
    titles = {system: found["system"] for system, found in first.results[name].items()}
    sources = [(SYSTEMS.get(title, title), first, x) for x, title in titles.items() if x != "mixture"]
    sources += [(x.name, x, main) for x in others if (main := main_system(x.results.get(name, {})))]
    return [(title, [item.sdri for item in x.items(name, system)]) for title, x, system in sources]


def training_figure(folder: Path, experiments: Sequence[Experiment]) -> list[Figure]:
    """The figure ``training.png`` of those experiments that were trained here."""
    trained = [(x.name, x.folder) for x in experiments if training_curves.is_logged(x.folder)]
    figure = Figure(folder / "training.png", TRAINING, lambda path: training_curves.draw(path, trained), wide=True)
    return [figure] if trained else []
