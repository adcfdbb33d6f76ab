"""Conformer: the network of MERL's "Leveraging Audio-Only Data for Text-Queried Target Sound Extraction", Sec. IV-B.

Magnitudes in, a real mask out, the phase of the mixture. What the paper does not tell is marked as ours.
"""

import contextlib
import io

import torch
from espnet.nets.pytorch_backend.conformer.convolution import ConvolutionModule
from espnet.nets.pytorch_backend.conformer.encoder_layer import EncoderLayer
from espnet.nets.pytorch_backend.transformer.embedding import RelPositionalEncoding
from espnet.nets.pytorch_backend.transformer.positionwise_feed_forward import PositionwiseFeedForward
from torch import Tensor, nn

from lass.layers.stft import STFT
from lass.separators.separator import Separator

with contextlib.redirect_stdout(io.StringIO()):  # it prints that flash_attn is missing
    from espnet.nets.pytorch_backend.transformer.attention import RelPositionMultiHeadedAttention


class Conditioning(nn.Module):
    """Linear, Swish, FiLM, Linear, before each Conformer block. FiLM by one linear layer is ours."""

    def __init__(self, condition: int, width: int):
        super().__init__()
        self.before, self.after = nn.Linear(width, width), nn.Linear(width, width)
        self.film = nn.Linear(condition, 2 * width)
        nn.init.ones_(self.film.bias[:width])  # a query scales around 1

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """``[B, frames, width]`` and ``[B, D]`` -> ``[B, frames, width]``."""
        gamma, beta = self.film(embedding)[:, None].chunk(2, dim=-1)
        return self.after(gamma * nn.functional.silu(self.before(x)) + beta)


def _block(width: int, heads: int, feed_forward: int, kernel: int, dropout: float) -> EncoderLayer:
    """A Conformer block (Gulati et al., Interspeech 2020) with relative positions."""
    swish = nn.SiLU()
    return EncoderLayer(
        width,
        RelPositionMultiHeadedAttention(heads, width, dropout),
        PositionwiseFeedForward(width, feed_forward, dropout, swish),
        PositionwiseFeedForward(width, feed_forward, dropout, swish),
        ConvolutionModule(width, kernel, swish),
        dropout,
    )


class Conformer(Separator):
    """Conformer blocks on the frames of a magnitude spectrogram, each asked by FiLM; attention spans all frames.

    Args:
        condition: size of the query embedding.
        sample_rate: Hz.
        window: STFT window (samples): 32 ms.
        hop: STFT hop (samples): 16 ms.
        layers: Conformer blocks.
        width: of the attention.
        heads: of the attention.
        feed_forward: hidden size of the feed-forward networks.
        kernel: frames that the convolutions see, odd; ours, as is ``dropout``: what ESPnet's recipes have.
        dropout: in the blocks.
    """

    def __init__(
        self,
        condition: int = 512,
        sample_rate: int = 32000,
        window: int = 1024,
        hop: int = 512,
        layers: int = 16,
        width: int = 256,
        heads: int = 4,
        feed_forward: int = 1024,
        kernel: int = 31,
        dropout: float = 0.1,
    ):
        super().__init__()
        self.sample_rate, self.width = sample_rate, width
        self.stft = STFT(window, hop)
        bins = window // 2 + 1
        self.embed = nn.Sequential(nn.Linear(bins, width), nn.LayerNorm(width), nn.Dropout(dropout))
        self.conditioning = nn.ModuleList(Conditioning(condition, width) for _ in range(layers))
        self.blocks = nn.ModuleList(_block(width, heads, feed_forward, kernel, dropout) for _ in range(layers))
        self.mask = nn.Linear(width, bins)

    def forward(self, mixture: Tensor, query) -> Tensor:
        batch, channels, samples = mixture.shape
        spectrum = self.stft(mixture.reshape(batch * channels, samples))  # [B * C, frames, bins]
        embedding = query.embedding.repeat_interleave(channels, dim=0)
        x, positions = self._positioned(self.embed(spectrum.abs()))
        for condition, block in zip(self.conditioning, self.blocks):
            (x, _), _ = block((condition(x, embedding), positions), None)
        mask = self.mask(x).sigmoid().float()  # the paper tells of no activation; this one is ours
        return self.stft.inverse(mask * spectrum, samples).reshape(batch, channels, samples)

    def _positioned(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The frames, scaled, and the encodings of their distances ``[1, 2 frames - 1, width]``.

        Encodings that ESPnet's module keeps would stay rounded after a pass in bf16, so it is made anew.
        """
        with torch.device(x.device):
            return RelPositionalEncoding(self.width, 0.0, max_len=x.shape[1])(x)
