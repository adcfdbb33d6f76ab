"""Log-mel spectrograms of AudioMAE: frames, bands, normalisation, padding."""

import math

import pytest
import torch

from lass.layers.fbank import frames_of, log_mel

PADDING = 4.2677393 / (2 * 4.5689974)  # zero, normalised with the mean and deviation of AudioSet


def sine(frequency: float, seconds: float) -> torch.Tensor:
    return 0.1 * torch.sin(2 * math.pi * frequency * torch.arange(round(seconds * 16000)) / 16000)[None]


def test_ten_seconds_are_998_frames_and_26_of_padding():
    found = log_mel(sine(1000, 10), 1024)
    assert found.shape == (1, 1024, 128) and frames_of(160000) == 998
    assert torch.allclose(found[0, 998:], torch.tensor(PADDING)) and not (found[0, :998] == PADDING).any()


def test_what_is_too_long_is_cut():
    wave = sine(1000, 1) * torch.linspace(0, 1, 16000)
    assert torch.equal(log_mel(wave, 64), log_mel(wave, 98)[:, :64])


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_less_than_a_window_is_padding(samples):
    assert torch.allclose(log_mel(torch.ones(2, samples), 16), torch.full((2, 16, 128), PADDING))


def test_a_frame_by_its_definition():
    """Frame 3 of a wave: pre-emphasis, Hann window, power spectrum of 512, HTK's mel triangles, logarithm."""
    wave = 0.1 * torch.randn(1, 4000, generator=torch.Generator().manual_seed(0))
    frame = (wave[0] - wave.mean())[480:880].double()
    frame = frame - frame.mean()
    frame = frame - 0.97 * torch.cat([frame[:1], frame[:-1]])
    power = torch.fft.rfft(frame * torch.hann_window(400, periodic=False, dtype=torch.float64), 512).abs() ** 2
    mel = lambda hertz: 1127 * math.log(1 + hertz / 700)  # noqa: E731
    step = (mel(8000) - mel(20)) / 129
    for band in (0, 40, 127):
        left = mel(20) + band * step
        places = torch.tensor([(mel(k * 31.25) - left) / step for k in range(257)])
        energy = (power * torch.minimum(places, 2 - places).clamp(min=0)).sum()
        expected = (max(math.log(energy), math.log(1.1920929e-07)) + 4.2677393) / (2 * 4.5689974)
        assert log_mel(wave, 16)[0, 3, band].item() == pytest.approx(expected, abs=2e-4)


def test_a_constant_in_the_wave_does_not_matter_and_bf16_is_not_used():
    wave = torch.cat([sine(300, 1), sine(3000, 1)])
    plain = log_mel(wave, 96)
    assert torch.allclose(log_mel(wave + 0.25, 96), plain, atol=1e-3)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(log_mel(wave, 96), plain)
