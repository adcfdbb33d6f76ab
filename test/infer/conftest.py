"""A tiny model and a rendered set of short mixtures; checkpoints that are imported."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lass import config as configuration
from lass.infer.model import Model
from lass.io import audio
from lass.io.files import write_text
from lass.io.table import write_table
from lass.queries.encoder import QueryEncoder
from lass.separators.separator import Separator

RATE = 16000  # Hz, of the model
CONFIG = {
    "seed": 5,
    "query": {"source": "caption"},
    "data": {"sets": [{"dir": "train"}], "valid": "mix/valid"},
    "encoder": {
        "class": "lass.queries.text_transformer.TextTransformer",
        "dim": 8,
        "vocab_size": 300,
        "width": 8,
        "layers": 1,
        "heads": 2,
    },
    "separator": {
        "class": "lass.separators.resunet30.ResUNet30",
        "sample_rate": RATE,
        "window": 128,
        "hop": 64,
        "widths": [4, 6],
        "stem": 2,
    },
}
TEXTS = ["a bell rings", "a dog barks twice", "wind; $(x) 'and' rain | <b>"]


def make_model(seed: int, changes: dict | None = None, texts: list[str] = TEXTS * 5) -> Model:
    """A model with random weights, of an encoder that learnt ``texts``."""
    torch.manual_seed(seed)
    config = CONFIG | (changes or {})
    encoder = configuration.build(config, "encoder", QueryEncoder)
    encoder.fit(texts)
    model = Model(config, encoder, configuration.build(config, "separator", Separator, condition=encoder.dim))
    for norm in model.separator.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.normal_(0.0, 0.1)
    return model


@pytest.fixture(scope="session")
def model() -> Model:
    return make_model(0)


@pytest.fixture(scope="session")
def model_folder(model, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    model.save(folder)
    return folder


@pytest.fixture(scope="session")
def other_model_folder(tmp_path_factory) -> Path:
    """The same sizes, other weights."""
    folder = tmp_path_factory.mktemp("other") / "model"
    make_model(1).save(folder)
    return folder


@pytest.fixture(scope="session")
def noise():
    """Waves ``noise(shape, seed)`` at a fifth of full scale."""
    return lambda shape, seed=0: (0.2 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


@pytest.fixture(scope="session")
def tagger_folder(tmp_path_factory) -> Path:
    """A model that is asked by labels."""
    changes = {"encoder": {"class": "lass.queries.tags.Tags", "dim": 8, "size": 4}}
    folder = tmp_path_factory.mktemp("tagger") / "model"
    make_model(0, changes, ["Bell | Dog, barking", "Rain"]).save(folder)
    return folder


@pytest.fixture
def test_set(tmp_path, noise) -> Path:
    """Six mixtures of two lengths, rates and channel numbers, the first asked in two ways."""
    folder = tmp_path / "set"
    tables = {name: [] for name in ("wav.scp", "ref.scp", "queries", "interf_queries")}
    for i, (rate, shape) in enumerate([(8000, 700)] * 3 + [(8000, 901)] + [(44100, (2, 1500))] * 2):
        for table in ("wav.scp", "ref.scp"):
            path = folder / "audio" / f"{table[:3]}{i}.wav"
            audio.write(path, np.clip(noise(shape, 2 * i + (table == "wav.scp")), -1, 1), rate)
            tables[table].append((f"mix{i}", str(path)))
        tables["queries"] += [(f"mix{i}#{k}", TEXTS[(i + k) % 3]) for k in range(2 if i == 0 else 1)]
        tables["interf_queries"].append((f"mix{i}#0", TEXTS[(i + 2) % 3]))
    for table, rows in tables.items():
        write_table(folder / table, rows)
    write_text(folder / "mixlist.tsv", "mix_id\n")
    write_text(folder / "gains.tsv", json.dumps(TEXTS) + "\n")
    return folder


@pytest.fixture
def import_file(tmp_path) -> Callable[..., Path]:
    """``import_file(kind, content, option, ..)`` saves ``<kind>.pt`` and imports it; returns the folder."""

    def run(kind: str, content: dict, *options: str) -> Path:
        checkpoint, out = tmp_path / f"{kind}.pt", tmp_path / "model"
        torch.save(content, checkpoint)
        importlib.import_module("lass.bin.import").main([kind, str(checkpoint), "--out", str(out), *options])
        return out

    return run
