"""ResUNet30: the separation network of AudioSep, as released (arXiv:2308.05037; weights of 2023).

Its state_dict has the published key names and, with the default sizes, the published shapes. Where paper and released
code differ, this follows the released code: FiLM adds a shift (beta) only, by one linear layer; one bottleneck block.
Smaller ones are made by yaml: fewer or narrower levels, a coarser STFT, a frequency stem.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.layers.stft import STFT
from lass.separators.separator import Separator

FLOOR = 1e-10  # of powers, as in the released code


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-5, momentum=0.01)


def _activate(norm: nn.BatchNorm2d, x: Tensor, beta: Tensor) -> Tensor:
    """Batch norm, FiLM shift, LeakyReLU(0.01): [B, C, frames, bins] and beta [B, C]. In place after the norm."""
    return functional.leaky_relu(norm(x).add_(beta[:, :, None, None]), 0.01, inplace=True)


class ConvBlock(nn.Module):
    """Two pre-activated 3x3 convolutions and a shortcut of the raw input."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.bn1, self.bn2 = _batch_norm(inputs), _batch_norm(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, beta: dict[str, Tensor], name: str) -> Tensor:
        h = self.conv1(_activate(self.bn1, x, beta[f"{name}->beta1"]))
        h = self.conv2(_activate(self.bn2, h, beta[f"{name}->beta2"]))
        return h.add_(self.shortcut(x))


