"""The networks that semantic metrics listen with: CLAP, a tagger, audio language models. Nothing is fetched unasked.

Each is a ``lass.score.signals.Listener``.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AudioFlamingo3ForConditionalGeneration,
    AutoProcessor,
    PreTrainedModel,
    Qwen2AudioForConditionalGeneration,
)

from lass.errors import LassError
from lass.io.checkpoint import read_weights
from lass.io.files import sha256
from lass.layers.cnn14 import Cnn14
from lass.layers.vggish import Vggish
from lass.metrics.registry import LISTENERS
from lass.queries.clap import Clap
from lass.queries.ms_clap import MsClap
from lass.queries.pretrained import find_folder, find_weights, load

PROMPT = "Describe the audio in one sentence."
ACCURACY = re.compile(r"mAP=\d\.\d+")  # in the names of PANNs' published checkpoints


class ClapListener:
    """A CLAP: embeddings of norm 1 of texts, and of the middle seconds of waves that it was trained with.

    Args:
        model: folder or hub id, as ``encoder`` takes it.
    """

    def __init__(self, model: str, device: str, encoder: type[Clap | MsClap] = Clap):
        self._clap = encoder(model).to(device)
        self.sample_rate = self._clap.sample_rate
        self.identity = self._clap.identity()

    def hear(self, wave: np.ndarray) -> dict[str, np.ndarray]:
        return _numbers(embedding=self._clap.encode_audio(torch.from_numpy(wave[None])).embedding)

    def read(self, text: str) -> dict[str, np.ndarray]:
        return _numbers(embedding=self._clap.encode_text([text]).embedding)


class TaggerListener:
    """CNN14 of PANNs: posteriors of the classes, and the embedding below them.

    Args:
        model: checkpoint; a name with "mAP=0.431" tells the accuracy.
        accuracy: what a row says of how good the tagger is.

    Raises:
        LassError: no such file, no CNN14, or its accuracy is not known.
    """

    def __init__(self, model: str, device: str, accuracy: str | None = None):
        stated = accuracy or next(iter(ACCURACY.findall(Path(model).name)), None)
        if not stated:
            raise LassError(f"{model}: how good is this tagger? a row by it says so: --tagger_accuracy TEXT, "
                            "for example 'mAP 0.431 on AudioSet'")
        self._network = Cnn14.of(read_weights(model), model).to(device)
        self._device, self.sample_rate = device, self._network.sample_rate
        self.identity = f"{Path(model).name}-{sha256(model)[:16]} ({stated})"

    @torch.no_grad()
    def hear(self, wave: np.ndarray) -> dict[str, np.ndarray]:
        heard = self._network(torch.from_numpy(wave[None]).to(self._device))
        return _numbers(posteriors=heard.posteriors, embedding=heard.embedding)


class VggishListener:
    """VGGish: an embedding of each patch of 0.96 s.

    Args:
        model: checkpoint of torchvggish, or the same weights as safetensors.
    """

    def __init__(self, model: str, device: str):
        self._network = Vggish.of(read_weights(model), model).to(device)
        self._device, self.sample_rate = device, self._network.sample_rate
        self.identity = f"{Path(model).name}-{sha256(model)[:16]}"

    @torch.no_grad()
    def hear(self, wave: np.ndarray) -> dict[str, np.ndarray]:
        return _numbers(embedding=self._network(torch.from_numpy(wave[None]).to(self._device)))


class LanguageListener:
    """An audio language model asked for a caption: its penultimate layer, averaged over the tokens of the prompt.

    Args:
        model: folder or hub id.
        backbone_class: of transformers; decides the type of model that is taken.

    Source: AFSim of HSM-TSS (2025), Sec. IV-C, there with Audio Flamingo 1.
    """

    def __init__(self, model: str, device: str, backbone_class: type[PreTrainedModel]):
        found = load(backbone_class.config_class, find_folder(model, ["*.json", "*.jinja"])).model_type
        if found != backbone_class.config_class.model_type:
            raise LassError(f"{model}: a model of type {found!r}, not {backbone_class.config_class.model_type!r}: "
                            "choose the metric of that model")
        files = find_weights(model)
        self._processor = load(AutoProcessor, files[0].parent, trust_remote_code=False)
        safe = {"weights_only": True, "dtype": torch.float32}
        self._backbone = load(backbone_class, files[0].parent, **safe).to(device).eval().requires_grad_(False)
        self._device, self.sample_rate = device, self._processor.feature_extractor.sampling_rate
        self.identity = f"{Path(model).name}-{sha256(files[0])[:16]}"

    @torch.no_grad()
    def hear(self, wave: np.ndarray) -> dict[str, np.ndarray]:
        inputs = self._processor(
            text=[self._processor.audio_token + PROMPT], audio=[wave], sampling_rate=self.sample_rate,
            return_tensors="pt",
        )  # fmt: skip
        found = self._backbone(**inputs.to(self._device), output_hidden_states=True, use_cache=False)
        return _numbers(embedding=found.hidden_states[-2].mean(dim=1))


KINDS = {
    "clap": ClapListener,
    "ms_clap": functools.partial(ClapListener, encoder=MsClap),
    "tagger": TaggerListener,
    "vggish": VggishListener,
    "audioflamingo3": functools.partial(LanguageListener, backbone_class=AudioFlamingo3ForConditionalGeneration),
    "qwen2_audio": functools.partial(LanguageListener, backbone_class=Qwen2AudioForConditionalGeneration),
}
assert KINDS.keys() == LISTENERS.keys()


def open_listeners(models: Mapping[str, str], device: str, tagger_accuracy: str | None) -> dict:
    """Kind -> listener; ``models`` are kind -> folder, file or hub id."""
    given = {"tagger": {"accuracy": tagger_accuracy}}
    return {kind: KINDS[kind](model, device, **given.get(kind, {})) for kind, model in models.items()}


def _numbers(**features: Tensor) -> dict[str, np.ndarray]:
    """``[1, ..]`` each -> float32 ``[..]``."""
    return {name: feature[0].float().cpu().numpy() for name, feature in features.items()}
