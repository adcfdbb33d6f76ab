"""Accuracy of linear probes."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from lass.score import bootstrap


def summary(items: Sequence[Mapping[str, str]], runs: Sequence[Mapping]) -> dict:
    """What ``results.json`` holds.

    Args:
        items: ``{utt, label, <system>: predicted label, ..}`` of each clip.
        runs: facts of the probes that they come from.
    """
    labels = Counter(item["label"] for item in items)
    return {
        "n_found": len(items), "n_expected": sum(run["clips"] for run in runs), "classes": len(labels),
        "chance": max(labels.values()) / len(items), "systems": accuracies(items), "runs": list(runs),
        "items": list(items),
    }  # fmt: skip


def accuracies(items: Sequence[Mapping[str, str]]) -> dict[str, dict]:
    """Accuracy of each system, from items as ``summary`` takes them."""
    found = {}
    for system in (name for name in items[0] if name not in ("utt", "label")):
        right = np.array([item[system] == item["label"] for item in items], dtype=float)
        low, high = bootstrap.interval(bootstrap.draws(right, [], "mean"))
        found[system] = {"accuracy": right.mean(), "low": low, "high": high, "right": int(right.sum())}
    return found
