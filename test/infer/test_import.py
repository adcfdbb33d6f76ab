"""`lass import`: small checkpoints made as the publishers make theirs, full-size ones by the rule of the references."""

import dataclasses
import hashlib
import importlib
import json
import shutil
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

import lass
from lass import config as configuration
from lass.bin import separate
from lass.data.datadir import Row, write_data_dir
from lass.errors import LassError
from lass.infer.model import Model
from lass.infer.released import KINDS
from lass.io import audio
from lass.layers.cnn14 import Cnn14
from lass.queries.clap import Clap
from lass.queries.ms_clap import MsClap
from lass.queries.panns import Panns
from lass.queries.query import Query
from lass.separators.resunet30 import ResUNet30

command = importlib.import_module("lass.bin.import")  # the name is a keyword

SIZES = {"sample_rate": 8000, "window": 64, "hop": 16, "widths": [4, 6]}
SMALL = {  # kind -> what its release is in these tests
    "audiosep": {"separator": SIZES, "conditions": {12: "CLAP"}},
    "dcase2024": {"separator": SIZES | {"sample_rate": 4000, "window": 32, "hop": 8}, "conditions": {12: "CLAP"}},
    "uss": {"separator": SIZES, "conditions": {20: "PANNs", 7: "classes"}},
}
WHOLE = {  # kind -> size of the query, digest of the weights by the rule (seed 1)
    "audiosep": (512, "resunet30"),
    "dcase2024": (512, "resunet30_dcase2024"),
    "uss": (2048, "0d19869af7fea739ef6fe2802b1a6379ba4e2a17ba0ef629ccf33b74c1a995e7"),
}


@pytest.fixture
def small(monkeypatch):
    for kind, change in SMALL.items():
        monkeypatch.setitem(KINDS, kind, dataclasses.replace(KINDS[kind], **change))


class Published:
    """A separator with weights by the rule, and its checkpoint."""

    def __init__(self, refill, kind: str, condition: int, channels: int = 1):
        self.network = ResUNet30(condition=condition, channels=channels, **KINDS[kind].separator).eval()
        self.network.load_state_dict(refill({k: tuple(v.shape) for k, v in self.network.state_dict().items()}, 1))
        self.condition, self.channels = condition, channels

    def weights(self, prefix: str = "ss_model.") -> dict[str, Tensor]:
        return {f"{prefix}{key}": value for key, value in self.network.state_dict().items()}

    def stft(self, prefix: str = "ss_model.") -> dict[str, Tensor]:
        """What torchlibrosa saves."""
        names = ("stft.conv_real.weight", "stft.conv_imag.weight", "istft.ola_window", "istft.conv_real.weight",
                 "istft.conv_imag.weight")
        return {f"{prefix}base.{name}": torch.ones(3) for name in names}

    @torch.no_grad()
    def agrees(self, separator) -> bool:
        generator = torch.Generator().manual_seed(0)
        mixture = 0.1 * torch.randn(1, self.channels, 3000, generator=generator)
        embedding = torch.nn.functional.normalize(torch.randn(1, self.condition, generator=generator))
        query = Query(embedding, None, None, ["extraction"], "text")
        found, expected = separator(mixture, query), self.network(mixture, query)
        return bool(expected.any()) and torch.equal(found, expected)


@pytest.fixture
def run(tmp_path, roberta_tokenizer):
    """``run(kind, content, ...)`` saves a checkpoint and imports it; returns the folder."""

    def run(kind: str, content: dict, *options: str) -> Path:
        checkpoint, out = tmp_path / f"{kind}.ckpt", tmp_path / f"imported-{kind}"
        torch.save(content, checkpoint)
        command.main([kind, str(checkpoint), "--out", str(out), "--tokenizer", str(roberta_tokenizer), *options])
        return out

    return run


@pytest.fixture
def query_encoder(laion_clap_weights) -> dict[str, Tensor]:
    return {f"query_encoder.model.{key}": value for key, value in laion_clap_weights().items()}


