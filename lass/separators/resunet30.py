"""ResUNet30: the separation network of AudioSep (arXiv:2308.05037), as released in 2023 and as the paper has it.

The defaults are the released network: its state_dict has the published key names and shapes. The paper differs
(conf/model/audiosep_paper.yaml) and contradicts itself: Sec. III-D has 4 residual blocks of two convolutions in each
encoder and decoder block, Sec. V-A two convolutions in each and 30 layers; only III-D tells of 4 bottleneck blocks.
FiLM acts where the released code has it, behind each batch norm, in every variant; Eq. 2 has it behind each ConvBlock.
Smaller networks are made by yaml: fewer or narrower levels, a coarser STFT, a frequency stem.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.layers.film import Modulation, ScaleShift, Shift, modulate
from lass.layers.initial import xavier
from lass.layers.pool import average_pool
from lass.layers.preactivated import SLOPE, preactivated
from lass.layers.stft import STFT
from lass.separators import resunet30_inference
from lass.separators.separator import Separator

FLOOR = 1e-10  # of powers, as in the released code
FILM = {"shift": Shift, "scale_shift": ScaleShift}

Film = dict[str, Modulation]  # by the site where it acts, such as "encoder_block1->conv_block1->beta1"


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-5, momentum=0.01)


def _convolve(conv: nn.Module, norm: nn.BatchNorm2d, x: Tensor, modulation: Modulation) -> Tensor:
    """Batch norm, FiLM, LeakyReLU, convolution: ``[B, C, frames, bins]``."""
    fast = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    if norm.training and fast:
        return preactivated(norm, conv, x, *modulation)
    return conv(functional.leaky_relu(modulate(norm(x), modulation), SLOPE, inplace=True))


class ConvBlock(nn.Module):
    """Two pre-activated 3x3 convolutions and a shortcut of the raw input.

    Attributes:
        site: path of the block in the network, as in the names of its FiLM layers.
    """

    site: str

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.bn1, self.bn2 = _batch_norm(inputs), _batch_norm(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, film: Film) -> Tensor:
        h = _convolve(self.conv1, self.bn1, x, film[f"{self.site}->beta1"])
        h = _convolve(self.conv2, self.bn2, h, film[f"{self.site}->beta2"])
        return h.add_(self.shortcut(x))


def _add_blocks(parent: nn.Module, inputs: int, outputs: int, blocks: int, first: int = 1) -> None:
    """Give ``parent`` a row of ConvBlocks, published as conv_block<first>, ..; the first changes the channels."""
    for i in range(first, first + blocks):
        parent.add_module(f"conv_block{i}", ConvBlock(inputs if i == first else outputs, outputs))


class Blocks(nn.Module):
    """What holds ConvBlocks."""

    def blocks(self) -> list[ConvBlock]:
        return [block for block in self.children() if isinstance(block, ConvBlock)]

    @property
    def reach(self) -> int:
        """Frames on one side that an output frame depends on: one a convolution."""
        return 2 * len(self.blocks())

    def _run_blocks(self, x: Tensor, film: Film) -> Tensor:
        for block in self.blocks():
            x = block(x, film)
        return x


class EncoderBlock(Blocks):
    """ConvBlocks; their output is the skip connection, and is pooled for the next level. The bottleneck is one too."""

    def __init__(self, inputs: int, outputs: int, blocks: int):
        super().__init__()
        _add_blocks(self, inputs, outputs, blocks)

    def forward(self, x: Tensor, film: Film) -> Tensor:
        return self._run_blocks(x, film)


class DecoderBlock(Blocks):
    """Transposed convolution of kernel = stride, concatenation with the skip, ConvBlocks."""

    site: str

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int], blocks: int):
        super().__init__()
        self.bn1 = _batch_norm(inputs)
        self.conv1 = nn.ConvTranspose2d(inputs, outputs, stride, stride, bias=False)
        _add_blocks(self, 2 * outputs, outputs, blocks, first=2)

    def forward(self, x: Tensor, skip: Tensor, film: Film) -> Tensor:
        x = _convolve(self.conv1, self.bn1, x, film[f"{self.site}->beta1"])
        return self._run_blocks(torch.cat((x, skip), dim=1), film)


class ResUNet30Base(nn.Module):
    """The network itself: mixture and FiLM parameters -> estimate."""

    def __init__(
        self, window: int, hop: int, channels: int, widths: tuple[int, ...], stem: int, blocks: int, bottleneck: int
    ):
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
            self.add_module(f"encoder_block{i}", EncoderBlock(inputs, outputs, blocks))
        self.conv_block7a = EncoderBlock(widths[-1], widths[-1], bottleneck)
        for i, (inputs, outputs) in enumerate(zip((widths[-1], *widths[::-1]), widths[::-1]), start=1):
            self.add_module(f"decoder_block{i}", DecoderBlock(inputs, outputs, self.scale(levels + 1 - i), blocks))
        if stem == 1:
            self.after_conv = nn.Conv2d(widths[0], 3 * channels, 1)
        else:
            self.after_conv = nn.ConvTranspose2d(widths[0], 3 * channels, step, step)
        for path, block in self.named_modules():
            if isinstance(block, (ConvBlock, DecoderBlock)):
                block.site = path.replace(".", "->")

    def scale(self, level: int) -> tuple[int, int]:
        """Frames and bins that are one behind a level; the lowest keeps the frames."""
        return (1, 2) if level == self.levels else (2, 2)

    def film_sites(self) -> dict[str, int]:
        """Name and number of channels of each batch norm that FiLM follows."""
        return {
            f"{block.site}->beta{i}": getattr(block, f"bn{i}").num_features
            for block in self.modules()
            for i in (1, 2)
            if isinstance(block, (ConvBlock, DecoderBlock)) and hasattr(block, f"bn{i}")
        }

    def encoders(self) -> list[EncoderBlock]:
        """From the outermost level inwards."""
        return [self.get_submodule(f"encoder_block{i}") for i in range(1, self.levels + 1)]

    def decoders(self) -> list[DecoderBlock]:
        """From the innermost level outwards."""
        return [self.get_submodule(f"decoder_block{i}") for i in range(1, self.levels + 1)]

    def forward(self, mixture: Tensor, film: Film) -> Tensor:
        """Mixture ``[B, C, T]``, FiLM parameters of each site -> ``[B, C, T]``."""
        spectrum = self.stft(mixture)
        power = spectrum.real.square() + spectrum.imag.square()
        features = self._features(power.clamp(min=FLOOR).sqrt(), film)
        return self.stft.inverse(self._mask(features) * spectrum, mixture.shape[-1])

    def _features(self, magnitude: Tensor, film: Film) -> Tensor:
        """Magnitude ``[B, C, frames, bins]`` -> mask features ``[B, 3 C, frames, bins]``."""
        frames = magnitude.shape[-2]
        x = self.bn0(magnitude.transpose(1, 3)).transpose(1, 3)
        x = functional.pad(x[..., :-1], (0, 0, 0, -frames % self.time_factor))  # frames to a multiple, Nyquist off
        if torch.is_inference_mode_enabled() and not self.training and x.device.type == "cpu":
            x = resunet30_inference.unet(self, x, film)
        else:
            x = self.unet(x, film)
        x = x.to(magnitude.dtype)  # no bf16: complex numbers have none
        return functional.pad(x, (0, 1))[:, :, :frames]  # Nyquist on, zero

    def unet(self, x: Tensor, film: Film) -> Tensor:
        """Normed magnitudes ``[B, C, frames, bins]`` -> mask features ``[B, 3 C, frames, bins]``."""
        x = self.pre_conv(x)
        skips = []
        for level, encoder in enumerate(self.encoders(), start=1):
            skips.append(encoder(x, film))
            x = average_pool(skips[-1], self.scale(level))
        x = self.conv_block7a(x, film)
        for decoder in self.decoders():
            x = decoder(x, skips.pop(), film)
        return self.after_conv(x)

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
        widths: channels of each level; the paper has 32 to 1024.
        stem: bins that the first convolution joins (and the last one spreads again); 1 as published.
        blocks_per_level: ConvBlocks of each encoder and decoder block: 1 as released and as Sec. V-A reads, 4 as
            Sec. III-D reads. USS-ResUNet60 would be 2; that is our reading of its name.
        bottleneck_blocks: ConvBlocks between encoder and decoder: 1 as released, 4 in the paper.
        film: "shift" (beta by one linear layer) as released, "scale_shift" (gamma and beta by two) in the paper.
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
        blocks_per_level: int = 1,
        bottleneck_blocks: int = 1,
        film: str = "shift",
    ):
        super().__init__()
        if film not in FILM:
            raise LassError(f"separator: film {film!r} is not one of {', '.join(FILM)}")
        if min(blocks_per_level, bottleneck_blocks) < 1:
            raise LassError("separator: blocks_per_level and bottleneck_blocks must be 1 or more")
        self.sample_rate = sample_rate
        self.base = ResUNet30Base(window, hop, channels, tuple(widths), stem, blocks_per_level, bottleneck_blocks)
        self.channels, self.grid = channels, self.base.time_factor * hop
        # Frames on one side: a ConvBlock reaches 2 of its level, 2^(i-1) each at level i, down and up again, those of
        # the bottleneck time_factor each; a frame may lie at either end of its cell of time_factor frames.
        longest = self.base.time_factor
        frames = 4 * blocks_per_level * (2 * longest - 1) + 2 * bottleneck_blocks * longest + longest - 1
        self.receptive_field = frames * hop + window - 2  # half a window at both ends, whose first sample counts 0
        # A released decoder holds a second norm and its FiLM layer, and never applies them: kept for their keys alone.
        unused = [b for b in self.base.modules() if isinstance(b, DecoderBlock)] if film == "shift" else []
        for block in unused:
            block.bn2 = _batch_norm(block.bn1.num_features).requires_grad_(False)
        self.film = nn.ModuleDict({site: FILM[film](condition, n) for site, n in self.base.film_sites().items()})
        for block in unused:
            self.film[f"{block.site}->beta2"].requires_grad_(False)
        xavier(self)
        for layer in self.film.values():
            if isinstance(layer, ScaleShift):
                layer.reset_scale()

    def forward(self, mixture: Tensor, query) -> Tensor:
        batch, channels, samples = mixture.shape
        embedding = query.embedding
        if self.base.channels == 1 and channels > 1:
            mixture = mixture.reshape(batch * channels, 1, samples)
            embedding = embedding.repeat_interleave(channels, dim=0)
        elif self.base.channels != channels:
            raise LassError(f"separator: a mixture of {channels} channels for a network of {self.base.channels}")
        film = {site: layer(embedding) for site, layer in self.film.items()}
        return self.base(mixture, film).reshape(batch, channels, samples)
