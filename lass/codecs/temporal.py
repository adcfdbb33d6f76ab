"""Causal layers of the codec: convolutions over frames and bins, and memory along time."""

from torch import Tensor, nn
from torch.nn import functional

KERNEL = 2, 5  # frames, bins: the authors' released speech codec (github.com/microsoft/TF-Codec)
DILATIONS = 1, 2, 4, 8  # frames; of the same


class Narrow(nn.Sequential):
    """A convolution that divides the number of bins by ``stride``, batch normalisation and PReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        convolution = nn.Conv2d(inputs, outputs, KERNEL, (1, stride), (0, KERNEL[1] // 2))
        super().__init__(convolution, nn.BatchNorm2d(outputs), nn.PReLU(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """``[B, inputs, frames, bins]`` -> ``[B, outputs, frames, ceil(bins / stride)]``."""
        return super().forward(functional.pad(x, (0, 0, KERNEL[0] - 1, 0)))


class Widen(nn.Module):
    """The transposed convolution that undoes ``Narrow``, batch normalisation and PReLU.

    Args:
        bins: of the output.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, bins: int):
        super().__init__()
        padding = KERNEL[1] // 2
        spare = bins - (-(-bins // stride) - 1) * stride - KERNEL[1] + 2 * padding  # what the output lacks
        self.convolution = nn.ConvTranspose2d(inputs, outputs, KERNEL, (1, stride), (0, padding), (0, spare))
        self.after = nn.Sequential(nn.BatchNorm2d(outputs), nn.PReLU(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """``[B, inputs, frames, ceil(bins / stride)]`` -> ``[B, outputs, frames, bins]``."""
        return self.after(self.convolution(x)[:, :, : x.shape[2]])  # its last frames would be those to come


class TemporalConvolution(nn.Module):
    """Residual block with a dilated causal depthwise convolution along time (temporal convolution module).

    Args:
        width: channels.
        hidden: channels of the depthwise convolution.
        kernel: frames.
        dilation: frames.
    """

    def __init__(self, width: int, hidden: int, kernel: int, dilation: int):
        super().__init__()
        self.past = (kernel - 1) * dilation
        self.spread = nn.Sequential(nn.Conv1d(width, hidden, 1), nn.BatchNorm1d(hidden), nn.PReLU(hidden))
        depthwise = nn.Conv1d(hidden, hidden, kernel, dilation=dilation, groups=hidden)
        self.along = nn.Sequential(depthwise, nn.BatchNorm1d(hidden), nn.PReLU(hidden), nn.Conv1d(hidden, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """``[B, width, frames]`` -> the same."""
        return x + self.along(functional.pad(self.spread(x), (self.past, 0)))


class Memory(nn.Module):
    """A GRU along time.

    Args:
        width: channels.
    """

    def __init__(self, width: int):
        super().__init__()
        self.gru = nn.GRU(width, width, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, width, frames]`` -> the same."""
        return self.gru(x.transpose(1, 2))[0].transpose(1, 2)


def convolutions(width: int, hidden: int, kernel: int) -> nn.Sequential:
    """Temporal convolutions of growing dilation."""
    return nn.Sequential(*(TemporalConvolution(width, hidden, kernel, dilation) for dilation in DILATIONS))
