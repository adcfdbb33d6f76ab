"""Separation of a rendered test set, batched and resumable."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from lass.data.rendered import Question
from lass.infer.model import Model
from lass.io import audio
from lass.io.table import write_table


def separate_set(model: Model, questions: Sequence[Question], folder: Path, batch_size: int) -> None:
    """Write one estimate a question to ``folder``, at the rate of the mixtures; ``wav.scp`` when all are there.

    Finished estimates are kept. Clips are batched with others of the same rate and shape, since padding would change
    what the network sees.
    """
    paths = {q.key: folder / "audio" / f"{q.key.replace('#', '-q')}.flac" for q in questions}
    open_questions = [q for q in questions if not paths[q.key].exists()]
    bar = tqdm(total=len(questions), initial=len(questions) - len(open_questions), desc=folder.name, unit="query")
    for batch, waves, rate in _batches(open_questions, batch_size):
        own = np.stack([audio.resample(wave, rate, model.sample_rate) for wave in waves])
        estimates = model.estimate(torch.from_numpy(own), [q.text for q in batch]).numpy()
        for question, wave, estimate in zip(batch, waves, estimates):
            back = audio.resample(estimate, model.sample_rate, rate)[:, : wave.shape[-1]]
            back = np.pad(back, ((0, 0), (0, wave.shape[-1] - back.shape[-1])))
            audio.write(paths[question.key], back, rate)
        bar.update(len(batch))
    bar.close()
    write_table(folder / "wav.scp", [(key, str(path)) for key, path in paths.items()])


def _batches(questions: Sequence[Question], size: int) -> Iterator[tuple[list[Question], list[np.ndarray], int]]:
    """Questions in order, cut where rate or shape changes or ``size`` is reached."""
    batch, waves, shape = [], [], None
    for question in questions:
        wave, rate = audio.read(question.mixture)
        if batch and ((rate, wave.shape) != shape or len(batch) == size):
            yield batch, waves, shape[0]
            batch, waves = [], []
        batch.append(question)
        waves.append(wave)
        shape = (rate, wave.shape)
    if batch:
        yield batch, waves, shape[0]
