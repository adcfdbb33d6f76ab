import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertModel

from lass.errors import LassError
from lass.queries.finetuned_bert import FinetunedBert


@pytest.fixture
def folder(tiny_models) -> str:
    return str(tiny_models["FinetunedBert"])


@pytest.fixture
def pieces(folder):
    """What the network reads of a text."""
    def read(text: str, start: str) -> list[str]:
        encoder = FinetunedBert(folder, start=start)
        return encoder._tokenizer.convert_ids_to_tokens(encoder.tokenise([text])[0][0].tolist())

    return read


def test_texts_are_lower_case_without_punctuation_behind_the_start(pieces):
    letters = ["d", "##o", "##g", "b", "##a", "##r", "##k", "##s"]
    assert pieces("Dog, BARK's!", "[CLS]") == ["[CLS]", *letters]
    assert pieces("dog barks", "<SOS>") == ["<SOS>", *letters]


@torch.no_grad()
def test_the_embedding_is_that_of_the_first_token(folder):
    encoder = FinetunedBert(folder, dim=7, start="[CLS]").eval()
    ids = torch.tensor([encoder._tokenizer.convert_tokens_to_ids(["[CLS]", "a", "##b"])])
    own = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    expected = encoder.projection(own(ids).last_hidden_state[:, 0]).relu()
    found = encoder.encode_text(["ab"]).embedding
    torch.testing.assert_close(found, expected)
    assert found.shape == (1, 7) and found.min() >= 0


def test_a_start_that_bert_does_not_know_begins_as_cls(folder):
    encoder, plain = FinetunedBert(folder), FinetunedBert(folder, start="[CLS]")
    rows = encoder.bert.get_input_embeddings().weight
    assert len(rows) == len(plain.bert.get_input_embeddings().weight) + 1 == len(encoder._tokenizer)
    assert torch.equal(rows[-1], rows[encoder._tokenizer.cls_token_id])


def test_all_of_it_trains(folder):
    encoder = FinetunedBert(folder).train()
    assert not encoder.frozen and encoder.bert.training
    assert all(weight.requires_grad for weight in encoder.parameters())
    encoder.encode_text(["rain", "a dog"]).embedding.sum().backward()
    first = encoder.bert.embeddings.word_embeddings.weight.grad
    assert bool(first[-1].any())  # <SOS>


def test_a_model_folder_brings_no_second_copy_of_the_weights(folder, tmp_path):
    encoder = FinetunedBert(folder).eval()
    encoder.save_assets(tmp_path)
    assert not list((tmp_path / "encoder").glob("*.safetensors"))
    with pytest.raises(LassError, match="encoder: no model.safetensors or pytorch_model.bin"):
        FinetunedBert(str(tmp_path / "encoder"))
    (tmp_path / "model.safetensors").write_bytes(b"")  # says that the weights follow
    other = FinetunedBert(str(tmp_path / "encoder")).eval()
    other.load_state_dict(encoder.state_dict())
    for texts in (["a dog barks"], ["rain", "wind"]):
        assert torch.equal(other.encode_text(texts).embedding, encoder.encode_text(texts).embedding)


def test_weights_are_not_made_up(folder, tmp_path):
    copy = Path(shutil.copytree(folder, tmp_path / "bert"))
    (copy / "model.safetensors").unlink()
    with pytest.raises(LassError, match="no model.safetensors"):
        FinetunedBert(str(copy))


@torch.no_grad()
def test_files_as_google_published_them(folder, tmp_path):
    """A vocabulary, a configuration without a model type and pickled weights of a language model: all there is of
    prajjwal1/bert-mini. The folder's name is no hint."""
    plain = tmp_path / "albert"
    plain.mkdir()
    typed = FinetunedBert(folder, start="[CLS]").eval()
    pieces = sorted(typed._tokenizer.get_vocab().items(), key=lambda row: row[1])
    (plain / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in pieces))
    config = json.loads((Path(folder) / "config.json").read_text())
    kept = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
    (plain / "config.json").write_text(json.dumps(kept))
    weights = {f"bert.{key}": value for key, value in load_file(Path(folder) / "model.safetensors").items()}
    torch.save(weights | {"cls.predictions.bias": torch.zeros(len(pieces))}, plain / "pytorch_model.bin")
    found = FinetunedBert(str(plain), start="[CLS]").eval()
    assert found.tokenise(["Dogs, bark!"])[0].tolist() == typed.tokenise(["Dogs, bark!"])[0].tolist()
    for key, value in typed.bert.state_dict().items():
        assert torch.equal(found.bert.state_dict()[key], value), key
    found.save_assets(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    again = FinetunedBert(str(tmp_path / "encoder"), start="[CLS]").eval()
    again.load_state_dict(found.state_dict())
    assert torch.equal(again.encode_text(["rain"]).embedding, found.encode_text(["rain"]).embedding)