def separator_of(folder: Path, condition: int):
    """The separator in a folder without a query encoder."""
    config = configuration.read_yaml(folder / "config.yaml")
    separator = configuration.build(config, "separator", ResUNet30, condition=condition).eval()
    weights = load_file(folder / "model.safetensors")
    separator.load_state_dict({key.removeprefix("separator."): value for key, value in weights.items()})
    return separator


@pytest.mark.parametrize("kind", ["audiosep", "dcase2024"])
def test_a_separator_with_its_query_encoder(kind, small, run, refill, query_encoder, roberta_tokenizer):
    published = Published(refill, kind, 12)
    content = {"state_dict": published.weights() | published.stft() | query_encoder, "loss": np.float64(0.5)}
    model = Model.load(run(kind, content), "cpu")
    assert model.sample_rate == SMALL[kind]["separator"]["sample_rate"] and published.agrees(model.separator)
    assert model.encoder.encode_text(["a dog barks"]).embedding.shape == (1, 12)


@pytest.mark.parametrize("prefix", ["ss_model.", ""])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("condition", [20, 7])
def test_a_separator_alone(condition, channels, prefix, small, run, refill):
    published = Published(refill, "uss", condition, channels)
    others = {"query_net.base.fc1.weight": torch.ones(2, 2), "anchor_segment_detector.model.bn0.bias": torch.ones(2)}
    folder = run("uss", {"state_dict": published.weights(prefix) | (others if prefix else {})})
    assert published.agrees(separator_of(folder, condition))
    assert configuration.read_yaml(folder / "config.yaml")["separator"]["channels"] == channels


def test_lass_separate_says_what_a_separator_alone_lacks(small, run, refill, tmp_path):
    folder = run("uss", Published(refill, "uss", 20).weights())
    audio.write(tmp_path / "mix.wav", np.zeros((1, 100), np.float32), 8000)
    with pytest.raises(LassError) as caught:
        separate.main([str(tmp_path / "mix.wav"), "--text", "a", "-o", str(tmp_path / "a.wav"), "--model", str(folder)])
    message = f"{folder}: a separator alone, which needs an encoder of audio queries to be asked by"
    assert str(caught.value).startswith(message) and not (tmp_path / "a.wav").exists()


def test_an_encoder_can_be_named_later(small, run, refill, tiny_clap):
    """As the card says; the checksums go with it."""
    folder = run("uss", Published(refill, "uss", 20).weights())
    with open(folder / "config.yaml", "a") as f:
        f.write(json.dumps({"encoder": {"class": "lass.queries.clap.Clap", "model": str(tiny_clap(20))}})[1:-1] + "\n")
    with pytest.raises(LassError, match="remove SHA256SUMS if the change is yours"):
        Model.load(folder, "cpu")
    (folder / "SHA256SUMS").unlink()
    assert Model.load(folder, "cpu").encoder.dim == 20


@pytest.fixture
def examples(tmp_path, noise) -> Path:
    """A data directory: two clips of each of two classes."""
    rows = []
    for i, name in enumerate(("Bell", "Bell", "Dog", "Dog")):
        audio.write(tmp_path / f"{i}.wav", np.clip((1 + i) * noise(9000, i), -1, 1), 16000)
        rows.append(Row(f"c{i}", str(tmp_path / f"{i}.wav"), labels={name.lower(): name}))
    write_data_dir(tmp_path / "clips", rows)
    return tmp_path / "clips"


@pytest.fixture
def cnn14(tmp_path) -> Path:
    """A checkpoint as PANNs publish theirs, with embeddings of size 20."""
    torch.manual_seed(0)
    network = Cnn14(widths=(4, 4, 6, 6, 8, 20), classes=3)
    weights = {key: 3 * value if ".conv" in key else value for key, value in network.state_dict().items()}
    torch.save({"model": weights}, tmp_path / "c.pth")
    return tmp_path / "c.pth"


