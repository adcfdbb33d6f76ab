from pathlib import Path

import pytest
import torch
from transformers import DacConfig, DacModel, EncodecConfig, EncodecModel

from lass.codecs.pretrained import Dac, Encodec
from lass.errors import LassError


@pytest.fixture(scope="module")
def encodec(tmp_path_factory) -> Path:
    """16 entries a codebook, 80 samples a frame, 8 kHz: 100 frames/s."""
    torch.manual_seed(0)
    config = EncodecConfig(
        target_bandwidths=[0.4, 0.8, 1.6], sampling_rate=8000, num_filters=4, upsampling_ratios=[5, 4, 4],
        hidden_size=8, codebook_size=16, codebook_dim=8, num_lstm_layers=1,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("encodec")
    network = EncodecModel(config)
    heard = network.encoder(torch.randn(1, 1, 1280))[0].T.detach()
    for layer in network.quantizer.layers:
        layer.codebook.embed.copy_(heard)  # zeros until it is trained
    network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def dac(tmp_path_factory) -> Path:
    """16 entries a codebook, 40 samples a frame."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("dac")
    DacModel(DacConfig(
        encoder_hidden_size=4, downsampling_ratios=[2, 4, 5], decoder_hidden_size=16, n_codebooks=3, codebook_size=16,
        codebook_dim=4, sampling_rate=8000,
    )).save_pretrained(folder)  # fmt: skip
    return folder


def test_encodec_as_transformers_codes(encodec, noise):
    made, wave = Encodec(str(encodec), groups=2), noise(2, 1000)
    assert (made.bit_rate, made.frame_rate, made.groups) == (800, 100, 2)
    tokens = made.encode(wave)
    padded = torch.nn.functional.pad(wave, (0, 40))[:, None]
    network = EncodecModel.from_pretrained(encodec)
    expected = network.encode(padded, bandwidth=0.8)
    assert torch.equal(tokens, expected.audio_codes[0].transpose(1, 2))
    assert tokens.shape == (2, 13, 2) and len(tokens.unique()) > 4
    decoded = made.decode(tokens)
    torch.testing.assert_close(decoded, network.decode(*expected[:2]).audio_values[:, 0])
    assert decoded.shape == (2, 1040)


def test_dac_as_transformers_codes(dac, noise):
    made, wave = Dac(str(dac), groups=2), noise(2, 1000)
    assert (made.bit_rate, made.frame_rate) == (1600, 200)
    tokens = made.encode(wave)
    network = DacModel.from_pretrained(dac)
    assert torch.equal(tokens, network.encode(wave[:, None], 2).audio_codes.transpose(1, 2))
    assert tokens.shape == (2, 25, 2)
    decoded, expected = made.decode(tokens), network.decode(audio_codes=tokens.transpose(1, 2)).audio_values
    torch.testing.assert_close(decoded[:, : expected.shape[-1]], expected[:, :1000])
    assert decoded.shape == (2, 1000)


def test_any_length(encodec, dac, noise):
    for made in (Encodec(str(encodec), groups=1), Dac(str(dac), groups=1)):
        for samples in (1, 399, 400, 401):
            tokens = made.encode(noise(1, samples))
            assert tokens.shape == (1, -(-samples // made.frame_size), 1)
            assert made.decode(tokens).shape == (1, tokens.shape[1] * made.frame_size)


def test_too_many_groups(encodec, dac):
    with pytest.raises(LassError, match="groups 5: it has 4 codebooks"):
        Encodec(str(encodec), groups=5)
    with pytest.raises(LassError, match="groups 4: it has 3 codebooks"):
        Dac(str(dac), groups=4)


def test_no_such_model(tmp_path):
    with pytest.raises(LassError, match="no such folder"):
        Dac(str(tmp_path / "none"), groups=1)
