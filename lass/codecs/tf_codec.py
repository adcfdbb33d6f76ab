"""TF-Codec without its predictive loop, for any sound: HSM-TSS, Sec. III-E; Jiang et al., "Latent-domain predictive
neural speech coding", IEEE/ACM TASLP 31, 2023.

Sizes of the layers are those of the authors' released speech codec (github.com/microsoft/TF-Codec, "6k_20ms"). There 16
tokens of 10 bits every 20 ms, 8 kbit/s, are held at 6 kbit/s by an entropy term in training and entropy coding. Here
12 tokens every 20 ms are 6 kbit/s as they are, and VQ-VAE's quantiser with a commitment loss takes the place of
Distance-Gumbel-Softmax, whose purpose is that term. The general-audio model of HSM-TSS is not public, and its paper
tells neither groups nor frames.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.codecs.codec import Codec
from lass.codecs.discriminator import MultiScaleMelDiscriminator
from lass.codecs.framing import CausalSTFT
from lass.codecs.quantiser import GroupQuantiser
from lass.codecs.temporal import KERNEL, Memory, Narrow, Widen, convolutions
from lass.errors import LassError
from lass.losses.multi_scale_mel import multi_scale_mel

MERGED = 4  # spectral frames of a token frame, in the released codec
POWER = 0.3  # of magnitudes; of the same
TERMS = "spectrum", "mel", "commitment", "adversarial", "features"


class TFCodec(Codec):
    """Causal codec: compressed spectrum, convolutions over bins, memory along time, group VQ, and the way back.

    Token frame n is made of the samples before ``(n + 1) * frame_size``; it and those before it make all output before
    ``(n + 1) * frame_size - overlap``, with ``overlap`` three quarters of a window. Behind the last token frame the
    decoder takes one step without a token, for the end of the windows that lie across the edge.

    Args:
        sample_rate: Hz.
        window: STFT window (samples); a token frame is as long.
        channels: of the convolutions over bins.
        strides: of the same, along bins.
        hidden: channels of the temporal convolutions.
        kernel: frames that one of them sees.
        latent: size of the vector that is quantised.
        groups: tokens a frame.
        codebook_size: entries a token chooses from.
        weights: factor of each of ``TERMS``.
        discriminator: arguments of ``MultiScaleMelDiscriminator``.
        adversarial_from: training step from which the codec learns from it; it learns from the first.
    """

    def __init__(
        self,
        sample_rate: int,
        window: int,
        channels: Sequence[int],
        strides: Sequence[int],
        hidden: int,
        kernel: int,
        latent: int,
        groups: int,
        codebook_size: int,
        weights: Mapping[str, float],
        discriminator: Mapping,
        adversarial_from: int,
    ):
        super().__init__()
        if set(weights) != set(TERMS):
            raise LassError(f"TFCodec: weights {dict(weights)}: expected {', '.join(TERMS)}")
        self.sample_rate, self.frame_size = sample_rate, window // 4 * MERGED
        self.groups, self.codebook_size = groups, codebook_size
        self.weights, self.adversarial_from = dict(weights), adversarial_from
        self.stft = CausalSTFT(window, POWER)
        bins = [window // 2 + 1]
        for stride in strides:
            bins.append(-(-bins[-1] // stride))
        self.narrow = nn.Sequential(*map(Narrow, (2, *channels[:-1]), channels, strides))
        self.corner = channels[-1], bins[-1]
        width = math.prod(self.corner)
        self.hear = nn.Sequential(convolutions(width, hidden, kernel), Memory(width))
        self.merge = nn.Conv1d(width, latent, MERGED, MERGED)
        self.quantiser = GroupQuantiser(latent, groups, codebook_size)
        self.part = nn.ConvTranspose1d(latent, width, MERGED, MERGED)
        self.tell = nn.Sequential(
            convolutions(width, hidden, kernel), Memory(width), convolutions(width, hidden, kernel)
        )
        narrowed = channels[-2::-1]
        self.widen = nn.Sequential(
            *map(Widen, channels[::-1], (*narrowed, channels[0]), strides[::-1], bins[-2::-1])
        )
        self.spectrum = nn.Conv2d(channels[0], 2, (1, KERNEL[1]), padding=(0, KERNEL[1] // 2))
        self.discriminator = MultiScaleMelDiscriminator(sample_rate=sample_rate, **discriminator)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def encode(self, wave: Tensor) -> Tensor:
        return self.quantiser.tokens(self._latent(wave))

    def decode(self, tokens: Tensor) -> Tensor:
        return self._wave(self.quantiser.lookup(tokens))

    def _latent(self, wave: Tensor) -> Tensor:
        """``[B, T]`` -> ``[B, N, latent]``."""
        wave = functional.pad(wave, (0, -wave.shape[-1] % self.frame_size))
        maps = self.narrow(self.stft(wave))  # [B, channels, frames, bins]
        return self.merge(self.hear(maps.transpose(2, 3).flatten(1, 2))).transpose(1, 2)

    def _wave(self, latent: Tensor) -> Tensor:
        """``[B, N, latent]`` -> ``[B, N * frame_size]``."""
        maps = self.tell(self.part(functional.pad(latent, (0, 0, 0, 1)).transpose(1, 2)))
        spectrum = self.spectrum(self.widen(maps.unflatten(1, self.corner).transpose(2, 3)))
        return self.stft.inverse(spectrum)[:, : latent.shape[1] * self.frame_size]

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """Losses of ``wave`` ``[B, T]``.

        In training ``loss`` is the codec's plus the discriminator's: neither has a gradient in the weights of the
        other, so that one optimiser trains both, at the same time. Otherwise it is the codec's without what the
        discriminator finds, which changes from step to step.
        """
        target = batch["wave"][:, : batch["wave"].shape[1] // self.frame_size * self.frame_size]
        tokens, quantised, commitment = self.quantiser(self._latent(target))
        estimate = self._wave(quantised)
        losses = {
            "spectrum": self._spectral(estimate, target),
            "mel": multi_scale_mel(estimate, target, self.sample_rate),
            "commitment": commitment,
        }
        if self.training and self.steps >= self.adversarial_from:
            losses["adversarial"], losses["features"] = self.discriminator.generator_losses(estimate, target)
        loss = sum(self.weights[name] * value for name, value in losses.items())
        losses["used"] = self._used(tokens)
        if self.training:
            self.steps += 1
            losses["discriminator"] = self.discriminator.loss(estimate, target)
            loss = loss + losses["discriminator"]
        return losses | {"loss": loss}

    def _spectral(self, estimate: Tensor, target: Tensor) -> Tensor:
        """Mean square distance of compressed spectra, half of complex ones and half of magnitudes: the released
        codec's "power-compressed-mse" with ``weight_amplitude: 0.5``."""
        one, other = self.stft(estimate), self.stft(target)
        lengths = [(x.square().sum(1) + 1e-8).sqrt() for x in (one, other)]
        return (functional.mse_loss(one, other) + functional.mse_loss(*lengths)) / 2

    def _used(self, tokens: Tensor) -> Tensor:
        """Share of the entries that a batch chose, mean over groups."""
        chosen = tokens.flatten(0, 1).T.sort(dim=1).values
        return ((chosen.diff(dim=1) != 0).sum(1) + 1).float().mean() / self.codebook_size
