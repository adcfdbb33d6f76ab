import numpy as np
import pytest

from lass.metrics.sdr import sdr

TIME = np.arange(8000) / 8000  # one second: every sinusoid of whole Hz has a mean power of exactly A^2 / 2
TONE, OTHER = np.sin(2 * np.pi * 100 * TIME), np.sin(2 * np.pi * 300 * TIME)


def test_orthogonal_interference():
    assert sdr(TONE, TONE + 0.1 * OTHER) == pytest.approx(20, abs=1e-9)
    assert sdr(TONE, TONE + OTHER) == pytest.approx(0, abs=1e-9)


def test_gain_is_distortion():
    assert sdr(TONE, 0.3 * TONE) == pytest.approx(3.0980392, abs=1e-6)  # 20 log10(1 / 0.7)
    assert sdr(TONE, -TONE) == pytest.approx(-6.0205999, abs=1e-6)  # 20 log10(1 / 2)


def test_an_offset_is_distortion():
    assert sdr(TONE, TONE + 0.1) == pytest.approx(16.9897, abs=1e-4)  # 10 log10(0.5 / 0.01)


def test_powers_are_clamped():
    silence = np.zeros(8000)
    assert sdr(TONE, TONE) == pytest.approx(96.9897, abs=1e-4)  # 10 log10(0.5 / 1e-10)
    assert sdr(TONE, silence) == 0
    assert sdr(silence, silence) == 0
    assert sdr(silence, OTHER) == pytest.approx(-96.9897, abs=1e-4)


def test_improvement_over_the_mixture():
    mixture = TONE + OTHER
    assert sdr(TONE, TONE + 0.5 * OTHER) - sdr(TONE, mixture) == pytest.approx(6.0205999, abs=1e-6)


def test_leading_axes_are_kept():
    assert np.allclose(sdr(np.stack([TONE, OTHER]), np.stack([TONE + 0.1 * OTHER, 0.3 * OTHER])), [20, 3.0980392])


def test_single_precision_signals_are_summed_in_double():
    assert sdr(TONE.astype(np.float32), (TONE + 0.1 * OTHER).astype(np.float32)).dtype == np.float64


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shape"):
        sdr(TONE[None], TONE)
