"""ResUNet30 against the released network: its keys, its odd behaviour, its output for the same weights."""

import hashlib
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from lass.errors import LassError
from lass.queries.query import Query
from lass.separators.resunet30 import ResUNet30

# sha256 of the lines "<key> <shape>" of the released separator, sorted; the STFT matrices of its framework left out
RELEASED_KEYS = "9012b4bb5ef0282e852ef6c5164e32d2d0ac690d6a0eec7ef95d5e705b19f184"
SMALL = {"condition": 6, "sample_rate": 8000, "window": 64, "hop": 16, "widths": (4, 6, 8)}


def query(embedding: Tensor) -> Query:
    return Query(embedding, None, None, ["extraction"] * len(embedding), "text")


def refill(network: ResUNet30, seed: int) -> dict[str, Tensor]:
    """The weights of the reference values: uniform draws by key, variance by the role of the tensor (RULE.md there)."""
    filled = {}
    state = network.state_dict()
    for key, old in state.items():
        module, leaf = key.rsplit(".", 1)
        if leaf == "num_batches_tracked":
            filled[key] = torch.tensor(1)
            continue
        rng = np.random.Generator(np.random.PCG64(zlib.crc32(key.encode()) + (seed << 32)))
        v = ((2.0 * rng.random(old.numel()) - 1.0) * np.sqrt(3.0)).reshape(old.shape)
        norm = f"{module}.running_mean" in state
        if leaf in ("running_mean", "bias"):
            v *= 0.2 if norm else 0.1
        elif leaf == "running_var":
            v = 1.0 + 0.3 * v
        elif norm:
            v = 1.0 + 0.2 * v
        elif not key.startswith("film."):
            transposed = re.fullmatch(r"base\.decoder_block\d\.conv1\.weight", key)
            v = v / np.sqrt(old.shape[0] if transposed else np.prod(old.shape[1:]))
            v *= 0.3 if key == "base.after_conv.weight" else 1.0
        filled[key] = torch.from_numpy(np.asarray(v.astype(np.float32)))
    return filled


def digest(state: dict[str, Tensor]) -> str:
    hashed = hashlib.sha256()
    for key in sorted(state):
        if state[key].is_floating_point():
            hashed.update(key.encode() + state[key].numpy().astype("<f4").tobytes())
    return hashed.hexdigest()


@pytest.fixture(scope="module")
def released() -> ResUNet30:
    return ResUNet30().eval()


@pytest.fixture(scope="module")
def reference(shared: Path) -> Path:
    folder = shared / "parity" / "audiosep_resunet30"
    if not folder.is_dir():
        pytest.skip(f"no reference values in {folder}")
    return folder


@pytest.fixture(scope="module")
def filled(reference, released) -> ResUNet30:
    weights = refill(released, seed=1)
    assert digest(weights) == json.loads((reference / "info.json").read_text())["filled_sha256"]
    network = ResUNet30().eval()
    network.load_state_dict(weights, strict=True)
    return network


@pytest.mark.parametrize(("case", "rows", "step"), [("a", (0, 1), 1), ("b", (0,), 8), ("d", (1,), 1)])
@torch.no_grad()
def test_output_is_that_of_the_released_network(case, rows, step, reference, filled):
    data = np.load(reference / "data.npz")
    mixture = torch.from_numpy(data[f"{case}_mixture_i16"].astype(np.float32) / 32768)
    expected = data[f"{case}_out" if step == 1 else f"{case}_out_every{step}"]
    conditions = torch.from_numpy(data["cond"][list(rows)])
    found = filled(mixture.reshape(len(rows), 1, -1), query(conditions))[..., ::step].numpy().reshape(expected.shape)
    error = found - expected
    assert np.abs(error).max() <= 2e-5
    assert np.sqrt(np.mean(error**2)) <= 5e-5 * np.sqrt(np.mean(expected**2))


def test_published_keys(reference, released):
    published = json.loads((reference / "keys.json").read_text())
    shapes = {key.removeprefix(published["prefix"]): tuple(shape) for key, shape in published["keys"].items()}
    own = {key: tuple(value.shape) for key, value in released.state_dict().items()}
    assert {key: shape for key, shape in shapes.items() if not key.startswith(("base.stft.", "base.istft."))} == own


