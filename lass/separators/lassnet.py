"""LASS-Net: the separation network of "Separate What You Describe" (Interspeech 2022), as released and in its paper.

The defaults are the released network: its state_dict has the published key names and shapes. The paper differs
(conf/model/lassnet.yaml): 4x4 kernels, a gamma beside the beta of FiLM, half as many convolutions a level, none between
encoder and decoder. FiLM acts behind each convolution, and as in the released code on a shortcut that has one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.layers.film import Rectified, modulate
from lass.layers.initial import xavier
from lass.layers.stft import STFT
from lass.separators.separator import Separator

FILM = {"shift": False, "scale_shift": True}  # whether there is a gamma
UPSAMPLING = 3  # kernel of the transposed convolutions; the paper names none


def _activate(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return functional.leaky_relu(norm(x), 0.01)


class ResidualBlock(nn.Module):
    """ConvBlocks (batch norm, LeakyReLU, convolution, FiLM) in a row, and a shortcut of the raw input."""

    def __init__(self, inputs: int, outputs: int, condition: int, kernel: int, scale: bool, convolutions: int = 2):
        super().__init__()
        self.convolutions = convolutions
        before, behind = (kernel - 1) // 2, kernel // 2
        self.padding = (before, behind, before, behind)  # so that maps keep their size, for even kernels too
        for i in range(1, convolutions + 1):
            width = inputs if i == 1 else outputs
            self.add_module(f"bn{i}", nn.BatchNorm2d(width))
            self.add_module(f"conv{i}", nn.Conv2d(width, outputs, kernel, bias=False))
            self.add_module(f"film{i}", Rectified(condition, outputs, scale))
        if inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1)
            self.film_res = Rectified(condition, outputs, scale)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = x
        for i in range(1, self.convolutions + 1):
            norm, conv, film = (self.get_submodule(f"{name}{i}") for name in ("bn", "conv", "film"))
            h = modulate(conv(functional.pad(_activate(norm, h), self.padding)), film(embedding))
        return h + (modulate(self.shortcut(x), self.film_res(embedding)) if hasattr(self, "shortcut") else x)


class Level(nn.Module):
    """ResidualBlocks conv_block<first>, ..; in a decoder behind a transposed convolution and the skip connection."""

    def __init__(self, blocks: int, inputs: int, outputs: int, *block_arguments, decoder: bool = False):
        super().__init__()
        first = 1
        if decoder:
            self.conv1 = nn.ConvTranspose2d(inputs, outputs, UPSAMPLING, 2, bias=False)
            self.bn1 = nn.BatchNorm2d(inputs)
            inputs, first = 2 * outputs, 2  # their numbers, as published
        for i in range(first, first + blocks):
            self.add_module(f"conv_block{i}", ResidualBlock(inputs, outputs, *block_arguments))
            inputs = outputs

    def forward(self, x: Tensor, embedding: Tensor, skip: Tensor | None = None) -> Tensor:
        if skip is not None:
            x = self.conv1(self.bn1(x).relu())[:, :, : skip.shape[2]]  # one frame too many; ReLU, as released
            x = torch.cat((x, skip), dim=1)
        for block in self.children():
            if isinstance(block, ResidualBlock):
                x = block(x, embedding)
        return x


class UNet(nn.Module):
    """Magnitudes ``[B, 1, frames, bins]`` and embeddings ``[B, D]`` -> logits of the mask, of the same shape."""

    def __init__(
        self, condition: int, widths: tuple[int, ...], kernel: int, scale: bool, blocks: int, middle: bool, last: int
    ):
        super().__init__()
        self.levels, block = len(widths), (condition, kernel, scale)
        for i, (inputs, outputs) in enumerate(zip((1, *widths), widths), start=1):
            self.add_module(f"encoder_block{i}", Level(blocks, inputs, outputs, *block))
        if middle:
            self.conv_block7 = ResidualBlock(widths[-1], widths[-1], *block)
        for i, (inputs, outputs) in enumerate(zip((widths[-1], *widths[::-1]), widths[::-1]), start=1):
            self.add_module(f"decoder_block{i}", Level(blocks, inputs, outputs, *block, decoder=True))
        self.after_conv_block1 = ResidualBlock(widths[0], widths[0], *block, convolutions=last)
        self.after_conv2 = nn.Conv2d(widths[0], 1, 1)

    def forward(self, magnitude: Tensor, embedding: Tensor) -> Tensor:
        frames = magnitude.shape[2]
        # Without the two highest bins each map has 2 n + 1 of the next one's n, as transposed convolutions give them.
        x = functional.pad(magnitude[..., :-2], (0, 0, 0, -frames % 2**self.levels))
        skips = []
        for i in range(1, self.levels + 1):
            skips.append(self.get_submodule(f"encoder_block{i}")(x, embedding))
            x = functional.avg_pool2d(skips[-1], 2)
        if hasattr(self, "conv_block7"):
            x = self.conv_block7(x, embedding)
        for i in range(1, self.levels + 1):
            x = self.get_submodule(f"decoder_block{i}")(x, embedding, skips.pop())
        x = self.after_conv2(self.after_conv_block1(x, embedding))
        return functional.pad(x, (0, 2))[:, :, :frames]  # zeros: a mask of 1/2 in those bins


class LASSNet(Separator):
    """LASS-Net: a sigmoid mask of the magnitudes, with the phase of the mixture. Trained on magnitudes (Eq. 5).

    Args:
        condition: size of the query embedding.
        sample_rate: Hz.
        window: STFT window (samples); window / 2 is a multiple of 2^levels.
        hop: STFT hop (samples).
        widths: channels of each level.
        kernel: of the convolutions, 3 as released, 4 in the paper.
        film: "shift" (beta) as released, "scale_shift" (gamma and beta) in the paper.
        blocks_per_level: residual blocks of two convolutions of a level: 2 as released, 1 in the paper.
        bottleneck: whether there is another such block behind the last encoder block: as released.
        last_convolutions: convolutions before the 1x1 convolution: 2 as released, 1 in the paper.
    """

    def __init__(
        self,
        condition: int = 256,
        sample_rate: int = 32000,
        window: int = 1024,
        hop: int = 512,
        widths: tuple[int, ...] = (32, 64, 128, 256, 384, 384),
        kernel: int = 3,
        film: str = "shift",
        blocks_per_level: int = 2,
        bottleneck: bool = True,
        last_convolutions: int = 2,
    ):
        super().__init__()
        if film not in FILM:
            raise LassError(f"separator: film {film!r} is not one of {', '.join(FILM)}")
        if min(kernel, blocks_per_level, last_convolutions) < 1:
            raise LassError("separator: kernel, blocks_per_level and last_convolutions must be 1 or more")
        if window // 2 % 2 ** len(widths):
            raise LassError(f"separator: window {window}: window / 2 must be a multiple of 2^{len(widths)} levels: "
                            "choose another window, or fewer widths")
        self.sample_rate = sample_rate
        self.stft = STFT(window, hop)
        widths = tuple(widths)
        self.UNet = UNet(condition, widths, kernel, FILM[film], blocks_per_level, bottleneck, last_convolutions)
        xavier(self)
        for layer in self.modules():
            if isinstance(layer, Rectified) and layer.scale:
                layer.reset_scale()

    def forward(self, mixture: Tensor, query) -> Tensor:
        batch, channels, samples = mixture.shape
        spectrum = self._spectrum(mixture.reshape(batch * channels, 1, samples))
        mask = self._mask(spectrum.abs(), query.embedding.repeat_interleave(channels, dim=0), samples)
        return self.stft.inverse(mask * spectrum, samples).reshape(mixture.shape)

    def _spectrum(self, wave: Tensor) -> Tensor:
        """``[B, 1, T]`` -> ``[B, 1, frames, bins]``; mirrored up to the next frame, as the released code hears it."""
        missing = -wave.shape[-1] % self.stft.hop
        return self.stft(functional.pad(wave, (0, missing), mode="reflect" if wave.shape[-1] > missing else "constant"))

    def _mask(self, magnitude: Tensor, embedding: Tensor, samples: int) -> Tensor:
        """Mask of magnitudes ``[B, 1, frames, bins]``.

        The released network hears samples // hop + 1 frames; where there is one more, which holds the last samples,
        the mask of the last one is that of the frame before.
        """
        heard = min(magnitude.shape[2], samples // self.stft.hop + 1)
        mask = self.UNet(magnitude[:, :, :heard], embedding).float().sigmoid()
        return functional.pad(mask, (0, 0, 0, magnitude.shape[2] - heard), mode="replicate")

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """The yaml's loss on magnitudes ``[B, 1, frames, bins]``."""
        mixture, target = (self._spectrum(batch[name]).abs() for name in ("mixture", "target"))
        mask = self._mask(mixture, batch["query"].embedding, batch["mixture"].shape[-1])
        return {"loss": self.loss(mask * mixture, target)}
