"""A set as figures and page show it: one system's mixtures, and which of them are played."""

from collections.abc import Iterator

from lass.metrics.registry import leading
from lass.report.chosen import Chosen, choose
from lass.report.clips import RenderedSet
from lass.report.results import Experiment, main_system


class ScoredSet:
    """The main system of an experiment on a set.

    Args:
        system: name of the system.
        most: number of mixtures to play.
        numbers: of these on the page.
    """

    def __init__(self, experiment: Experiment, name: str, system: str, most: int, numbers: Iterator[int]):
        self.name = name
        self.results = experiment.results[name][system]
        self.metric = leading(list(self.results["metrics"]))  # that figures show
        self.items = experiment.items(name, system)
        self.rendered = RenderedSet(self.results)
        removal = experiment.results[name].get("removal")
        self.removal = RenderedSet(removal) if removal and removal.get("est_scp") else None  # of the same model
        self.chosen: list[Chosen] = []
        if self.rendered.estimates:  # an unprocessed mixture has none
            self.chosen = choose(self.items, self.results, most, numbers)


def scored_sets(experiment: Experiment, most: int, numbers: Iterator[int]) -> dict[str, ScoredSet]:
    """The sets on which a system was scored; ``most`` mixtures are played, an equal part of each set."""
    mains = {name: main for name, systems in experiment.results.items() if (main := main_system(systems))}
    return {name: ScoredSet(experiment, name, main, most // len(mains), numbers) for name, main in mains.items()}
