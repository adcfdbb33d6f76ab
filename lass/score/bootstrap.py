"""One figure of many mixtures, and how far chance can have moved it (Efron and Tibshirani 1993, Sec. 13.3)."""

from collections.abc import Callable, Sequence

import numpy as np

SEED, DRAWS, LEVEL = 0, 1000, 0.95
RULES = {  # name -> what it is, what becomes of one class
    "mean": ("mean over mixtures", None),
    "class_mean": ("mean over classes of the mean of each", np.mean),
    "class_median": ("mean over classes of the median of each", np.median),
}


def figure(values: np.ndarray, classes: Sequence[str], rule: str) -> float:
    """The figure of ``values`` [n], one a mixture; ``classes`` are those of the mixtures."""
    of_class = RULES[rule][1]
    groups = [values] if of_class is None else _groups(values, classes)
    return float(np.mean([(of_class or np.mean)(group) for group in groups]))


def draws(values: np.ndarray, classes: Sequence[str], rule: str) -> np.ndarray:
    """The figures ``[DRAWS]`` of resampled mixtures, of each class as many as there are.

    The seed is fixed and what is drawn depends on ``classes`` alone: the draws of two systems on the same mixtures
    are pairs.
    """
    generator = np.random.default_rng(SEED)
    of_class: Callable | None = RULES[rule][1]
    if of_class is None:
        return np.array([values[generator.integers(len(values), size=len(values))].mean() for _ in range(DRAWS)])
    groups = _groups(values, classes)
    figures = [of_class(group[generator.integers(len(group), size=(DRAWS, len(group)))], axis=1) for group in groups]
    return np.mean(figures, axis=0)


def interval(figures: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval of drawn figures."""
    low, high = np.quantile(figures, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _groups(values: np.ndarray, classes: Sequence[str]) -> list[np.ndarray]:
    own = np.asarray(classes)
    return [values[own == name] for name in sorted(set(classes))]
