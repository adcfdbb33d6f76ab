"""ResUNet30 against the released network with the same weights: outputs, maps, FiLM, one training step.

``resunet30_parity.npz`` holds short mixtures (FLAC), query embeddings and every 8th to 32nd sample of what the official
code made of them; ``resunet30_parity.json`` holds its figures: of AudioSep, and of the DCASE 2024 Task 9 baseline
(window 1024, hop 160, 16 kHz). Weights are not stored: a rule draws each tensor from its key.
Each way to compute the network is held against them: the plain one, that for estimates on a CPU, that for training.
"""

import copy
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from lass import config
from lass.losses.l1 import l1
from lass.queries.query import Query
from lass.separators.resunet30 import ResUNet30
from lass.separators.separator import Separator
from lass.train.optimisers import adamw

HELD = np.load(Path(__file__).with_name("resunet30_parity.npz"), allow_pickle=False)
FIGURES = json.loads(Path(__file__).with_name("resunet30_parity.json").read_text(encoding="utf-8"))
MODELS = Path(__file__).parents[2] / "conf" / "model"
CASES = {"resunet30": ("a", 16), "resunet30_dcase2024": ("dcase", 8)}  # yaml -> arrays, held is one sample of so many
MAPS = 2e-5  # of the standard deviation of a map; float32 in another order differs by 2e-6
TRAIN = FIGURES["resunet30"]["train"]


def wave(name: str) -> Tensor:
    """``[B, 1, T]``: the rows of a batch are the channels of a file."""
    samples, _ = soundfile.read(io.BytesIO(HELD[f"{name}_flac"].tobytes()), dtype="float32", always_2d=True)
    return torch.from_numpy(samples.T.copy())[:, None]


def query(embedding: np.ndarray) -> Query:
    return Query(torch.from_numpy(embedding), None, None, ["extraction"] * len(embedding), "text")


def digest(state: dict[str, Tensor]) -> str:
    hashed = hashlib.sha256()
    for key in sorted(state):
        if state[key].is_floating_point():
            hashed.update(key.encode() + state[key].numpy().astype("<f4").tobytes())
    return hashed.hexdigest()


def statistics(x: Tensor) -> list[float]:
    return [float(value) for value in (x.mean(dtype=torch.float64), x.double().std(), x.abs().max())]


class Run:
    """A filled network, and what it made of the mixture whose maps are known."""

    def __init__(self, name: str, refill: Callable[..., dict]):
        self.figures, (self.case, self.thinning) = FIGURES[name], CASES[name]
        self.embedding, self.expected = HELD[f"{self.case}_cond"], HELD[f"{self.case}_out"]
        model = config.load([MODELS / f"{name}.yaml"])
        self.network = config.build(model, "separator", Separator, condition=self.embedding.shape[1]).eval()
        weights = refill({key: tuple(value.shape) for key, value in self.network.state_dict().items()}, 1)
        assert digest(weights) == self.figures["filled_sha256"]  # of names, shapes and values
        self.network.load_state_dict(weights, strict=True)
        self.maps = {}  # block -> (shape, [mean, standard deviation, largest magnitude], some values)
        hooks = [self.network.base.get_submodule(block).register_forward_hook(self._record(block, known["probe_index"]))
                 for block, known in self.figures["probes"].items()]
        with torch.no_grad():
            self.estimate = self.network(wave(f"{self.case}_mixture"), query(self.embedding))
        for hook in hooks:
            hook.remove()

    def _record(self, block: str, index: list[int]):
        def hook(_module, _inputs, output: Tensor) -> None:
            self.maps[block] = list(output.shape), statistics(output), output.flatten()[index].numpy()

        return hook


@pytest.fixture(scope="module")
def released(refill) -> Run:
    return Run("resunet30", refill)


@pytest.fixture(scope="module")
def dcase2024(refill) -> Run:
    return Run("resunet30_dcase2024", refill)


