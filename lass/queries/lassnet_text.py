"""The query encoder in LASS-Net's released checkpoint, as ``FinetunedBert`` takes it."""

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, BertTokenizer

from lass.errors import LassError
from lass.io.checkpoint import mismatches
from lass.queries.pretrained import find_folder, load

WORDS = "embeddings.word_embeddings.weight"
PROJECTION = "linear_layer.0"
HEAD = 64  # features of an attention head in all released BERTs, told by no weight
UNUSED = re.compile(r"pooler\.|embeddings\.(position|token_type)_ids$")


def convert(weights: dict[str, Tensor], dim: int, source: Path, tokenizer: str, folder: Path) -> dict[str, Tensor]:
    """Write configuration and tokenizer into ``folder``; returns the state of a ``FinetunedBert``.

    Args:
        weights: names behind ``text_embedder.``.
        dim: D of the embeddings.
        source: the checkpoint, for messages.
        tokenizer: folder or hub id of BERT's; the checkpoint holds none.

    Raises:
        LassError: no BERT; weights are missing, unexpected or of another shape; there is no such tokenizer.
    """
    prefix = next((key.removesuffix(WORDS) for key in weights if key.endswith(WORDS)), None)
    if prefix is None:
        raise LassError(f"{source}: holds no BERT as its query encoder: give the published file")
    bert = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix) or not prefix}
    state = {f"bert.{key}": value for key, value in bert.items()
             if not UNUSED.match(key) and not key.startswith(PROJECTION)}  # fmt: skip
    state |= {f"projection.{part}": weights[name] for part in ("weight", "bias")
              if (name := f"{PROJECTION}.{part}") in weights}  # fmt: skip
    config = _config(state, source)
    with torch.device("meta"):  # names and shapes alone
        parts = {"bert": BertModel(config, add_pooling_layer=False), "projection": nn.Linear(config.hidden_size, dim)}
    expected = {f"{part}.{key}": value for part, module in parts.items() for key, value in module.state_dict().items()}
    if faults := mismatches(expected, state):
        raise LassError(f"{source}: a query encoder that is not as published: {'; '.join(faults[:3])}; {len(faults)} "
                        "faults in all: get the published file")
    for part in (config, _load_tokenizer(tokenizer, config.vocab_size)):
        part.save_pretrained(folder)
    return {key: state[key].to(value.dtype).contiguous() for key, value in expected.items()}


def _config(state: dict[str, Tensor], source: Path) -> BertConfig:
    try:
        rows, hidden = state[f"bert.{WORDS}"].shape
        return BertConfig(
            vocab_size=rows,
            hidden_size=hidden,
            num_hidden_layers=len({key.split(".")[3] for key in state if key.startswith("bert.encoder.layer.")}),
            num_attention_heads=max(1, hidden // HEAD),
            intermediate_size=len(state["bert.encoder.layer.0.intermediate.dense.bias"]),
            max_position_embeddings=len(state["bert.embeddings.position_embeddings.weight"]),
        )
    except (KeyError, ValueError, IndexError) as error:
        raise LassError(f"{source}: holds no BERT as its query encoder ({error}): give the published file") from None


def _load_tokenizer(name: str, rows: int) -> BertTokenizer:
    try:
        tokenizer = load(BertTokenizer, find_folder(name, ["*.json", "*.txt"]))
    except LassError as error:
        raise LassError(f"--tokenizer {error}") from None
    if len(tokenizer) != rows or tokenizer.cls_token != "[CLS]":
        raise LassError(f"--tokenizer {name}: a tokenizer of {len(tokenizer)} pieces for a BERT of {rows}: give "
                        "prajjwal1/bert-mini, or a folder that holds it")
    return tokenizer
