"""Distance of log-mel spectrograms at several resolutions."""

import functools
import warnings

import torch
import torchaudio
from torch import Tensor

WINDOWS = 32, 64, 128, 256, 512, 1024, 2048  # samples, every quarter of them: Kumar et al., NeurIPS 2023, Sec. 3.5
MELS = 5, 10, 20, 40, 80, 160, 320  # bands; of the same
FLOOR = 1e-5  # of a mel magnitude


def multi_scale_mel(estimate: Tensor, target: Tensor, sample_rate: int) -> Tensor:
    """Sum over seven resolutions of the mean absolute difference of log10 mel magnitudes of ``[..., T]``.

    Source: Kumar et al., "High-fidelity audio compression with improved RVQGAN" (DAC), NeurIPS 2023, Sec. 3.5.
    """
    pairs = zip(mel_pyramid(estimate, sample_rate), mel_pyramid(target, sample_rate))
    return sum((one - other).abs().mean() for one, other in pairs)


def mel_pyramid(wave: Tensor, sample_rate: int) -> list[Tensor]:
    """``[..., T]`` -> log10 mel magnitudes ``[prod(...), mels, frames]`` at each resolution."""
    return [log_mel(wave, window, mels, sample_rate) for window, mels in zip(WINDOWS, MELS)]


def log_mel(wave: Tensor, window: int, mels: int, sample_rate: int) -> Tensor:
    """``[..., T]`` -> log10 magnitudes ``[prod(...), mels, frames]`` of a Hann window, every quarter of it."""
    hann = torch.hann_window(window, device=wave.device)
    flat = wave.reshape(-1, wave.shape[-1])
    spectrum = torch.stft(flat, window, window // 4, window=hann, pad_mode="constant", return_complex=True)
    magnitude = (spectrum.real.square() + spectrum.imag.square()).clamp_min(FLOOR**3).sqrt()  # finite gradient at 0
    return (_filters(window, mels, sample_rate).to(wave.device) @ magnitude).clamp_min(FLOOR).log10()


@functools.cache
def _filters(window: int, mels: int, sample_rate: int) -> Tensor:
    """``[mels, bins]``. Low bands that lie between two bins are empty, and equal in all sounds."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "At least one mel filterbank has all zero values")
        bands = 0.0, sample_rate / 2, mels, sample_rate
        return torchaudio.functional.melscale_fbanks(window // 2 + 1, *bands, norm="slaney", mel_scale="slaney").T
