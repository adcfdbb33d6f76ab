"""Folders of tables joined to one, as Kaldi's combine_data.sh does: folds of a cross-validation, parts of a set."""

import json
from collections.abc import Sequence
from pathlib import Path

from lass.errors import LassError
from lass.io.files import write_text
from lass.io.table import iterate_table, read_table, write_table

TABLES = (
    "wav.scp", "ref.scp", "interf.scp", "queries", "interf_queries", "task", "utt2labels", "interf2labels", "labels",
)  # fmt: skip
COUNT, FACTS = "num_expected", "info.json"


def combine(parts: Sequence[Path], folder: Path) -> int:
    """Join rendered sets, or folders of their estimates, that have no mixture in common.

    Returns:
        lines of ``wav.scp``.

    Raises:
        LassError: an entry stands in two parts, or a table is in some parts only.
    """
    if not _in_all(parts, "wav.scp"):
        raise LassError(f"{', '.join(map(str, parts))}: no wav.scp: nothing to join; finish all parts first")
    for table in TABLES:
        if _in_all(parts, table):
            write_table(folder / table, _joined(parts, table).items())
    if _in_all(parts, COUNT):  # parts of one published list
        counts = {(part / COUNT).read_text(encoding="utf-8") for part in parts}
        if len(counts) > 1:
            raise LassError(f"{parts[0] / COUNT}: other parts have another number: join parts of one list")
        write_text(folder / COUNT, counts.pop())
    if _in_all(parts, FACTS):
        facts = [json.loads((part / FACTS).read_text(encoding="utf-8")) for part in parts]
        joined = {key: _one_or_all([fact.get(key) for fact in facts]) for key in facts[0]}
        write_text(folder / FACTS, json.dumps(joined, ensure_ascii=False, indent=1) + "\n")
    return len(read_table(folder / "wav.scp"))


def _joined(parts: Sequence[Path], table: str) -> dict[str, str]:
    rows: dict[str, str] = {}
    for part in parts:
        for key, value in iterate_table(part / table):
            if key in rows and not (table == "labels" and rows[key] == value):
                raise LassError(f"{part / table}: {key} is in another part, too: join parts that differ")
            rows[key] = value
    return rows


def _in_all(parts: Sequence[Path], name: str) -> bool:
    lacking = [str(part) for part in parts if not (part / name).exists()]
    if lacking and len(lacking) < len(parts):
        raise LassError(f"{', '.join(lacking)}: no {name}, which other parts have: finish all parts first")
    return not lacking


def _one_or_all(values: list):
    return values[0] if all(value == values[0] for value in values) else values
