"""Waves of any length through a network, in windows of bounded length. Blocks are ``[C, n]``, n as it comes."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
    """Windows of ``step + len(weights)`` samples, one every ``step`` samples.

    ``weights`` are those of the later one of two windows, over the samples that both hold. A ``full`` last window is
    moved back to have its whole length, where an earlier start gives it more to hear; else it begins in its turn.
    """

    step: int
    weights: np.ndarray
    full: bool


def with_margins(step: int, receptive_field: int, grid: int) -> Windows:
    """Windows of a network that sees ``receptive_field`` samples to each side: joined, they are the whole-file pass.

    Each estimate is taken from a window that holds all it depends on, so that nothing has to be faded. ``step`` is
    rounded up to the network's ``grid``: frames and pooling cells lie where those of the whole file lie.
    """
    step = max(1, -(-step // grid)) * grid
    return Windows(step, np.repeat(np.array([0, 1], dtype=np.float32), receptive_field), full=False)


def with_fade(window: int, overlap: int) -> Windows:
    """Windows of a network whose estimates depend on all it hears: linear cross-fades over ``overlap`` samples."""
    return Windows(window - overlap, (np.arange(overlap, dtype=np.float32) + 0.5) / max(1, overlap), full=True)


class Seams:
    """Measure of cross-fades: how far two windows differ in the samples that both estimate."""

    def __init__(self) -> None:
        self.difference = self.energy = 0.0

    def add(self, earlier: np.ndarray, later: np.ndarray, weights: np.ndarray) -> None:
        """Count the samples of two estimates ``[K, overlap]`` that are mixed; without a fade there is none."""
        mixed = (weights > 0) & (weights < 1)
        self.difference += float(np.sum((later - earlier)[:, mixed].astype(np.float64) ** 2))
        self.energy += float(np.sum(((later + earlier) / 2)[:, mixed].astype(np.float64) ** 2))

    @property
    def level(self) -> float | None:
        """Energy of the difference over that of the mean of both (dB), None if nothing was faded."""
        if self.difference == 0:
            return None if self.energy == 0 else -math.inf
        return 10 * math.log10(self.difference / max(self.energy, 1e-30))


def join(
    blocks: Iterable[np.ndarray], separate: Callable[[np.ndarray], np.ndarray], windows: Windows, seams: Seams
) -> Iterator[np.ndarray]:
    """Separate a wave that comes in blocks ``[C, n]``: estimates ``[K, n]`` in blocks, of the same length in all.

    A wave of at most one window is separated in one piece.

    Args:
        separate: ``[C, n]`` -> ``[K, n]``, n at most one window.
    """
    step, weights, _ = windows
    tail = None  # of the window before: what it shares with this one
    for part, moved in _cut(blocks, windows):
        estimate = separate(part)[:, moved:]
        if tail is not None:
            head, estimate = estimate[:, : len(weights)], estimate.copy()
            seams.add(tail, head, weights)
            estimate[:, : len(weights)] = tail * (1 - weights) + head * weights
        yield estimate[:, :step]
        tail = estimate[:, step:]
    if tail is not None:
        yield tail


def _cut(blocks: Iterable[np.ndarray], windows: Windows) -> Iterator[tuple[np.ndarray, int]]:
    """Windows of a wave that comes in blocks, each with the samples at its head that it was moved back by."""
    length = windows.step + len(windows.weights)
    pieces: list[np.ndarray] = []
    start = samples = 0  # ``pieces`` hold ``samples``; the next window begins at ``start``, behind the one before it
    for block in blocks:
        pieces.append(block)
        samples += block.shape[-1]
        if samples - start > length:  # more than a window: this one is not the last
            held = np.concatenate(pieces, axis=-1)
            while held.shape[-1] - start > length:
                yield held[:, start : start + length], 0
                held, start = held[:, start:], windows.step
            pieces, samples = [held], held.shape[-1]
    if samples:
        held = np.concatenate(pieces, axis=-1)
        begin = max(0, min(start, samples - length)) if windows.full else start
        yield held[:, begin:], start - begin


def paired(
    blocks: Iterable[np.ndarray], process: Callable[[Iterator[np.ndarray]], Iterable[np.ndarray]], copies: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Blocks ``[C, n]`` in step with what ``process`` makes of them later: ``[..., n]``.

    Two resamplings miss the length by a sample: what is too long is cut, what is too short is filled with zeros
    ``[copies * C, n]``.
    """
    waiting: deque[np.ndarray] = deque()

    def remembered() -> Iterator[np.ndarray]:
        for block in blocks:
            waiting.append(block)
            yield block

    for made in process(remembered()):
        while waiting and made.shape[-1]:
            block = waiting.popleft()
            n = min(block.shape[-1], made.shape[-1])
            yield block[:, :n], made[..., :n]
            made = made[..., n:]
            if n < block.shape[-1]:
                waiting.appendleft(block[:, n:])
    for block in waiting:
        yield block, np.zeros((copies * len(block), block.shape[-1]), dtype=np.float32)
