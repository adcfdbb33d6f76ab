"""Single clips with what is said of them, to train and try parts on; nothing is mixed."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from lass.data.datadir import DataDir
from lass.data.render import fit_length
from lass.data.shuffle import shuffled
from lass.errors import LassError
from lass.io import audio


class ClipCrops(Dataset):
    """Clips of several sets; item i is the beginning of clip i, the sets one after the other.

    Args:
        folders: data directories.
        seconds: longest part of a clip that is taken (s).
        sample_rate: Hz; clips of another rate are resampled, and their channels averaged.
    """

    def __init__(self, folders: Sequence[Path], seconds: float, sample_rate: int):
        self.sets = [DataDir(folder) for folder in folders]
        self.seconds, self.sample_rate = seconds, sample_rate
        self.size = sum(map(len, self.sets))
        if not self.size:
            raise LassError(f"{', '.join(map(str, folders))}: no clips")

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, i: int) -> dict:
        """``utt``, ``wave`` ``[T]`` (T = seconds, padded with zeros), ``samples`` without the padding, lists of
        ``captions`` and names of ``labels``."""
        return self.crop(i, 0.0)

    def crop(self, i: int, place: float) -> dict:
        """As ``__getitem__``, from ``place`` of what can be cut in front: 0 the beginning of clip i, 1 its end."""
        data, utt = self._find(i)
        samples, path = round(self.seconds * self.sample_rate), data.wav[utt]
        info = audio.info(path)
        wanted = math.ceil(samples * info.sample_rate / self.sample_rate)
        wave, rate = audio.read(path, round(place * max(0, info.frames - wanted)), min(wanted, info.frames))
        heard = audio.resample(wave.mean(0), rate, self.sample_rate)[:samples]
        wave = torch.from_numpy(fit_length(heard, samples, "zero"))
        labels = [data.labels[label] for label in data.labels_of(utt)]
        texts = {"captions": data.captions_of(utt), "labels": labels}
        return {"utt": utt, "wave": wave, "samples": len(heard), **texts}

    def _find(self, i: int) -> tuple[DataDir, str]:
        for data in self.sets:
            if i < len(data):
                return data, data.utts(i)
            i -= len(data)
        raise IndexError(i)


class EndlessCrops(Dataset):
    """Random parts of the clips, each clip once an epoch; item n depends on (seed, n) alone."""

    def __init__(self, clips: ClipCrops, seed: int):
        self.clips, self.seed = clips, seed

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, n: int) -> dict:
        epoch, i = divmod(n, len(self.clips))
        place = np.random.default_rng([self.seed, epoch, i]).uniform()
        return self.clips.crop(shuffled(i, len(self.clips), self.seed, epoch), place)


def collate(items: Sequence[dict]) -> dict:
    """Items -> a batch: ``wave`` ``[B, T]``, and lists of B of the rest."""
    batch = {key: [item[key] for item in items] for key in items[0]}
    return batch | {"wave": torch.stack(batch["wave"])}
