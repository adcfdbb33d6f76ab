"""How far what a network computes may lie from reference values."""

from collections.abc import Callable

import numpy as np
import pytest
from torch import Tensor


@pytest.fixture(scope="session")
def largest_error() -> Callable[[Tensor, np.ndarray], float]:
    """``largest_error(found, expected)``, which is printed too."""

    def error(found: Tensor, expected: np.ndarray) -> float:
        largest = float(np.abs(found.numpy() - expected).max())
        print(f"largest error {largest:.2g}")
        return largest

    return error
