"""Published scores that stand beside ours: ``{<set>: [{system, sdri, ..., source, note}, ...]}`` in a yaml file."""

import math
from dataclasses import make_dataclass
from pathlib import Path

from lass import config
from lass.errors import LassError
from lass.metrics.registry import METRICS

_TEXTS = [("system", str), ("source", str), ("note", str, "")]
# Scores that somebody published: a field a metric, NaN where the source gives none.
PaperRow = make_dataclass("PaperRow", [*_TEXTS, *((name, float, math.nan) for name in METRICS)], frozen=True)


def read_paper(path: Path) -> dict[str, list[PaperRow]]:
    """Rows of each set.

    Raises:
        LassError: no such yaml file, an unknown or missing key, a score that is no number.
    """
    found = {}
    for name, rows in config.read_yaml(path).items():
        if not isinstance(rows, list):
            raise LassError(f"{path}: {name}: expected a list of rows '- {{system: .., sdri: .., source: ..}}'")
        for number, row in enumerate(rows, 1):
            config.bind(PaperRow, row, f"{path}: {name}, row {number}")
        found[str(name)] = [PaperRow(**row) for row in rows]
    return found
