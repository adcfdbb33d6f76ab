import json
import shutil
import socket
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPModel,
    T5Config,
    T5ForConditionalGeneration,
)

from lass.errors import LassError
from lass.queries.bert import BertText
from lass.queries.clap import Clap
from lass.queries.clip import ClipText
from lass.queries.t5 import T5Text

_TEXTS = ["a dog barks", "rain"]


@pytest.fixture
def offline_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, as with HF_HUB_OFFLINE=1; a connection fails the test."""
    calls = []
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(socket.socket, "connect", lambda *address: calls.append(address))
    yield tmp_path / "hub"
    assert not calls


@pytest.fixture
def copy_of(tiny_models: dict[str, Path], tmp_path: Path):
    return lambda name: Path(shutil.copytree(tiny_models[name], tmp_path / f"copy-{name}"))


@pytest.mark.parametrize("model", ["someone/tiny-bert", "no/such/folder", "/no/such/folder", "..", "a b"])
def test_a_missing_model_says_where_it_was_looked_for(model: str, offline_hub: Path):
    with pytest.raises(LassError) as error:
        BertText(model)
    message = str(error.value)
    assert "\n" not in message and model in message and f"hf download {model}" in message
    if not Path(model).is_dir():
        assert "no such folder" in message and str(offline_hub) in message


def test_a_hub_id_is_found_in_the_cache(offline_hub: Path, tiny_models: dict[str, Path]):
    home = offline_hub / "models--someone--tiny-berttext"
    shutil.copytree(tiny_models["BertText"], home / "snapshots" / "0123abc")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("0123abc")
    hub, local = BertText("someone/tiny-berttext"), BertText(str(tiny_models["BertText"]))
    assert hub.identity() == local.identity()
    assert torch.equal(hub.encode_text(_TEXTS).embedding, local.encode_text(_TEXTS).embedding)


def test_the_constructor_reads_the_configuration_alone(copy_of):
    folder = copy_of("BertText")
    for path in folder.iterdir():
        if path.name != "config.json":
            path.unlink()
    encoder = BertText(str(folder))
    assert encoder.dim == 16
    for action in (lambda: encoder.encode_text(_TEXTS), encoder.identity):
        with pytest.raises(LassError, match="no model.safetensors or pytorch_model.bin in it: .*hf download"):
            action()


def test_a_model_of_another_type_is_refused(tiny_models: dict[str, Path]):
    with pytest.raises(LassError, match="type 'clap', but BertText needs bert"):
        BertText(str(tiny_models["Clap"]))


def test_incomplete_weights_are_refused(copy_of):
    folder = copy_of("ClipText")
    weights = load_file(folder / "model.safetensors")
    del weights["text_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(LassError, match=r"lack 1 entries .*\(text_projection.weight"):
        ClipText(str(folder)).encode_text(_TEXTS)


def test_truncated_weights_are_refused(copy_of):
    folder = copy_of("T5Text")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(LassError, match="cannot load T5EncoderModel"):
        T5Text(str(folder)).encode_text(_TEXTS)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"hidden_size": 3}'])
def test_a_broken_configuration_is_refused(content: str, copy_of):
    folder = copy_of("BertText")
    (folder / "config.json").write_text(content)
    with pytest.raises(LassError, match="config.json: no readable model_type"):
        BertText(str(folder))


def test_a_tokenizer_without_its_files_is_refused(copy_of):
    folder = copy_of("Clap")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(LassError, match="[Tt]okenizer"):
        Clap(str(folder)).encode_text(_TEXTS)


def test_bin_weights_are_read_and_pickles_are_not_run(copy_of, tmp_path: Path):
    folder = copy_of("BertText")
    before = BertText(str(folder)).encode_text(_TEXTS).embedding
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    assert torch.equal(BertText(str(folder)).encode_text(_TEXTS).embedding, before)

    class Payload:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "ran",)

    torch.save({**weights, "x": Payload()}, folder / "pytorch_model.bin")
    with pytest.raises(LassError, match="cannot load BertModel"):
        BertText(str(folder)).encode_text(_TEXTS)
    assert not (tmp_path / "ran").exists()


def test_code_in_a_model_folder_is_not_run(copy_of, tmp_path: Path):
    folder = copy_of("BertText")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Tokenizer: pass\n")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config |= {"tokenizer_class": "Evil", "auto_map": {"AutoTokenizer": ["evil.Tokenizer", "evil.Tokenizer"]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    try:
        BertText(str(folder)).encode_text(_TEXTS)
    except LassError:
        pass  # refusing is as good as passing it by
    assert not (tmp_path / "ran").exists()


def test_weights_of_whole_models_are_read(copy_of):
    """The hub holds BERT as a masked language model, both sides of CLIP, T5 with its decoder."""
    torch.manual_seed(1)
    folder = copy_of("BertText")
    whole = BertForMaskedLM(BertConfig.from_pretrained(folder)).eval()
    whole.save_pretrained(folder)
    encoder = BertText(str(folder))
    ids, mask = encoder.tokenise(_TEXTS)
    expected = whole.bert(ids, attention_mask=mask).last_hidden_state[:, 0]
    torch.testing.assert_close(encoder.encode_text(_TEXTS).embedding, expected)

    folder = copy_of("T5Text")
    whole = T5ForConditionalGeneration(T5Config.from_pretrained(folder)).eval()
    whole.save_pretrained(folder)
    query, hidden = T5Text(str(folder)).encode_text(_TEXTS), whole.encoder(*T5Text(str(folder)).tokenise(_TEXTS))[0]
    torch.testing.assert_close(query.tokens, hidden)
    torch.testing.assert_close(query.embedding[1], hidden[1][query.mask[1]].mean(dim=0))

    folder = copy_of("ClipText")
    vision = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
              "image_size": 8, "patch_size": 4}
    text = json.loads((folder / "config.json").read_text())
    whole = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=12)).eval()
    whole.save_pretrained(folder)
    ids, mask = ClipText(str(folder)).tokenise(_TEXTS)
    expected = whole.get_text_features(ids, attention_mask=mask).pooler_output
    torch.testing.assert_close(ClipText(str(folder), normalised=False).encode_text(_TEXTS).embedding, expected)
    unit = expected / expected.norm(dim=1, keepdim=True)
    torch.testing.assert_close(ClipText(str(folder)).encode_text(_TEXTS).embedding, unit)


def test_clap_is_transformers_clap(tiny_models: dict[str, Path]):
    folder = tiny_models["Clap"]
    encoder, model = Clap(str(folder)), ClapModel.from_pretrained(folder).eval()
    expected = model.get_text_features(*encoder.tokenise(_TEXTS)).pooler_output
    torch.testing.assert_close(encoder.encode_text(_TEXTS).embedding, expected)
    wave = np.random.default_rng(0).standard_normal((2, 20000)).astype(np.float32)
    features = ClapFeatureExtractor.from_pretrained(folder)(wave, sampling_rate=48000, return_tensors="pt")
    expected = model.get_audio_features(**features).pooler_output
    torch.testing.assert_close(encoder.encode_audio(torch.from_numpy(wave)).embedding, expected)
    raw = Clap(str(folder), normalised=False).encode_audio(torch.from_numpy(wave)).embedding
    torch.testing.assert_close(raw / raw.norm(dim=1, keepdim=True), expected)
    assert (raw.norm(dim=1) - 1).abs().min() > 1e-3


@pytest.mark.parametrize("fused", [False, True])
def test_clap_hears_a_wave_alike_each_time(fused: bool, tiny_models: dict[str, Path], tiny_fused_clap: Path):
    """Of the tiny model's 1 s limit: longer waves and feature fusion are random in transformers."""
    encoder = Clap(str(tiny_fused_clap if fused else tiny_models["Clap"]))
    for samples in (1000, 48000, 100000):
        wave = torch.randn(3, samples, generator=torch.Generator().manual_seed(samples))
        first = encoder.encode_audio(wave).embedding
        alone = torch.cat([encoder.encode_audio(wave[i : i + 1]).embedding for i in range(3)])
        torch.testing.assert_close(first, alone, atol=1e-5, rtol=0)
    middle = wave[:, 26000:74000]
    assert torch.equal(encoder.encode_audio(middle).embedding, first)
    assert encoder.encode_audio(torch.zeros(1, 4800)).embedding.isfinite().all()


@pytest.mark.parametrize("shape", [(48000,), (1, 1, 48000), (1, 0), (0, 48000)])
def test_clap_names_a_wave_of_the_wrong_shape(shape: tuple[int, ...], tiny_models: dict[str, Path]):
    with pytest.raises(LassError, match=r"give samples \[B, T\] at 48000 Hz"):
        Clap(str(tiny_models["Clap"])).encode_audio(torch.zeros(shape))


def test_identity_follows_the_weights(copy_of, tiny_models: dict[str, Path]):
    folder = copy_of("BertText")
    before = BertText(str(folder)).identity()
    weights = load_file(folder / "model.safetensors")
    weights["embeddings.word_embeddings.weight"][5, 0] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert BertText(str(folder)).identity() != before
