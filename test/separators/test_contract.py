"""Every model of conf/model, found by itself, keeps the contract of separators."""

import importlib
import inspect
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

import lass.separators
from lass import config as configuration
from lass.infer.model import Model
from lass.parts.spec import parts_of
from lass.separators.separator import Separator
from lass.train.system import build_model, check

ROOT = Path(__file__).resolve().parents[2]
FEATURES = {f"hsm_tss_{stage}{size}" for stage in ("global", "local") for size in ("", "_small")}  # and no waves
MODELS = sorted(path for path in (ROOT / "conf" / "model").glob("*.yaml") if path.stem not in FEATURES)
SECONDS = 0.25
TEXTS = ["a dog barks", "a bell rings twice in the distance"]
LARGEST = dict.fromkeys(("resunet30_small", "audiosep_clap_small", "audiosep_clip_small"), 3_000_000)  # weights
assert LARGEST.keys() <= {path.stem for path in MODELS}, f"the models are not in {ROOT}/conf/model"


class System:
    """The encoder and separator of one yaml, in eval mode, that learnt a few texts.

    An encoder that the yaml names by a hub id or file is a tiny one of its class in ``tiny``, as are other parts.
    """

    def __init__(self, name: str, tiny: dict[str, Path], teach: Callable):
        self.name = name
        self.config = configuration.load([ROOT / "conf" / "train.yaml", ROOT / "conf" / "model" / f"{name}.yaml"])
        check(self.config)
        if "model" in (spec := self.config["encoder"]):
            spec["model"] = str(tiny[spec["class"].rpartition(".")[2]])
        parts = {"audio": tiny["QAudio"] / "audio", "decoder": tiny["AcousticDecoder"]}
        for part in parts_of(self.config["separator"]):
            self.config["separator"][part] = {"model": str(parts[part])}
        torch.manual_seed(0)
        self.encoder, self.separator = build_model(self.config)
        teach(self.encoder, TEXTS * 5)
        self.encoder.eval()
        self.separator.eval()

    def noise(self, batch: int, channels: int, samples: int | None = None) -> Tensor:
        samples = samples or round(SECONDS * self.separator.sample_rate)
        return 0.1 * torch.randn(batch, channels, samples, generator=torch.Generator().manual_seed(samples))

    @torch.no_grad()
    def separate(self, mixture: Tensor, texts: list[str]) -> Tensor:
        return self.separator(mixture, self.encoder.encode_text(texts))


@pytest.fixture(scope="module", params=[path.stem for path in MODELS])
def system(request: pytest.FixtureRequest, tiny_models: dict[str, Path], teach: Callable) -> Iterator[System]:
    """Built once a model, and gone before the next; a test leaves it in eval mode, without gradients."""
    yield System(request.param, tiny_models, teach)


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def test_shape(system):
    for channels in (1, 2):
        mixture = system.noise(2, channels)
        assert system.separate(mixture, TEXTS).shape == mixture.shape


def test_channels_of_a_mono_network_are_a_batch_with_the_same_query(system):
    mixture = system.noise(2, 2)
    stereo = system.separate(mixture, TEXTS)
    for item, text in enumerate(TEXTS):
        alone = system.separate(mixture[item][:, None], [text, text])
        assert relative(stereo[item][:, None], alone) < 1e-4


def test_batch_of_two_equals_twice_a_batch_of_one(system):
    mixture = system.noise(2, 1)
    both = system.separate(mixture, TEXTS)
    for item, text in enumerate(TEXTS):
        assert relative(both[item], system.separate(mixture[item : item + 1], [text])[0]) < 1e-4


def test_the_query_matters(system):
    mixture = system.noise(1, 1)
    assert relative(system.separate(mixture, TEXTS[:1]), system.separate(mixture, TEXTS[1:])) > 1e-3


def test_any_length(system):
    for samples in (1, 512, 513, 1024, 1025, 6007):  # half windows of 1024 and 2048, and one more, cannot be reflected
        mixture = system.noise(1, 1, samples)
        estimate = system.separate(mixture, TEXTS[:1])
        assert estimate.shape == mixture.shape and torch.isfinite(estimate).all()


def test_bf16_is_nearly_float32(system):
    """As in training with precision bf16-mixed; a network casts to float32 where bf16 does not do.

    What is generated may be another sound as soon as one token is.
    """
    mixture = system.noise(2, 1)
    with torch.autocast("cpu", torch.bfloat16):
        estimate = system.separate(mixture, TEXTS)
    assert estimate.dtype == mixture.dtype
    assert system.separator.generative or relative(estimate, system.separate(mixture, TEXTS)) < 0.1


def test_silence_gives_finite_samples(system):
    assert torch.isfinite(system.separate(torch.zeros_like(system.noise(1, 1)), TEXTS[:1])).all()


def unreached(system: System) -> list[str]:
    """Weights that train and get no gradient, or the reverse.

    In eval mode: batch statistics would take away the gradient of a bias that stands before a batch norm.
    """
    batch = {"mixture": system.noise(2, 1), "target": 0.5 * system.noise(2, 1)}
    batch["query"] = system.encoder.encode_text(TEXTS)
    if system.separator.asks_all:
        batch["others"] = [{"target": -batch["target"], "query": system.encoder.encode_text(TEXTS[::-1])}]
    system.separator.training_loss(batch)["loss"].backward()
    found = []
    for part in (system.encoder, system.separator):
        for name, weight in part.named_parameters():
            reached = weight.grad is not None and bool(weight.grad.any()) and bool(torch.isfinite(weight.grad).all())
            if weight.requires_grad != reached:
                found.append(name)
        part.zero_grad()
    return found


def test_gradient_reaches_every_weight_that_trains(system):
    assert not unreached(system)


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_models_that_give_features_alone_train(name, tiny_models, teach):
    system = System(name, tiny_models, teach)
    assert not system.separator.audible and not unreached(system)


def test_size(system):
    weights = [*system.encoder.parameters(), *system.separator.parameters()]
    trained = sum(weight.numel() for weight in weights if weight.requires_grad)
    assert 0 < trained <= LARGEST.get(system.name, float("inf"))


def test_save_and_load(system):
    model = Model(system.config, system.encoder, system.separator)
    mixture = system.noise(1, 1)
    with tempfile.TemporaryDirectory() as folder:  # pytest would keep those of three runs, up to 0.7 GB each
        model.save(Path(folder) / "model")
        loaded = Model.load(Path(folder) / "model", "cpu")
        assert torch.equal(loaded.estimate(mixture, TEXTS[:1]), model.estimate(mixture, TEXTS[:1]))


def test_every_separator_is_in_some_model():
    """One that no yaml builds would be tested by none of the above."""
    root = Path(lass.separators.__file__).parent
    paths = [path.relative_to(root).with_suffix("").parts for path in root.rglob("*.py")]
    modules = [importlib.import_module(".".join(("lass.separators", *parts))) for parts in paths]
    found = {
        f"{module.__name__}.{name}"
        for module in modules
        for name, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, Separator) and cls is not Separator and cls.__module__ == module.__name__
    }
    assert found == {configuration.read_yaml(path)["separator"]["class"] for path in MODELS}
