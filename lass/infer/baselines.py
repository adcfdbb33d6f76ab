"""Systems that need no training: masks that know the target (upper bounds), and the Wiener filter for speech.

``[..., T]`` samples go in and come out; all of them keep the phase of the mixture.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from lass.data.rendered import Question
from lass.errors import LassError
from lass.infer.model import Model, resample
from lass.infer.sets import Separation
from lass.io import audio
from lass.layers.stft import STFT

FLOOR = 1e-10  # of powers
FRAME = 0.02  # s; Loizou, Speech Enhancement: Theory and Practice, 2nd ed., Sec. 6.5: 20 ms, half overlapping
LEADING = 0.12  # s at the beginning that are taken for noise (same place)
SMOOTHING = 0.98  # of the a priori SNR; Scalart and Filho 1996, Sec. 3, after Ephraim and Malah 1984, Eq. 51
NOISE_SMOOTHING = 0.98  # of the noise power, in frames that hold no speech
NO_SPEECH = 0.15  # mean log likelihood ratio of a frame below which it holds no speech; Sohn et al. 1999, Eq. 4
MAX_POSTERIOR = 40.0  # limit of the a posteriori SNR


def ideal_ratio_mask(mixture: Tensor, target: Tensor, stft: STFT) -> Tensor:
    """sqrt(|S|^2 / (|S|^2 + |N|^2)) of target S and interference N = mixture - target (Wang et al. 2014, Eq. 2)."""
    wanted, rest = _powers(mixture, target, stft)
    return _masked(mixture, (wanted / (wanted + rest).clamp(min=FLOOR)).sqrt(), stft)


def ideal_binary_mask(mixture: Tensor, target: Tensor, stft: STFT) -> Tensor:
    """1 where the target is louder than the interference, else 0 (Wang 2005; local criterion 0 dB)."""
    wanted, rest = _powers(mixture, target, stft)
    return _masked(mixture, (wanted > rest).float(), stft)


def wiener(mixture: Tensor, sample_rate: int) -> Tensor:
    """Wiener filter on the a priori SNR (Scalart and Filho, ICASSP 1996): gain xi / (1 + xi), for noisy speech.

    xi is estimated as they do, decision-directed. The noise power is that of the first 120 ms, and follows the frames
    that a likelihood ratio takes for noise.

    Args:
        mixture: ``[..., T]``.
        sample_rate: Hz.
    """
    hop = round(FRAME * sample_rate / 2)
    stft = STFT(2 * hop, hop)
    power = stft(mixture).abs().square().clamp(min=FLOOR)  # [..., frames, bins]
    noise = power[..., : max(1, math.ceil(LEADING / FRAME * 2)), :].mean(dim=-2)
    speech = torch.zeros_like(noise)  # estimated power of the speech in the frame before
    gains = []
    for frame in power.unbind(dim=-2):
        posterior = (frame / noise).clamp(max=MAX_POSTERIOR)
        prior = SMOOTHING * speech / noise + (1 - SMOOTHING) * (posterior - 1).clamp(min=0)
        evidence = (posterior * prior / (1 + prior) - torch.log1p(prior)).mean(dim=-1, keepdim=True)
        update = NOISE_SMOOTHING * noise + (1 - NOISE_SMOOTHING) * frame
        noise = torch.where(evidence < NO_SPEECH, update, noise)
        gains.append(prior / (1 + prior))
        speech = gains[-1].square() * frame
    return _masked(mixture, torch.stack(gains, dim=-2), stft)


def _powers(mixture: Tensor, target: Tensor, stft: STFT) -> tuple[Tensor, Tensor]:
    return stft(target).abs().square(), stft(mixture - target).abs().square()


def _masked(mixture: Tensor, mask: Tensor, stft: STFT) -> Tensor:
    return stft.inverse(mask * stft(mixture), mixture.shape[-1])


MASKS: dict[str, Callable[[Tensor, Tensor, STFT], Tensor]] = {
    "ideal_ratio_mask": ideal_ratio_mask,
    "ideal_binary_mask": ideal_binary_mask,
}


def by_mask(name: str, stft: STFT, sample_rate: int) -> Separation:
    """Separate with one of ``MASKS``, which sees the references of the set.

    Args:
        stft: where the mask acts, and ``sample_rate`` (Hz) of what goes in: those of a model, see ``stft_of``.
    """

    def separate(questions: Sequence[Question], mixtures: np.ndarray, rate: int) -> np.ndarray:
        targets = np.stack([audio.read(question.reference)[0] for question in questions])
        if targets.shape != mixtures.shape:
            raise LassError(f"{questions[0].reference}: shape {targets.shape[1:]}, its mixture {mixtures.shape[1:]}: "
                            "lengths and channels must agree exactly")
        own = (torch.from_numpy(resample(wave, rate, sample_rate)) for wave in (mixtures, targets))
        return resample(MASKS[name](*own, stft).numpy(), sample_rate, rate, mixtures.shape[-1])

    return separate


def by_wiener(questions: Sequence[Question], mixtures: np.ndarray, rate: int) -> np.ndarray:
    """Separate by the Wiener filter, whatever is asked."""
    return wiener(torch.from_numpy(mixtures), rate).numpy()


def stft_of(model: Model) -> STFT:
    """The STFT of a model's separator."""
    for module in model.separator.modules():
        if isinstance(module, STFT):
            return module.cpu()
    raise LassError(f"{type(model.separator).__name__} has no STFT whose masks could be ideal: choose another model")
