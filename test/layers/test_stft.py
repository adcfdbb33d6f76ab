import math

import pytest
import torch

from lass.errors import LassError
from lass.layers.stft import STFT


@pytest.mark.parametrize(("window", "hop"), [(128, 64), (128, 50), (128, 32), (2048, 320)])
@pytest.mark.parametrize("samples", [1, 63, 64, 65, 1000, 4097])
def test_the_inverse_gives_the_wave_back(window, hop, samples):
    stft, wave = STFT(window, hop), torch.randn(2, 3, samples)
    spectrum = stft(wave)
    covered = max(samples, window // 2 + 1)
    frames = covered // hop + 1 if hop <= window // 4 else -(-covered // hop) + 1
    assert spectrum.shape == (2, 3, frames, window // 2 + 1)
    torch.testing.assert_close(stft.inverse(spectrum, samples), wave, rtol=0, atol=2e-6)


def test_conventions():
    """Centred, reflected, periodic Hann, not normalised: frame 3 by its definition."""
    window, hop, frame = 64, 16, 3
    wave = torch.randn(500, dtype=torch.float64)
    n = torch.arange(window, dtype=torch.float64)
    hann = 0.5 - 0.5 * torch.cos(2 * math.pi * n / window)
    for number, start in ((frame, frame * hop - window // 2), (0, -window // 2)):
        taps = (torch.arange(start, start + window)).abs()  # sample -k is sample k
        expected = torch.fft.rfft(wave[taps] * hann)
        found = STFT(window, hop)(wave.float()[None])[0, number]
        torch.testing.assert_close(found.to(torch.complex128), expected, rtol=0, atol=1e-5)


def test_a_short_wave_is_that_wave_with_zeros_behind():
    stft, wave = STFT(128, 64), torch.randn(1, 40)
    assert torch.equal(stft(wave), stft(torch.cat((wave, torch.zeros(1, 25)), dim=1)))


@pytest.mark.parametrize("hop", [16, 32, 33, 50, 64])
@pytest.mark.parametrize("tail", [0, 1, 31, 49, 63])
def test_a_masked_spectrum_has_no_click_at_its_end(hop, tail):
    """The phase of each bin is turned at random: no sample may stand out, wherever the last frame lies."""
    torch.manual_seed(tail)
    stft, samples = STFT(128, hop), 20 * 64 + tail
    spectrum = stft(torch.randn(50, samples))
    turned = stft.inverse(torch.polar(spectrum.abs(), 6.28 * torch.rand(spectrum.shape)), samples)
    level = turned.square().mean(dim=0).sqrt()
    assert float(level[-128:].max()) < 3 * float(level[:-128].mean())


def test_gradient_passes_both_ways():
    stft, wave = STFT(128, 32), torch.randn(1, 300, requires_grad=True)
    stft.inverse(stft(wave), 300).square().sum().backward()
    torch.testing.assert_close(wave.grad, 2 * wave.detach(), rtol=0, atol=1e-4)


def test_the_window_is_not_in_the_checkpoint():
    assert not STFT(128, 32).state_dict()


@pytest.mark.parametrize("hop", [0, 65, 128])
def test_a_hop_that_leaves_gaps(hop):
    with pytest.raises(LassError, match=f"STFT: hop {hop}: choose 1 to 64 samples"):
        STFT(128, hop)
