"""Encoders of others, frozen: found in a local folder or the hub's cache, loaded through transformers."""

import functools
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoTokenizer, PretrainedConfig, PreTrainedModel

from lass.errors import LassError
from lass.io.files import atomic_path, sha256
from lass.io.pretrained import find_folder, find_weights, load, way_out
from lass.queries import ENCODER
from lass.queries.encoder import QueryEncoder, check_texts

_BROUGHT = ["*.json", "*.txt", "*.safetensors"]


class PretrainedEncoder(QueryEncoder):
    """Base of the frozen encoders.

    The constructor reads ``config.json`` alone; weights are loaded when the first query is encoded, stay in eval mode
    without gradients, and are neither in ``parameters()`` nor in ``state_dict()``: a checkpoint names them
    (``identity()``) and does not carry them. They follow the module from device to device.

    Args:
        model: a folder as ``save_pretrained`` writes it, or a hub id (``owner/name``). With ``HF_HUB_OFFLINE=1`` only
            the hub's cache is looked at.

    A subclass sets ``model_types`` (of config.json), ``config_class``, ``backbone_class`` (and arguments of its
    constructor) and ``max_tokens``.
    """

    frozen = True
    model_types: tuple[str, ...]
    config_class: type[PretrainedConfig]
    backbone_class: type[PreTrainedModel]
    backbone_arguments: Mapping[str, Any] = {}
    tokenizer_class: type = AutoTokenizer
    own_marks = True  # the tokenizer adds its begin and end of a text
    max_tokens: int

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model
        folder = find_folder(model, ["config.json"])
        self._check_type(folder / "config.json")
        self.config = load(self.config_class, folder)
        self.register_buffer("_place", torch.zeros(1), persistent=False)  # knows the device before there are weights

    @functools.cached_property  # lands in __dict__, past nn.Module's registration of submodules
    def _folder(self) -> Path:
        return find_weights(self.model)[0].parent

    @functools.cached_property
    def _loaded(self) -> PreTrainedModel:
        return self.load_frozen(self.backbone_class, **self.backbone_arguments)

    def load_frozen(self, network: type[PreTrainedModel], **arguments: Any) -> PreTrainedModel:
        """A network of the folder, in eval mode and without gradients."""
        return self.load_network(network, **arguments).eval().requires_grad_(False)

    def load_network(self, network: type[PreTrainedModel], **arguments: Any) -> PreTrainedModel:
        """A network of the folder with all its weights."""
        safe = {"dtype": torch.float32, "weights_only": True, "output_loading_info": True}
        loaded, report = load(network, self._folder, **safe, **arguments)
        if report["missing_keys"]:
            raise LassError(f"{self._folder}: the weights lack {len(report['missing_keys'])} entries that "
                            f"{network.__name__} needs ({min(report['missing_keys'])}, ..): "
                            f"fetch {self.model} anew or choose the right model")
        return loaded

    @functools.cached_property
    def _tokenizer(self) -> Any:
        tokenizer = load(self.tokenizer_class, self._folder, trust_remote_code=False)
        rows = self.config.get_text_config().vocab_size
        if not rows // 2 < len(tokenizer) <= rows:  # without its files transformers hands back a vocabulary of five
            raise LassError(f"{self._folder}: a tokenizer of {len(tokenizer)} pieces for a model of {rows}: "
                            f"fetch the tokenizer files of {self.model} (tokenizer.json or vocab files) too")
        return tokenizer

    @property
    def backbone(self) -> PreTrainedModel:
        """The network with its weights, on this module's device."""
        return self._loaded.to(self._place.device)

    def save_pretrained(self, folder: Path) -> None:
        """Write it whole, as transformers does: a folder that the constructor takes as ``model``."""
        for part in (self._loaded, self._tokenizer):
            part.save_pretrained(folder)

    def save_assets(self, folder: Path) -> None:
        """Copy a local encoder to ``<folder>/encoder``; one of the hub is known by its id, pickles by their path."""
        source, target = Path(self.model).expanduser(), folder / ENCODER
        if source.resolve() == target.resolve():
            return
        shutil.rmtree(target, ignore_errors=True)  # that of an older model
        if not any(source.glob("*.safetensors")) or any(source.glob("*.model")):
            return
        for path in (path for pattern in _BROUGHT for path in sorted(source.glob(pattern))):
            with atomic_path(target / path.name) as temporary:
                shutil.copyfile(path, temporary)

    def tokenise(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """B texts -> (ids ``[B, N]``, mask ``[B, N]``: 1 for a token, 0 for padding); longer texts are cut."""
        check_texts(texts)
        batch = self._tokenizer(list(texts), padding=True, truncation=True, max_length=self.max_tokens,
                                return_tensors="pt", return_token_type_ids=False, add_special_tokens=self.own_marks)
        return batch["input_ids"].to(self._place.device), batch["attention_mask"].to(self._place.device)

    @functools.cached_property
    def _weights_hash(self) -> str:
        return hashlib.sha256("".join(map(sha256, find_weights(self.model))).encode()).hexdigest()[:16]

    def identity(self) -> str:
        """Class, name of the model and hash of its weight files (which it reads)."""
        return f"{type(self).__name__}-{Path(self.model).name}-{self._weights_hash}"

    def _type_of(self, config: dict) -> str:
        return config["model_type"]

    def _check_type(self, path: Path) -> None:
        try:
            found = self._type_of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise LassError(f"{path}: no readable model_type ({e!r}): {way_out(self.model)}") from None
        if found not in self.model_types:
            raise LassError(f"{path}: a model of type {found!r}, but {type(self).__name__} needs "
                            f"{' or '.join(self.model_types)}: choose another model")
