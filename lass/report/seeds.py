"""Trainings that differ by their seed alone: one row for all of them, with the spread between the seeds."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lass import config as configuration
from lass.errors import LassError
from lass.metrics.registry import known
from lass.report.markdown import code, escape, table
from lass.report.origin import commands
from lass.report.results import SYSTEMS, Experiment, metrics_of
from lass.report.scores import definitions, figure


class Run(NamedTuple):
    """A training and its scores on a set."""

    seed: int
    steps: int
    systems: dict[str, dict]  # system -> results.json


def runs_of(experiments: Sequence[Experiment], set_name: str) -> list[Run]:
    """The runs of one row, by seed.

    Raises:
        LassError: one was not scored on the set, they differ in more than the seed, or two have the same seed.
    """
    runs: dict[int, Run] = {}
    common: dict | None = None
    for experiment in experiments:
        path = experiment.folder / "config.yaml"
        config = configuration.read_yaml(path)
        seed = config.pop("seed", None)
        if set_name not in experiment.results:
            raise LassError(f"{experiment.folder}: no scores of {set_name}; it has {', '.join(experiment.results)}")
        if common not in (None, config):
            keys = ", ".join(sorted(key for key in common.keys() | config.keys() if common.get(key) != config.get(key)))
            raise LassError(f"{path}: differs in more than the seed from {experiments[0].folder}/config.yaml: {keys}")
        if seed in runs:
            raise LassError(f"{path}: seed {seed} is that of another run of the row: give each run a seed of its own")
        common = config
        runs[seed] = Run(seed, config["train"]["max_steps"], experiment.results[set_name])
    return [runs[seed] for seed in sorted(runs)]


def seeds_document(title: str, set_name: str, rows: Mapping[str, Sequence[Run]]) -> str:
    """Markdown: a table of means over seeds, a table of all runs, definitions, commands.

    Args:
        rows: name of the row -> its runs.
    """
    every = [run for runs in rows.values() for run in runs]
    found = [result for run in every for result in run.systems.values()]
    metrics = metrics_of(found)
    titles = [known(metric).title for metric in metrics]
    lines = "\n".join(f"* {escape(line)}" for line in definitions(found))
    commits = ", ".join(sorted({str(result["commit"]) for result in found}))
    return "\n\n".join([
        f"# {escape(title)}",
        f"Set {escape(set_name)}: means over seeds ± standard deviation between seeds (n - 1). "
        "Written by `lass seeds` from `results.json` files.",
        table(("row", "system", "seeds", "n/N", *titles), _means(rows, metrics), words=2),
        "## Each run",
        table(("row", "system", "seed", "steps", *titles), _each_run(rows, metrics), words=2),
        lines,
        f"Scored at commit {commits}.",
        code("\n".join(dict.fromkeys(line for run in every for line in commands(run.systems)))),
    ]) + "\n"  # fmt: skip


def _means(rows: Mapping[str, Sequence[Run]], metrics: Sequence[str]) -> Iterator[list[object]]:
    for number, (name, runs) in enumerate(rows.items()):
        for system in runs[0].systems:
            if system == "mixture" and number > 0:
                continue  # the same for all
            scored = [run.systems[system] for run in runs if system in run.systems]
            counts = " ".join(dict.fromkeys(f"{each['n_found']}/{each['n_expected']}" for each in scored))
            spread = [mean_and_deviation([_mean(each, metric) for each in scored]) for metric in metrics]
            yield ["" if system == "mixture" else name, SYSTEMS.get(system, system), len(scored), counts, *spread]


def _each_run(rows: Mapping[str, Sequence[Run]], metrics: Sequence[str]) -> Iterator[list[object]]:
    for name, runs in rows.items():
        for run in runs:
            for system, result in run.systems.items():
                if system != "mixture":
                    values = [figure(_mean(result, metric)) for metric in metrics]
                    yield [name, SYSTEMS.get(system, system), run.seed, run.steps, *values]


def _mean(result: dict, metric: str) -> float | None:
    return result["metrics"].get(metric, {}).get("mean")


def mean_and_deviation(values: Sequence[float | None]) -> str:
    """``"3.10 ± 0.14"`` of the values that are there; one value has no deviation."""
    given = [value for value in values if value is not None]
    if len(given) < 2:
        return figure(given[0]) if given else ""
    return f"{statistics.mean(given):z.2f} ± {statistics.stdev(given):z.2f}"
