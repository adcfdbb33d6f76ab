"""The table of a linear probe: accuracy of what was trained, of what was not, and published ones."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from lass.report.markdown import escape, table
from lass.score import bootstrap

SYSTEMS = {  # name of features -> what they are
    "trained": "encoder, mean over patches",
    "trained_bands": "encoder, mean over time",
    "random": "random encoder, mean over patches",
    "random_bands": "random encoder, mean over time",
    "log_mel": "log-mel statistics",
}
ABOUT = """\
Accuracy in % with its 95 % bootstrap interval, of logistic regression on standardised frozen features: means of the
local features over all patches, or over time with the bands of patches side by side, as MW-MAE is probed. The random
encoder has the same shape and was never trained. Log-mel statistics: mean and deviation of each band over time. n clips
of N were found. Written by `lass probe`."""


def summary(name: str, items: Sequence[Mapping[str, str]], runs: Sequence[Mapping]) -> dict:
    """What ``results.json`` holds.

    Args:
        items: ``{utt, label, <system>: predicted label, ..}`` of each clip.
        runs: facts of the probes that they come from.
    """
    labels = Counter(item["label"] for item in items)
    return {
        "name": name, "n_found": len(items), "n_expected": sum(run["clips"] for run in runs), "classes": len(labels),
        "chance": max(labels.values()) / len(items), "systems": accuracies(items), "runs": list(runs),
        "items": list(items),
    }  # fmt: skip


def accuracies(items: Sequence[Mapping[str, str]]) -> dict[str, dict]:
    """Accuracy of each system, from items as ``summary`` takes them."""
    found = {}
    for system in SYSTEMS:
        right = np.array([item[system] == item["label"] for item in items], dtype=float)
        low, high = bootstrap.interval(bootstrap.draws(right, [], "mean"))
        found[system] = {"accuracy": right.mean(), "low": low, "high": high, "right": int(right.sum())}
    return found


def page(found: Mapping, published: Mapping | None = None) -> str:
    """Markdown.

    Args:
        found: what ``lass probe`` writes into results.json.
        published: ``source``, ``note`` and ``systems``: name -> accuracy in %.
    """
    count = f"{found['n_found']}/{found['n_expected']}"
    body = [
        [SYSTEMS[name], count, f"{100 * row['accuracy']:.1f} ({100 * row['low']:.1f}, {100 * row['high']:.1f})"]
        for name, row in found["systems"].items()
    ]
    if published:
        body += [[f"paper: {system}", "", str(score)] for system, score in published["systems"].items()]
    chance = f"{found['classes']} classes; {100 * found['chance']:.1f} % by always saying the most frequent one."
    runs = [f"* {escape(run['test'])} ({run['clips']} clips), heard by {escape(run['part'])}, which was trained with "
            f"{escape(run['trained_on'])}; linear layer: {escape(', '.join(run['train']))}" for run in found["runs"]]
    parts = [f"# Probe: {escape(found['name'])}", ABOUT, table(("features", "n/N", "accuracy"), body), escape(chance)]
    parts.append("\n".join(runs))
    if published:
        parts.append(escape(f"Paper rows: {published['source']}; {published['note']}"))
    return "\n\n".join(parts) + "\n"
