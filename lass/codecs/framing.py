"""STFT of a causal codec: a frame holds what has been heard, never what is to come; magnitudes are compressed."""

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-12  # of a power, so that gradients at silence stay finite


class CausalSTFT(nn.Module):
    """Compressed spectra ``|X|^power e^(i phase)``; frame t holds the samples before ``(t + 1) * hop``.

    Args:
        window: Hann window and FFT length (samples); the hop is a quarter of it.
        power: of magnitudes.
    """

    def __init__(self, window: int, power: float):
        super().__init__()
        self.size, self.hop, self.power = window, window // 4, power
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    @property
    def overlap(self) -> int:
        """Samples behind the last hop of a frame: the inverse has them whole when the frames after it are there."""
        return self.size - self.hop

    def forward(self, wave: Tensor) -> Tensor:
        """``[B, T]``, T a multiple of the hop -> real and imaginary part ``[B, 2, T / hop, bins]``."""
        frames = functional.pad(wave, (self.overlap, 0)).unfold(-1, self.size, self.hop)
        parts = torch.view_as_real(torch.fft.rfft(frames * self.window))
        return _scaled(parts, self.power).movedim(-1, 1)

    def inverse(self, parts: Tensor) -> Tensor:
        """``[B, 2, frames, bins]`` -> ``[B, frames * hop - overlap]``: the samples that all their frames hold."""
        spectrum = torch.view_as_complex(_scaled(parts.movedim(1, -1), 1 / self.power).contiguous())
        frames = torch.fft.irfft(spectrum, self.size) * self.window
        samples = (frames.shape[1] + 3) * self.hop
        summed = functional.fold(frames.transpose(1, 2), (1, samples), (1, self.size), stride=(1, self.hop))
        return summed[:, 0, 0, self.overlap : -self.overlap] / 1.5  # squares of four Hann windows sum to 1.5


def _scaled(parts: Tensor, power: float) -> Tensor:
    """Complex numbers ``[..., 2]`` with magnitudes to the power of ``power``."""
    return parts * (parts.square().sum(-1, keepdim=True) + EPSILON) ** ((power - 1) / 2)
