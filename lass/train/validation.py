"""The validation set of a training."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from lass.data.rendered import Question
from lass.io import audio


class ValidationMixtures(Dataset):
    """The questions of a rendered set as items of a loader; waves are at the separator's rate."""

    def __init__(self, questions: Sequence[Question], sample_rate: int):
        self.questions, self.sample_rate = questions, sample_rate

    def __len__(self) -> int:
        return len(self.questions)

    def __getitem__(self, i: int) -> dict:
        question = self.questions[i]
        return {
            "mixture": torch.from_numpy(self._read(question.mixture)),
            "target": torch.from_numpy(self._read(question.reference)),
            "query": question.text,
        }

    def _read(self, path: str) -> np.ndarray:
        wave, rate = audio.read(path)
        return audio.resample(wave, rate, self.sample_rate)
