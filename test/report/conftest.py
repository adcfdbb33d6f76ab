"""Small scored experiments of tones."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from lass.bin.score import main as score
from lass.io import audio
from lass.io.table import write_table
from lass.report.results import Experiment
from lass.report.scored import ScoredSet, scored_sets

RATE = 8000  # Hz
TIME = np.arange(RATE) / RATE
TARGET, INTERFERENCE = np.sin(2 * np.pi * 500 * TIME) / 4, np.sin(2 * np.pi * 1500 * TIME) / 4
# Mixture -> what the estimate of the model keeps of the interference: SDRi 9.1, 20, -3, 12, 10.2 dB.
LEAKS = {"m1": 0.35, "m2": 0.1, "m3": 1.41, "m4": 0.25, "m5": 0.31}
# Mixture -> ids of target and interferer.
LABELS = dict(m1=("bell", "dog"), m2=("dog", "bell"), m3=("bell", "dog"), m4=("bell", "rain"), m5=("dog", "bell"))


class Tones:
    """A rendered set, and experiments that are scored on it.

    Args:
        names: display names of the labels.
        query: of all mixtures.
        gains: dB of each target over its interference.
    """

    def __init__(
        self, folder: Path, set_name: str = "test", names: dict[str, str] | None = None, query: str = "a low tone",
        gains: tuple[float, ...] = (0, 0, 0, 0, 0),
    ):  # fmt: skip
        self.folder, self.set_dir = folder, folder / "data" / set_name
        names = names or {"bell": "Bell", "dog": "Dog, barking", "rain": "Rain"}
        self.waves = {mix: (TARGET, INTERFERENCE / 10 ** (gain / 20)) for mix, gain in zip(LEAKS, gains)}
        tables = {
            "wav.scp": {mix: self._wave(f"{mix}.mix", target + other) for mix, (target, other) in self.waves.items()},
            "ref.scp": {mix: self._wave(f"{mix}.ref", target) for mix, (target, _) in self.waves.items()},
            "queries": {f"{mix}#0": query for mix in LEAKS},
            "utt2labels": {mix: target for mix, (target, _) in LABELS.items()},
            "interf2labels": {mix: other for mix, (_, other) in LABELS.items()},
            "labels": names,
        }
        for name, rows in tables.items():
            write_table(self.set_dir / name, rows.items())

    def _wave(self, name: str, samples: np.ndarray) -> str:
        path = self.folder / "audio" / f"{name}.wav"
        audio.write(path, samples, RATE)
        return str(path)

    def score(self, experiment: Path, systems: dict[str, float | None], mixtures: int = 5, metrics: str = "") -> Path:
        """Score systems that keep ``factor`` times the interference that ``LEAKS`` says; None: the mixture itself."""
        for number, (system, factor) in enumerate(systems.items()):
            source = ["--mixture"]
            if factor is not None:
                rows = {
                    f"{mix}#0": self._wave(f"{experiment.name[:4]}{number}.{mix}", target + factor * LEAKS[mix] * other)
                    for mix, (target, other) in itertools.islice(self.waves.items(), mixtures)
                }
                table = self.folder / f"{experiment.name[:4]}{number}.scp"
                write_table(table, rows.items())
                source = ["--est_scp", str(table)]
            out = experiment / "score" / self.set_dir.name / (system if system.isidentifier() else f"system{number}")
            source += ["--metrics", metrics] if metrics else []
            score([str(self.set_dir), *source, "--system", system, "--out", str(out), "--num_jobs", "1"])
        return experiment


@pytest.fixture(scope="session")
def make_tones() -> type[Tones]:
    return Tones


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path)


@pytest.fixture
def experiment(tones: Tones) -> Path:
    """An experiment with mixture, model and one control, scored on five mixtures at 0 dB."""
    return tones.score(tones.folder / "exp", {"mixture": None, "model": 1, "control_interferer": 2})


@pytest.fixture
def scored(experiment: Path) -> ScoredSet:
    """The model of ``experiment`` on its set."""
    return scored_sets(Experiment(experiment), 40, itertools.count(1))["test"]


@pytest.fixture(scope="session")
def write_paper() -> Callable[..., Path]:
    """Writes published rows, and the yaml of a recipe that shows them."""

    def write(folder: Path, set_name: str, system: str, sdri: float, source: str = "book", note: str = "") -> Path:
        block = {"source": source, "metrics": ["sdri"], "systems": {system: [sdri]}, "note": note}
        (folder / "rows.yaml").write_text(yaml.safe_dump({"published": [block]}))
        shown = {set_name: {"rows": "rows.yaml", "sources": [source]}}
        (folder / "paper.yaml").write_text(yaml.safe_dump(shown))
        return folder / "paper.yaml"

    return write


@pytest.fixture(scope="session")
def log_scalars() -> Callable[..., Path]:
    """Writes ``(tag, step, value)`` to a tensorboard file of its own, as one run of a training does."""

    def write(experiment: Path, *scalars: tuple[str, int, float]) -> Path:
        tb = experiment / "tb"
        earlier = set(tb.glob("*"))
        writer = EventFileWriter(str(tb))
        for second, (tag, step, value) in enumerate(scalars):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.add_event(Event(wall_time=1000 + second, step=step, summary=summary))
        writer.close()
        (written,) = set(tb.glob("*")) - earlier
        written.rename(tb / f"events.out.tfevents.{len(earlier):010d}")  # files of one second are in no order
        return experiment

    return write
