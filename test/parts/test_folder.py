"""Folders of parts: one that builds on another holds it, and what is damaged is told."""

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import nn

import lass.layers.audiomae as audiomae
from lass.errors import LassError
from lass.parts.folder import build_part, copy_part, load_part, save_part
from lass.parts.spec import load_spec

SMALL = {"class": "lass.layers.audiomae.AudioMae", "width": 16, "depth": 1, "heads": 2, "frames": 32, "seconds": 0.3}


class Listener(nn.Module):
    """A part on top of AudioMAE."""

    def __init__(self, audio: nn.Module, outputs: int):
        super().__init__()
        self.audio, self.last = audio, nn.Linear(audio.width, outputs)

    def training_loss(self, batch: dict) -> dict:
        return {"loss": self.last(self.audio.features(batch["wave"])).square().mean()}


@pytest.fixture
def encoder(tmp_path):
    """The folder of an AudioMAE."""
    save_part(build_part(SMALL), {"part": SMALL}, tmp_path / "encoder", "card")
    return tmp_path / "encoder"


@pytest.fixture
def listener(encoder, monkeypatch) -> dict:
    """The section of a part that builds on it."""
    monkeypatch.setattr(Listener, "__module__", audiomae.__name__)
    monkeypatch.setattr(audiomae, "Listener", Listener, raising=False)
    return {"class": "lass.layers.audiomae.Listener", "audio": {"model": str(encoder)}, "outputs": 3}


def test_a_part_on_another(listener, encoder, tmp_path):
    part = build_part(listener)
    assert not any(p.requires_grad for p in part.audio.parameters()) and part.last.weight.requires_grad
    save_part(part, {"part": listener, "seed": 4}, tmp_path / "whole", "card")
    assert set(load_file(tmp_path / "whole" / "model.safetensors")) == {"last.weight", "last.bias"}
    for path in encoder.iterdir():
        path.unlink()  # the folder needs no other
    copy_part(tmp_path / "whole", tmp_path / "elsewhere")
    loaded = load_part(tmp_path / "elsewhere")
    wave = 0.1 * torch.randn(2, 4800)
    assert torch.equal(loaded.training_loss({"wave": wave})["loss"], part.training_loss({"wave": wave})["loss"])
    config = yaml.safe_load((tmp_path / "elsewhere" / "config.yaml").read_text())
    assert config == {"part": listener | {"audio": {"model": "audio"}}, "seed": 4}


def test_the_folder_of_another_part_is_told_by_an_option(tmp_path):
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"part": {"class": "x", "audio": {"model": "nowhere"}}}))
    assert load_spec([tmp_path / "a.yaml"], of=["audio=exp/a=b/model"])["part"]["audio"] == {"model": "exp/a=b/model"}
    for wrong in ("audio", "=x", "audio=", "a.b=x"):
        with pytest.raises(LassError, match="expected NAME=DIR"):
            load_spec([tmp_path / "a.yaml"], of=[wrong])


@pytest.mark.parametrize("change, message", [
    (lambda weights: weights.pop("vit.norm.bias"), "missing vit.norm.bias; 1 faults in all"),
    (lambda weights: weights.update(more=torch.zeros(1)), "unexpected more; 1 faults"),
    (lambda weights: weights.update({"vit.norm.bias": torch.zeros(3)}), r"vit.norm.bias is \[3\], expected \[16\]"),
])  # fmt: skip
def test_weights_that_do_not_fit(encoder, change, message):
    weights = load_file(encoder / "model.safetensors")
    change(weights)
    save_file(weights, encoder / "model.safetensors")
    with pytest.raises(LassError, match=message):
        load_part(encoder)


def test_what_is_no_folder_of_a_part(encoder, tmp_path):
    with pytest.raises(LassError, match="not the folder of a part"):
        load_part(tmp_path)
    (encoder / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(LassError, match="cannot be read .*: copy the folder again"):
        load_part(encoder)


@pytest.mark.parametrize("spec, message", [
    (None, "part: expected 'class: lass...' and its arguments, found None"),
    ({"class": "lass.losses.l1.l1"}, "is no part: it needs training_loss"),
    ({"class": "lass.layers.mw_mae.MaeDecoder"}, "is no part: it needs training_loss"),
    ({"class": "os.system"}, "not a dotted path under 'lass.'"),
    (SMALL | {"wide": 3}, "part: unknown key 'wide'; AudioMae takes"),
])  # fmt: skip
def test_what_is_no_part(spec, message):
    with pytest.raises(LassError, match=message):
        build_part(spec)
