"""The part of stage embed that several jobs can share: clips that are asked for by their sound or their video."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lass.data.asking import TrainingRule
from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io.table import MappedTable


@dataclass(frozen=True)
class Share:
    """Every ``num_jobs``-th line of a table, from line ``job`` (1, 2, ..) on."""

    job: int = 1
    num_jobs: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.job <= self.num_jobs:
            raise LassError(f"--job {self.job} of {self.num_jobs}: jobs are counted from 1")

    def values(self, table: MappedTable) -> Iterator[str]:
        """What the lines say."""
        return (table.value(i) for i in range(self.job - 1, len(table), self.num_jobs))


def sets_asked_by(modality: str, config: dict, data_root: Path) -> list[DataDir]:
    """The training sets that may be asked by "audio" or "image"."""
    entries = config["data"]["sets"]
    rules = (TrainingRule.of_set(entry, config.get("query")) for entry in entries)
    return [DataDir(data_root / str(e.get("dir"))) for e, rule in zip(entries, rules) if modality in rule.modalities]


def count_files(config: dict, data_root: Path) -> int:
    """Clips and videos of these sets."""
    videos = [data.video for data in sets_asked_by("image", config, data_root)]
    return sum(map(len, [*sets_asked_by("audio", config, data_root), *filter(None, videos)]))
