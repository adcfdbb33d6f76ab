"""CLIPSep and CLIPSep-NIT against the released networks with the same weights: masks, noise masks, losses, gradients.

``clipsep_parity.npz`` holds one magnitude spectrogram (float16, exact), its query, and a part of what the official code
made of it: each second row and frame of the mask, each 4th of the logits of the noise masks. The folder ``shared`` has
more. Weights are not stored: a rule draws each tensor from its key. Limits as the reference values state them.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lass.layers.log_frequency import to_linear_frequency
from lass.losses.mask_bce import mask_bce
from lass.separators.clipsep import FLOOR, CLIPSep, CLIPSepNIT

HELD = np.load(Path(__file__).with_name("clipsep_parity.npz"), allow_pickle=False)
DIGESTS = {
    CLIPSep: "6433603639ea1b9ab338dcc38447a127fe5823da34487fba932d340a689d4648",
    CLIPSepNIT: "da546ea0e53c3e778d724ccfe22bb5c259bcbfb0baa03366b7ad4067d106c6b1",
}
OFFICIAL = {CLIPSep: "CLIPSep", CLIPSepNIT: "CLIPPITSepV4"}
MASK, LOGIT, LOSS = 1e-4, 1e-3, 1e-5  # absolute, absolute, relative
# Gradient norms, relative. CLIPSep-NIT's masks come within 7e-6 of 1, where the cross entropy has slopes of 1e5: the
# order of float32 sums alone moves its norms by up to 5 % (convolutions with and without oneDNN), and float64 by 40 %.
# test_clipsep.py compares its gradients with the released formula.
NORM = {CLIPSep: 1e-3, CLIPSepNIT: 0.1}


@pytest.fixture(scope="module", params=[CLIPSep, CLIPSepNIT], ids=lambda cls: cls.__name__)
def network(request, refill) -> CLIPSep:
    network = request.param().eval()
    network.noise_free = 0.2  # as the reference values were made
    network.load_state_dict(refill({key: tuple(value.shape) for key, value in network.state_dict().items()}, 1))
    network.loss = mask_bce
    return network


@pytest.fixture(scope="module")
def public(shared: Path) -> dict:
    folder = shared / "parity" / "clipsep"
    if not folder.is_dir():
        pytest.skip(f"no reference values in {folder}")
    data = dict(np.load(folder / "data.npz", allow_pickle=False))
    return data | {"info": json.loads((folder / "info.json").read_text(encoding="utf-8"))}


def tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def test_weights_are_those_of_the_reference(network, digest):
    assert digest(network.state_dict()) == DIGESTS[type(network)]


@torch.no_grad()
def test_masks(network, largest_error):
    maps = network._maps(network._warped(tensor(HELD["magnitude"]) + FLOOR))
    features = network._features(tensor(HELD["embedding"]))
    assert largest_error(network._mask(features, maps)[..., ::2, ::2], HELD["mask"]) <= MASK
    if isinstance(network, CLIPSepNIT):
        for mask, expected in zip(network.noise_masks([features], maps), HELD["noise_logits"], strict=True):
            assert largest_error(torch.logit(mask.double())[..., ::4, ::4], expected) <= LOGIT


@torch.no_grad()
def test_all_reference_masks(network, public, largest_error):
    mixture = tensor(public["mag_mix_f16"])
    maps = network._maps(network._warped(mixture + FLOOR))
    mask = network._mask(network._features(tensor(public["emb"][0])), maps)
    assert largest_error(mask[..., ::2, ::2], public["clipsep_infer_mask"]) <= MASK
    spectrum = torch.polar(mixture * to_linear_frequency(mask, 513), tensor(public["phase_f16"]).expand_as(mixture))
    wave = network.stft.inverse(spectrum.transpose(2, 3), 8000)[0, 0]
    assert largest_error(wave, public["clipsep_wav_soft"]) <= MASK * float(np.abs(public["clipsep_wav_soft"]).max())


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_loss_and_gradients(network, public, mode):
    expected = public["info"][OFFICIAL[type(network)]]
    mixture, *targets = (tensor(public[name]) for name in ("mag_mix_f16", "mag1_f16", "mag2_f16"))
    state = {key: value.clone() for key, value in network.state_dict().items()}
    loss = network.train(mode == "train").loss_of_masks(mixture, targets, list(tensor(public["emb"])))["loss"]
    assert loss.item() == pytest.approx(expected[f"loss_{mode}_mode"], rel=LOSS)
    if mode == "train":
        loss.backward()
        norms = {key: float(weight.grad.norm()) for key, weight in network.named_parameters()}
        errors = {key: abs(norms[key] / norm - 1) for key, norm in expected["grad_l2_norm_train_mode"].items()}
        print(f"gradient norms: largest relative error {max(errors.values()):.2g} of {len(errors)} tensors")
        assert norms.keys() == errors.keys() and max(errors.values()) <= NORM[type(network)]
        network.zero_grad()
    network.eval().load_state_dict(state)  # as statistics have moved
