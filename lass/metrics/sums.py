"""Sums over long signals in float64, by blocks that stay in the processor's cache: no copy of a signal is made."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

BLOCK = 8192  # samples: fits into the cache, and below the 10000 above which OpenBLAS shares a product among threads


def check_shapes(reference: np.ndarray, estimate: np.ndarray) -> None:
    """Raise a ValueError for signals that cannot be compared."""
    if reference.shape != estimate.shape:
        raise ValueError(f"reference has shape {reference.shape}, estimate {estimate.shape}")


def product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Inner product over the last axis, ``[..., T]`` twice -> ``[...]``."""
    return sum((np.vecdot(x, y) for x, y in _blocks(one, other)), np.zeros(one.shape[:-1]))


def distance(one: np.ndarray, other: np.ndarray, scale: ArrayLike = 1.0) -> np.ndarray:
    """Energy of ``one - scale * other``, ``[..., T]`` twice and ``[...]`` -> ``[...]``."""
    scale, total = np.asarray(scale)[..., None], np.zeros(one.shape[:-1])
    for x, y in _blocks(one, other):
        difference = x - scale * y
        total += np.vecdot(difference, difference)
    return total


def _blocks(*signals: np.ndarray) -> Iterator[list[np.ndarray]]:
    for start in range(0, signals[0].shape[-1], BLOCK):
        yield [np.asarray(signal[..., start : start + BLOCK], np.float64) for signal in signals]
