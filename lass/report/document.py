"""``RESULTS.md`` from the ``results.json`` files of experiments and published rows, and from nothing else."""

from collections.abc import Mapping, Sequence

from lass.metrics.registry import known, leading
from lass.report.markdown import code, escape, table
from lass.report.origin import commands, facts
from lass.report.published import PublishedRow
from lass.report.results import Experiment, main_system
from lass.report.scores import control_lines, definitions, figure, models_of, paper_lines, score_table, set_title


def document(
    experiment: Experiment,
    others: Sequence[Experiment],
    paper: Mapping[str, Sequence[PublishedRow]],
    figures: Sequence[str],
) -> str:
    """The whole of RESULTS.md.

    Args:
        others: experiments of which the model's row is added to the tables of the sets that they have, too.
        figures: paths of the page and the figures.
    """
    parts = [
        f"# Results of {escape(experiment.name)}",
        "Means over mixtures with their 95 % bootstrap interval. Written by `lass report` from `results.json` files.",
    ]
    for name, systems in experiment.results.items():
        parts += _set_section(name, systems, models_of(others, name), paper.get(name, ()))
    if figures:
        parts += ["## Figures", _bullets(figures)]
    return "\n\n".join(parts) + "\n"


def _set_section(
    name: str, systems: dict[str, dict], others: Sequence[tuple[str, dict]], paper: Sequence[PublishedRow]
) -> list[str]:
    parts = [f"## {escape(set_title(name, systems))}", table(*score_table(systems, others, paper))]
    if paper:
        parts.append(_bullets(paper_lines(paper)))
    parts += control_lines(systems)
    parts.append(_bullets(definitions([*systems.values(), *(found for _, found in others)], paper)))
    if main := main_system(systems):
        parts += _label_section(systems[main]) + _example_section(systems[main])
    origin = table(("fact", "value"), facts(systems), words=2)
    return [*parts, "### Where it comes from", origin, code("\n".join(commands(systems)))]


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"* {escape(line)}" for line in lines)


def _label_section(found: dict) -> list[str]:
    if not found["labels"]:
        return []
    metrics = [metric for metric in found["metrics"] if not known(metric).over_set]
    rows = [
        [row["name"], row["n"], *(figure(row.get(metric)) for metric in metrics)]
        for row in sorted(found["labels"].values(), key=lambda row: str(row["name"]))
    ]
    titles = [known(metric).title for metric in metrics]
    title = f"### By label of the target: {escape(found['system'])}"
    return [title, table(("label", "n", *titles), rows)]


def _example_section(found: dict) -> list[str]:
    names = {label: str(row["name"]) for label, row in found["labels"].items()}
    metric = leading(list(found["metrics"]))
    rows = [
        [which, item["mix_id"], ", ".join(names.get(x, x) for x in item["label"].split()), figure(item[metric])]
        for which, items in found.get("examples", {}).items()
        for item in items
    ]
    title = f"### Examples: {escape(found['system'])}"
    return [title, table(("which", "mixture", "label", known(metric).title), rows, words=3)] if rows else []
