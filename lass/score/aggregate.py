"""From items to the figures of a results table: mean, median, interval, per-label means."""

from collections.abc import Mapping, Sequence

import numpy as np

from lass.score.items import METRICS, Item

SEED, DRAWS, LEVEL = 0, 1000, 0.95
EXAMPLES = 3


def bootstrap_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean (Efron and Tibshirani 1993, Sec. 13.3), fixed seed, 1000 draws.

    Args:
        values: ``[n]``, one a mixture.

    Returns:
        (low, high), in the unit of ``values``.
    """
    generator = np.random.default_rng(SEED)
    means = [values[generator.integers(len(values), size=len(values))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def summary(items: Sequence[Item]) -> dict[str, dict[str, float]]:
    """``{metric: {mean, median, low, high}}`` over mixtures, dB."""
    found = {}
    for metric in METRICS:
        values = np.array([getattr(item, metric) for item in items])
        low, high = bootstrap_interval(values)
        found[metric] = {"mean": values.mean(), "median": np.median(values), "low": low, "high": high}
    return {metric: {name: round(float(x), 6) for name, x in row.items()} for metric, row in found.items()}


def per_label(items: Sequence[Item], names: Mapping[str, str]) -> dict[str, dict]:
    """``{label id: {name, n, sdr, ...}}``: means over the mixtures that carry the label, dB.

    A mixture with several labels counts for each of them.
    """
    groups: dict[str, list[Item]] = {}
    for item in items:
        for label in item.label.split():
            groups.setdefault(label, []).append(item)
    return {
        label: {
            "name": names.get(label, label),
            "n": len(group),
            **{metric: round(float(np.mean([getattr(item, metric) for item in group])), 6) for metric in METRICS},
        }
        for label, group in sorted(groups.items())
    }


def examples(items: Sequence[Item]) -> dict[str, list[dict]]:
    """``{best, median, worst: [{mix_id, label, sdri}, ...]}``: the mixtures to look at first, three of each.

    The most extreme (for ``median``: the nearest to the median SDRi) comes first, equals in the order of their ids.
    """
    middle = float(np.median([item.sdri for item in items]))
    distances = {"best": lambda x: -x.sdri, "median": lambda x: abs(x.sdri - middle), "worst": lambda x: x.sdri}
    return {
        name: [
            {"mix_id": item.mix_id, "label": item.label, "sdri": item.sdri}
            for item in sorted(items, key=lambda item: (distance(item), item.mix_id))[:EXAMPLES]
        ]
        for name, distance in distances.items()
    }
