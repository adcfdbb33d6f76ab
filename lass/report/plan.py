"""Which figures a report has: those whose data exist."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lass.metrics.registry import known
from lass.report.figures import examples, input_snr, label_bars, label_pairs, system_boxes, training_curves
from lass.report.results import SYSTEMS, Experiment, main_system
from lass.report.scored import ScoredSet

LABELS = "Mean {} of the mixtures with each label (their number), and where the middle half of them lies."
BOXES = "{} of each system over the mixtures (their number): quartiles, median (line), mean (diamond), outliers."
SNR = "{} against the SDR of the unprocessed mixture: all mixtures, and the means of ten bins of equal width."
PAIRS = "Mean {} of each pair of target and interferer, and the number of its mixtures; blank where there is none."
EXAMPLES = "Spectrograms of the mixtures with the best, the median and the worst {}."
TRAINING = "Training loss (moving mean over a fortieth of the training), and SDRi or loss on the validation set."


class Figure(NamedTuple):
    """A figure that ``draw`` writes to ``path``; a wide one gets a line of the page for itself."""

    path: Path
    caption: str
    draw: Callable[[Path], None]
    wide: bool = False


def set_figures(folder: Path, first: Experiment, others: Sequence[Experiment], scored: ScoredSet) -> list[Figure]:
    """Figures of a set: ``<folder>/<set>_*.png``, and ``<folder>/<set>.png`` of its sounds."""
    metric, rendered = scored.metric, scored.rendered
    title = known(metric).title
    items = [(item, item.values[metric]) for item in scored.items if math.isfinite(item.values[metric])]
    groups: dict[str, list[float]] = {}
    for item, value in items:
        for label in item.labels:
            groups.setdefault(label, []).append(value)
    named = [(rendered.name([label]), values) for label, values in groups.items()]
    points = [(item.input_snr, value) for item, value in items if math.isfinite(item.input_snr)]
    pairs = [(item.labels, rendered.interferers.get(item.mix_id, ()), value) for item, value in items]
    systems = values_of_systems(scored.name, metric, first, others)
    figures = []

    def add(wanted: object, suffix: str, caption: str, draw: Callable[[Path], None], wide: bool = False) -> None:
        if wanted:
            figures.append(Figure(folder / f"{scored.name}{suffix}.png", caption.format(title), draw, wide))

    add(named, "_labels", LABELS, lambda path: label_bars.draw(path, metric, named))
    add(systems, "_systems", BOXES, lambda path: system_boxes.draw(path, metric, systems))
    varied = input_snr.varies([snr for snr, _ in points])
    add(varied, "_snr", SNR, lambda path: input_snr.draw(path, metric, *zip(*points)))
    both = any(targets and interferers for targets, interferers, _ in pairs)
    add(both, "_pairs", PAIRS, lambda path: label_pairs.draw(path, metric, pairs, rendered.names), wide=True)
    add(scored.chosen, "", EXAMPLES, lambda path: examples.draw(path, scored), wide=True)
    return figures


def values_of_systems(
    name: str, metric: str, first: Experiment, others: Sequence[Experiment]
) -> list[tuple[str, list[float]]]:
    """Title and values of each system on a set, and of each other's model; not of the mixture where its gains are 0."""
    titles = {system: found["system"] for system, found in first.results[name].items()}
    sources = [(SYSTEMS.get(title, title), first, x) for x, title in titles.items()]
    sources += [(x.name, x, main) for x in others if (main := main_system(x.results.get(name, {})))]
    rows = []
    for title, experiment, system in sources:
        values = [item.values.get(metric, math.nan) for item in experiment.items(name, system)]
        if system != "mixture" or any(values):
            rows.append((title, list(filter(math.isfinite, values))))
    return [(title, values) for title, values in rows if values]


def training_figure(folder: Path, experiments: Sequence[Experiment]) -> list[Figure]:
    """The figure ``training.png`` of those experiments that were trained here."""
    trained = [(x.name, x.folder) for x in experiments if training_curves.is_logged(x.folder)]
    figure = Figure(folder / "training.png", TRAINING, lambda path: training_curves.draw(path, trained), wide=True)
    return [figure] if trained else []
