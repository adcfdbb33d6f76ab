"""BERT that trains with the separator (LASS-Net, Sec. 3.2 and 5.1)."""

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertModel

from lass.queries import ENCODER
from lass.queries.bert import BertText
from lass.queries.encoder import QueryEncoder, check_texts
from lass.queries.pretrained import find_folder, find_weights
from lass.queries.query import Query

PUNCTUATION = re.compile(r"[^\w\s]|_")


class FinetunedBert(BertText):
    """BERT -> first token -> Linear(dim) -> ReLU.

    Texts are lower-cased, lose their punctuation, and begin with the token ``start`` instead of BERT's own marks.

    Args:
        model: folder or hub id of the BERT that the training starts from. The folder ``encoder`` of a model folder has
            no weights of its own: those that were trained are in ``model.safetensors`` beside it.
        dim: D of the embedding.
        start: "<SOS>" in the paper, "[CLS]" as released. A token that BERT does not know is added, and begins as [CLS].
    """

    frozen = False
    own_marks = False

    def __init__(self, model: str = "prajjwal1/bert-mini", dim: int = 256, start: str = "<SOS>") -> None:
        super().__init__(model)
        self.dim, self.start = dim, start
        if self._is_of_a_model:
            self.bert = BertModel(self.config, **self.backbone_arguments)
        else:
            with torch.device("cpu"):  # also where a system is built without memory for its weights
                self.bert = self.load_network(BertModel, **self.backbone_arguments).train()
        self.projection = nn.Linear(self.config.hidden_size, dim)
        if start not in self._tokenizer.get_vocab():
            self._add_start()

    @property
    def _is_of_a_model(self) -> bool:
        folder = find_folder(self.model, ["config.json"])
        return folder.name == ENCODER and (folder.parent / "model.safetensors").is_file()

    @functools.cached_property
    def _folder(self) -> Path:
        return Path(self.model) if self._is_of_a_model else find_weights(self.model)[0].parent

    @torch.no_grad()
    def _add_start(self) -> None:
        self._tokenizer.add_tokens([self.start], special_tokens=True)
        rows = self.bert.resize_token_embeddings(len(self._tokenizer), mean_resizing=False).weight
        rows[-1] = rows[self._tokenizer.cls_token_id]

    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``, nowhere below 0."""
        ids, mask = self.tokenise(texts)
        first = self.bert(ids, attention_mask=mask).last_hidden_state[:, 0]
        return Query(self.projection(first).relu(), None, None, ["extraction"] * len(texts), "text")

    def tokenise(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """B texts -> (ids ``[B, N]``, mask ``[B, N]``: 1 for a token, 0 for padding); longer texts are cut."""
        check_texts(texts)
        return super().tokenise([f"{self.start} {PUNCTUATION.sub('', text.lower())}" for text in texts])

    def save_assets(self, folder: Path) -> None:
        """Write configuration and tokenizer to ``<folder>/encoder``."""
        for part in (self.bert.config, self._tokenizer):
            part.save_pretrained(folder / ENCODER)

    identity = QueryEncoder.identity
