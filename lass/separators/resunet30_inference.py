"""ResUNet30 on a CPU without gradients: what ResUNet30Base.unet gives, in less time and memory.

That one, which trains and runs on GPUs, is the plain twin; test/separators/test_resunet30_inference.py compares them.
Nothing differs but rounding:
* a batch norm with its FiLM is one multiply-add a channel, and the second norm of a ConvBlock is in the convolution
  before it;
* a block runs in strips of frames, each with as many more on both sides as its convolutions reach: what lies between
  two convolutions then stays in the cache and is never there as a whole;
* maps are channels_last, and mixtures come one after the other, since a strip of a batch is not contiguous.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.layers.film import Modulation
from lass.layers.preactivated import SLOPE

STRIP = 16  # frames of the outermost level, at least; twice as many of the next, whose maps have half the bins
VALUES = 1 << 19  # of a map in a strip, at least: narrow networks have longer strips

Film = dict[str, Modulation]


def unet(base, x: Tensor, film: Film) -> Tensor:
    """Normed magnitudes ``[B, C, frames, bins]`` -> mask features ``[B, 3 C, frames, bins]``."""
    maps = x.contiguous(memory_format=torch.channels_last).split(1)
    return torch.cat([_unet(base, one, own) for one, own in zip(maps, _each(film, len(maps)))])


def _each(film: Film, batch: int) -> Iterator[Film]:
    """The modulations ``[channels]`` of each mixture."""
    for b in range(batch):
        yield {site: (None if gamma is None else gamma[b], beta[b]) for site, (gamma, beta) in film.items()}


def _unet(base, x: Tensor, film: Film) -> Tensor:
    skips = []
    for level, encoder in enumerate(base.encoders(), start=1):
        blocks = _folded(encoder, film)
        run = _chain([base.pre_conv] * (level == 1) + blocks)
        bins = x.shape[3] // (base.pre_conv.stride[1] if level == 1 else 1)
        skips.append(_in_strips(run, [x], _frames(level, blocks[0].channels * bins), encoder.reach))
        x = functional.avg_pool2d(skips[-1], base.scale(level))
    x = _chain(_folded(base.conv_block7a, film))(x)
    for level, decoder in zip(range(base.levels, 0, -1), base.decoders()):
        activate = _Activation(decoder.bn1, film[f"{decoder.site}->beta1"])
        run = _chain(_folded(decoder, film) + [base.after_conv] * (level == 1))
        skip, stride = skips.pop(), base.scale(level)[0]
        step = max(1, _frames(level, skip.shape[1] * skip.shape[3]) // stride)
        join = lambda low, skip: run(torch.cat((decoder.conv1(activate(low)), skip), dim=1))  # noqa: E731, B023
        x = _in_strips(join, [x, skip], step, -(-decoder.reach // stride))
        del skip  # the largest maps
    return x


def _frames(level: int, values: int) -> int:
    """Frames of a strip, where one frame of the level's maps has ``values``."""
    return max(STRIP << (level - 1), VALUES // values)


def _chain(layers: Sequence[Callable[[Tensor], Tensor]]) -> Callable[[Tensor], Tensor]:
    def run(x: Tensor) -> Tensor:
        for layer in layers:
            x = layer(x)
        return x

    return run


def _in_strips(run: Callable[..., Tensor], maps: Sequence[Tensor], step: int, reach: int) -> Tensor:
    """``run(*maps)`` in strips of ``step`` frames of the first map; the others have a multiple of its frames.

    Args:
        reach: frames of the first map on one side that a frame of the result depends on.
    """
    frames, result = maps[0].shape[2], None
    for start in range(0, frames, step):
        stop = min(start + step, frames)
        low, high = max(0, start - reach), min(frames, stop + reach)
        strips = [x[:, :, low * (n := x.shape[2] // frames) : high * n] for x in maps]
        found = run(*strips)
        n = found.shape[2] // (high - low)
        if result is None:
            size = (1, found.shape[1], frames * n, found.shape[3])
            result = torch.empty(size, dtype=found.dtype, memory_format=torch.channels_last)
        result[:, :, start * n : stop * n] = found[:, :, (start - low) * n : (stop - low) * n]
    return result


def _scale_and_shift(norm: nn.BatchNorm2d, modulation: Modulation) -> tuple[Tensor, Tensor]:
    """gamma BatchNorm(x) + beta = scale x + shift, all ``[channels]``."""
    gamma, beta = modulation
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    shift = norm.bias - norm.running_mean * scale
    return (scale, shift + beta) if gamma is None else (gamma * scale, gamma * shift + beta)


class _Activation:
    """Batch norm, FiLM, LeakyReLU."""

    def __init__(self, norm: nn.BatchNorm2d, modulation: Modulation):
        self.scale, self.shift = (v[:, None, None] for v in _scale_and_shift(norm, modulation))

    def __call__(self, x: Tensor) -> Tensor:
        shifted = torch.addcmul(self.shift.to(x.dtype), x, self.scale.to(x.dtype))
        return functional.leaky_relu_(shifted, SLOPE)


def _folded(parent, film: Film) -> list["_FoldedBlock"]:
    return [_FoldedBlock(block, film) for block in parent.blocks()]


class _FoldedBlock:
    """A ConvBlock, its second norm in the weights of its first convolution."""

    def __init__(self, block, film: Film):
        self.activate = _Activation(block.bn1, film[f"{block.site}->beta1"])
        scale, self.bias = _scale_and_shift(block.bn2, film[f"{block.site}->beta2"])
        self.weight = block.conv1.weight * scale[:, None, None, None]
        self.conv2, self.shortcut, self.channels = block.conv2, block.shortcut, block.conv2.out_channels

    def __call__(self, x: Tensor) -> Tensor:
        h = functional.conv2d(self.activate(x), self.weight, self.bias, padding=1)
        return self.conv2(functional.leaky_relu_(h, SLOPE)).add_(self.shortcut(x))
