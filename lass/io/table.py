"""Kaldi-style tables: text files of ``<key> <value>`` lines, sorted by key as ``LC_ALL=C sort`` sorts.

A line is split at its first blank (or tab); all that follows belongs to the value, double blanks included.
Lines end at LF alone, so that U+2028 or U+0085 in a caption does not end one.
"""

import bisect
import itertools
import operator
import os
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lass.errors import LassError
from lass.io.files import atomic_path
from lass.io.sorting import sort_lines

_KEY = re.compile(r"[^\x00-\x20]+")
_LINE = re.compile(r"([^\x00-\x20]+)[ \t](.+)", re.DOTALL)
_GOOD_LINES = re.compile(rb"(?:[^\x00-\x20]++[ \t][^\r\n]++(?:\n|\Z))*+")
_BOM = b"\xef\xbb\xbf"
_BLOCK = 64  # lines between two offsets of an index
_BLOCKS_AT_ONCE = 1 << 12
_HEADER = struct.Struct("<8sQQQ")  # magic, lines, size of the table in bytes, its mtime in ns
_MAGIC = b"lassidx1"


def split_line(line: bytes, where: str) -> tuple[str, str]:
    """``b"key value"`` (without LF) -> (key, value); ``where`` ("file:line") opens the message of a LassError."""
    if line.startswith(_BOM):
        raise LassError(f"{where}: byte-order mark: save the file as UTF-8 without BOM")
    if b"\r" in line:
        raise LassError(f"{where}: carriage return ({line[-40:]!r}): convert the line ends to LF (tr -d '\\r')")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as e:
        raise LassError(f"{where}: not UTF-8 ({line[e.start:e.end]!r} at byte {e.start}): convert it (iconv)") from None
    match = _LINE.fullmatch(text)
    if not match:
        raise LassError(f"{where}: not '<key> <value>' ({text[:80]!r}): give a key, one blank and a value")
    return match[1], match[2]


def iterate_table(path: str | os.PathLike) -> Iterator[tuple[str, str]]:
    """Yield (key, value) of each line, in the file's order; a LassError names file and line."""
    with _open(path) as f:
        for number, line in enumerate(f, 1):
            yield split_line(line.removesuffix(b"\n"), f"{path}:{number}")


def read_table(path: str | os.PathLike) -> list[tuple[str, str]]:
    """All (key, value) of a small table. Order and duplicates are not checked; see ``MappedTable`` for large ones."""
    return list(iterate_table(path))


def count_lines(path: str | os.PathLike) -> int:
    """Lines of a table; 0 where there is none."""
    if not os.path.exists(path):
        return 0
    with _open(path) as f:
        return sum(1 for _ in f)


def iterate_sorted(path: str | os.PathLike) -> Iterator[tuple[str, str]]:
    """As ``iterate_table``; a LassError also for a line that is out of order or a duplicate."""
    for batch in _checked_batches(Path(path)):
        for line in batch:
            key, _, value = line.decode().removesuffix("\n").partition(" ")
            yield (key, value) if "\t" not in key else split_line(line.removesuffix(b"\n"), str(path))


def write_table(path: str | os.PathLike, rows: Iterable[tuple[str, str]]) -> int:
    """Write ``rows`` sorted by key, atomically. Refuses duplicate keys, empty values and what would break a line.

    Returns:
        the number of lines.
    """
    return write_lines(path, (table_line(path, key, value) for key, value in rows))


def write_lines(path: str | os.PathLike, lines: Iterable[bytes]) -> int:
    """``write_table`` of lines that ``table_line`` made, in any order."""
    last_key, count = None, 0
    with atomic_path(path) as temporary, open(temporary, "wb") as f:
        # Blanks sort below all characters of a key, so sorted lines have sorted keys.
        for count, line in enumerate(sort_lines(lines, temporary.parent), 1):
            key = line[: line.index(b" ")]
            if key == last_key:
                raise LassError(f"{path}: duplicate key ({key.decode()}): give each entry a key of its own")
            f.write(line)
            last_key = key
    return count


def table_line(path: str | os.PathLike, key: str, value: str) -> bytes:
    """``<key> <value>`` as table ``path`` is to hold it; LassError for what would break the line."""
    if not _KEY.fullmatch(key) or key.startswith("\ufeff"):
        raise LassError(f"{path}: bad key ({key!r}): a key has no blanks, control characters or byte-order mark")
    if not value or "\n" in value or "\r" in value:
        raise LassError(f"{path}: bad value of {key} ({value[:80]!r}): a value is one line and not empty")
    try:
        return f"{key} {value}\n".encode()
    except UnicodeEncodeError as e:  # a file name that is not UTF-8 reaches Python as lone surrogates
        raise LassError(f"{path}: {key} cannot be written as UTF-8 ({value[:80]!a}): rename it ({e.reason})") from None


def _open(path: str | os.PathLike, buffering: int = -1) -> BinaryIO:
    try:
        return open(path, "rb", buffering=buffering)
    except OSError as e:
        raise LassError(f"{path}: cannot open ({e.strerror}): run the stage that writes it") from None


