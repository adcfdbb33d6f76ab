"""``results.json`` of one system on one set, and its printed summary."""

from collections.abc import Sequence

from lass.score import aggregate
from lass.score.items import METRICS, Item, RenderedSet

METRIC_NAMES = dict(zip(METRICS, ("SDR", "SDRi", "SI-SDR", "SI-SDRi")))


def results(
    items: Sequence[Item], testset: RenderedSet, system: str, set_name: str, separation: dict
) -> dict:
    """Figures and facts of a scored set. A set with mixtures left out is named ``<set> (partial n/N)``.

    Args:
        separation: facts of the run that made the estimates (command, commit, model_rate in Hz, query_rule, ...).
    """
    expected = testset.expected
    complete = len(items) == expected
    queries = {"n": sum(item.n_queries for item in items), "rule": separation.get("query_rule")}
    return {
        "system": system,
        "set": set_name,
        "name": set_name if complete else f"{set_name} (partial {len(items)}/{expected})",
        "n_found": len(items),
        "n_expected": expected,
        "complete": complete,
        "queries": queries,
        "metrics": aggregate.summary(items),
        "labels": aggregate.per_label(items, testset.label_names),
        "examples": aggregate.examples(items),
        "bootstrap": {"seed": aggregate.SEED, "draws": aggregate.DRAWS, "level": aggregate.LEVEL},
        "score_rate": testset.rate,
        "model_rate": separation.get("model_rate"),
        "set_dir": str(testset.folder),
        "separation": separation,
    }


def text(found: dict) -> str:
    """The summary that is printed: counts, then one line a metric, dB."""
    lines = [
        f"{found['name']}, {found['system']}: found {found['n_found']} of {found['n_expected']} mixtures",
        f"{'dB':10}{'mean':>9}{'95 % interval':>21}{'median':>9}",
    ]
    for metric, row in found["metrics"].items():
        interval = f"[{row['low']:z.2f}, {row['high']:z.2f}]"
        lines.append(f"{METRIC_NAMES[metric]:10}{row['mean']:z9.2f}{interval:>21}{row['median']:z9.2f}")
    return "\n".join(lines)
