"""LASS-Net against the released network with the same weights: logits of the mask, estimates.

``lassnet_parity.npz`` holds two mixtures of 1.3 s (FLAC), embeddings, and a part of what the official code made of it:
each 4th frame and bin of the logits, each 16th sample. The folder ``shared`` has more. Weights are not stored: a rule
draws each tensor from its key. Limits as the reference values state them: another STFT differs by 1.2e-5 and 3.4e-7.
"""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from lass.queries.query import Query
from lass.separators.lassnet import LASSNet

HELD = np.load(Path(__file__).with_name("lassnet_parity.npz"), allow_pickle=False)
DIGEST = "692972fc0d20a7d8798196ee6c425209f360f65c803eeb12d6020fbe13748118"
LOGITS, WAVE = 5e-5, 2e-6


@pytest.fixture(scope="module")
def network(refill) -> LASSNet:
    network = LASSNet().eval()
    network.load_state_dict(refill({key: tuple(value.shape) for key, value in network.state_dict().items()}, 1))
    return network


@pytest.fixture(scope="module")
def found(network) -> tuple[Tensor, Tensor]:
    """Logits ``[2, 1, 82, 513]`` and estimates ``[2, 1, 41472]``; official inverses end with the last frame."""
    samples, _ = soundfile.read(io.BytesIO(HELD["mixture_flac"].tobytes()), dtype="float32")
    mixture, embedding = torch.from_numpy(samples.T.copy())[:, None], torch.from_numpy(HELD["embedding"])
    with torch.no_grad():
        logits = network.UNet(network._spectrum(mixture).abs()[:, :, :82], embedding)
        return logits, network(mixture, Query(embedding, None, None, ["extraction"] * 2, "text"))[..., :41472]


def test_weights_are_those_of_the_reference(network, digest):
    assert digest(network.state_dict()) == DIGEST


def test_logits(found, largest_error):
    assert largest_error(found[0][:, :, ::4, ::4], HELD["logits"]) <= LOGITS
    assert not found[0][..., 511:].any()  # the mask is 1/2 there


def test_estimates(found, largest_error):
    assert largest_error(found[1][..., ::16], HELD["estimate"]) <= WAVE


def test_all_reference_values(found, shared, largest_error):
    folder = shared / "parity" / "lassnet"
    if not folder.is_dir():
        pytest.skip(f"no reference values in {folder}")
    data = np.load(folder / "data.npz", allow_pickle=False)
    assert largest_error(found[0][:, :, ::4], data["logits_rows_every4"]) <= LOGITS
    assert largest_error(found[1][..., ::2], data["wav_every2"]) <= WAVE
