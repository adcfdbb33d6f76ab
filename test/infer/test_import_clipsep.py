"""`lass import clipsep`: a checkpoint in the published layout, small but for its names; the whole one by its names."""

import dataclasses
import importlib
import json

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from lass import config as configuration
from lass.errors import LassError
from lass.infer.model import Model
from lass.infer.released import KINDS
from lass.queries.clip import Clip
from lass.separators.clipsep import CLIPSep, CLIPSepNIT

command = importlib.import_module("lass.bin.import")  # the name is a keyword
SIZES = {"sample_rate": 8000, "window": 64, "hop": 16, "layers": 3, "width": 4, "channels": 5}
DIM = 12  # of the tiny CLIP


@pytest.fixture
def small(monkeypatch):
    change = {"separator": SIZES, "conditions": {DIM: "CLIP"}}
    monkeypatch.setitem(KINDS, "clipsep", dataclasses.replace(KINDS["clipsep"], **change))


def published(cls: type[CLIPSep]) -> CLIPSep:
    torch.manual_seed(0)
    return cls(condition=DIM, **SIZES).eval()


def weights(network: CLIPSep) -> dict[str, Tensor]:
    """As saved: of data-parallel training."""
    return {f"module.{key}": value for key, value in network.state_dict().items()}


@pytest.fixture
def run(import_file, tiny_models):
    """``run(content)`` imports a checkpoint; returns the folder."""
    return lambda content, encoder="Clip": import_file("clipsep", content, "--encoder", str(tiny_models[encoder]))


@pytest.mark.parametrize("cls", [CLIPSep, CLIPSepNIT])
@torch.no_grad()
def test_it_separates_as_what_was_published(small, run, tiny_models, cls):
    network = published(cls)
    folder = run(weights(network))
    model = Model.load(folder, "cpu")
    mixture = 0.1 * torch.randn(2, 1, 700, generator=torch.Generator().manual_seed(0))
    texts = ["a photo of dog", "rain"]
    expected = network(mixture, Clip(str(tiny_models["Clip"]), normalised=False).encode_text(texts))
    assert bool(expected.any()) and torch.equal(model.estimate(mixture, texts), expected)
    assert type(model.separator) is cls and (folder / "encoder" / "model.safetensors").exists()
    assert model.config["query"] == {"source": "labels", "template": "a photo of {}"}


def test_card(small, run):
    card = (run(weights(published(CLIPSepNIT))) / "README.md").read_text()
    for part in ("CLIPSep and CLIPSep-NIT (ICLR 2023", "| imported from the file | clipsep.pt |",
                 "| licence | none is stated |", "not in the imported file", "| queries in training | CLIP: size 12 |",
                 "lass.separators.clipsep.CLIPSepNIT"):
        assert part in card, part


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found.pop("module.frame_net.bias"), "missing frame_net.bias; 1 faults in all"),
        (lambda found: found.pop("module.pit_nets.1.weight"), "missing pit_nets.1.weight; 1 faults in all"),
        (lambda found: found.update({"module.synth_net.more": torch.ones(1)}), "unexpected synth_net.more"),
        (lambda found: found.update({"module.synth_net.scale": torch.ones(6)}), r"scale is \[6\], expected \[5\]"),
        (lambda found: [found.pop(key) for key in list(found) if "synth" in key], "weights of no known kind"),
    ],
)
def test_what_is_not_as_published(small, run, tmp_path, change, said):
    found = weights(published(CLIPSepNIT))
    change(found)
    with pytest.raises(LassError, match=said):
        run(found)
    assert not (tmp_path / "model").exists()


def test_a_clip_of_another_size(run, tmp_path):
    """The published size, 512, and a tiny CLIP."""
    network = CLIPSep(condition=512, **KINDS["clipsep"].separator)
    with pytest.raises(LassError, match="a CLIP with embeddings of size 12, and the separator takes 512: give another"):
        run(weights(network))
    assert not (tmp_path / "model").exists()


def test_no_clip_at_hand(small, tmp_path):
    torch.save(weights(published(CLIPSep)), tmp_path / "best_model.pt")
    with pytest.raises(LassError, match="openai/clip-vit-base-patch32: no such folder, and not in the hub's cache"):
        command.main(["clipsep", str(tmp_path / "best_model.pt"), "--out", str(tmp_path / "model")])


@pytest.mark.parametrize("name", ["CLIPSep", "CLIPPITSepV4"])
def test_the_published_names_and_shapes(shared, name, monkeypatch, run):
    """All of the released networks, drawn at random; the tiny CLIP passes for the whole one."""
    keys = json.loads((shared / "parity" / "clipsep" / f"keys_{name}.json").read_text(encoding="utf-8"))["keys"]
    generator = torch.Generator().manual_seed(1)
    content = {key: torch.rand(shape, generator=generator) for key, shape in keys.items()}
    monkeypatch.setattr("lass.infer.importing._check_size", lambda *_: None)
    folder = run(content)
    config = configuration.read_yaml(folder / "config.yaml")
    assert config["separator"]["class"].endswith("NIT" if name == "CLIPPITSepV4" else "CLIPSep")
    written = load_file(folder / "model.safetensors")
    assert written.keys() == {key.replace("module.", "separator.", 1) for key in content}
    assert all(torch.equal(written[key.replace("module.", "separator.", 1)].float(), value.float())
               for key, value in content.items() if value.ndim)  # fmt: skip
