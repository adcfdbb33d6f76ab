"""The audio and the query of scored mixtures, found by what ``results.json`` says."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lass.errors import LassError
from lass.io import audio
from lass.io.table import read_table


class Clip(NamedTuple):
    """A mixture, its target and the estimate for the first query; waves ``[C, T]`` at ``rate`` (Hz)."""

    mixture: np.ndarray
    target: np.ndarray
    estimate: np.ndarray
    rate: int


class RenderedSet:
    """Tables of a rendered set, and the estimates of one system for it.

    Args:
        results: ``results.json`` of the system.

    Raises:
        LassError: the set or the estimates are not where ``results`` says.
    """

    def __init__(self, results: dict):
        self.folder, self.est_scp = Path(results["set_dir"]), results.get("est_scp")
        self.tables: list[Path] = []  # that were read
        self.mixtures, self.references = self._table(self.folder / "wav.scp"), self._table(self.folder / "ref.scp")
        self.queries: dict[str, tuple[str, str]] = {}  # mixture -> key and text of its first query
        for key, text in self._table(self.folder / "queries").items():
            self.queries.setdefault(key.rpartition("#")[0], (key, text))
        self.names, self.tasks = self._optional("labels"), self._optional("task")
        self.interferers = {mix: ids.split() for mix, ids in self._optional("interf2labels").items()}
        self.estimates = self._table(self.est_scp) if self.est_scp else {}

    def _table(self, path: str | Path) -> dict[str, str]:
        self.tables.append(Path(path))
        return dict(read_table(path))

    def _optional(self, name: str) -> dict[str, str]:
        return self._table(self.folder / name) if (self.folder / name).exists() else {}

    def query(self, mix: str) -> str:
        """What was asked; of several queries the first."""
        return self._first_query(mix)[1]

    def _first_query(self, mix: str) -> tuple[str, str]:
        if mix not in self.queries:
            raise LassError(f"{self.folder}/queries: has no query of the scored mixture {mix!r}: score again")
        return self.queries[mix]

    def name(self, labels: list[str] | tuple[str, ...]) -> str:
        """Display names of label ids, commas between."""
        return ", ".join(self.names.get(label, label) for label in labels)

    def shape(self, mix: str) -> tuple[int, int]:
        """Sample rate (Hz) and number of samples of a mixture."""
        found = audio.info(self.mixtures[mix])
        return found.sample_rate, found.frames

    def has(self, mix: str) -> bool:
        """Whether there is an estimate for the first query of a mixture."""
        return self._estimate(mix) is not None

    def _estimate(self, mix: str) -> str | None:
        return self.estimates.get(self._first_query(mix)[0], self.estimates.get(mix))

    def read(self, mix: str) -> Clip:
        """Read the audio of a scored mixture.

        Raises:
            LassError: a table lacks it, or a file is missing.
        """
        self._first_query(mix)
        for name, table in {"wav.scp": self.mixtures, "ref.scp": self.references}.items():
            if mix not in table:
                raise LassError(f"{self.folder}/{name}: has no line of the scored mixture {mix!r}: score again")
        if (estimate := self._estimate(mix)) is None:
            raise LassError(f"{self.est_scp}: has no estimate of the scored mixture {mix!r}: score again")
        waves = [audio.read(path)[0] for path in (self.mixtures[mix], self.references[mix], estimate)]
        if len({wave.shape for wave in waves}) > 1:
            raise LassError(f"{estimate}: has another length or number of channels than its mixture: score again")
        return Clip(*waves, self.shape(mix)[0])
