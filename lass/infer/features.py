"""Separation in feature space (HSM-TSS) against the features of the true targets of a rendered set."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity
from tqdm import tqdm

from lass.data.rendered import Question
from lass.errors import LassError
from lass.infer.model import Model
from lass.io import audio
from lass.separators.hsm_tss import HsmTss, cut


class Compared(NamedTuple):
    """What was found for n questions.

    Attributes:
        figures: name -> ``[n]``: ``cos_mixture`` and ``cos`` of the mixture's and the predicted global feature with the
            target's; ``l1_mixture``, ``l1`` and ``l1_true`` of the mixture's patches, of those predicted, and of those
            predicted from the true global feature, mean absolute difference from the target's. Those of the stages
            that the model has.
        true, found: global features ``[n, D]`` of the targets, and as predicted; None without a first stage.
    """

    figures: dict[str, np.ndarray]
    true: np.ndarray | None
    found: np.ndarray | None


@torch.inference_mode()
def compare(model: Model, questions: Sequence[Question], task: str, batch_size: int = 8) -> Compared:
    """Ask all questions; of a mixture that is longer than a clip, the first is taken.

    Args:
        task: "extraction" or "removal" of what the questions say.
    """
    separator = separator_of(model)
    rows: dict[str, list[Tensor]] = {}
    for start in tqdm(range(0, len(questions), batch_size), desc=task, unit="batch"):
        batch = questions[start : start + batch_size]
        paths = [q.mixture for q in batch], [q.reference for q in batch]
        mixture, target = (separator.hear(read(model, of)) for of in paths)
        text = separator.read(model.query([q.text for q in batch], task))
        for name, values in _compared(separator, mixture, target, text).items():
            rows.setdefault(name, []).append(values.float().cpu())
    joined = {name: torch.cat(values).numpy() for name, values in rows.items()}
    true, found = joined.pop("true", None), joined.pop("found", None)
    return Compared(joined, true, found)


def separator_of(model: Model) -> HsmTss:
    """The separator, which must be one of features."""
    separator = model.separator
    if not isinstance(separator, HsmTss):
        raise LassError(f"{model.config['separator']['class']}: separates no features: give a model of hsm_tss_global, "
                        "hsm_tss_local, hsm_tss or hsm_tss_single")
    return separator


def read(model: Model, paths: Sequence[str]) -> Tensor:
    """The first clips of mono files as the separator takes them: ``[B, samples]``."""
    waves = []
    for path in paths:
        wave, rate = audio.read(path)
        own = torch.from_numpy(audio.resample(wave[:1], rate, model.sample_rate))
        waves.append(cut(own, model.separator.samples)[0, :1])
    return torch.cat(waves).to(model.device)


def _compared(separator: HsmTss, mixture, target, text) -> dict[str, Tensor]:
    found, local = separator.separate_features(*mixture, text)
    figures = {}
    if found is not None:
        figures["cos_mixture"] = cosine_similarity(mixture[0], target[0])
        figures["cos"] = cosine_similarity(found, target[0])
        figures |= {"true": target[0], "found": found}
    if local is not None:
        figures["l1_mixture"], figures["l1"] = _distance(mixture[1], target[1]), _distance(local, target[1])
    if found is not None and local is not None:
        figures["l1_true"] = _distance(separator.local_stage(mixture[1], text, target[0]), target[1])
    return figures


def _distance(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).abs().mean((1, 2))


@torch.inference_mode()
def attention(model: Model, question: Question) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Spectrograms ``[frames, bands]`` and the attention of global features ``[time, frequency]``, for a figure."""
    separator, waves = separator_of(model), read(model, [question.mixture, question.reference])
    (mixture, true), patches = separator.hear(waves)
    text, audio_mae = separator.read(model.query([question.text])), separator.frozen["audio"]
    found = separator.global_stage(mixture[None], text)
    attended = {
        f"attention of the {name} global feature": separator.local_stage.attention(patches[:1], text, feature)
        .reshape(audio_mae.grid).cpu().numpy()
        for name, feature in (("true", true[None]), ("predicted", found))
    }  # fmt: skip
    spectrograms = audio_mae.spectrogram(waves).cpu().numpy()
    return dict(zip(("mixture", "target"), spectrograms)), attended
