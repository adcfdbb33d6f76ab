"""Separation of a rendered test set, batched and resumable."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lass.data.rendered import Question
from lass.infer.model import Model
from lass.io import audio
from lass.io.table import write_table


def separate_set(model: Model, questions: Sequence[Question], folder: Path, batch_size: int) -> None:
    """Write one estimate a question to ``folder``, at the rate of the mixtures; ``wav.scp`` when all are there.

    Finished estimates are kept. Clips are batched with others of the same rate and shape, since padding would change
    what the network sees. A resumed run makes the same batches, since the last bits of an estimate depend on them.
    """
    paths = {q.key: folder / "audio" / f"{q.key.replace('#', '-q')}.flac" for q in questions}
    with tqdm(total=len(questions), desc=folder.name, unit="query") as bar:
        for batch in _batches(questions, batch_size):
            if not all(paths[question.key].exists() for question in batch):
                _separate_batch(model, batch, paths)
            bar.update(len(batch))
    write_table(folder / "wav.scp", [(key, str(path)) for key, path in paths.items()])


def _separate_batch(model: Model, batch: Sequence[Question], paths: dict[str, Path]) -> None:
    """Write the estimates of a batch that are not there yet."""
    waves, rates = zip(*(audio.read(question.mixture) for question in batch))
    estimates = model.separate_batch(np.stack(waves), rates[0], [question.text for question in batch])
    for question, estimate in zip(batch, estimates):
        if not paths[question.key].exists():
            audio.write(paths[question.key], estimate, rates[0])


def _batches(questions: Sequence[Question], size: int) -> Iterator[list[Question]]:
    """Questions in order, cut where rate or shape changes or ``size`` is reached."""
    for _, alike in itertools.groupby(questions, key=lambda question: audio.info(question.mixture)):
        group = list(alike)
        yield from (group[start : start + size] for start in range(0, len(group), size))
