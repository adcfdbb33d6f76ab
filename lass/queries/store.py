"""Embeddings of a frozen encoder by key, in Kaldi archives that are written part by part."""

import functools
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import kaldiio
import numpy as np

from lass.errors import LassError
from lass.io.arrays import read_array
from lass.io.files import atomic_path
from lass.io.sorting import sort_lines
from lass.io.table import MappedTable, iterate_table, read_table, table_line, write_lines, write_table
from lass.queries.encoder import QueryEncoder

_VALUE = re.compile(r"(part-[0-9a-f]{32}\.ark):([0-9]{1,12})")


def cache_name(encoder: QueryEncoder) -> str:
    """Folder name of an encoder's caches: its id, the hash of its weights, and its norm."""
    name = f"{encoder.identity()}-{'unit' if encoder.normalised else 'raw'}"
    return re.sub(r"[^A-Za-z0-9._+=-]", "_", name)


class EmbeddingStore:
    """Arrays (float32) by name, of one encoder (see ``cache_name``).

    ``part-*.ark`` hold the arrays and the table says where: ``<key> <ark>:<offset>``, the key being the first 128 bits
    of the name's SHA-256 and the ark lying in this folder. A part that is not merged into that table yet, because its
    writer was killed, has a ``part-*.scp`` of its own. Any number of readers; several processes may write parts, while
    none of them merges.

    A subclass names the ``table``, and ``what`` a name stands for.
    """

    table: str
    what: str

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def __contains__(self, name: str) -> bool:
        return self.place(name) is not None

    def __getitem__(self, name: str) -> np.ndarray:
        """The array of ``name``. Raises LassError when it is not there, or its archive is damaged."""
        place = self.place(name)
        if place is None:
            raise LassError(f"{self.folder}: no {self.what} {name!r}: run stage embed on the set that holds it")
        ark, _, offset = place.rpartition(":")
        return read_array(ark, int(offset), self._rebuild)

    def place(self, name: str) -> str | None:
        """Where the array of ``name`` is, ``<path of the ark>:<offset>``; None when it is not there."""
        value = self._find(_key(name))
        if value is not None and not _VALUE.fullmatch(value):
            raise LassError(f"{self.folder}/{self.table}: not '<part>.ark:<offset>' ({value!r}): {self._rebuild}")
        return None if value is None else f"{self.folder}/{value}"

    def missing(self, names: Iterable[str]) -> list[str]:
        """The distinct names that have no array yet, in order of appearance."""
        wanted = {_key(name): name for name in names}
        # One pass over the table: 2.5 million look-ups would take ten minutes.
        for key, _ in self._rows():
            wanted.pop(key, None)
        return list(wanted.values())

    def write_part(self, names: Sequence[str], arrays: Iterable[np.ndarray]) -> None:
        """Archive first, then its table: a part without a table does not exist."""
        part = f"part-{_key(chr(0).join(names))}"  # two processes that write the same part write the same names
        rows = []
        with atomic_path(self.folder / f"{part}.ark") as temporary, open(temporary, "wb") as ark:
            for name, array in zip(names, arrays, strict=True):
                ark.write(f"{_key(name)} ".encode())
                rows.append((_key(name), f"{part}.ark:{ark.tell()}"))
                kaldiio.matio.write_array(ark, array)
        write_table(self.folder / f"{part}.scp", rows)

    def merge(self) -> None:
        """Fold all part tables into the one table, then remove them: a kill in between only repeats the folding."""
        tables, merged = self._part_tables(), self.folder / self.table
        if tables:
            # A name that two parts hold has two lines, which follow each other in this order; one is kept.
            lines = sort_lines((table_line(merged, *row) for row in self._rows()), self.folder)
            write_lines(merged, (next(same) for _, same in itertools.groupby(lines, lambda line: line.split(b" ")[0])))
        for table in tables:
            table.unlink()
        for opened in ("_unmerged", "_table"):
            self.__dict__.pop(opened, None)

    @property
    def _rebuild(self) -> str:
        return f"remove {self.folder} and run stage embed again"

    @functools.cached_property
    def _unmerged(self) -> dict[str, str]:
        return {key: value for part in self._part_tables() for key, value in read_table(part)}

    @functools.cached_property
    def _table(self) -> MappedTable | None:
        _ = self._unmerged  # before the table: what somebody merges in between is then seen twice, not never
        merged = self.folder / self.table
        return MappedTable(merged) if merged.exists() else None

    def _rows(self) -> Iterator[tuple[str, str]]:
        for part in self._part_tables():
            yield from read_table(part)
        merged = self.folder / self.table
        yield from iterate_table(merged) if merged.exists() else ()

    def _part_tables(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.scp"))

    def _find(self, key: str) -> str | None:
        if key in self._unmerged:
            return self._unmerged[key]
        line = None if self._table is None else self._table.find(key)
        return None if line is None else self._table.value(line)


def _key(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()[:32]
