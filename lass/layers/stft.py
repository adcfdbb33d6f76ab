"""Short-time Fourier transform with the conventions of the field's released separators."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class STFT(nn.Module):
    """Centred STFT, periodic Hann window, reflect padding, no normalisation; and its inverse.

    Args:
        window: window and FFT length (samples).
        hop: hop length (samples).
    """

    def __init__(self, window: int, hop: int):
        super().__init__()
        self.n_fft, self.hop = window, hop
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, wave: Tensor) -> Tensor:
        """``[..., T]`` samples -> complex ``[..., frames, bins]``, frames = T // hop + 1.

        A wave of at most ``window / 2`` samples cannot be reflected: it is padded with zeros first.
        """
        flat = wave.reshape(-1, wave.shape[-1])
        short = self.n_fft // 2 + 1 - flat.shape[-1]
        if short > 0:
            flat = functional.pad(flat, (0, short))
        spectrum = torch.stft(flat, self.n_fft, self.hop, window=self.window, center=True, return_complex=True)
        return spectrum.transpose(-1, -2).reshape(*wave.shape[:-1], -1, self.n_fft // 2 + 1)

    def inverse(self, spectrum: Tensor, samples: int) -> Tensor:
        """Complex ``[..., frames, bins]`` -> ``[..., samples]``."""
        flat = spectrum.reshape(-1, *spectrum.shape[-2:]).transpose(-1, -2)
        length = max(samples, self.n_fft // 2 + 1)
        wave = torch.istft(flat, self.n_fft, self.hop, window=self.window, center=True, length=length)
        return wave[:, :samples].reshape(*spectrum.shape[:-2], samples)
