import numpy as np
import pytest

from lass.metrics.si_sdr import si_sdr

TIME = np.arange(8000) / 8000
TONE, OTHER = np.sin(2 * np.pi * 100 * TIME), np.sin(2 * np.pi * 300 * TIME)
SILENCE = np.zeros(8000)


@pytest.mark.parametrize("gain", [1, 0.01, -3, 40])
def test_scale_of_the_estimate_does_not_matter(gain):
    assert si_sdr(TONE, gain * (TONE + 0.1 * OTHER)) == pytest.approx(20, abs=1e-6)


def test_no_mean_is_removed():
    # |r|^2 = 4000 and the offset's energy is 8000 * 0.01 = 80; with the mean removed it would be infinite
    assert si_sdr(TONE, TONE + 0.1) == pytest.approx(16.9897, abs=1e-4)


def test_offset_of_the_reference():
    # r = tone + 0.5, e = tone: a = 4000 / 6000, |a r|^2 = 8000 / 3, |e - a r|^2 = 4000 / 3
    assert si_sdr(TONE + 0.5, TONE) == pytest.approx(3.0103, abs=1e-4)


def test_silence_is_finite():
    eps = np.finfo(np.float64).eps
    assert si_sdr(TONE, SILENCE) == pytest.approx(0, abs=1e-9)
    assert si_sdr(SILENCE, SILENCE) == pytest.approx(0, abs=1e-9)
    assert si_sdr(SILENCE, TONE) == pytest.approx(10 * np.log10(eps / 4000), abs=1e-6)


def test_perfect_estimates():
    assert si_sdr(TONE, TONE) > 100
    assert si_sdr(TONE, -0.3 * TONE) > 100


def test_leading_axes_are_kept():
    found = si_sdr(np.stack([TONE, OTHER]), np.stack([TONE + 0.1 * OTHER, OTHER + TONE]))
    assert np.allclose(found, [20, 0])


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shape"):
        si_sdr(TONE, TONE[:-1])
