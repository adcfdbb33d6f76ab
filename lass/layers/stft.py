"""Short-time Fourier transform with the conventions of the field's released separators."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError


class STFT(nn.Module):
    """Centred STFT, periodic Hann window, reflect padding, no normalisation; and its inverse.

    Args:
        window: window and FFT length (samples).
        hop: hop length (samples), at most half a window: a longer one leaves samples that no frame holds.
    """

    def __init__(self, window: int, hop: int):
        super().__init__()
        if not 0 < hop <= window // 2:
            raise LassError(f"STFT: hop {hop}: choose 1 to {window // 2} samples, half of window {window}")
        self.n_fft, self.hop = window, hop
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, wave: Tensor) -> Tensor:
        """``[..., T]`` samples -> complex ``[..., frames, bins]``, frames = T // hop + 1.

        Zeros are appended to a wave of at most ``window / 2`` samples, which cannot be reflected, and, where the hop is
        above ``window / 4``, up to a multiple of the hop (frames = ceil(T / hop) + 1).
        """
        flat = wave.reshape(-1, wave.shape[-1])
        flat = functional.pad(flat, (0, self._covered(wave.shape[-1]) - wave.shape[-1]))
        spectrum = torch.stft(flat, self.n_fft, self.hop, window=self.window, center=True, return_complex=True)
        return spectrum.transpose(-1, -2).reshape(*wave.shape[:-1], -1, self.n_fft // 2 + 1)

    def inverse(self, spectrum: Tensor, samples: int) -> Tensor:
        """Complex ``[..., frames, bins]`` -> ``[..., samples]``."""
        flat = spectrum.reshape(-1, *spectrum.shape[-2:]).transpose(-1, -2)
        length = self._covered(samples)
        wave = torch.istft(flat, self.n_fft, self.hop, window=self.window, center=True, length=length)
        return wave[:, :samples].reshape(*spectrum.shape[:-2], samples)

    def _covered(self, samples: int) -> int:
        """Samples that are transformed for a wave of ``samples``.

        The last sample may lie ``hop - 1`` behind the centre of the last frame. Beyond ``window / 4`` the window is
        below 1/2 there and falls to 0; the inverse divides by it, and would make a click of a masked spectrum.
        """
        samples = max(samples, self.n_fft // 2 + 1)
        return samples + (-samples % self.hop if self.hop > self.n_fft // 4 else 0)
