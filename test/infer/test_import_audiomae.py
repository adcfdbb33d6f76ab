"""`lass import audiomae`: weights in the layout of facebookresearch/AudioMAE, made here, against timm's own network."""

import argparse
import importlib
from pathlib import Path

import pytest
import timm.models.vision_transformer as timm_vit
import torch
from huggingface_hub import constants
from safetensors.torch import save_file
from torch import Tensor

from lass.errors import LassError
from lass.layers.audiomae_weights import convert
from lass.layers.fbank import log_mel
from lass.parts.folder import load_part

command = importlib.import_module("lass.bin.import")  # the name is a keyword


def published(width: int = 128, depth: int = 2, places: int = 8) -> dict[str, Tensor]:
    """An encoder of ``places`` patches in time, by the names and shapes of the released code; some of its decoder."""
    shapes = {
        "cls_token": (1, 1, width), "pos_embed": (1, 1 + 8 * places, width),
        "patch_embed.proj.weight": (width, 1, 16, 16), "patch_embed.proj.bias": (width,),
        "norm.weight": (width,), "norm.bias": (width,), "mask_token": (1, 1, 32),
        "decoder_pos_embed": (1, 1 + 8 * places, 32), "decoder_embed.weight": (32, width), "decoder_embed.bias": (32,),
        "decoder_blocks.0.attn.relative_position_bias_table": (49, 16), "decoder_norm.weight": (32,),
        "decoder_norm.bias": (32,), "decoder_pred.weight": (256, 32), "decoder_pred.bias": (256,),
    }  # fmt: skip
    for n in range(depth):
        for name, inputs, outputs in (("attn.qkv", width, 3 * width), ("attn.proj", width, width),
                                      ("mlp.fc1", width, 4 * width), ("mlp.fc2", 4 * width, width)):
            shapes |= {f"blocks.{n}.{name}.weight": (outputs, inputs), f"blocks.{n}.{name}.bias": (outputs,)}
        for name in ("norm1", "norm2"):
            shapes |= {f"blocks.{n}.{name}.weight": (width,), f"blocks.{n}.{name}.bias": (width,)}
    generator = torch.Generator().manual_seed(0)
    return {name: 0.1 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}


@pytest.fixture
def import_it(tmp_path):
    def run(source: str | Path) -> Path:
        command.main(["audiomae", str(source), "--out", str(tmp_path / "imported")])
        return tmp_path / "imported"

    return run


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    """As the released code saves it: beside the weights the state of the optimiser and the options."""
    content = {"model": published(), "optimizer": {"state": {}, "param_groups": [{"lr": 1e-3}]}, "epoch": 32,
               "scaler": {"scale": 65536.0}, "args": argparse.Namespace(mask_ratio=0.8, model="mae_vit_base_patch16")}
    (tmp_path / "downloads").mkdir()
    torch.save(content, tmp_path / "downloads" / "pretrained.pth")
    return tmp_path / "downloads" / "pretrained.pth"


def assert_as_published(folder: Path) -> None:
    """Its features are those of timm's network with the weights under their published names."""
    part = load_part(folder)
    own = {key: value for key, value in published().items() if not key.startswith(("decoder_", "mask_token"))}
    network = timm_vit.VisionTransformer(
        img_size=(128, 128), in_chans=1, num_classes=0, embed_dim=128, depth=2, num_heads=2
    )
    network.load_state_dict(own)
    wave = 0.1 * torch.randn(2, 12000, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network.eval().forward_features(log_mel(wave, 128)[:, None])[:, 1:]
        assert torch.allclose(part.features(wave), expected, atol=1e-5) and expected.std() > 0.01
    assert part.grid == (8, 8) and part.seconds == 1.0 and part.decoder is None


def test_a_file(import_it, checkpoint):
    folder = import_it(checkpoint)
    assert_as_published(folder)
    card = (folder / "README.md").read_text()
    assert "CC BY 4.0" in card and "`lass probe --part FOLDER`" in card and "pretrained.pth" in card


def test_a_folder(import_it, checkpoint):
    assert_as_published(import_it(checkpoint.parent))


def test_a_hub_id(import_it, tmp_path, monkeypatch):
    """The hub's cache holds it, without a decoder."""
    snapshot = tmp_path / "models--org--audiomae" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    own = {key: value for key, value in published().items() if not key.startswith(("decoder_", "mask_token"))}
    save_file(own, snapshot / "model.safetensors")
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("0" * 40)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert_as_published(import_it("org/audiomae"))


def test_the_published_size():
    arguments, own = convert(published(768, 12, 64), "pretrained.pth")
    assert arguments == {"width": 768, "depth": 12, "heads": 12, "frames": 1024, "seconds": 10.0}
    assert len(own) == 6 + 12 * 12


@pytest.mark.parametrize("change, message", [
    ({"norm.bias": None}, "not whole, or not as published: missing vit.norm.bias; 1 faults in all"),
    ({"blocks.1.mlp.fc1.bias": torch.zeros(3)}, r"vit.blocks.1.mlp.fc1.bias is \[3\], expected \[512\]"),
    ({"blocks.1.mlp.fc3.bias": torch.zeros(3)}, "unexpected vit.blocks.1.mlp.fc3.bias"),
    ({"fc_norm.weight": torch.zeros(128)}, "was fine-tuned to tag clips"),
    ({"pos_embed": torch.zeros(1, 1213, 128)}, "1212 patches, no multiple of 8: not of spectrograms"),
    ({"patch_embed.proj.weight": torch.zeros(128, 3, 16, 16)}, r"for patches \[3, 16, 16\], not \[1, 16, 16\]"),
    ({"patch_embed.proj.weight": None, "patch_embed.proj.bias": None}, "weights of no known kind"),
])  # fmt: skip
def test_what_is_refused(change, message, import_it, tmp_path):
    weights = published() | change
    torch.save({key: value for key, value in weights.items() if value is not None}, tmp_path / "a.pth")
    with pytest.raises(LassError, match=message):
        import_it(tmp_path / "a.pth")
    assert not (tmp_path / "imported").exists()


def test_two_files_in_a_folder(import_it, checkpoint):
    (checkpoint.parent / "finetuned.pth").write_bytes(b"x")
    with pytest.raises(LassError, match="holds finetuned.pth, pretrained.pth: give the one that is meant"):
        import_it(checkpoint.parent)
