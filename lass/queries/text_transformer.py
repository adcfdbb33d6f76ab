"""The embedded default: a tokenizer and a small transformer, trained from scratch with the separator."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch import Tensor, nn

from lass.errors import LassError
from lass.io.files import atomic_path
from lass.queries.encoder import QueryEncoder, check_texts
from lass.queries.query import Query

TOKENIZER_FILE = "tokenizer.model"
_PAD, _UNKNOWN, _BEGIN = 0, 1, 2


class TextTransformer(QueryEncoder):
    """Word pieces -> pre-norm transformer -> mean over the pieces -> Linear(dim).

    ``fit`` (or ``load_assets``) must give it a tokenizer before it encodes. Texts are lower-cased, begin with a
    begin-of-sentence piece, and are cut to ``max_tokens`` pieces. A letter that the captions lacked becomes its UTF-8
    bytes, so that each text has an embedding.

    Args:
        dim: D of the embedding.
        vocab_size: rows of the embedding table; the tokenizer learns at most so many pieces (at least 256 are bytes).
        width: Dt of the tokens, features of the transformer.
        layers: blocks.
        heads: attention heads a block.
        max_tokens: longest text in pieces, begin-of-sentence included.
        dropout: probability.
    """

    modalities = ("text",)

    def __init__(self, dim: int = 256, vocab_size: int = 1000, width: int = 128, layers: int = 2, heads: int = 4,
                 max_tokens: int = 64, dropout: float = 0.1) -> None:
        super().__init__()
        self.dim = dim
        self.pieces = nn.Embedding(vocab_size, width, padding_idx=_PAD)
        self.positions = nn.Parameter(0.1 * torch.randn(max_tokens, width))
        block = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        for weight in self.blocks.parameters():  # torch copies one block: without this all begin alike
            if weight.dim() > 1:
                nn.init.xavier_uniform_(weight)
        self.projection = nn.Linear(width, dim)
        self._tokenizer: SentencePieceProcessor | None = None

    def fit(self, texts: Iterable[str]) -> None:
        """Train the tokenizer on the distinct ``texts``; their order does not change a byte of it."""
        model = io.BytesIO()
        try:
            SentencePieceTrainer.train(
                sentence_iterator=iter(sorted(set(texts))), model_writer=model, model_type="unigram",
                vocab_size=self.pieces.num_embeddings, hard_vocab_limit=False, byte_fallback=True,
                normalization_rule_name="nmt_nfkc_cf", pad_id=_PAD, unk_id=_UNKNOWN, bos_id=_BEGIN, eos_id=-1,
                num_threads=1,  # sums in a fixed order
                minloglevel=2,
            )
        except RuntimeError as e:
            raise LassError(f"no tokenizer from these captions with vocab_size {self.pieces.num_embeddings} ({e}): "
                            "give captions, or raise vocab_size") from None
        self._use_tokenizer(model.getvalue(), "the new tokenizer")

    def save_assets(self, folder: Path) -> None:
        with atomic_path(Path(folder) / TOKENIZER_FILE) as temporary:
            temporary.write_bytes(self._fitted().serialized_model_proto())

    def load_assets(self, folder: Path) -> None:
        path = Path(folder) / TOKENIZER_FILE
        try:
            model = path.read_bytes()
        except OSError as e:
            raise LassError(f"{path}: {e.strerror}: a model folder keeps its tokenizer there") from None
        self._use_tokenizer(model, str(path))

    def identity(self) -> str:
        both = super().identity().encode() + self._fitted().serialized_model_proto()
        return f"{type(self).__name__}-{hashlib.sha256(both).hexdigest()[:16]}"

    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``, tokens ``[B, N, Dt]``, N <= max_tokens."""
        check_texts(texts)
        ids = self._tokenise(texts)  # [B, N]
        mask = ids != _PAD
        tokens = self.blocks(self.pieces(ids) + self.positions[: ids.shape[1]], src_key_padding_mask=~mask)
        weights = mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weights).sum(dim=1) / weights.sum(dim=1)  # [B, Dt]
        return Query(self.projection(mean), tokens, mask, ["extraction"] * len(texts), "text")

    def _tokenise(self, texts: Sequence[str]) -> Tensor:
        rows = self._fitted().encode(list(texts), add_bos=True)
        rows = [torch.tensor(row[: len(self.positions)]) for row in rows]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=_PAD).to(self.positions.device)

    def _fitted(self) -> SentencePieceProcessor:
        if self._tokenizer is None:
            raise LassError("TextTransformer has no tokenizer yet: call fit(captions), or load_assets(model folder)")
        return self._tokenizer

    def _use_tokenizer(self, model: bytes, name: str) -> None:
        tokenizer = SentencePieceProcessor()
        try:
            tokenizer.LoadFromSerializedProto(model)
        except RuntimeError:
            raise LassError(f"{name}: not a sentencepiece model: copy it again, or train anew") from None
        if not _BEGIN < tokenizer.vocab_size() <= self.pieces.num_embeddings:
            raise LassError(f"{name}: {tokenizer.vocab_size()} pieces, but vocab_size is {self.pieces.num_embeddings}: "
                            "use the tokenizer that was saved with these weights")
        if (tokenizer.pad_id(), tokenizer.bos_id()) != (_PAD, _BEGIN):
            raise LassError(f"{name}: not a tokenizer of TextTransformer: use the one that was saved with the weights")
        self._tokenizer = tokenizer
