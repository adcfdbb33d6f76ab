"""Small randomly initialised models, saved as their owners would save them; nothing is fetched."""

import string
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    RobertaTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

_LETTERS = list(string.ascii_lowercase)
_BLOCK = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}


def _save_bert(folder: Path) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS, *(f"##{x}" for x in _LETTERS)]
    BertTokenizer(vocab=_numbered(pieces)).save_pretrained(folder)
    BertModel(BertConfig(vocab_size=len(pieces), max_position_embeddings=24, **_BLOCK)).save_pretrained(folder)


def _save_clip(folder: Path) -> None:
    pieces = [*_LETTERS, *(f"{x}</w>" for x in _LETTERS), "<|startoftext|>", "<|endoftext|>"]
    CLIPTokenizer(vocab=_numbered(pieces), merges=[]).save_pretrained(folder)
    ends = {"bos_token_id": len(pieces) - 2, "eos_token_id": len(pieces) - 1, "pad_token_id": len(pieces) - 1}
    config = CLIPTextConfig(vocab_size=len(pieces), max_position_embeddings=24, projection_dim=12, **ends, **_BLOCK)
    CLIPTextModelWithProjection(config).save_pretrained(folder)


def _save_t5(folder: Path) -> None:
    pieces = ["<pad>", "</s>", "<unk>", "▁", *_LETTERS]
    T5Tokenizer(vocab=[(piece, -1.0) for piece in pieces], extra_ids=0).save_pretrained(folder)
    config = T5Config(vocab_size=len(pieces), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
    T5EncoderModel(config).save_pretrained(folder)


def _save_clap(folder: Path, fusion: bool = False) -> None:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *_LETTERS]
    RobertaTokenizer(vocab=_numbered(pieces), merges=[]).save_pretrained(folder)
    ClapFeatureExtractor(
        feature_size=16, max_length_s=1, hop_length=480, truncation="fusion" if fusion else "rand_trunc"
    ).save_pretrained(folder)
    text = {"vocab_size": len(pieces), "max_position_embeddings": 26, "projection_dim": 12, **_BLOCK}
    audio = {"spec_size": 64, "num_mel_bins": 16, "window_size": 4, "patch_embeds_hidden_size": 8, "hidden_size": 16,
             "depths": [1, 1], "num_attention_heads": [1, 2], "num_hidden_layers": 2, "projection_dim": 12}
    if fusion:
        audio["enable_fusion"] = True
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=12)).save_pretrained(folder)


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(pieces)}


_SAVERS: dict[str, Callable[..., None]] = {
    "BertText": _save_bert, "ClipText": _save_clip, "T5Text": _save_t5, "Clap": _save_clap,
}


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Class name of each frozen encoder -> folder of a tiny model for it. A new frozen encoder needs an entry."""
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    for name, save in _SAVERS.items():
        save(root / f"tiny-{name.lower()}")
    return {name: root / f"tiny-{name.lower()}" for name in _SAVERS}


@pytest.fixture(scope="session")
def tiny_fused_clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLAP with feature fusion, as laion/clap-htsat-fused."""
    folder = tmp_path_factory.mktemp("models") / "tiny-clap-fused"
    torch.manual_seed(0)
    _save_clap(folder, fusion=True)
    return folder
