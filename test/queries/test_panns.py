"""PANNs as query encoder: classes by example clips, what is kept of them, what is said when something is missing.

What all encoders keep is tested in test_encoder_contract.py, the network in test/layers/test_cnn14.py.
"""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from lass.errors import LassError
from lass.layers.cnn14 import Cnn14
from lass.queries import ANYTHING
from lass.queries.panns import Panns

CLIPS = [("Dog", 3), ("Rain, on a roof", 5), ("Dog", 4)]


@pytest.fixture
def clips() -> list[tuple[str, torch.Tensor]]:
    return [(name, torch.sin(torch.arange(8000 * i) ** 1.1 / (3 * i))) for name, i in CLIPS]


@pytest.fixture
def panns(tiny_models, clips) -> Panns:
    encoder = Panns(str(tiny_models["Panns"]))
    encoder.hear(clips)
    return encoder


def test_a_class_is_the_mean_of_its_clips(panns, clips, tiny_models):
    network = Cnn14.of(safetensors.torch.load_file(tiny_models["Panns"] / "model.safetensors"), "tiny")
    heard = [network(wave[None]).embedding[0] for _, wave in clips]
    dog, rain = panns.encode_text(["Dog", "Rain, on a roof"]).embedding
    torch.testing.assert_close(dog, (heard[0] + heard[2]) / 2)
    torch.testing.assert_close(rain, heard[1])
    assert not torch.allclose(dog, rain, rtol=1e-3)


def test_upper_and_lower_case_and_blanks_around_do_not_matter(panns):
    assert torch.equal(*panns.encode_text(["Dog", " dog "]).embedding)


def test_the_constant_query_is_the_mean_of_all_classes(panns):
    dog, rain, anything = panns.encode_text(["Dog", "Rain, on a roof", ANYTHING]).embedding
    torch.testing.assert_close(anything, (dog + rain) / 2)
    panns.hear([(ANYTHING, torch.ones(9)), ("Dog", torch.zeros(9))])  # unless a class has that name
    heard = panns.encode_audio(torch.ones(1, 9)).embedding[0]
    assert torch.equal(panns.encode_text([ANYTHING]).embedding[0], heard)


def test_an_unknown_class(panns, tiny_models):
    with pytest.raises(LassError, match=r"^no class 'dgo': ask for one of the 2 classes .*, such as 'Dog'$"):
        panns.encode_text(["Dog", "dgo"])
    with pytest.raises(LassError, match=r"such as 'Dog', 'Rain, on a roof'$"):
        panns.encode_text(["a violin"])
    with pytest.raises(LassError, match="^no class 'Dog': Panns knows none yet: run stage embed"):
        Panns(str(tiny_models["Panns"])).encode_text(["Dog"])


def test_classes_are_asked_without_the_weights(panns, tmp_path):
    panns.save_assets(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["classes.safetensors"]
    alone = Panns("nowhere/Cnn14.pth")
    assert alone.dim == 2048
    alone.load_assets(tmp_path)
    assert alone.dim == panns.dim == 12
    assert torch.equal(alone.encode_text(["dog"]).embedding, panns.encode_text(["dog"]).embedding)
    assert alone.identity().split("-")[-1] == panns.identity().split("-")[-1]
    with pytest.raises(LassError, match="^nowhere/Cnn14.pth: no such file: get Cnn14.*encoder.model=FILE"):
        alone.encode_audio(torch.zeros(1, 100))


def test_identity_follows_weights_and_classes(panns, clips, tiny_models):
    bare = Panns(str(tiny_models["Panns"]))
    assert bare.identity().startswith("Panns-tiny-panns-")
    other = Panns(str(tiny_models["Panns"]))
    other.hear(clips[:2])
    renamed = Panns(str(tiny_models["Panns"]))
    renamed.hear([("Cat" if name == "Dog" else name, wave) for name, wave in clips])
    assert len({encoder.identity() for encoder in (panns, bare, other, renamed)}) == 4


def test_damaged_classes(panns, tmp_path):
    with pytest.raises(LassError, match=r"^.*/classes\.safetensors: no such file.*run stage embed"):
        panns.load_assets(tmp_path)
    for damaged in (torch.zeros(2, 3), torch.zeros(2).half(), torch.tensor([1.0, float("nan")])):
        safetensors.torch.save_file({"Dog": damaged}, tmp_path / "classes.safetensors")
        with pytest.raises(LassError, match="not one vector of finite numbers a class"):
            panns.load_assets(tmp_path)
    safetensors.torch.save_file({"Dog": torch.zeros(2), "Cat": torch.zeros(3)}, tmp_path / "classes.safetensors")
    with pytest.raises(LassError, match="not one vector of finite numbers a class"):
        panns.load_assets(tmp_path)


def test_wrong_arguments(tiny_models, tmp_path: Path):
    with pytest.raises(LassError, match="examples 0: a class needs at least one"):
        Panns(str(tiny_models["Panns"]), examples=0)
    torch.save({"state_dict": {"x": torch.zeros(1)}}, tmp_path / "other.pth")
    with pytest.raises(LassError, match=r"other.pth: no CNN14 of PANNs \(lacks 'logmel_extractor.melW'\)"):
        Panns(str(tmp_path / "other.pth")).encode_audio(torch.zeros(1, 100))
    with pytest.raises(LassError, match=r"shape \(100,\): give samples \[B, T\] at 32000 Hz"):
        Panns(str(tiny_models["Panns"])).encode_audio(torch.zeros(100))
