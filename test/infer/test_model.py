import json
import shutil

import numpy as np
import pytest
import safetensors.torch
import torch

import lass
from lass.bin import separate
from lass.errors import LassError
from lass.infer import model as module
from lass.infer.model import Model


def test_folder(model, model_folder):
    names = {"config.yaml", "model.safetensors", "tokenizer.model", "SHA256SUMS"}
    assert {p.name for p in model_folder.iterdir()} == names
    loaded = Model.load(model_folder, "cpu")
    assert loaded.config == model.config and loaded.sample_rate == 16000
    wave = torch.randn(2, 1, 900)
    texts = ["a bell rings", "a dog barks twice"]
    assert torch.equal(loaded.estimate(wave, texts), model.estimate(wave, texts))


def test_lass_load(model, model_folder, noise):
    wave = noise(3001)
    found = lass.load(str(model_folder), device="cpu").separate(wave, 44100, "a bell rings")
    assert np.array_equal(found, model.separate(wave, 44100, "a bell rings"))


def test_a_set_by_hub_id(test_set, model_folder, tmp_path, monkeypatch, capsys):
    """What is stamped are the weights; what is written down is the id."""
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda repo, **_: str(model_folder))
    arguments = ["--set", str(test_set), "--out", str(tmp_path / "est"), "--model", "org/tiny@v1", "--device", "cpu"]
    separate.main(arguments)
    assert json.loads((tmp_path / "est" / "info.json").read_text())["model"] == "org/tiny@v1"
    assert str(model_folder / "model.safetensors") in (tmp_path / "est" / ".done").read_text()
    capsys.readouterr()
    separate.main(arguments)
    assert "nothing to do" in capsys.readouterr().out


@pytest.fixture
def folder(model_folder, tmp_path):
    """A model folder without checksums: what is wrong is found by reading it."""
    copy = shutil.copytree(model_folder, tmp_path / "model")
    (copy / "SHA256SUMS").unlink()
    return copy


def refusal(folder) -> str:
    with pytest.raises(LassError) as caught:
        Model.load(folder, "cpu")
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)
    return str(caught.value)


def test_wrong_weights(folder):
    path = folder / "model.safetensors"
    weights = safetensors.torch.load_file(path)
    key = "separator.base.pre_conv.bias"
    safetensors.torch.save_file({k: v for k, v in weights.items() if k != key}, path)
    assert f"missing {key}; 1 faults in all" in refusal(folder)
    safetensors.torch.save_file(weights | {"extra": torch.zeros(1)}, path)
    assert "unexpected extra; 1 faults in all" in refusal(folder)
    safetensors.torch.save_file(weights | {key: torch.zeros(5)}, path)
    assert f"{key} is [5], expected [4]; 1 faults in all" in refusal(folder)
    safetensors.torch.save_file({f"x.{k}": v for k, v in weights.items()}, path)
    assert len(refusal(folder)) < 800


def test_damaged_folders(folder, tmp_path):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert "model.safetensors: cannot be read" in refusal(folder)
    path.write_bytes(b"")
    assert "model.safetensors: cannot be read" in refusal(folder)
    path.unlink()
    assert "model.safetensors: cannot be read" in refusal(folder)
    (folder / "tokenizer.model").unlink()
    assert "tokenizer.model" in refusal(folder)
    (folder / "config.yaml").unlink()
    assert "not a model folder" in refusal(folder)
    assert "not a model folder" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors", "tokenizer.model", "SHA256SUMS"])
def test_folders_that_cannot_be_read(folder, name):
    """What may not be read, or is no file, or lies on a disk that fails: here a folder in place of the file."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()
    assert str(folder / name) in refusal(folder)


def test_a_folder_that_may_not_be_looked_into(folder, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(module.hub, "find", denied)
    assert refusal(folder).startswith(f"{folder}: cannot be read (Permission denied): ")


def test_a_flipped_bit_is_named_before_anything_is_built(model_folder, tmp_path):
    folder = shutil.copytree(model_folder, tmp_path / "model")
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    message = refusal(folder)
    assert "'model.safetensors': not the content that SHA256SUMS tells (1 of 3 files): copy or download" in message
    (folder / "config.yaml").write_text("encoder: {class: lass.nothing}\n")
    assert "'config.yaml', 'model.safetensors': not" in refusal(folder)


def test_new_weights_never_stand_beside_old_checksums(model, other_model_folder, tmp_path, monkeypatch):
    folder = shutil.copytree(other_model_folder, tmp_path / "model")
    monkeypatch.setattr(module, "write_sums", lambda folder: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        model.save(folder)
    assert not (folder / "SHA256SUMS").exists()
    monkeypatch.undo()
    model.save(folder)
    wave, texts = torch.randn(1, 1, 900), ["a bell rings"]
    assert torch.equal(Model.load(folder, "cpu").estimate(wave, texts), model.estimate(wave, texts))


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000])
@pytest.mark.parametrize("shape", [(1,), (1, 1), (2,), (777,), (1, 1600), (2, 3001), (6, 500)], ids=str)
def test_output_has_the_form_of_the_input(model, noise, rate, shape):
    wave = noise(shape)
    kept = wave.copy()
    estimate = model.separate(wave, rate, "a bell rings")
    assert estimate.shape == shape and estimate.dtype == np.float32 and np.isfinite(estimate).all()
    assert np.array_equal(wave, kept)


def test_one_sample_of_a_rate_far_above_the_model(model):
    assert model.separate(np.ones(1), 192000, "a bell rings").shape == (1,)


def test_channels_are_separated_alike(model, noise):
    wave = noise((2, 1000))
    both = model.separate(wave, 16000, "a bell rings")
    for channel in range(2):
        alone = model.separate(wave[channel], 16000, "a bell rings")
        np.testing.assert_allclose(both[channel], alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("wave", "text", "message"),
    [
        (np.array([0.0, np.nan]), "a bell", "NaN or infinite"),
        (np.array([[0.0, np.inf]]), "a bell", "NaN or infinite"),
        (np.zeros(0), "a bell", "at least one sample"),
        (np.zeros((2, 0)), "a bell", "at least one sample"),
        (np.zeros((1, 1, 5)), "a bell", r"expected \[T\] or \[C, T\]"),
        (np.zeros(5), "  ", "empty"),
    ],
)
def test_wrong_input(model, wave, text, message):
    with pytest.raises(LassError, match=message):
        model.separate(wave, 16000, text)


@pytest.mark.parametrize(("cuda", "mps", "found"), [(1, 1, "cuda"), (1, 0, "cuda"), (0, 1, "mps"), (0, 0, "cpu")])
def test_auto_is_the_best_device(cuda, mps, found, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: bool(mps))
    assert module._device("auto") == found


def test_a_device_that_is_not_there(model_folder):
    with pytest.raises(LassError, match="device 'warp'"):
        Model.load(model_folder, "warp")
