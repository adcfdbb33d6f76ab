"""What a codec keeps of the clips of a set, and what a mel spectrogram would keep."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torchaudio
from torch import Tensor

from lass import config as configuration
from lass.codecs.codec import Codec
from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io import audio
from lass.losses.multi_scale_mel import multi_scale_mel
from lass.metrics.lsd import lsd, lsd_audioldm
from lass.metrics.visqol import RATE, visqol
from lass.parts.folder import build_part, load_part

SCORE_RATE = 16000  # Hz: HSM-TSS, Sec. IV-A
WINDOW, MELS = 1024, 80  # of the mel floor: samples, bands; usual in speech synthesis


def load_codec(place: Path) -> Codec:
    """The codec in the folder of a part, or that of a yaml, whose weights come from elsewhere.

    Raises:
        LassError: there is none.
    """
    is_yaml = place.suffix == ".yaml"
    part = build_part(configuration.read_yaml(place).get("part")) if is_yaml else load_part(place)
    if not isinstance(part, Codec):
        raise LassError(f"{place}: a {type(part).__name__}, which is no codec: give the folder of one")
    return part.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def measure(codec: Codec, data: DataDir) -> Iterator[dict]:
    """``utt``, ``seconds``, the tokens ``[N, groups]`` and the figures of ``codec`` and ``mel_floor`` of each clip.

    A clip is brought to the codec's rate, coded and decoded. All is compared at 16 kHz.
    """
    for utt, path in data.wav:
        wave, rate = audio.read(path)
        mono = wave.mean(0)
        tokens, decoded = _coded(codec, audio.resample(mono, rate, codec.sample_rate))
        reference = audio.resample(mono, rate, SCORE_RATE)
        estimate = audio.resample(decoded, codec.sample_rate, SCORE_RATE)[: len(reference)]
        yield {
            "utt": utt, "seconds": len(mono) / rate, "tokens": tokens,
            "codec": figures(reference, estimate), "mel_floor": figures(reference, mel_floor(reference)),
        }  # fmt: skip


@torch.inference_mode()
def _coded(codec: Codec, wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tokens = codec.encode(torch.from_numpy(wave)[None].to(next(codec.parameters()).device))
    return tokens[0].cpu().numpy(), codec.decode(tokens)[0, : len(wave)].float().cpu().numpy()


def figures(reference: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Distances of ``[T]`` at 16 kHz: ``mel``, ``lsd``, ``lsd_audioldm``, ``visqol``."""
    pair = torch.from_numpy(estimate), torch.from_numpy(reference)
    return {
        "mel": float(multi_scale_mel(*pair, SCORE_RATE)),
        "lsd": lsd(reference, estimate, SCORE_RATE),
        "lsd_audioldm": lsd_audioldm(reference, estimate, SCORE_RATE),
        "visqol": visqol(*(audio.resample(wave, SCORE_RATE, RATE) for wave in (reference, estimate))),
    }


def mel_floor(wave: np.ndarray) -> np.ndarray:
    """``[T]`` at 16 kHz with the magnitudes that 80 mel bands hold, and its own phase: what is lost by keeping mels."""
    options = {"window": torch.hann_window(WINDOW), "hop_length": WINDOW // 4}
    spectrum = torch.stft(torch.from_numpy(wave), WINDOW, return_complex=True, pad_mode="constant", **options)
    bands = _bands()
    held = (torch.linalg.pinv(bands) @ (bands @ spectrum.abs())).clamp_min(0)
    return torch.istft(torch.polar(held, spectrum.angle()), WINDOW, length=len(wave), **options).numpy()


def _bands() -> Tensor:
    """``[mels, bins]``."""
    edges = 0.0, SCORE_RATE / 2, MELS, SCORE_RATE
    return torchaudio.functional.melscale_fbanks(WINDOW // 2 + 1, *edges, norm="slaney", mel_scale="slaney").T
