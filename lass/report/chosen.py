"""Which mixtures the page plays: the extremes, the middle, and a typical one of each label."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lass.errors import LassError
from lass.metrics.registry import leading
from lass.report.page import media
from lass.report.results import Item

GROUPS = {"best": "Best", "median": "Around the median", "worst": "Worst", "label": "Median of a label"}


class Chosen(NamedTuple):
    """A mixture on the page, the group (a key of ``GROUPS``) it is shown in, and the begin of its file names."""

    item: Item
    group: str
    stem: str


def choose(items: Sequence[Item], results: dict, most: int, numbers: Iterator[int]) -> list[Chosen]:
    """The examples of ``results`` (``results.json``), then the median item of each label that is not among them.

    Where these are more than ``most``, labels are left out evenly over the order of their means, then examples.
    ``numbers`` are those of the mixtures on the page.
    """
    where = f"{results['system']} on {results['set']}: results.json"
    if "examples" not in results:
        raise LassError(f"{where} has no examples: delete it and score again")
    by_id = {item.mix_id: item for item in items}
    groups: dict[str, str] = {}
    for group, examples in results["examples"].items():
        for mix in [example["mix_id"] for example in examples][: max(1, most // len(results["examples"]))]:
            if mix not in by_id:
                raise LassError(f"{where} names {mix!r}, which items.tsv lacks: delete both and score again")
            groups.setdefault(mix, group)
    medians = dict.fromkeys(item.mix_id for item in label_medians(items, leading(list(results["metrics"]))))
    left = [mix for mix in medians if mix not in groups]
    room = max(0, min(most - len(groups), len(left)))
    kept = np.linspace(0, len(left) - 1, room).round().astype(int)
    groups |= {left[i]: "label" for i in kept}
    return [Chosen(by_id[mix], group, media.stem(next(numbers), mix)) for mix, group in groups.items()]


def label_medians(items: Sequence[Item], metric: str) -> list[Item]:
    """For each label the item whose value is nearest the median of the label; labels of the highest mean first."""
    groups: dict[str, list[tuple[float, Item]]] = {}
    for item in items:
        for label in item.labels if math.isfinite(item.values[metric]) else ():
            groups.setdefault(label, []).append((item.values[metric], item))
    ranked = sorted(groups.values(), key=lambda group: -np.mean([value for value, _ in group]))
    return [
        min(group, key=lambda row: (abs(row[0] - middle), row[1].mix_id))[1]
        for group in ranked
        for middle in [np.median([value for value, _ in group])]
    ]
