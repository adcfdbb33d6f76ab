"""What every codec does: wave -> tokens -> wave."""

import math

from torch import Tensor, nn


class Codec(nn.Module):
    """A wave becomes ``groups`` tokens a frame, each an entry of a codebook, and tokens become a wave.

    Attributes:
        sample_rate: Hz.
        frame_size: samples of a frame.
        groups: tokens of a frame.
        codebook_size: entries that a token chooses from.
    """

    seconds = math.inf  # longest wave
    sample_rate: int
    frame_size: int
    groups: int
    codebook_size: int

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.frame_size

    @property
    def bit_rate(self) -> float:
        """Bits a second of tokens that are written with codes of one length."""
        return self.groups * math.log2(self.codebook_size) * self.frame_rate

    def size(self) -> int:
        """Parameters that coding needs; codebooks that are running means are none."""
        return sum(p.numel() for name, p in self.named_parameters() if not name.startswith("discriminator."))

    def encode(self, wave: Tensor) -> Tensor:
        """``[B, T]`` at ``sample_rate`` -> tokens ``[B, N, groups]``, N = ceil(T / frame_size)."""
        raise NotImplementedError

    def decode(self, tokens: Tensor) -> Tensor:
        """Tokens ``[B, N, groups]`` -> ``[B, N * frame_size]``."""
        raise NotImplementedError
