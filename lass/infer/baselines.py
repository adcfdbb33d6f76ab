"""Systems that need no training of their own: masks that know the target (upper bounds), the Wiener filter for speech,
and what the acoustic decoder and the codec of HSM-TSS make of the target itself.

``[..., T]`` samples go in and come out; masks and filter keep the phase of the mixture.
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
from lass.separators.hsm_tss import HsmTss

FLOOR = 1e-10  # of powers
FRAME, HOP = 0.032, 0.008  # s
SMOOTHING = 0.98  # of the a priori SNR; Scalart and Filho 1996, after Ephraim and Malah 1984, Eq. 51
# Gerkmann and Hendriks, IEEE TASLP 20(4), 2012, Sec. III
LEADING = 0.12  # s that the noise power is first taken from; speech in them is forgotten within 0.1 s
SPEECH_SNR = 10**1.5  # 15 dB, a priori, where there is speech
NOISE_SMOOTHING = 0.8
PRESENCE_SMOOTHING, MOST_PRESENCE = 0.9, 0.99  # so that noise that rises is not taken for speech for ever


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

    xi is estimated as they do, decision-directed; the noise power is tracked by the probability that a bin holds
    speech (Gerkmann and Hendriks 2012), so that no part of the wave need be noise alone.

    Args:
        mixture: ``[..., T]``.
        sample_rate: Hz.
    """
    hop = round(HOP * sample_rate)
    stft = STFT(2 * round(FRAME * sample_rate / 2), hop)
    power = stft(mixture).abs().square().clamp(min=FLOOR)  # [..., frames, bins]
    noise = power[..., : math.ceil(LEADING / HOP), :].mean(dim=-2)
    speech, presence = torch.zeros_like(noise), torch.full_like(noise, 0.5)  # of the frame before
    gains = []
    for frame in power.unbind(dim=-2):
        noise, presence = _track_noise(frame, noise, presence)
        posterior = frame / noise
        prior = SMOOTHING * speech / noise + (1 - SMOOTHING) * (posterior - 1).clamp(min=0)
        gains.append(prior / (1 + prior))
        speech = gains[-1].square() * frame
    return _masked(mixture, torch.stack(gains, dim=-2), stft)


def _track_noise(frame: Tensor, noise: Tensor, presence: Tensor) -> tuple[Tensor, Tensor]:
    """Noise power after a frame, and the smoothed probability that it holds speech (Eq. 18, 22 to 24 there)."""
    likelihood = (1 + SPEECH_SNR) * torch.exp(-frame / noise * SPEECH_SNR / (1 + SPEECH_SNR))
    speech = 1 / (1 + likelihood)
    presence = PRESENCE_SMOOTHING * presence + (1 - PRESENCE_SMOOTHING) * speech
    speech = torch.where(presence > MOST_PRESENCE, speech.clamp(max=MOST_PRESENCE), speech)
    periodogram = speech * noise + (1 - speech) * frame
    return NOISE_SMOOTHING * noise + (1 - NOISE_SMOOTHING) * periodogram, presence


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
        targets = _targets(questions, mixtures)
        own = (torch.from_numpy(resample(wave, rate, sample_rate)) for wave in (mixtures, targets))
        return resample(MASKS[name](*own, stft).numpy(), sample_rate, rate, mixtures.shape[-1])

    return separate


DECODED: dict[str, Callable[[HsmTss, Tensor], Tensor]] = {
    "true_features": lambda separator, clips: separator.sound(separator.hear(clips)[1]),
    "true_tokens": lambda separator, clips: separator.coded(clips),
}


def by_decoder(name: str, model: Model) -> Separation:
    """What an HSM-TSS that can be heard makes of the references of the set: one of ``DECODED``.

    ``true_features`` is its acoustic decoder given the features of the target, as if the separation were perfect;
    ``true_tokens`` is its codec alone.
    """
    separator = model.separator
    if not (isinstance(separator, HsmTss) and separator.audible):
        raise LassError(f"--baseline {name}: {type(separator).__name__} has no acoustic decoder: give a model of "
                        "hsm_tss that was trained with one")

    @torch.inference_mode()
    def separate(questions: Sequence[Question], mixtures: np.ndarray, rate: int) -> np.ndarray:
        own = torch.from_numpy(resample(_targets(questions, mixtures), rate, model.sample_rate)).to(model.device)
        found = separator.by_clips(own, lambda clips: DECODED[name](separator, clips))
        return resample(found.cpu().numpy(), model.sample_rate, rate, mixtures.shape[-1])

    return separate


def _targets(questions: Sequence[Question], mixtures: np.ndarray) -> np.ndarray:
    """The references, of the shape of ``mixtures``."""
    targets = np.stack([audio.read(question.reference)[0] for question in questions])
    if targets.shape != mixtures.shape:
        raise LassError(f"{questions[0].reference}: shape {targets.shape[1:]}, its mixture {mixtures.shape[1:]}: "
                        "lengths and channels must agree exactly")
    return targets


def by_wiener(questions: Sequence[Question], mixtures: np.ndarray, rate: int) -> np.ndarray:
    """Separate by the Wiener filter, whatever is asked."""
    return wiener(torch.from_numpy(mixtures), rate).numpy()


def stft_of(model: Model) -> STFT:
    """The STFT of a model's separator."""
    for module in model.separator.modules():
        if isinstance(module, STFT):
            return module.cpu()
    raise LassError(f"{type(model.separator).__name__} has no STFT whose masks could be ideal: choose another model")
