"""Cosine similarity of embeddings: CLAP score, CLAP audio similarity, AFSim."""

import numpy as np


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """<a, b> / (|a| |b|), -1 .. 1, of ``[D]``; NaN where one of them is zero."""
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / norms) if norms else np.nan
