"""Folders of tables joined to one, as Kaldi's combine_data.sh does: folds of a cross-validation, parts of a set."""

import json
from collections.abc import Sequence
from pathlib import Path

from lass.errors import LassError
from lass.io.files import write_text
from lass.io.table import iterate_table, write_table

TABLES = (
    "wav.scp", "ref.scp", "interf.scp", "queries", "interf_queries", "task", "utt2labels", "interf2labels", "labels",
)  # fmt: skip
NAMES = ("labels",)  # tables of which two parts may hold the same line
COUNT, FACTS = "num_expected", "info.json"


def combine(parts: Sequence[Path], folder: Path) -> int:
    """Join rendered sets, or folders of their estimates, that have no mixture in common.

    The parts may be those of one published list (each says in ``num_expected`` how many mixtures that list has), or sets
    that follow one another.

    Returns:
        lines of ``wav.scp``.

    Raises:
        LassError: an entry stands in two parts, or a table is in some parts only.
    """
    lines = 0
    for table in TABLES:
        if _in_all(parts, table):
            rows: dict[str, str] = {}
            for part in parts:
                for key, value in iterate_table(part / table):
                    if key in rows and not (table in NAMES and rows[key] == value):
                        raise LassError(f"{part / table}: {key} is in another part, too: join parts that differ")
                    rows[key] = value
            write_table(folder / table, rows.items())
            lines = lines or len(rows)
    if _in_all(parts, COUNT):
        counts = [int((part / COUNT).read_text(encoding="utf-8")) for part in parts]
        whole = len(set(counts)) == 1 and counts[0] > max(len(list(iterate_table(part / "wav.scp"))) for part in parts)
        write_text(folder / COUNT, f"{counts[0] if whole else sum(counts)}\n")
    if _in_all(parts, FACTS):
        facts = [json.loads((part / FACTS).read_text(encoding="utf-8")) for part in parts]
        joined = {key: _one_or_all([fact.get(key) for fact in facts]) for key in facts[0]}
        write_text(folder / FACTS, json.dumps(joined, ensure_ascii=False, indent=1) + "\n")
    return lines


def _in_all(parts: Sequence[Path], name: str) -> bool:
    lacking = [str(part) for part in parts if not (part / name).exists()]
    if lacking and len(lacking) < len(parts):
        raise LassError(f"{', '.join(lacking)}: no {name}, which other parts have: finish all parts first")
    return not lacking


def _one_or_all(values: list):
    return values[0] if all(value == values[0] for value in values) else values
