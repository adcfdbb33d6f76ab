"""``results.json`` of one system on one set, and its printed summary."""

import json
from collections.abc import Sequence
from pathlib import Path

from lass.errors import LassError
from lass.metrics.registry import METRICS, known
from lass.score import aggregate, bootstrap, over_set
from lass.score.items import FACTS, Item, RenderedSet


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
        "aggregate": testset.aggregate,
        "test_set": testset.facts,
        "metrics": aggregate.summary(items, testset.aggregate),
        "labels": aggregate.per_label(items, testset.label_names),
        "examples": aggregate.examples(items),
        "bootstrap": {"seed": bootstrap.SEED, "draws": bootstrap.DRAWS, "level": bootstrap.LEVEL},
        "score_rate": testset.score_rate,
        "set_rate": testset.rate,
        "model_rate": separation.get("model_rate"),
        "set_dir": str(testset.folder),
        "separation": separation,
    }


def of_set(metrics: Sequence[str], folder: Path, items: Sequence[Item]) -> dict[str, dict[str, float | None]]:
    """``{metric: {mean}}`` of those that have one figure for the set; ``folder`` has what mixtures add to them."""
    mixtures = [item.mix_id for item in items]
    wanted = [name for name in metrics if METRICS[name].over_set]
    return {name: aggregate.single(over_set.value(folder, mixtures, name)) for name in wanted}


def text(found: dict) -> str:
    """The summary that is printed: counts, then one line a metric with its unit."""
    lines = [
        f"{found['name']}, {found['system']}: found {found['n_found']} of {found['n_expected']} mixtures, "
        f"{bootstrap.RULES[found['aggregate']][0]}",
        f"{'':16}{'mean':>9}{'95 % interval':>21}{'median':>9}",
    ]
    for metric, row in found["metrics"].items():
        axis = known(metric).axis
        left_out = f"   undefined on {row['undefined']}" if "undefined" in row else ""
        if row["mean"] is None:
            lines.append(f"{axis:16}{'':39}{left_out}")
            continue
        if "low" not in row:  # one figure for the set
            lines.append(f"{axis:16}{row['mean']:z9.2f}")
            continue
        interval = f"[{row['low']:z.2f}, {row['high']:z.2f}]"
        lines.append(f"{axis:16}{row['mean']:z9.2f}{interval:>21}{row['median']:z9.2f}{left_out}")
    return "\n".join(lines)


def read_scored(folder: Path) -> tuple[dict, list[Item]]:
    """``results.json`` and the items of a folder that scoring wrote."""
    try:
        found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        header, *lines = (folder / "items.tsv").read_text(encoding="utf-8").splitlines()
        return found, [Item.parse(line, header.split("\t")[len(FACTS) :]) for line in lines]
    except (OSError, ValueError) as error:
        raise LassError(f"{folder}: no results.json and items.tsv, or damaged ones ({error}): score again") from None
