"""Zip archives in parts, ``NAME.z01``, ``NAME.z02``, ..., ``NAME.zip``, read as one file without joining them on disk.

The format: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", version 6.3, sections 4.3 to 4.5. The parts are one
stream cut anywhere; what differs from a plain archive is the central directory, whose offsets count from the start of
a part. It is written anew here, so that zipfile reads the archive with all its checks.
"""

import bisect
import contextlib
import io
import itertools
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lass.io.joined import Joined

END = struct.Struct("<4s4H2LH")  # end of central directory
LOCATOR = struct.Struct("<4sLQL")  # of the zip64 end of central directory
END64 = struct.Struct("<4sQ2H2L4Q")
ENTRY = struct.Struct("<4s6H3L5H2L")
MASKED16, MASKED32 = 0xFFFF, 0xFFFFFFFF  # the value is in the zip64 extra field
ZIP64 = 1  # id of that field


def parts_of(archive: Path) -> list[Path]:
    """The files of the archive in order, the last of which is ``archive`` itself; that alone where it is whole.

    Raises:
        zipfile.BadZipFile: a part is missing.
    """
    found = sorted(_numbered(archive), key=lambda path: int(path.suffix[2:]))
    for number, path in enumerate(found, 1):
        if int(path.suffix[2:]) != number:
            raise zipfile.BadZipFile(f"part {archive.stem}.z{number:02d} is missing")
    return [*found, archive]


def _numbered(archive: Path) -> Iterator[Path]:
    for path in archive.parent.iterdir():
        if path.stem == archive.stem and path.suffix.lower().startswith(".z") and path.suffix[2:].isdecimal():
            yield path


@contextlib.contextmanager
def open_zip(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive, whether it is one file or in parts beside each other.

    Raises:
        zipfile.BadZipFile: it is damaged, or a part is missing.
    """
    parts = parts_of(archive)
    with contextlib.ExitStack() as stack:
        if len(parts) == 1:
            yield stack.enter_context(zipfile.ZipFile(archive))
            return
        files = [stack.enter_context(open(part, "rb")) for part in parts]
        yield stack.enter_context(zipfile.ZipFile(_as_one_disk(files)))


def _as_one_disk(files: list[BinaryIO]) -> BinaryIO:
    sizes = [os.fstat(f.fileno()).st_size for f in files]
    starts = list(itertools.accumulate(sizes, initial=0))
    joined = _joined(files, sizes)
    try:
        begin, size, entries = _find_directory(joined, starts)
        directory = b"".join(_plain_entries(_read(joined, begin, size), starts))
    except (struct.error, IndexError) as error:
        raise zipfile.BadZipFile(f"its central directory does not fit its parts ({error})") from None
    tail = directory + _plain_end(begin, len(directory), entries)
    kept = max(1, bisect.bisect_left(starts, begin))  # the parts that begin before the directory
    sizes = [*sizes[: kept - 1], begin - starts[kept - 1], len(tail)]
    return _joined([*files[:kept], io.BytesIO(tail)], sizes)


def _joined(files: list[BinaryIO], sizes: list[int]) -> BinaryIO:
    """The first ``sizes`` bytes of files, one file after the other, to read."""
    return io.BufferedReader(Joined([(f, 0, size) for f, size in zip(files, sizes)]))


def _read(f: BinaryIO, begin: int, size: int) -> bytes:
    if not 0 <= begin <= begin + size <= f.seek(0, io.SEEK_END):
        raise zipfile.BadZipFile("its central directory lies outside of its parts")
    f.seek(begin)
    return f.read(size)


def _find_directory(f: BinaryIO, starts: list[int]) -> tuple[int, int, int]:
    """Where the central directory begins in the joined parts, its size (bytes) and how many entries it has."""
    tail_begin = max(0, starts[-1] - END.size - MASKED16)  # a comment of at most 65535 bytes follows
    tail = _read(f, tail_begin, starts[-1] - tail_begin)
    if (at := tail.rfind(b"PK\5\6")) < 0:
        raise zipfile.BadZipFile("its last part has no end of central directory")
    _, last, disk, _, entries, size, offset, _ = END.unpack_from(tail, at)
    if last + 1 != len(starts) - 1 and last != MASKED16:
        raise zipfile.BadZipFile(f"{last + 1} parts belong to it, {len(starts) - 1} are there")
    if MASKED16 in (disk, entries) or MASKED32 in (size, offset):
        _, end_disk, end_offset, disks = LOCATOR.unpack_from(tail, at - LOCATOR.size)
        if disks != len(starts) - 1:
            raise zipfile.BadZipFile(f"{disks} parts belong to it, {len(starts) - 1} are there")
        *_, disk, _, entries, size, offset = END64.unpack(_read(f, starts[end_disk] + end_offset, END64.size))
    return starts[disk] + offset, size, entries


def _plain_entries(directory: bytes, starts: list[int]) -> Iterator[bytes]:
    """The entries with offsets from the start of the first part, which the zip64 field holds."""
    at = 0
    while at < len(directory):
        *fields, offset = ENTRY.unpack_from(directory, at)
        name_length, extra_length, comment_length, disk = fields[10:14]
        name_end = at + ENTRY.size + name_length
        extra_end = name_end + extra_length
        values, others = _split_extra(directory[name_end:extra_end])
        masked = [number for number in (9, 8) if fields[number] == MASKED32]  # uncompressed, then compressed size
        sizes = [values.pop(0) for _ in masked]
        if offset == MASKED32:
            offset = values.pop(0)
        if disk == MASKED16:
            disk = values.pop(0)
        wide = struct.pack(f"<{len(sizes) + 1}Q", *sizes, starts[disk] + offset)
        extra = struct.pack("<2H", ZIP64, len(wide)) + wide + others
        fields[11], fields[13] = len(extra), 0
        end = extra_end + comment_length
        yield ENTRY.pack(*fields, MASKED32) + directory[at + ENTRY.size : name_end] + extra + directory[extra_end:end]
        at = end


def _split_extra(extra: bytes) -> tuple[list[int], bytes]:
    """The values of the zip64 field (8 bytes each, and 4 for the number of the part), and the other fields."""
    values, others, at = [], b"", 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        content = extra[at + 4 : at + 4 + size]
        if kind == ZIP64:
            values = list(struct.unpack(f"<{size // 8}Q{size % 8 // 4}L", content))
        else:
            others += extra[at : at + 4 + size]
        at += 4 + size
    return values, others


def _plain_end(begin: int, size: int, entries: int) -> bytes:
    """The three records that end an archive of one part whose directory begins at byte ``begin``."""
    end64 = END64.pack(b"PK\6\6", END64.size - 12, 45, 45, 0, 0, entries, entries, size, begin)
    locator = LOCATOR.pack(b"PK\6\7", 0, begin + size, 1)
    return end64 + locator + END.pack(b"PK\5\6", 0, 0, MASKED16, MASKED16, MASKED32, MASKED32, 0)