def test_uss_is_asked_with_classes(small, run, refill, cnn14, examples, noise):
    """Each is the mean of what CNN14 hears in its clips; CNN14 is not needed any more."""
    published = Published(refill, "uss", 20)
    folder = run("uss", {"state_dict": published.weights()}, "--encoder", str(cnn14), "--examples", str(examples))
    heard = Panns(str(cnn14))
    clips = [audio.resample(audio.read(examples.parent / f"{i}.wav")[0], 16000, 32000) for i in (2, 3)]
    dog = torch.cat([heard.encode_audio(torch.from_numpy(clip)).embedding for clip in clips]).mean(0, keepdim=True)
    cnn14.rename(cnn14.with_suffix(".moved"))
    model = Model.load(folder, "cpu")
    assert model.encoder.classes == ["Bell", "Dog"] and published.agrees(model.separator)
    torch.testing.assert_close(model.encoder.encode_text(["dog"]).embedding, dog)
    found = model.separate(noise(3000), 8000, ["bell", "dog"])
    assert np.abs(found[0] - found[1]).max() > 0
    with pytest.raises(LassError, match="no class 'rain': ask for one of the 2 classes"):
        model.separate(noise(3000), 8000, "rain")
    card = (folder / "README.md").read_text()
    assert "--text CLASS" in card and "not in the imported file: 2 classes, known by 4 clips of clips" in card


def test_uss_with_a_cnn14_that_does_not_fit(small, run, refill, cnn14, examples, tmp_path):
    content = Published(refill, "uss", 7).weights()
    for encoder, message in (
        (cnn14, "a CNN14 with embeddings of size 20, and the separator takes 7: give another"),
        (tmp_path / "gone.pth", "gone.pth: no such file: get Cnn14_mAP=0.431.pth from Zenodo record 3987831"),
    ):
        with pytest.raises(LassError, match=message):
            run("uss", content, "--encoder", str(encoder), "--examples", str(examples))
    assert not (tmp_path / "imported-uss").exists()


@pytest.fixture
def tiny_clap(tmp_path, laion_clap_weights, roberta_tokenizer):
    """``tiny_clap(dim)`` imports a CLAP with embeddings of that size; returns its folder."""

    def make(dim: int) -> Path:
        checkpoint, out = tmp_path / f"clap{dim}.pt", tmp_path / f"clap{dim}"
        state = {f"module.{key}": value for key, value in laion_clap_weights(dim).items()}
        state["module.text_branch.embeddings.position_ids"] = torch.arange(40)[None]
        torch.save({"epoch": 15, "name": "x", "state_dict": state}, checkpoint)
        command.main(["laion_clap", str(checkpoint), "--out", str(out), "--tokenizer", str(roberta_tokenizer)])
        return out

    return make


def test_clap_given_beside_or_within_the_checkpoint(small, run, refill, query_encoder, tiny_clap, tmp_path, noise):
    """The same samples; the folder needs neither the CLAP's own folder nor the tokenizer's any more."""
    weights = Published(refill, "audiosep", 12).weights()
    clap = tiny_clap(12)
    (tmp_path / "beside").mkdir()
    beside = run("audiosep", weights, "--encoder", str(clap)).rename(tmp_path / "beside" / "model")
    shutil.rmtree(clap)
    within = run("audiosep", weights | query_encoder)
    mixture = noise((2, 3001))
    found = lass.load(str(beside), "cpu").separate(mixture, 44100, "a dog barks")
    assert np.array_equal(found, lass.load(str(within), "cpu").separate(mixture, 44100, "a dog barks"))
    assert found.any() and not np.array_equal(found, lass.load(str(within), "cpu").separate(mixture, 44100, "rain"))


