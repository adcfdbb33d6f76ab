"""LSD, PSNR and their namesakes of audioldm_eval."""

import numpy as np
import pytest

from lass.metrics.lsd import lsd, lsd_audioldm
from lass.metrics.mel_psnr import psnr_audioldm
from lass.metrics.psnr import psnr

RATE = 16000


def test_a_gain_of_20_db_is_a_distance_of_2(noise):
    assert lsd(noise, 0.1 * noise, RATE) == pytest.approx(2, abs=1e-6)
    assert lsd(noise, -10 * noise, RATE) == pytest.approx(2, abs=1e-6)


def test_audioldm_distance_ignores_level_and_offset(noise):
    moved = 0.3 * noise + 0.2
    assert lsd_audioldm(noise, moved, RATE, offset=0) == pytest.approx(0, abs=1e-4)
    assert lsd(noise, moved, RATE) > 0.5


def test_audioldm_distance_is_that_of_signals_that_are_not_aligned(noise):
    assert lsd_audioldm(noise, noise, RATE) > 0.5
    late = np.r_[np.zeros(1120, np.float32), noise]
    assert lsd_audioldm(noise, late, RATE) < 1e-3  # the cut hits the delay


def test_psnr():
    reference = np.zeros(100)
    reference[7] = -0.5
    assert psnr(reference, reference + 0.05) == pytest.approx(20)


def test_mel_psnr_of_a_gain(noise):
    """Bands that stay between -80 and 20 dB all move by the gain: 6 dB are 0.06 of the range of 1."""
    loud = 20 * noise
    assert psnr_audioldm(loud, 10 ** (-6 / 20) * loud, RATE) == pytest.approx(-20 * np.log10(0.06), abs=0.2)
    assert psnr_audioldm(loud, loud + 1, RATE) > 60  # the mean is removed
