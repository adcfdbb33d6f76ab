"""Leaks between the sets of a recipe: a source that is heard in training must not be asked for in a test."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from lass.io.table import iterate_table


def shared_origins(folders: Sequence[Path]) -> list[str]:
    """One line for each pair of sets that share an origin (``<source>:<id>``, whatever the part of it)."""
    tables = {folder: folder / "utt2origin" for folder in folders if (folder / "utt2origin").exists()}
    origins = {folder: {_source(value) for _, value in iterate_table(table)} for folder, table in tables.items()}
    found = []
    for one, other in combinations(origins, 2):
        if shared := sorted(origins[one] & origins[other]):
            found.append(f"{one} and {other} share {len(shared)} origins, for example {shared[0]}")
    return found


def _source(origin: str) -> str:
    return ":".join(origin.split(":", 2)[:2])