def test_clap_folder(tiny_clap):
    folder = tiny_clap(12)
    assert Clap(str(folder)).encode_audio(torch.randn(2, 5000)).embedding.shape == (2, 12)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    card = (folder / "README.md").read_text()
    assert "| licence | CC0-1.0 |" in card and "| imported from the file | clap12.pt |" in card
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {stat.S_IMODE((folder.parent / "clap12.pt").stat().st_mode)}  # safetensors makes private files


def test_card_and_checksums(small, run, refill, query_encoder, tmp_path):
    folder = run("audiosep", Published(refill, "audiosep", 12).weights() | query_encoder)
    card = (folder / "README.md").read_text()
    digest = hashlib.sha256((tmp_path / "audiosep.ckpt").read_bytes()).hexdigest()
    for row in (f"| SHA-256 of that file | {digest} |", "| imported from the file | audiosep.ckpt |", "WavCaps",
                "| sample\\_rate | 8000 |", "| window | 64 |", "| queries in training | CLAP: size 12 |",
                "| licence | MIT (of the publisher's repository) |", "LAION-CLAP (CC0-1.0) in the imported file"):
        assert row in card, row
    sums = (folder / "SHA256SUMS").read_text()
    assert "  encoder/model.safetensors\n" in sums and "  config.yaml\n" in sums
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    (folder / "encoder" / "config.json").write_text("{}")
    with pytest.raises(LassError, match="'encoder/config.json': not the content that SHA256SUMS tells"):
        Model.load(folder, "cpu")


def test_a_set_is_separated(small, run, refill, query_encoder, test_set, tmp_path):
    folder = run("audiosep", Published(refill, "audiosep", 12).weights() | query_encoder)
    separate.main(["--set", str(test_set), "--out", str(tmp_path / "est"), "--model", str(folder), "--device", "cpu"])
    info = json.loads((tmp_path / "est" / "info.json").read_text())
    assert "WavCaps" in info["training data"] and info["training seed"] == "not known"


@pytest.mark.parametrize("kind", list(WHOLE))
def test_full_size_weights_by_the_rule(kind, run, refill, laion_clap_weights, repo):
    """Whose network test_resunet30_parity.py and test_uss_parity.py compare with the released one."""
    condition, digest = WHOLE[kind]
    figures = json.loads((repo / "test" / "separators" / "resunet30_parity.json").read_text())
    digest = figures[digest]["filled_sha256"] if digest in figures else digest
    published = Published(refill, kind, condition)
    clap = {f"query_encoder.model.{key}": value for key, value in laion_clap_weights(condition).items()}
    folder = run(kind, {"state_dict": published.weights() | published.stft() | clap})
    found = separator_of(folder, condition)
    hashed = hashlib.sha256()
    for key, value in sorted(found.state_dict().items()):
        if value.is_floating_point():
            hashed.update(key.encode() + value.numpy().astype("<f4").tobytes())
    assert hashed.hexdigest() == digest and published.agrees(found)


def test_ms_clap_folder(tiny_models, tmp_path):
    """A checkpoint as msclap writes it; the folder is what the encoder takes, and says so."""
    tiny = tiny_models["MsClap"]
    checkpoint, out = tmp_path / "CLAP_weights_2022.pth", tmp_path / "ms_clap"
    torch.save({"model": load_file(tiny / "model.safetensors"), "epoch": 3}, checkpoint)
    command.main(["ms_clap", str(checkpoint), "--out", str(out), "--tokenizer", str(tiny)])
    texts = ["a dog barks", "rain"]
    assert torch.equal(MsClap(str(out)).encode_text(texts).embedding, MsClap(str(tiny)).encode_text(texts).embedding)
    card = (out / "README.md").read_text()
    assert "class: lass.queries.ms_clap.MsClap" in card and "| licence | MIT |" in card and "BERT" in card
    with pytest.raises(LassError, match="looks like an MS-CLAP, not like kind laion_clap: import it as kind ms_clap"):
        command.main(["laion_clap", str(checkpoint), "--out", str(tmp_path / "other")])