def test_keys_and_shapes(released):
    state = released.state_dict()
    lines = sorted(f"{key} {list(value.shape)}" for key, value in state.items())
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == RELEASED_KEYS
    assert state["base.bn0.weight"].shape == (1025,)
    assert state["base.encoder_block2.conv_block1.shortcut.weight"].shape == (64, 32, 1, 1)
    assert state["base.conv_block7a.conv_block1.conv1.weight"].shape == (384, 384, 3, 3)
    assert state["base.decoder_block6.conv1.weight"].shape == (64, 32, 2, 2)
    assert state["film.encoder_block1->conv_block1->beta1.weight"].shape == (32, 512)
    assert state["film.decoder_block1->beta2.bias"].shape == (384,)
    assert sum(weight.numel() for weight in released.parameters()) == 26_447_941


@pytest.fixture
def small() -> ResUNet30:
    torch.manual_seed(1)
    network = ResUNet30(**SMALL).eval()
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.normal_(0.0, 0.2)
            norm.bias.data.normal_(0.0, 0.2)
    return network


@pytest.fixture
def noise() -> Tensor:
    return torch.randn(2, 1, 500, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def asked() -> Query:
    return query(torch.randn(2, 6, generator=torch.Generator().manual_seed(1)))


@torch.no_grad()
def test_tensors_that_the_released_network_never_uses(small, noise, asked):
    before = small(noise, asked)
    dead = {k: v for k, v in small.named_parameters() if re.match(r"(base|film)\.decoder_block\d(\.bn2|->beta2)\.", k)}
    assert len(dead) == 4 * 3 and not any(weight.requires_grad for weight in dead.values())
    for weight in dead.values():
        weight.normal_()
    assert torch.equal(small(noise, asked), before)


@torch.no_grad()
def test_every_shift_matters(small, noise, asked):
    before = small(noise, asked)
    for site, linear in small.film.items():
        if not linear.weight.requires_grad:
            continue
        linear.bias += 1.0
        assert not torch.allclose(small(noise, asked), before, atol=1e-5), site
        linear.bias -= 1.0


@torch.no_grad()
def test_silence_gives_exact_silence(small, asked):
    assert not small(torch.zeros(2, 1, 500), asked).any()


@torch.no_grad()
def test_the_nyquist_bin_is_empty(small, noise, asked):
    """Before the inverse transform; a tone at the Nyquist frequency thus vanishes."""
    spectrum = small.base.stft(noise)
    beta = {site: linear(asked.embedding) for site, linear in small.film.items()}
    mask = small.base._mask(small.base._unet(spectrum.abs(), beta))
    assert mask.shape == spectrum.shape and not mask[..., -1].any() and mask[..., :-1].abs().min() > 0


@torch.no_grad()
def test_the_mask_never_amplifies(small, noise, asked):
    spectrum = small.base.stft(noise)
    beta = {site: linear(asked.embedding) for site, linear in small.film.items()}
    assert float(small.base._mask(small.base._unet(spectrum.abs(), beta)).abs().max()) <= 1.0 + 1e-6


@pytest.mark.parametrize(
    "change",
    [{"stem": 2}, {"stem": 4}, {"widths": (3, 5)}, {"widths": [8]}, {"hop": 32}, {"window": 128, "stem": 8},
     {"channels": 2}],
    ids=str,
)
@torch.no_grad()
def test_other_sizes(change, noise, asked):
    network = ResUNet30(**{**SMALL, **change}).eval()
    mixture = noise.expand(-1, change.get("channels", 1), -1)
    estimate = network(mixture, asked)
    assert estimate.shape == mixture.shape and bool(estimate.any()) and bool(torch.isfinite(estimate).all())


@pytest.mark.parametrize("change", [{"stem": 8}, {"stem": 3}, {"window": 72}, {"widths": (2,) * 6}], ids=str)
def test_sizes_that_do_not_divide_the_spectrum(change):
    with pytest.raises(LassError, match=r"separator: window \d+: window / 2 must be a multiple of .*: "):
        ResUNet30(**{**SMALL, **change})


def test_channels_that_the_network_lacks(noise, asked):
    network = ResUNet30(**SMALL, channels=2)
    with pytest.raises(LassError, match="separator: a mixture of 1 channels for a network of 2"):
        network(noise, asked)
