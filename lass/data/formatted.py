"""Formatted sets of other recipes, which a recipe joins to sets of its own."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from lass.data.datadir import Row
from lass.data.origin import recording
from lass.data.rows import read_rows
from lass.errors import LassError
from lass.io.table import iterate_table


def formatted_set(folder: Path, corpus: str) -> Path:
    """The folder itself. Raises LassError where stage 3 of egs/``corpus`` has not made it."""
    if not (folder / "utt2num_samples").exists():
        way = f"run stages 1 to 3 of egs/{corpus}, or give its folder: --{corpus}"
        raise LassError(f"{folder}: no formatted set: {way}")
    return folder


def recordings(folders: Iterable[Path]) -> set[str]:
    """The recordings that the clips of sets are from."""
    tables = [folder / "utt2origin" for folder in folders]
    return {recording(origin) for table in tables if table.exists() for _, origin in iterate_table(table)}


def captioned_rows(folders: Iterable[Path], left_out: Collection[str]) -> Iterator[Row]:
    """The clips of the sets, but for recordings to leave out; labels are the captions of clips without."""
    for folder in folders:
        for row in read_rows(folder):
            if not (row.origin and recording(row.origin) in left_out):
                row.captions = row.captions or list(row.labels.values())
                yield row
