"""Fréchet distance of two sets of embeddings (FAD, where they are of audio)."""

from collections.abc import Iterable

import numpy as np
import scipy.linalg


class Gaussian:
    """Mean and covariance of embeddings that come one by one; memory does not grow with their number."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = self._products = np.zeros(0)

    def add(self, embeddings: np.ndarray) -> None:
        """Add one, ``[D]``, or several, ``[N, D]``."""
        rows = np.atleast_2d(np.asarray(embeddings, np.float64))
        if not self.count:
            self._sum, self._products = np.zeros(rows.shape[1]), np.zeros((rows.shape[1], rows.shape[1]))
        self.count += len(rows)
        self._sum += rows.sum(axis=0)
        self._products += rows.T @ rows

    @property
    def mean(self) -> np.ndarray:
        return self._sum / self.count

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased, ``[D, D]``."""
        return (self._products - self.count * np.outer(self.mean, self.mean)) / (self.count - 1)


def frechet_distance(references: Iterable[np.ndarray], estimates: Iterable[np.ndarray]) -> float:
    """|m_r - m_e|^2 + tr(C_r + C_e - 2 (C_r C_e)^(1/2)), with means m and covariances C of the embeddings.

    Args:
        references, estimates: embeddings ``[D]``, or several at once ``[N, D]``, read once.

    Returns:
        the distance (0: equal distributions); NaN for less than two of either, or where one is not finite.

    Source: Kilgour et al., "Fréchet Audio Distance: a reference-free metric for evaluating music enhancement
    algorithms", Interspeech 2019, Eq. 1.
    """
    reference, estimate = Gaussian(), Gaussian()
    for gaussian, embeddings in ((reference, references), (estimate, estimates)):
        for embedding in embeddings:
            gaussian.add(embedding)
    if min(reference.count, estimate.count) < 2:
        return np.nan
    one, other = reference.covariance, estimate.covariance
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return np.nan
    # tr (A B)^(1/2) = sum of the square roots of the eigenvalues of A^(1/2) B A^(1/2), which is symmetric
    values, vectors = scipy.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    crossed = np.sqrt(np.maximum(scipy.linalg.eigvalsh(root @ other @ root), 0)).sum()
    shift = np.sum((reference.mean - estimate.mean) ** 2)
    return float(shift + np.trace(one) + np.trace(other) - 2 * crossed)
