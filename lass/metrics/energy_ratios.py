"""SDR and SI-SDR from one pass over the signals: what a benchmark asks for together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lass.metrics import sdr, si_sdr
from lass.metrics.sums import Pair


class EnergyRatios(NamedTuple):
    """``[...]``, dB."""

    sdr: np.ndarray
    si_sdr: np.ndarray


def energy_ratios(reference: ArrayLike, estimate: ArrayLike) -> EnergyRatios:
    """``lass.metrics.sdr.sdr`` and ``lass.metrics.si_sdr.si_sdr`` of ``[..., T]``.

    Raises:
        ValueError: the shapes differ.
    """
    pair = Pair(reference, estimate)
    return EnergyRatios(sdr.of_pair(pair), si_sdr.of_pair(pair))
