"""From items to the figures of a results table: mean, median, interval, per-label means, paired differences."""

from collections.abc import Mapping, Sequence

import numpy as np

from lass.metrics.registry import known, leading
from lass.score import bootstrap
from lass.score.items import Item

EXAMPLES = 3


def _defined(items: Sequence[Item], metric: str) -> np.ndarray:
    """The values that are finite, ``[n]``."""
    values = np.array([item.values[metric] for item in items])
    return values[np.isfinite(values)]


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 6) if values.size else None


def summary(items: Sequence[Item], rule: str = "mean") -> dict[str, dict[str, float | None]]:
    """``{metric: {mean, median, low, high}}`` over the mixtures where it is finite, None where it is on none.

    ``undefined`` is added where mixtures were left out: their number.

    Args:
        rule: what "mean" and its interval are, one of ``bootstrap.RULES``; classes are the labels of the mixtures.
    """
    found: dict[str, dict[str, float | None]] = {}
    for metric in items[0].values:
        finite = [item for item in items if np.isfinite(item.values[metric])]
        row = dict.fromkeys(("mean", "median", "low", "high"))
        if finite:
            values, classes = np.array([item.values[metric] for item in finite]), [item.label for item in finite]
            low, high = bootstrap.interval(bootstrap.draws(values, classes, rule))
            mean = bootstrap.figure(values, classes, rule)
            row = {"mean": mean, "median": np.median(values), "low": low, "high": high}
            row = {name: round(float(x), 6) for name, x in row.items()}
        if left_out := len(items) - len(finite):
            row["undefined"] = left_out
        found[metric] = row
    return found


def difference(ours: Sequence[Item], theirs: Sequence[Item], rule: str = "mean") -> dict[str, dict]:
    """``{metric: {n, ours, theirs, difference, low, high}}`` on the mixtures that both systems have a finite value of.

    The interval is that of the difference, from paired draws: mixtures that are hard for both do not widen it.
    """
    other = {item.mix_id: item for item in theirs}
    pairs = [(item, other[item.mix_id]) for item in ours if item.mix_id in other]
    found = {}
    for metric in ours[0].values:
        both = [pair for pair in pairs if all(np.isfinite(item.values.get(metric, np.nan)) for item in pair)]
        if not both:
            continue
        values = [np.array([item.values[metric] for item in column]) for column in zip(*both)]
        classes = [item.label for item, _ in both]
        low, high = bootstrap.interval(np.subtract(*(bootstrap.draws(each, classes, rule) for each in values)))
        one, two = (bootstrap.figure(each, classes, rule) for each in values)
        row = {"ours": one, "theirs": two, "difference": one - two, "low": low, "high": high}
        found[metric] = {"n": len(both)} | {name: round(x, 6) for name, x in row.items()}
    return found


def single(value: float) -> dict[str, float | None]:
    """``{mean}`` of a metric that has one figure for the whole set, None where it is undefined."""
    return {"mean": round(value, 6) if np.isfinite(value) else None}


def per_label(items: Sequence[Item], names: Mapping[str, str]) -> dict[str, dict]:
    """``{label id: {name, n, sdr, ...}}``: means over the mixtures that carry the label and have a finite value.

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
            **{metric: _mean(_defined(group, metric)) for metric in group[0].values},
        }
        for label, group in sorted(groups.items())
    }


def examples(items: Sequence[Item]) -> dict[str, list[dict]]:
    """``{best, median, worst: [{mix_id, label, sdri}, ...]}``: the mixtures to look at first, three of each.

    They are ranked by the leading metric (SDRi where it was computed), without those where it is not finite. The most
    extreme (for ``median``: the nearest to the median) comes first, equals in the order of their ids.
    """
    metric = leading(list(items[0].values))
    sign = 1 if known(metric).higher_is_better else -1
    ranked = [(item.values[metric], item) for item in items if np.isfinite(item.values[metric])]
    middle = float(np.median([value for value, _ in ranked])) if ranked else 0.0
    distances = {"best": lambda x: -sign * x, "median": lambda x: abs(x - middle), "worst": lambda x: sign * x}
    return {
        name: [
            {"mix_id": item.mix_id, "label": item.label, metric: value}
            for value, item in sorted(ranked, key=lambda row: (distance(row[0]), row[1].mix_id))[:EXAMPLES]
        ]
        for name, distance in distances.items()
    }
