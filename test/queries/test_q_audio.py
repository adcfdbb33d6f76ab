"""Q-Audio on a tiny AudioMAE and T5: its losses, its folder, what its grounded generation may know."""

import shutil

import pytest
import safetensors.torch
import torch
from torch.nn.functional import normalize

from lass.errors import LassError
from lass.parts.folder import load_part
from lass.queries.q_audio import QAudio, QAudioPart

RATE = 16000
TEXTS = ["a dog barks", "rain", "a bell", "rain"]


@pytest.fixture
def part(tiny_models) -> QAudioPart:
    return load_part(tiny_models["QAudio"])


@pytest.fixture
def batch() -> dict:
    noise = 0.1 * torch.randn(RATE // 2, generator=torch.Generator().manual_seed(0))
    tone = (torch.arange(RATE // 2) * 0.2).sin()
    wave = torch.stack([noise, tone, tone.sign() * (tone.cumsum(0) > 0), 0.5 * tone])
    return {"utt": list("abcd"), "wave": wave, "captions": [[text] for text in TEXTS], "labels": [["dog"], [], [], []]}


def test_weights_of_one(part, batch):
    torch.manual_seed(0)
    losses = part.training_loss(batch)
    assert list(losses) == ["loss", "contrastive", "matching", "generation"]
    torch.testing.assert_close(losses["loss"], losses["contrastive"] + losses["matching"] + losses["generation"])


def test_which_clips_are_no_negatives_of_each_other(part, batch, monkeypatch):
    seen = {}
    contrast = part.network.contrast
    monkeypatch.setattr(part.network, "contrast", lambda *a: seen.update(alike=a[3]) or contrast(*a))
    part.training_loss(batch)
    same_text = torch.eye(4, dtype=torch.bool)
    same_text[1, 3] = same_text[3, 1] = True
    assert torch.equal(seen["alike"], same_text)
    part.training_loss(batch | {"labels": [["dog"], [], ["dog"], ["dog", "thunder"]]})
    same_text[0, 2] = same_text[2, 0] = True
    assert torch.equal(seen["alike"], same_text)


def test_texts_are_drawn(part, batch, monkeypatch):
    seen = []
    encode = part.text.encode_text
    monkeypatch.setattr(part.text, "encode_text", lambda texts: seen.append(texts) or encode(texts))
    batch["captions"] = [["one", "two"], ["rain"], [], []]
    batch["labels"] = [["dog"], ["water"], ["bell", "bells"], ["wind"]]
    torch.manual_seed(0)
    for _ in range(20):
        part.training_loss(batch)
    assert [set(found) for found in zip(*seen)] == [{"one", "two"}, {"rain"}, {"bell", "bells"}, {"wind"}]
    with pytest.raises(LassError, match="d: has neither captions nor labels"):
        part.training_loss(batch | {"labels": [[], [], ["bell"], []]})


def test_only_the_network_between_learns(part, batch):
    part.requires_grad_(True)
    part.audio.requires_grad_(False)  # as build_part gives it
    part.train()
    assert not part.audio.training
    before = [weight.clone() for weight in part.text.backbone.parameters()]
    part.training_loss(batch)["loss"].backward()
    assert all(weight.grad is None for weight in part.audio.parameters())
    assert all(weight.grad is None for weight in part.text.backbone.parameters()) and before
    assert {name.split(".")[0] for name, weight in part.named_parameters() if weight.grad is not None} == {"network"}


def test_generation_cannot_look_ahead(part, batch, monkeypatch):
    """Texts that differ from some piece on are guessed alike up to that piece, through T5 and all."""
    guesses = []
    part.network.words.register_forward_hook(lambda *a: guesses.append(a[2]))
    for text in ("a dog barks", "a dog howls"):
        part.training_loss({key: value[:1] for key, value in batch.items()} | {"captions": [[text]]})
    known = int((part.text.tokenise(["a dog barks"])[0] == part.text.tokenise(["a dog howls"])[0])[0].long().argmin())
    torch.testing.assert_close(guesses[0][: known + 1], guesses[1][: known + 1])
    assert not torch.allclose(guesses[0][known + 1], guesses[1][known + 1])


def test_learning_one_batch(part, batch):
    """Sounds come to lie beside their texts."""
    torch.manual_seed(0)
    part.network.requires_grad_(True)
    optimiser = torch.optim.AdamW(part.network.parameters(), 5e-3)
    first = part.training_loss(batch)
    for _ in range(80):
        optimiser.zero_grad()
        part.training_loss(batch)["loss"].backward()
        optimiser.step()
    last = part.training_loss(batch)
    assert all(last[name] < 0.5 * first[name] for name in ("contrastive", "matching", "generation"))


def test_folder_needs_no_other(tiny_models, tmp_path):
    folder = tiny_models["QAudio"]
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"config.yaml", "model.safetensors", "audio/config.yaml", "audio/model.safetensors", "text/config.json",
            "text/model.safetensors"} <= files
    own = safetensors.torch.load_file(folder / "model.safetensors")
    assert all(key.startswith("network.") for key in own)
    shutil.copytree(folder, tmp_path / "moved")
    moved, encoder = QAudio(str(tmp_path / "moved")), QAudio(str(folder))
    assert torch.equal(moved.encode_text(TEXTS).embedding, encoder.encode_text(TEXTS).embedding)
    (tmp_path / "moved" / "audio" / "config.yaml").unlink()
    with pytest.raises(LassError, match="moved/audio: not the folder of a part"):
        QAudio(str(tmp_path / "moved")).encode_text(TEXTS)


def test_the_middle_of_a_long_wave_and_the_norm(tiny_models):
    encoder = QAudio(str(tiny_models["QAudio"]), normalised=False)
    assert encoder.sample_rate == RATE and not encoder.normalised
    wave = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    whole, middle = encoder.encode_audio(wave).embedding, encoder.encode_audio(wave[:, 4000:12000]).embedding
    assert torch.equal(whole, middle) and (whole.norm(dim=1) - 1).abs() > 1e-3
    unit = QAudio(str(tiny_models["QAudio"])).encode_audio(wave).embedding
    torch.testing.assert_close(unit, normalize(whole, dim=1))
    asked = encoder.encode_text(TEXTS)
    assert asked.tokens.shape == (4, asked.mask.shape[1], 16) and encoder.encode_audio(wave).tokens is None
