"""Sums over two long signals in float64, by blocks that stay in the processor's cache: no copy of a signal is made."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

BLOCK = 8192  # samples: fits into the cache, and below the 10000 above which OpenBLAS shares a product among threads
CANCELLED = 1e-8  # of the energies: a difference of sums below it keeps less than seven digits


class Pair:
    """Inner products of a reference r and an estimate e over the last axis, from one pass over both.

    Args:
        reference, estimate: ``[..., T]``.

    Attributes:
        energy, power, product: <r, r>, <e, e>, <r, e>, ``[...]``.
        samples: T.

    Raises:
        ValueError: the shapes differ.
    """

    def __init__(self, reference: ArrayLike, estimate: ArrayLike):
        self._signals = np.asarray(reference), np.asarray(estimate)
        shape, other = (signal.shape for signal in self._signals)
        if shape != other:
            raise ValueError(f"reference has shape {shape}, estimate {other}")
        self.samples = shape[-1]
        sums = np.zeros((3, *shape[:-1]))
        for r, e in self._blocks():
            sums += np.vecdot(r, r), np.vecdot(e, e), np.vecdot(r, e)
        self.energy, self.power, self.product = sums

    def distance(self, scale: ArrayLike = 1.0) -> np.ndarray:
        """|e - scale r|^2, ``[...]``, from the products; from the signals where they cancel."""
        scale = np.asarray(scale)
        scaled = scale**2 * self.energy
        found = self.power - 2 * scale * self.product + scaled
        if np.all(found > CANCELLED * (self.power + scaled)):
            return found
        found = np.zeros_like(self.energy)
        for r, e in self._blocks():
            difference = e - scale[..., None] * r
            found += np.vecdot(difference, difference)
        return found

    def _blocks(self) -> Iterator[list[np.ndarray]]:
        for start in range(0, self.samples, BLOCK):
            yield [np.asarray(signal[..., start : start + BLOCK], np.float64) for signal in self._signals]
