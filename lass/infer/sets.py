"""Separation of a rendered test set, batched and resumable."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lass.data.rendered import Question
from lass.infer.model import Model
from lass.io import audio
from lass.io.scratch import copy_out
from lass.io.table import write_table

# questions of one batch, their mixtures [B, C, T] and the rate of these (Hz) -> estimates [B, C, T]
Separation = Callable[[Sequence[Question], np.ndarray, int], np.ndarray]


def by_model(model: Model, remove: bool = False) -> Separation:
    """Ask a model; with ``remove`` for the mixture without what is asked for."""

    def separate(questions: Sequence[Question], mixtures: np.ndarray, sample_rate: int) -> np.ndarray:
        return model.separate_batch(mixtures, sample_rate, [question.text for question in questions], remove)

    return separate


def separate_set(
    separate: Separation, questions: Sequence[Question], folder: Path, batch_size: int, job: int = 1, num_jobs: int = 1,
    scratch: Path | None = None,
) -> int:  # fmt: skip
    """Write one estimate a question to ``folder``, at the rate of the mixtures; ``wav.scp`` when all are there.

    One of several jobs takes every ``num_jobs``-th batch, and writes no ``wav.scp``.

    Finished estimates are kept. Clips are batched with others of the same rate and shape, since padding would change
    what the network sees. A resumed run makes the same batches, since the last bits of an estimate depend on them.

    Args:
        scratch: where estimates are written first, see ``lass.io.scratch``.

    Returns:
        samples of new estimates that were clipped to full scale.
    """
    paths = {q.key: folder / "audio" / f"{q.key.replace('#', '-q')}.flac" for q in questions}
    clipped = 0
    batches = itertools.islice(_batches(questions, batch_size), job - 1, None, num_jobs)
    with tqdm(total=len(questions) // num_jobs, desc=folder.name, unit="query") as bar:
        for batch in batches:
            if not all(paths[question.key].exists() for question in batch):
                clipped += _separate_batch(separate, batch, paths, scratch)
            bar.update(len(batch))
    if num_jobs == 1:
        write_table(folder / "wav.scp", [(key, str(path)) for key, path in paths.items()])
    return clipped


def _separate_batch(
    separate: Separation, batch: Sequence[Question], paths: dict[str, Path], scratch: Path | None
) -> int:
    """Write the estimates of a batch that are not there yet; returns the number of clipped samples."""
    waves, rates = zip(*(audio.read(question.mixture) for question in batch))
    estimates = separate(batch, np.stack(waves), rates[0])
    clipped = 0
    for question, estimate in zip(batch, estimates):
        if not paths[question.key].exists():
            with copy_out(paths[question.key], scratch) as path:
                clipped += audio.write(path, estimate, rates[0])
    return clipped


def _batches(questions: Sequence[Question], size: int) -> Iterator[list[Question]]:
    """Questions in order, cut where rate or shape changes or ``size`` is reached."""
    for _, alike in itertools.groupby(questions, key=lambda question: audio.info(question.mixture)):
        group = list(alike)
        yield from (group[start : start + size] for start in range(0, len(group), size))
