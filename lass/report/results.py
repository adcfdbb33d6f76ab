"""What scoring wrote of an experiment: ``results.json`` and ``items.tsv`` of each system on each set."""

import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lass.errors import LassError

SYSTEMS = {  # rows in this order; systems of others follow by name
    "mixture": "mixture (unprocessed)",
    "model": "model",
    "control_interferer": "asked with the interferer's query",
    "control_constant": "asked with one constant query",
    "removal": "model, asked to remove the interferer",
    "true_features": "acoustic decoder, given the target's features",
    "true_tokens": "codec, given the target",
    "wiener": "Wiener filter",
    "ideal_binary_mask": "ideal binary mask (oracle: an upper bound)",
    "ideal_ratio_mask": "ideal ratio mask (oracle: an upper bound)",
}
CONTROLS = ("control_interferer", "control_constant")
NEEDED = ("system", "set", "n_found", "n_expected", "metrics", "labels", "command", "commit", "versions")

Results = dict[str, dict[str, dict]]  # set -> system -> content of results.json


class Item(NamedTuple):
    """A row of ``items.tsv``."""

    mix_id: str
    labels: tuple[str, ...]  # ids
    n_queries: int
    values: dict[str, float]  # metric -> value, NaN where it is undefined

    @property
    def input_snr(self) -> float:
        """SDR of the unprocessed mixture, dB; NaN where it was not computed."""
        return self.values.get("sdr", math.nan) - self.values.get("sdri", math.nan)


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
            header, *rows = csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Item(mix_id, tuple(label.split()), int(n_queries), dict(zip(header[3:], map(float, values), strict=True)))
            for mix_id, label, n_queries, *values in rows
        ]
    except OSError as error:
        raise LassError(f"{path}: cannot open ({error.strerror}): score again") from None
    except ValueError as error:
        raise LassError(f"{path}: damaged ({error!r}): delete it and score again") from None


def metrics_of(systems: Iterable[dict]) -> list[str]:
    """The metrics that any of these ``results.json`` has, in the order of the first that has them."""
    return list(dict.fromkeys(metric for found in systems for metric in found["metrics"]))


def main_system(systems: dict[str, dict]) -> str | None:
    """The system that figures and examples show: the model, else the first one that is no mixture and no control."""
    others = [name for name in systems if name not in SYSTEMS]
    return "model" if "model" in systems else next(iter(others), None)
