"""What scoring wrote of an experiment: ``results.json`` and ``items.tsv`` of each system on each set."""

import csv
import json
from pathlib import Path
from typing import NamedTuple

from lass.errors import LassError

METRICS = {"sdr": "SDR", "sdri": "SDRi", "si_sdr": "SI-SDR", "si_sdri": "SI-SDRi"}
SYSTEMS = {  # rows in this order; systems of others follow by name
    "mixture": "mixture (unprocessed)",
    "model": "model",
    "control_interferer": "asked with the interferer's query",
    "control_constant": "asked with one constant query",
}
CONTROLS = ("control_interferer", "control_constant")
NEEDED = ("system", "set", "n_found", "n_expected", "metrics", "labels", "command", "commit", "versions")

Results = dict[str, dict[str, dict]]  # set -> system -> content of results.json


class Item(NamedTuple):
    """A row of ``items.tsv``, dB."""

    mix_id: str
    labels: tuple[str, ...]  # ids
    n_queries: int
    sdr: float
    sdri: float
    si_sdr: float
    si_sdri: float

    @property
    def input_snr(self) -> float:
        """SDR of the unprocessed mixture, dB."""
        return self.sdr - self.sdri


class Experiment:
    """The scores of an experiment folder.

    Raises:
        LassError: there are none, or a file is damaged.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.name = folder.resolve().name
        self.results = collect(folder)

    def items(self, set_name: str, system: str) -> list[Item]:
        return read_items(self.folder / "score" / set_name / system / "items.tsv")


def collect(experiment: str | Path) -> Results:
    """Read ``<experiment>/score/<set>/<system>/results.json``.

    Raises:
        LassError: there is none, or one is damaged.
    """
    found: Results = {}
    for path in sorted(Path(experiment).glob("score/*/*/results.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            missing = [key for key in NEEDED if key not in content]
        except (ValueError, TypeError) as error:
            raise LassError(f"{path}: damaged ({error}): delete it and score again") from None
        if missing:
            raise LassError(f"{path}: has no {', '.join(missing)}: delete it and score again")
        found.setdefault(path.parents[1].name, {})[path.parent.name] = content
    if not found:
        raise LassError(f"{experiment}/score: no <set>/<system>/results.json: run stage score first")
    return {name: dict(sorted(systems.items(), key=_order)) for name, systems in found.items()}


def _order(entry: tuple[str, dict]) -> tuple[int, str]:
    known = list(SYSTEMS)
    return (known.index(entry[0]) if entry[0] in known else len(known), entry[0])


def read_items(path: Path) -> list[Item]:
    """All rows of an ``items.tsv``, in its order."""
    try:
        with open(path, encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
        return [
            Item(row["mix_id"], tuple(row["label"].split()), int(row["n_queries"]), *(float(row[m]) for m in METRICS))
            for row in rows
        ]
    except OSError as error:
        raise LassError(f"{path}: cannot open ({error.strerror}): score again") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LassError(f"{path}: damaged ({error!r}): delete it and score again") from None


def main_system(systems: dict[str, dict]) -> str | None:
    """The system that figures and examples show: the model, else the first one that is no mixture and no control."""
    others = [name for name in systems if name not in SYSTEMS]
    return "model" if "model" in systems else next(iter(others), None)
