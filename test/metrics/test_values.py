"""Values of a clipped, noisy estimate: written down when every value of the reference data agreed (test_parity)."""

import numpy as np
import pytest

from lass.metrics.registry import METRICS
from lass.score.signals import Signals

VALUES = {
    "sdr": 13.3659,
    "sdri": 13.9534,
    "si_sdr": 13.3065,
    "si_sdri": 13.9002,
    "si_sdr_zero_mean": 13.3068,
    "bss_sdr": 13.4148,
    "bss_sir": 13.4814,
    "bss_sar": 31.7788,
    "segsnr": 2.73801,
    "lsd": 1.87752,
    "lsd_audioldm": 2.12658,
    "psnr": 25.0877,
    "psnr_audioldm": 15.9854,
    "pesq_wb": 1.15704,
    "pesq_nb": 2.74783,
    "csig": 2.70863,
    "cbak": 2.2361,
    "covl": 1.94254,
    "ssnr": 2.73801,
    "stoi": 0.964534,
}


@pytest.fixture(scope="module")
def clipped(speech, noise):
    estimate, mixture = np.clip(speech + np.float32(0.2) * noise, -0.15, 0.15), speech + noise
    return Signals(speech, estimate, mixture, 16000, Signals(speech, mixture, mixture, 16000))


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if not metric.listeners])
def test_value(clipped, name):
    assert clipped.value(name) == pytest.approx(VALUES[name], abs=2e-3)
