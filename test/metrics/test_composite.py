"""Composite measures and their parts, against their equations."""

import numpy as np
import pytest
import scipy.signal

from lass.metrics import composite as module
from lass.metrics.composite import composite
from lass.metrics.frames import frames
from lass.metrics.llr import llr
from lass.metrics.segmental_snr import segmental_snr
from lass.metrics.wss import wss

RATE = 16000


def test_equations(monkeypatch, speech):
    monkeypatch.setattr(module, "llr", lambda *_: 0.5)
    monkeypatch.setattr(module, "wss", lambda *_: 40.0)
    found = composite(speech, speech, RATE, pesq_wb=2.0, ssnr=5.0)
    assert found.csig == pytest.approx(3.093 - 1.029 * 0.5 + 0.603 * 2 - 0.009 * 40)
    assert found.cbak == pytest.approx(1.634 + 0.478 * 2 - 0.007 * 40 + 0.063 * 5)
    assert found.covl == pytest.approx(1.594 + 0.805 * 2 - 0.512 * 0.5 - 0.007 * 40)
    assert composite(speech, speech, RATE, pesq_wb=4.6, ssnr=35.0).cbak == 5


def test_frames_are_30_ms_long_every_7_5_ms():
    found = frames(np.ones(480 + 3 * 120 + 7), RATE)
    assert found.shape == (3, 480)  # the last full one is left out
    assert found[0].min() > 0 and np.allclose(found[0], found[0][::-1]) and found[0].max() == pytest.approx(1, abs=1e-4)


def test_segmental_snr_of_orthogonal_noise():
    generator = np.random.default_rng(0)
    clean, noise = generator.standard_normal((2, 160000))
    assert segmental_snr(clean, clean + 0.1 * noise, RATE) == pytest.approx(20, abs=0.1)
    assert segmental_snr(clean, clean + 100 * noise, RATE) == -10
    assert segmental_snr(clean, clean, RATE) == 35


def test_llr_of_a_known_predictor():
    """For a white estimate of an AR(1) process with pole p the ratio tends to -log(1 - p^2)."""
    white = np.random.default_rng(0).standard_normal((2, 80000))
    process = scipy.signal.lfilter([1], [1, -0.8], white[0])
    assert llr(process, white[1], RATE) == pytest.approx(-np.log(1 - 0.8**2), abs=0.1)
    assert llr(process, 0.1 * process, RATE) == pytest.approx(0, abs=1e-9)


def test_wss_of_a_spectral_slope():
    """Pre-emphasis changes all slopes; a gain changes none."""
    white = np.random.default_rng(0).standard_normal(16000)
    assert wss(white, 0.1 * white, RATE) == pytest.approx(0, abs=1e-9)
    tilted = [wss(white, scipy.signal.lfilter([1, -a], [1], white), RATE) for a in (0.1, 0.5, 0.9)]
    assert 0 < tilted[0] < tilted[1] < tilted[2]
