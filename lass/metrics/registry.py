"""The metrics that can be asked for by name.

A new metric is one function in a file of its own and one entry in ``entries``; tables, reports and tests follow.
"""

from collections.abc import Sequence

from lass.errors import LassError
from lass.metrics.entries import DEFAULT, METRICS, PUBLISHED_ALONE
from lass.metrics.metric import LISTENERS, SIGNALS, Metric

__all__ = ["DEFAULT", "LISTENERS", "METRICS", "SIGNALS", "Metric", "known", "leading", "models", "parse"]


def parse(text: str) -> tuple[str, ...]:
    """Names with commas between, as options and yaml give them.

    Raises:
        LassError: an unknown name, or one given twice.
    """
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in METRICS]:
        raise LassError(f"no metric {unknown[0]!r}: there are {', '.join(METRICS)}")
    if len(set(names)) < len(names):
        raise LassError(f"metrics {text!r}: one of them is named twice")
    if all(METRICS[name].over_set for name in names):
        raise LassError(f"metrics {text!r}: one figure for the whole set each: add a metric of single mixtures")
    return names


def models(names: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """Kind -> model of the networks that ``names`` need, from ``KIND=MODEL`` texts.

    Raises:
        LassError: a kind that there is not, or that lacks its model.
    """
    found = {}
    for text in given:
        kind, equals, model = text.partition("=")
        if kind not in LISTENERS or not model:
            raise LassError(f"--metric_models {text!r}: expected KIND=MODEL, KIND of {', '.join(LISTENERS)}")
        found[kind] = model
    needed = {kind: name for name in names for kind in sorted(METRICS[name].listeners)}
    for kind, name in needed.items():
        if kind not in found:
            raise LassError(f"metric {name}: which {LISTENERS[kind]}? give --metric_models {kind}=MODEL "
                            "(folder, file or hub id)")
    return {kind: found[kind] for kind in needed}


def known(name: str) -> Metric:
    """The metric, or one of that title and without unit for a name that another version wrote."""
    unknown = Metric(title=name, definition="not a metric of this version", unit="")
    return (METRICS | PUBLISHED_ALONE).get(name, unknown)


def leading(names: Sequence[str]) -> str:
    """The metric that ranks mixtures and stands in figures: SDRi where it was computed, else the first one."""
    return "sdri" if "sdri" in names else names[0]
