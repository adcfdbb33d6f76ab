"""Metrics of a whole set, such as FAD: what each mixture adds to them is kept in a file, and read at the end."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lass.io.files import atomic_path
from lass.metrics.registry import METRICS
from lass.score.signals import Signals


def keep(folder: Path, mix_id: str, metrics: Sequence[str], scored: Sequence[Signals]) -> None:
    """Write the inputs of ``metrics`` from the signals of a mixture (of each query and channel); NaN has no inputs."""
    kept = {}
    for name in metrics:
        inputs = [given for signals in scored if (given := signals.inputs(METRICS[name])) is not None]
        kept |= {f"{name}:{place}": np.stack(column) for place, column in enumerate(zip(*inputs))}
    with atomic_path(_path(folder, mix_id)) as path, open(path, "wb") as f:
        np.savez(f, **kept)


def value(folder: Path, mix_ids: Sequence[str], name: str) -> float:
    """A metric over the mixtures that were kept; memory does not grow with their number."""
    metric = METRICS[name]
    return metric.load()(*(_rows(folder, mix_ids, f"{name}:{place}") for place in range(len(metric.takes))))


def _rows(folder: Path, mix_ids: Sequence[str], column: str) -> Iterator[np.ndarray]:
    for mix_id in mix_ids:
        with np.load(_path(folder, mix_id), allow_pickle=False) as kept:
            if column in kept:
                yield from kept[column]


def _path(folder: Path, mix_id: str) -> Path:
    return folder / f"{hashlib.sha256(mix_id.encode()).hexdigest()[:32]}.npz"  # an id is no file name
