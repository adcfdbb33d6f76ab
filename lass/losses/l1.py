"""L1 on the waveform."""

from torch import Tensor


def l1(estimate: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error of ``[B, C, T]`` waveforms (AudioSep, Sec. III-E)."""
    return (estimate - target).abs().mean()