class MappedTable:
    """A sorted table that stays on disk, whatever its size.

    An index, the offset (uint64) of every 64th line, is built once in a hidden file beside the table
    (``.wav.scp.idx``), memory-mapped, and rebuilt when the table's size or mtime changes. A line is found by binary
    search over the blocks. The table itself is read by ``pread`` rather than mapped too: pages of a map that only one
    worker touches would count as its own memory, and a map of a table that somebody shortens ends in a bus error.
    Forked workers share the descriptor, which has no position of its own.

    Raises LassError (file, line) for a line that is malformed, out of order or a duplicate when the index is built.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self._table = _open(self.path, buffering=0)
        if not self._map_index():
            self._build_index()
            if not self._map_index():
                raise LassError(f"{self.path}: changed while it was indexed: run again when its writer is done")

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iterate_table(self.path)

    def __contains__(self, key: str) -> bool:
        return self.find(key) is not None

    def __getitem__(self, key: str) -> str:
        i = self.find(key)
        if i is None:
            raise KeyError(f"{self.path}: no entry {key!r}")
        return self.value(i)

    def __reduce__(self) -> tuple:
        return MappedTable, (self.path,)

    def key(self, i: int) -> str:
        """Key of line ``i`` (0-based)."""
        return self._entry(i)[0]

    def value(self, i: int) -> str:
        """Value of line ``i`` (0-based)."""
        return self._entry(i)[1]

    def find(self, key: str) -> int | None:
        """Line (0-based) of ``key``, or None."""
        i = self._first_at_least(key.encode())
        return i if i < self._length and self.key(i) == key else None

    def prefixed(self, prefix: str) -> range:
        """Lines (0-based) whose key starts with ``prefix``, which is not empty."""
        start = prefix.encode()
        beyond = start[:-1] + bytes([start[-1] + 1])  # UTF-8 has no byte 255
        return range(self._first_at_least(start), self._first_at_least(beyond))

    def _first_at_least(self, key: bytes) -> int:
        blocks = range(len(self._starts) - 1)
        block = bisect.bisect_right(blocks, key, key=lambda b: _key_bytes(self._read(b))) - 1
        if block < 0:
            return 0
        return block * _BLOCK + bisect.bisect_left(self._read(block).splitlines(), key, key=_key_bytes)

    def _entry(self, i: int) -> tuple[str, str]:
        if not 0 <= i < self._length:
            raise IndexError(f"{self.path}: line {i} of {self._length}")
        line = self._read(i // _BLOCK).splitlines()[i % _BLOCK]
        return split_line(line, f"{self.path}:{i + 1}")

    def _read(self, block: int) -> bytes:
        start, end = int(self._starts[block]), int(self._starts[block + 1])
        lines = os.pread(self._table.fileno(), end - start, start)
        if len(lines) != end - start:
            raise LassError(f"{self.path}:{block * _BLOCK + 1}: the table was shortened while open: start again")
        return lines

    def _index_path(self) -> Path:
        return self.path.with_name(f".{self.path.name}.idx")

    def _map_index(self) -> bool:
        """Map the index when there is one and it belongs to the table as it is now."""
        try:
            with open(self._index_path(), "rb") as f:
                header = f.read(_HEADER.size)
                if len(header) < _HEADER.size:
                    return False
                magic, self._length, *table = _HEADER.unpack(header)
                if magic != _MAGIC or table != _size_and_mtime(self._table):
                    return False
                starts = np.memmap(f, "<u8", mode="r", offset=_HEADER.size)
                self._starts = np.asarray(starts)  # a plain view: items of a memmap are slow to get
        except FileNotFoundError:
            return False
        return True

    def _build_index(self) -> None:
        status, length, start = _size_and_mtime(self._table), 0, 0
        try:
            with atomic_path(self._index_path()) as temporary, open(temporary, "wb") as index:
                index.seek(_HEADER.size)
                for batch in _checked_batches(self.path):
                    sizes = [len(line) for line in batch]
                    starts = start + np.cumsum([0, *sizes], dtype="<u8")
                    index.write(starts[:-1:_BLOCK].tobytes())
                    length, start = length + len(batch), starts[-1]
                index.write(np.uint64(start).astype("<u8").tobytes())
                index.seek(0)
                index.write(_HEADER.pack(_MAGIC, length, *status))
        except OSError as e:
            raise LassError(f"{self._index_path()}: cannot write the index ({e.strerror}): "
                            "free disk space or make the folder writable") from None  # fmt: skip


def _size_and_mtime(f: BinaryIO) -> list[int]:
    status = os.fstat(f.fileno())
    return [status.st_size, status.st_mtime_ns]


def _key_bytes(line: bytes) -> bytes:
    return line.split(None, 1)[0]  # at a blank or tab: keys hold no other white space


def _checked_batches(path: Path) -> Iterator[list[bytes]]:
    """Lines of a table in batches of whole blocks; checks their form and the order of the keys on the way."""
    number, last_key = 0, b""
    with _open(path) as f:
        while batch := list(itertools.islice(f, _BLOCKS_AT_ONCE * _BLOCK)):
            if not _is_good(batch, last_key):
                _raise_first_fault(batch, last_key, path, number)
            number, last_key = number + len(batch), _key_bytes(batch[-1])
            yield batch


def _is_good(batch: list[bytes], last_key: bytes) -> bool:
    text = b"".join(batch)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if text.startswith(_BOM) or not _GOOD_LINES.fullmatch(text):
        return False
    keys = [last_key, *map(_key_bytes, batch)]
    return all(map(operator.lt, keys[:-1], keys[1:]))


def _raise_first_fault(batch: list[bytes], last_key: bytes, path: Path, number: int) -> None:
    """LassError for the first bad line of ``batch``, which follows line ``number`` with key ``last_key``."""
    for i, line in enumerate(batch, number + 1):
        split_line(line.removesuffix(b"\n"), f"{path}:{i}")
        key = _key_bytes(line)
        if key <= last_key:
            fault = "duplicate key" if key == last_key else f"not sorted: it follows {last_key.decode()}"
            raise LassError(f"{path}:{i}: {key.decode()}: {fault}: sort it with LC_ALL=C sort -u")
        last_key = key
    raise AssertionError(f"{path}: line {number + 1} and following: refused, but no line is bad")
