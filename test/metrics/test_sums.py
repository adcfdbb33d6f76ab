import numpy as np
import pytest

from lass.metrics.energy_ratios import energy_ratios
from lass.metrics.sdr import sdr
from lass.metrics.si_sdr import si_sdr
from lass.metrics.sums import BLOCK, Pair

GENERATOR = np.random.default_rng(0)
REFERENCE, NOISE = GENERATOR.standard_normal((2, 3 * BLOCK + 5)).astype(np.float32)


@pytest.mark.parametrize("gain", [1, 1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_distances_keep_their_digits(gain, scale):
    """Also where the estimate is so near that products cancel: 120 dB."""
    estimate = scale * REFERENCE.astype(np.float64) + gain * NOISE
    expected = np.sum((estimate - scale * REFERENCE.astype(np.float64)) ** 2)
    assert Pair(REFERENCE, estimate).distance(scale) == pytest.approx(expected, rel=1e-6)


def test_products():
    pair = Pair(np.stack([REFERENCE, NOISE]), np.stack([NOISE, NOISE]))
    double = REFERENCE.astype(np.float64), NOISE.astype(np.float64)
    assert np.allclose(pair.energy, [double[0] @ double[0], double[1] @ double[1]], rtol=1e-12)
    assert np.allclose(pair.product, [double[0] @ double[1], double[1] @ double[1]], rtol=1e-12)
    assert pair.samples == 3 * BLOCK + 5 and pair.distance()[1] == 0 < pair.distance()[0]


def test_both_ratios_are_those_of_their_own():
    found = energy_ratios(REFERENCE, REFERENCE + 0.1 * NOISE)
    assert found == (sdr(REFERENCE, REFERENCE + 0.1 * NOISE), si_sdr(REFERENCE, REFERENCE + 0.1 * NOISE))
    with pytest.raises(ValueError, match="reference has shape"):
        energy_ratios(REFERENCE, NOISE[1:])
