"""Scores that somebody published, as a yaml file of ``conf/sets`` has them: blocks of rows with one source each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lass import config
from lass.errors import LassError
from lass.metrics.entries import METRICS, PUBLISHED_ALONE


@dataclass(frozen=True)
class Block:
    """Rows of one table.

    Attributes:
        source: paper and table.
        metrics: names of registered metrics, or of ``PUBLISHED_ALONE``.
        systems: name -> a score a metric.
        note: what a reader must know of all of them.
    """

    source: str
    metrics: Sequence[str]
    systems: Mapping[str, Sequence[float]]
    note: str = ""


@dataclass(frozen=True)
class PublishedRow:
    """The scores of a system: ``metrics`` name -> score."""

    system: str
    source: str
    metrics: Mapping[str, float]
    note: str = ""


def rows(blocks: object, where: str) -> list[PublishedRow]:
    """All rows of the blocks of a yaml file.

    Args:
        where: names the file in errors.

    Raises:
        LassError: a key, metric or score that is none, more or fewer scores than metrics.
    """
    if not isinstance(blocks, list):
        raise LassError(f"{where}: expected a list of blocks {{source, metrics, systems}}, found {blocks!r}")
    return [row for number, block in enumerate(blocks, 1) for row in _rows(block, f"{where}, block {number}")]


def _rows(spec: object, where: str) -> Iterator[PublishedRow]:
    config.bind(Block, spec, where)
    block = Block(**spec)
    if unknown := [name for name in block.metrics if name not in METRICS | PUBLISHED_ALONE]:
        raise LassError(f"{where}: no metric {unknown[0]!r}; lass metrics lists them")
    for system, scores in block.systems.items():
        if len(scores) != len(block.metrics) or not all(isinstance(score, int | float) for score in scores):
            raise LassError(f"{where}: {system}: expected {len(block.metrics)} numbers, found {scores!r}")
        yield PublishedRow(str(system), block.source, dict(zip(block.metrics, scores)), block.note)
