"""`lass import lassnet`: a checkpoint in the published layout, small but for its names."""

import dataclasses
import importlib
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import BertModel

import lass
from lass.errors import LassError
from lass.infer.model import Model
from lass.infer.released import KINDS
from lass.queries.finetuned_bert import FinetunedBert
from lass.separators.lassnet import LASSNet

command = importlib.import_module("lass.bin.import")  # the name is a keyword
SIZES = {"sample_rate": 8000, "window": 64, "hop": 32, "widths": [4, 6]}
DIM = 5


class Published:
    """Both networks and their checkpoint."""

    def __init__(self, bert: Path):
        torch.manual_seed(0)
        self.encoder = FinetunedBert(str(bert), dim=DIM, start="[CLS]").eval()
        self.network = LASSNet(condition=DIM, **SIZES).eval()

    def weights(self, prefix: str = "text_embedder.bert_layer.") -> dict[str, Tensor]:
        bert = BertModel(self.encoder.config).state_dict() | self.encoder.bert.state_dict()  # with a pooler
        text = {f"{prefix}{key}": value for key, value in bert.items()}
        text[f"{prefix}embeddings.position_ids"] = torch.arange(24)[None]  # which older versions save
        linear = {f"text_embedder.linear_layer.0.{k}": v for k, v in self.encoder.projection.state_dict().items()}
        return {f"module.{key}": value for key, value in (text | linear | self.network.state_dict()).items()}


@pytest.fixture
def published(tiny_models, monkeypatch) -> Published:
    change = {"separator": SIZES, "conditions": {DIM: "BERT"}}
    monkeypatch.setitem(KINDS, "lassnet", dataclasses.replace(KINDS["lassnet"], **change))
    monkeypatch.setattr("lass.queries.lassnet_text.HEAD", 8)
    return Published(tiny_models["FinetunedBert"])


@pytest.fixture
def run(import_file, tiny_models):
    """``run(content)`` imports a checkpoint; returns the folder."""
    options = {name: ["--tokenizer", str(folder)] for name, folder in tiny_models.items()}
    return lambda content, tokenizer="FinetunedBert": import_file("lassnet", content, *options[tokenizer])


@pytest.mark.parametrize("prefix", ["text_embedder.bert_layer.", "text_embedder."])
@torch.no_grad()
def test_it_separates_as_what_was_published(published, run, prefix):
    folder = run({"model": published.weights(prefix), "epoch": 3})
    model = Model.load(folder, "cpu")
    mixture = 0.1 * torch.randn(2, 1, 700, generator=torch.Generator().manual_seed(0))
    texts = ["A dog barks.", "rain"]
    expected = published.network(mixture, published.encoder.encode_text(texts))
    assert bool(expected.any()) and torch.equal(model.estimate(mixture, texts), expected)
    assert lass.load(str(folder), "cpu").sample_rate == 8000


def test_card(published, run):
    card = (run({"model": published.weights()}) / "README.md").read_text()
    for part in ("LASS-Net (Interspeech 2022)", "| imported from the file | lassnet.pt |",
                 "| licence | none is stated |", "BERT-mini in the imported file",
                 "| queries in training | BERT: size 5 |"):
        assert part in card, part


def without(weights: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {key: value for key, value in weights.items() if part not in key}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("text_embedder", r"looks like \d+ weights of no known kind"),
        ("word_embeddings", "holds no BERT as its query encoder: give the published file"),
        ("intermediate", "holds no BERT as its query encoder .*: give the published file"),
        ("linear_layer.0.bias", "a query encoder that is not as published: missing projection.bias; 1 faults in all"),
        ("UNet.encoder_block2.conv_block1.bn1.bias", "not whole, or not as published: missing UNet.encoder_block2"),
    ],
)
def test_what_is_not_whole(published, run, part, said, tmp_path):
    with pytest.raises(LassError, match=said):
        run({"model": without(published.weights(), part)})
    assert not (tmp_path / "model").exists()


def test_another_tokenizer(published, run):
    with pytest.raises(LassError, match="^--tokenizer .*: a tokenizer of .* pieces for a BERT of .*: give prajjwal1/"):
        run({"model": published.weights()}, tokenizer="Clap")


def test_no_other_encoder(tmp_path):
    with pytest.raises(SystemExit):
        command.main(["lassnet", "x", "--out", str(tmp_path / "out"), "--encoder", "y"])
