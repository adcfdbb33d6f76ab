"""CNN14 of PANNs: parity with the published network on narrow weights, its front end, what is no checkpoint of it.

``cnn14.json`` holds what the network of the package panns-inference 0.1.1 (models.py, with torchlibrosa 0.1.0) gives
with narrower blocks, for weights by the rule of the reference values (but convolutions 1.5 times as strong, since ReLUs
fade a wave) and the waves that ``noise_and_tone`` makes.
"""

import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from lass.errors import LassError
from lass.io.checkpoint import read_weights
from lass.layers.cnn14 import Cnn14

HELD = json.loads(Path(__file__).with_name("cnn14.json").read_text(encoding="utf-8"))


def noise_and_tone(rate: int, samples: int) -> torch.Tensor:
    waves = 0.1 * np.random.Generator(np.random.PCG64(rate + samples)).standard_normal((2, samples))
    waves[1] = 0.01 * waves[1] + 0.3 * np.sin(np.arange(samples) / 7)
    return torch.from_numpy(waves.astype(np.float32))


@pytest.fixture
def weights(refill):
    """Tells the weights of a narrow network, as the published checkpoint names them."""

    def of(window: int = 1024) -> dict[str, torch.Tensor]:
        own = Cnn14(window, widths=HELD["widths"], classes=HELD["classes"]).state_dict()
        fixed = {"logmel_extractor.melW": own.pop("logmel_extractor.melW")}
        for part in ("real", "imag"):
            fixed[f"spectrogram_extractor.stft.conv_{part}.weight"] = torch.zeros(window // 2 + 1, 1, window)
        filled = refill({key: tuple(value.shape) for key, value in own.items()}, 1)
        return fixed | {key: 1.5 * value if ".conv" in key else value for key, value in filled.items()}

    return of


@pytest.mark.filterwarnings("ignore:At least one mel filterbank")
@pytest.mark.parametrize("case", HELD["cases"], ids=lambda case: f"{case['sample_rate']}-{case['samples']}")
def test_parity(case, weights):
    network = Cnn14.of(weights(case["sample_rate"] * 32 // 1000), "here")
    assert network.sample_rate == case["sample_rate"]
    heard = network(noise_and_tone(case["sample_rate"], case["samples"]))
    for found, wanted in ((heard.embedding, case["embedding"]), (heard.posteriors, case["posteriors"])):
        wanted = torch.tensor(wanted)
        assert (wanted[0] - wanted[1]).abs().max() > 1e-2 * wanted.max()
        assert (found - wanted).abs().max() < 1e-5 * wanted.max()


def test_names_and_shapes_are_those_published():
    shapes = {key: list(value.shape) for key, value in Cnn14().state_dict().items()}
    # two DFT matrices less than the 84 entries of the published file
    assert len(shapes) == 82
    assert shapes["logmel_extractor.melW"] == [513, 64] and shapes["bn0.running_mean"] == [64]
    assert shapes["conv_block1.conv1.weight"] == [64, 1, 3, 3] and shapes["conv_block6.bn2.weight"] == [2048]
    assert shapes["fc1.weight"] == [2048, 2048] and shapes["fc_audioset.weight"] == [527, 2048]


@pytest.mark.parametrize("rate", [32000, 16000])
@pytest.mark.filterwarnings("ignore:At least one mel filterbank", "ignore:Empty filters")
def test_mel_filters(rate):
    window = rate * 32 // 1000
    own = Cnn14(window, widths=[1] * 6).logmel_extractor.melW.T.numpy()
    wanted = librosa.filters.mel(sr=rate, n_fft=window, n_mels=64, fmin=50, fmax=14000 if rate == 32000 else 8000)
    assert np.abs(own - wanted).max() < 1e-5 * wanted.max()


def test_the_mel_filters_of_the_file_are_used(weights):
    changed = weights()
    changed["logmel_extractor.melW"] = changed["logmel_extractor.melW"] * 3.0
    wave = noise_and_tone(32000, 9920)
    assert not torch.equal(Cnn14.of(changed, "here")(wave).embedding, Cnn14.of(weights(), "here")(wave).embedding)


def test_it_is_frozen_and_short_waves_do(weights):
    network = Cnn14.of(weights(), "here")
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    for samples in (1, 513, 9919):
        wave = noise_and_tone(32000, samples)
        padded = torch.nn.functional.pad(wave, (0, 9920 - samples))
        assert torch.equal(network(wave).embedding, network(padded).embedding)


def test_published_layouts_are_read(weights, tmp_path):
    torch.save({"iteration": 600000, "model": weights()}, tmp_path / "Cnn14.pth")
    network = Cnn14.of(read_weights(tmp_path / "Cnn14.pth"), "Cnn14.pth")
    assert torch.equal(network.fc1.weight, weights()["fc1.weight"])


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("bn0.weight", None, r"Missing key\(s\) in state_dict: \"bn0.weight\""),
        ("conv_block3.conv1.weight", None, "lacks 'conv_block3.conv1.weight'"),
        ("conv_block7.conv1.weight", torch.zeros(1), "Unexpected key.*conv_block7"),
        ("fc1.weight", torch.zeros(3, 8), "size mismatch for fc1.weight"),
        ("logmel_extractor.melW", torch.zeros(3), "not enough values"),
    ],
)
def test_what_is_no_such_checkpoint(weights, key, value, said):
    changed = {name: tensor for name, tensor in weights().items() if name != key}
    changed |= {} if value is None else {key: value}
    with pytest.raises(LassError, match=rf"^cnn.pth: no CNN14 of PANNs \(.*{said}.*\): get Cnn14"):
        Cnn14.of(changed, "cnn.pth")
