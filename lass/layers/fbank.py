"""Log-mel spectrograms as AudioMAE hears them ("Masked autoencoders that listen", NeurIPS 2022)."""

import torch
from torch import Tensor
from torch.nn import functional
from torchaudio.compliance import kaldi

SAMPLE_RATE = 16000  # Hz
BANDS = 128
WINDOW, HOP = 400, 160  # samples: Hann window of 25 ms, every 10 ms
MEAN, DEVIATION = -4.2677393, 4.5689974  # of AudioSet, as the released code has them


def log_mel(wave: Tensor, frames: int) -> Tensor:
    """``[B, T]`` at 16 kHz -> ``[B, frames, 128]``, normalised to about zero mean and a deviation of 0.5.

    Kaldi's fbank of the wave without its mean. As in the released code, frames that are missing at the end are zeros of
    the log-mel spectrogram before it is normalised, and those beyond ``frames`` are cut.
    """
    with torch.autocast(wave.device.type, enabled=False):  # logarithms of small energies need float32
        waves = (wave - wave.mean(-1, keepdim=True)).float()
        found = torch.stack([_fbank(one) if one.numel() >= WINDOW else one.new_zeros(0, BANDS) for one in waves])
        found = functional.pad(found, (0, 0, 0, frames - found.shape[1]))  # a negative number cuts
    return (found - MEAN) / (2 * DEVIATION)


def frames_of(samples: int) -> int:
    """Frames that lie wholly in a wave of so many samples."""
    return max(0, 1 + (samples - WINDOW) // HOP)


def _fbank(wave: Tensor) -> Tensor:
    return kaldi.fbank(
        wave[None], htk_compat=True, sample_frequency=SAMPLE_RATE, use_energy=False, window_type="hanning",
        num_mel_bins=BANDS, dither=0.0, frame_length=1000 * WINDOW / SAMPLE_RATE, frame_shift=1000 * HOP / SAMPLE_RATE,
    )  # fmt: skip
