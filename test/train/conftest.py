"""A corpus of tones, small enough that a training of a tiny network takes seconds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from lass.bin import embed, train
from lass.data.asking import QueryRule
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.mixlist import draw_mixlist, write_mixlist
from lass.data.render import render, write_gains, write_set
from lass.io import audio

RATE = 8000  # Hz
FAMILIES = {"bell": 500, "whistle": 1300, "horn": 220, "beep": 3000}  # name: Hz
CONFIG = {
    "seed": 3,
    "query": {"source": "caption"},
    "data": {
        "sets": [{"dir": "train"}],
        "valid": "mix/valid",
        "segment": 0.1,
        "interferers": 1,
        "level": {"rule": "snr", "low": -5, "high": 5},
    },
    "encoder": {
        "class": "lass.queries.text_transformer.TextTransformer",
        "dim": 8,
        "vocab_size": 280,
        "width": 8,
        "layers": 1,
        "heads": 2,
        "dropout": 0.2,
    },
    "separator": {
        "class": "lass.separators.resunet30.ResUNet30",
        "sample_rate": RATE,
        "window": 128,
        "hop": 64,
        "widths": [4, 6],
        "stem": 2,
    },
    "loss": {"class": "lass.losses.snr.negative_snr"},
    "optimiser": {"class": "lass.train.optimisers.adamw", "lr": 1e-2},
    "schedule": {"class": "lass.train.schedules.one_cycle"},
    "train": {
        "max_steps": 24,
        "batch_size": 2,
        "accumulate": 1,
        "num_workers": 0,
        "grad_clip": 5.0,
        "precision": "32-true",
        "val_every": 8,
        "checkpoint_every": 3,
        "log_every": 1,
    },
}


def _write_clips(folder: Path, name: str, clips_per_family: int) -> None:
    rng = np.random.default_rng(len(name))
    rows = []
    for family, pitch in FAMILIES.items():
        for k in range(clips_per_family):
            time = np.arange(2000 + 100 * k) / RATE
            wave = 0.3 * np.sin(2 * np.pi * pitch * (1 + 0.05 * k) * time) * np.exp(-2 * time)
            path = folder / "clips" / f"{name}-{family}{k}.wav"
            audio.write(path, wave + 0.001 * rng.standard_normal(len(wave)), RATE)
            captions = [f"a {family} sounds", f"one {family}"]
            rows.append(Row(f"{name}-{family}{k}", str(path), captions, {family: family}))
    write_data_dir(folder / name, rows)


def _write_mixtures(data: DataDir, rendered: Path, query: dict) -> None:
    mixtures = draw_mixlist(data, CONFIG["data"]["level"], query, mixtures_per_target=1)
    write_mixlist(rendered / "mixlist.tsv", mixtures)
    write_gains(rendered / "gains.tsv", [render(data, mixture, rendered, None) for mixture in mixtures])
    write_set(data, mixtures, QueryRule(**query), rendered)


class Corpus:
    """A data folder with a training set and validation sets by caption and by label, and experiments on it."""

    def __init__(self, folder: Path):
        self.data = folder / "data"
        _write_clips(self.data, "train", 2)
        _write_clips(self.data, "valid", 1)
        for name, query in (("valid", CONFIG["query"]), ("valid_classes", {"source": "labels"})):
            _write_mixtures(DataDir(self.data / "valid"), self.data / "mix" / name, query)
        self.config = folder / "config.yaml"
        self.config.write_text(yaml.safe_dump(CONFIG))

    def arguments(self, experiment: Path, *changes: str) -> list[str]:
        """Arguments of the stages embed and train."""
        found = ["--exp", str(experiment), "--data_root", str(self.data), "--config", str(self.config)]
        return found + [part for change in changes for part in ("--set", change)]

    def embed(self, experiment: Path, *changes: str) -> None:
        embed.main(self.arguments(experiment, *changes))

    def train(self, experiment: Path, *changes: str) -> None:
        train.main(self.arguments(experiment, *changes))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def experiment(corpus: Corpus, tmp_path: Path) -> Path:
    """An experiment folder after stage embed."""
    corpus.embed(tmp_path / "exp")
    return tmp_path / "exp"


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Tells all files under a folder with their bytes."""
    return lambda folder: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def part_training(**train) -> dict:
    """The sections of a part's yaml but the part: a training of a few steps; ``train`` wins."""
    return {
        "seed": 1,
        "optimiser": {"class": "lass.train.optimisers.adamw", "lr": 3e-3},
        "schedule": {"class": "lass.train.schedules.constant"},
        "train": {"seconds": 0.25, "accumulate": 1, "num_workers": 0, "precision": "32-true", "log_every": 1} | train,
    }
