"""Kullback-Leibler divergence of the class posteriors of an audio tagger."""

import numpy as np

FLOOR = 1e-6  # of a posterior; the EPSILON of audioldm_eval


def kl_sigmoid(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Sum over classes of p log(p / q): p posteriors of the reference, q of the estimate, each a sigmoid's, ``[K]``.

    Posteriors of a multi-label tagger do not sum to one, so that this is no divergence in the strict sense and may be
    negative; generation papers report it as KL-sigmoid.

    Source: Kreuk et al., "AudioGen", ICLR 2023, Sec. 4 (KL); for sigmoids as in audioldm_eval (Liu et al. 2023).
    """
    return _divergence(np.asarray(reference, np.float64), np.asarray(estimate, np.float64))


def kl_softmax(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Sum over classes of p log(p / q) of softmaxes over the tagger's logits, ``[K]`` posteriors in."""
    return _divergence(*(_softmax(_logits(np.asarray(x, np.float64))) for x in (reference, estimate)))


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum(p * (np.log(p + FLOOR) - np.log(q + FLOOR))))


def _logits(posteriors: np.ndarray) -> np.ndarray:
    limited = np.clip(posteriors, FLOOR, 1 - FLOOR)
    return np.log(limited) - np.log1p(-limited)


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()
