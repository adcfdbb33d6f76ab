"""Every yaml of conf/part: its arguments fit, and what is small enough trains a step, is saved and loaded."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lass import config as configuration
from lass.parts.folder import build_part, load_part, save_part
from lass.parts.spec import load_spec, parts_of, pretrained_of
from lass.train.part import check

YAMLS = sorted((Path(__file__).resolve().parents[2] / "conf" / "part").glob("*.yaml"))
SMALL = [path for path in YAMLS if path.stem.endswith("_small")]
OTHERS = {"audio": "audiomae_small", "codec": "tf_codec_small"}  # argument that is another part -> its yaml


@pytest.fixture(scope="session")
def specs(tiny_models, tmp_path_factory) -> dict[str, dict]:
    """The section ``part`` of each small yaml; what it builds on is made here."""
    found = {path.stem: load_spec([path])["part"] for path in SMALL}
    made = {}
    for spec in found.values():
        for name in parts_of(spec):
            if name not in made:
                made[name] = tmp_path_factory.mktemp(name)
                own = found[OTHERS[name]]
                save_part(build_part(own), {"part": own}, made[name], "")
            spec[name] = {"model": str(made[name])}
        for name in pretrained_of(spec):
            spec[name] = {"pretrained": str(tiny_models["T5Text"])}
    return found


def batch_for(part: nn.Module) -> dict:
    generator = torch.Generator().manual_seed(0)
    wave = 0.1 * torch.randn(3, round(min(part.seconds, 5.0) * part.sample_rate), generator=generator)
    words = [["a dog barks"], ["rain falls"], ["a bell rings"]]
    samples = [wave.shape[1], wave.shape[1] // 2, wave.shape[1]]
    return {"utt": ["a", "b", "c"], "wave": wave, "samples": samples, "captions": words, "labels": words}


def loss_of(part: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return part.training_loss(batch_for(part))


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.stem)
def test_a_yaml_fits(path):
    check(configuration.read_yaml(path))


@pytest.mark.parametrize("name", [path.stem for path in SMALL])
def test_a_part(name, specs, tmp_path):
    torch.manual_seed(0)
    part = build_part(specs[name]).train()
    weights = [p for p in part.parameters() if p.requires_grad]
    losses = loss_of(part)
    assert all(torch.isfinite(value) for value in losses.values()) and losses["loss"].ndim == 0
    losses["loss"].backward()
    assert all(p.grad is not None for p in weights)
    before = [p.detach().clone() for p in weights]
    torch.optim.SGD(weights, lr=1e-2).step()
    assert any(not torch.equal(a, b) for a, b in zip(before, weights))
    save_part(part, {"part": specs[name]}, tmp_path / "part", "a card\n")
    loaded = load_part(tmp_path / "part")
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    with torch.no_grad():
        expected, found = loss_of(part.eval().requires_grad_(False), 1), loss_of(loaded, 1)
    assert found.keys() == expected.keys()
    torch.testing.assert_close(found, expected)  # sums in another order, as the weights lie elsewhere in memory
    assert (tmp_path / "part" / "README.md").read_text() == "a card\n"
