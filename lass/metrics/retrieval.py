"""Recall at k: how often is one of what fits a query among the k that are nearest to it?"""

import math

import numpy as np


def ranks(similarity: np.ndarray, fits: np.ndarray) -> np.ndarray:
    """The place, from 1, of the best that fits each query; what does not fit and is as near stands before it.

    Args:
        similarity: ``[queries, candidates]``.
        fits: the same, True where a candidate fits; at least one for each query.
    """
    best = np.where(fits, similarity, -np.inf).max(axis=1, keepdims=True)
    return 1 + ((similarity >= best) & ~fits).sum(axis=1)


def recall(places: np.ndarray, k: int) -> float:
    """R@k: part of the queries whose place is k or better."""
    return float((places <= k).mean())


def chance(fits: np.ndarray, k: int) -> float:
    """R@k of a random order of the candidates: 1 - C(N - m, k) / C(N, k) for m that fit of N, its mean over queries."""
    candidates = fits.shape[1]
    k = min(k, candidates)
    missed = [math.comb(candidates - int(m), k) / math.comb(candidates, k) for m in fits.sum(axis=1)]
    return 1 - sum(missed) / len(missed)