@pytest.fixture(params=["released", "dcase2024"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.getfixturevalue(request.param)


def check_estimate(found: Tensor, expected: np.ndarray) -> None:
    """Largest error 2e-5, RMS error 5e-5 of the RMS: another order of the same float32 sums stays ten times below."""
    error = found.numpy().reshape(expected.shape) - expected
    largest, rms = np.abs(error).max(), np.sqrt(np.mean(error**2) / np.mean(expected**2))
    print(f"largest error {largest:.2g}, RMS error {rms:.2g} of the RMS")
    assert largest <= 2e-5 and rms <= 5e-5


def test_estimate(run):
    check_estimate(run.estimate[..., :: run.thinning], run.expected)


def test_estimate_in_inference_mode(run):
    """In strips (resunet30_inference.py)."""
    with torch.inference_mode():
        estimate = run.network(wave(f"{run.case}_mixture"), query(run.embedding))
    check_estimate(estimate[..., :: run.thinning], run.expected)


@torch.no_grad()
def test_estimate_of_a_length_that_is_no_multiple_of_the_hop(released):
    check_estimate(released.network(wave("d_mixture"), query(released.embedding[1:]))[..., ::8], HELD["d_out"])


@torch.no_grad()
def test_estimate_of_a_long_mixture(shared, released):
    """7.3 s: too large for this folder."""
    data = np.load(shared / "parity" / "audiosep_resunet30" / "data.npz")
    mixture = torch.from_numpy(data["b_mixture_i16"].astype(np.float32) / 32768)
    check_estimate(released.network(mixture, query(released.embedding[:1]))[..., ::8], data["b_out_every8"])


def test_maps_behind_each_block(run):
    assert len(run.maps) == len(run.figures["probes"]) == 16
    for block, expected in run.figures["probes"].items():
        shape, found, probed = run.maps[block]
        assert shape == expected["shape"], block
        scale = expected["std"]
        assert found == pytest.approx([expected["mean"], scale, expected["absmax"]], rel=MAPS, abs=MAPS * scale), block
        assert probed == pytest.approx(expected["probe"], rel=0, abs=MAPS * scale), block


@torch.no_grad()
def test_shift_of_each_film_layer(run):
    film = run.network.film
    assert film.keys() == run.figures["film"].keys()
    for site, expected in run.figures["film"].items():
        gamma, beta = film[site](torch.from_numpy(run.embedding))
        assert gamma is None
        found = [beta.mean(), beta.std(correction=0), *beta.flatten()[:4]]
        assert found == pytest.approx([expected["mean"], expected["std"], *expected["first4"]], rel=0, abs=1e-6), site


class Step:
    """One training step of the filled network, in the layout that training on a CPU uses."""

    def __init__(self, filled: ResUNet30):
        network = copy.deepcopy(filled).train().to(memory_format=torch.channels_last)
        mixture, target, asked = wave("a_mixture"), wave("train_target"), query(HELD["a_cond"])
        estimate = network(mixture, asked)
        loss = l1(estimate, target)
        loss.backward()
        self.loss, self.estimate = loss.item(), estimate.detach()
        self.gradients = {name: weight.grad for name, weight in network.named_parameters()}
        self.state = {name: value.clone() for name, value in network.state_dict().items() if "running" in name}
        adamw([weight for weight in network.parameters() if weight.requires_grad], lr=1e-3, amsgrad=True).step()
        with torch.no_grad():
            self.next_loss = l1(network(mixture, asked), target).item()


@pytest.fixture(scope="module")
def step(released) -> Step:
    return Step(released.network)


def test_loss_and_estimate_of_a_training_step(step):
    assert step.loss == pytest.approx(TRAIN["loss"], rel=1e-5)
    check_estimate(step.estimate[..., ::32], HELD["train_out"])


def test_gradient_of_every_tensor(step):
    """Rounding can flip the sign before a LeakyReLU: one flip in a small map moved norms by 6e-4."""
    norms = TRAIN["gradient_norms"]
    assert step.gradients.keys() == norms.keys()
    assert {name for name, gradient in step.gradients.items() if gradient is None} == {
        name for name, norm in norms.items() if norm is None
    }
    noise = 1e-6 * max(norm for norm in norms.values() if norm is not None)  # shortcut biases, which a norm cancels
    known = {name: norm for name, norm in norms.items() if norm is not None and norm >= noise}
    assert len(known) == 177
    errors = {name: abs(float(step.gradients[name].double().norm()) / norm - 1) for name, norm in known.items()}
    print(f"gradient norms: largest relative error {max(errors.values()):.2g}")
    assert max(errors.values()) <= 1e-3, max(errors, key=errors.get)


def test_running_statistics_after_a_training_step(step):
    assert step.state.keys() == TRAIN["running_mean_and_std"].keys()
    for name, (mean, std) in TRAIN["running_mean_and_std"].items():
        found = step.state[name].double()
        assert [float(found.mean()), float(found.std())] == pytest.approx([mean, std], rel=0, abs=1e-6 * std), name


def test_loss_after_a_training_step(step):
    """Adam's first step is nearly the sign of the gradient: small differences count."""
    assert step.next_loss == pytest.approx(TRAIN["loss_after_one_step"], rel=1e-2)
