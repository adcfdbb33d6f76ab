"""Example clips of the classes of training sets."""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io import audio

LONGEST = 10.0  # s that are heard of a clip, as long as the clips of AudioSet


def draw_examples(sets: Sequence[DataDir], clips: int, seed: int) -> list[tuple[str, str]]:
    """Up to ``clips`` clips of each class, drawn by (seed, id of the clip).

    Returns:
        (display name of the class, scp value of the clip), sorted by class.

    Raises:
        LassError: no clip has a label.
    """
    drawn: dict[str, list[tuple[int, str, int]]] = defaultdict(list)  # heaps, the largest draw first
    for number, data in enumerate(sets):
        for utt, labels in data.utt2labels or ():
            draw = int.from_bytes(hashlib.sha256(f"{seed} {utt}".encode()).digest()[:8])
            for label in labels.split():
                heap = drawn[data.labels[label]]
                heapq.heappush(heap, (-draw, utt, number))
                if len(heap) > clips:
                    heapq.heappop(heap)
    if not drawn:
        names = ", ".join(str(data.folder) for data in sets)
        raise LassError(f"{names}: no clip has a label, and classes are known by example clips: give a set with labels")
    return [(name, sets[number].wav[utt]) for name in sorted(drawn) for _, utt, number in sorted(drawn[name])]


def read_example(path: str, sample_rate: int) -> np.ndarray:
    """The first ten seconds of a clip at ``sample_rate`` (Hz), ``[T]``."""
    wave, rate = audio.read(path, 0, round(LONGEST * audio.info(path).sample_rate))
    return audio.resample(wave.mean(axis=0), rate, sample_rate)