class EncoderBlock(nn.Module):
    """A ConvBlock; the skip connection is its un-pooled output."""

    def __init__(self, inputs: int, outputs: int, pool: tuple[int, int]):
        super().__init__()
        self.conv_block1 = ConvBlock(inputs, outputs)
        self.pool = pool

    def forward(self, x: Tensor, beta: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
        skip = self.conv_block1(x, beta, f"{name}->conv_block1")
        return functional.avg_pool2d(skip, self.pool), skip


class DecoderBlock(nn.Module):
    """Transposed convolution of kernel = stride, concatenation with the skip, ConvBlock."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]):
        super().__init__()
        self.bn1 = _batch_norm(inputs)
        self.conv1 = nn.ConvTranspose2d(inputs, outputs, stride, stride, bias=False)
        self.conv_block2 = ConvBlock(2 * outputs, outputs)
        # The released network holds this norm (and its FiLM layer) but never applies it: kept for its keys alone.
        self.bn2 = _batch_norm(inputs).requires_grad_(False)

    def forward(self, x: Tensor, skip: Tensor, beta: dict[str, Tensor], name: str) -> Tensor:
        x = self.conv1(_activate(self.bn1, x, beta[f"{name}->beta1"]))
        return self.conv_block2(torch.cat((x, skip), dim=1), beta, f"{name}->conv_block2")


class ResUNet30Base(nn.Module):
    """The network itself: mixture and FiLM shifts -> estimate."""

    def __init__(self, window: int, hop: int, channels: int, widths: tuple[int, ...], stem: int):
        super().__init__()
        levels = len(widths)
        if window // 2 % (stem * 2**levels):
            raise LassError(
                f"separator: window {window}: window / 2 must be a multiple of stem {stem} * 2^{levels} levels: "
                "choose another window or stem, or fewer widths"
            )
        self.stft = STFT(window, hop)
        self.channels, self.levels, self.time_factor = channels, levels, 2 ** (levels - 1)
        self.bn0 = _batch_norm(window // 2 + 1)
        step = (1, stem)
        self.pre_conv = nn.Conv2d(channels, widths[0], step, step)
        for i, (inputs, outputs) in enumerate(zip((widths[0], *widths), widths), start=1):
            pool = (1, 2) if i == levels else (2, 2)
            self.add_module(f"encoder_block{i}", EncoderBlock(inputs, outputs, pool))
        self.conv_block7a = nn.Module()  # the published key has this extra level
        self.conv_block7a.conv_block1 = ConvBlock(widths[-1], widths[-1])
        for i, (inputs, outputs) in enumerate(zip((widths[-1], *widths[::-1]), widths[::-1]), start=1):
            stride = (1, 2) if i == 1 else (2, 2)
            self.add_module(f"decoder_block{i}", DecoderBlock(inputs, outputs, stride))
        if stem == 1:
            self.after_conv = nn.Conv2d(widths[0], 3 * channels, 1)
        else:
            self.after_conv = nn.ConvTranspose2d(widths[0], 3 * channels, step, step)

    def film_sites(self) -> dict[str, int]:
        """Name and number of channels of each place where a shift is added after a batch norm."""
        return {
            f"{path.replace('.', '->')}->beta{i}": getattr(block, f"bn{i}").num_features
            for path, block in self.named_modules()
            for i in (1, 2)
            if isinstance(block, (ConvBlock, DecoderBlock))
        }

    def forward(self, mixture: Tensor, beta: dict[str, Tensor]) -> Tensor:
        """Mixture ``[B, C, T]``, shifts ``{site: [B, channels]}`` -> ``[B, C, T]``."""
        spectrum = self.stft(mixture)
        power = spectrum.real.square() + spectrum.imag.square()
        magnitude = power.clamp(min=FLOOR).sqrt()
        features = self._unet(magnitude, beta)
        return self.stft.inverse(self._mask(features) * spectrum, mixture.shape[-1])

    def _unet(self, magnitude: Tensor, beta: dict[str, Tensor]) -> Tensor:
        """Magnitude ``[B, C, frames, bins]`` -> mask features ``[B, 3 C, frames, bins]``."""
        frames, bins = magnitude.shape[-2:]
        x = self.bn0(magnitude.transpose(1, 3)).transpose(1, 3)
        x = functional.pad(x[..., :-1], (0, 0, 0, -frames % self.time_factor))  # frames to a multiple, Nyquist off
        x = self.pre_conv(x)
        skips = []
        for i in range(1, self.levels + 1):
            x, skip = self.get_submodule(f"encoder_block{i}")(x, beta, f"encoder_block{i}")
            skips.append(skip)
        x = self.conv_block7a.conv_block1(x, beta, "conv_block7a->conv_block1")
        for i in range(1, self.levels + 1):
            x = self.get_submodule(f"decoder_block{i}")(x, skips.pop(), beta, f"decoder_block{i}")
        features = self.after_conv(x).float()  # complex numbers know no bf16
        return functional.pad(features, (0, 1))[:, :, :frames]  # the Nyquist bin's features are zero

    def _mask(self, features: Tensor) -> Tensor:
        """Complex mask: sigmoid magnitude times a rotation by the direction of (tanh, tanh); AudioSep, Eq. 1."""
        batch, _, frames, bins = features.shape
        m, real, imag = features.reshape(batch, self.channels, 3, frames, bins).unbind(2)
        real, imag = real.tanh(), imag.tanh()
        scale = m.sigmoid() / (real.square() + imag.square()).clamp(min=FLOOR).sqrt()
        return torch.complex(scale * real, scale * imag)


class ResUNet30(Separator):
    """AudioSep's ResUNet30 with FiLM.

    Args:
        condition: size of the query embedding.
        sample_rate: Hz.
        window: STFT window (samples); the public AudioSep checkpoint has 2048, the paper 1024.
        hop: STFT hop (samples).
        channels: audio channels of the network; a mono one sees C channels as a batch of C with the same query.
        widths: channels of each level.
        stem: bins that the first convolution joins (and the last one spreads again); 1 as published.
    """

    def __init__(
        self,
        condition: int = 512,
        sample_rate: int = 32000,
        window: int = 2048,
        hop: int = 320,
        channels: int = 1,
        widths: tuple[int, ...] = (32, 64, 128, 256, 384, 384),
        stem: int = 1,
    ):
        super().__init__()
        self.sample_rate = sample_rate
        self.base = ResUNet30Base(window, hop, channels, tuple(widths), stem)
        self.film = nn.ModuleDict({site: nn.Linear(condition, n) for site, n in self.base.film_sites().items()})
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for path, block in self.base.named_modules():
            if isinstance(block, DecoderBlock):
                self.film[f"{path}->beta2"].requires_grad_(False)

    def forward(self, mixture: Tensor, query) -> Tensor:
        batch, channels, samples = mixture.shape
        embedding = query.embedding
        if self.base.channels == 1 and channels > 1:
            mixture = mixture.reshape(batch * channels, 1, samples)
            embedding = embedding.repeat_interleave(channels, dim=0)
        elif self.base.channels != channels:
            raise LassError(f"separator: a mixture of {channels} channels for a network of {self.base.channels}")
        beta = {site: linear(embedding) for site, linear in self.film.items()}
        return self.base(mixture, beta).reshape(batch, channels, samples)
