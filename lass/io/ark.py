"""Audio files in Kaldi archives: ``<key> AUDIO<size><file>``, as kaldiio writes them and ESPnet calls ``flac.ark``."""

import contextlib
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lass.io.files import atomic_path
from lass.io.joined import Joined

MARK = b"AUDIO"
BUFFER = 1 << 16  # bytes
SMALL = 1 << 20  # bytes, about 20 s as FLAC: read at once, which is quicker than in pieces


@contextlib.contextmanager
def open_entry(archive: str | os.PathLike, offset: int) -> Iterator[BinaryIO | None]:
    """The file at ``offset``, to be read in parts; None where another form of entry begins there.

    Raises:
        OSError: the archive cannot be opened, or ends within the entry.
    """
    with open(archive, "rb", buffering=0) as f:
        head = os.pread(f.fileno(), len(MARK) + 9, offset)
        digits = head[len(MARK)] if head.startswith(MARK) and len(head) > len(MARK) else 0
        if not 0 < digits <= 8:
            yield None
            return
        begin = offset + len(MARK) + 1 + digits
        size = int.from_bytes(head[len(MARK) + 1 :][:digits], "little")
        if begin + size > os.fstat(f.fileno()).st_size:
            raise OSError(None, f"the archive ends within the {size} bytes of this entry")
        if size <= SMALL:
            yield io.BytesIO(os.pread(f.fileno(), size, begin))
        else:
            yield io.BufferedReader(Joined([(f, begin, size)]), BUFFER)


def _head(key: str, size: int) -> tuple[bytes, bytes]:
    """What stands before an entry: its key, and the mark that a scp line points to."""
    digits = -(-size.bit_length() // 8)
    return f"{key} ".encode(), MARK + bytes([digits]) + size.to_bytes(digits, "little")


def layout(keys: Sequence[str], sizes: Sequence[int]) -> tuple[list[int], int]:
    """Offsets of entries of these sizes (bytes), and the size of the archive."""
    offsets, end = [], 0
    for key, size in zip(keys, sizes, strict=True):
        key_bytes, mark = _head(key, size)
        offsets.append(end + len(key_bytes))
        end += len(key_bytes) + len(mark) + size
    return offsets, end


def begins_with(archive: Path, key: str) -> bool:
    """Whether the first entry of an archive has this key."""
    start = f"{key} ".encode()
    with open(archive, "rb") as f:
        return f.read(len(start)) == start


def write_archive(archive: Path, keys: Sequence[str], files: Sequence[Path], sizes: Sequence[int]) -> None:
    """Write files byte by byte as entries; the archive is there whole or not at all.

    Raises:
        OSError: a file that cannot be read, or is not of its size.
    """
    with atomic_path(archive) as temporary, open(temporary, "wb") as out:
        for key, path, size in zip(keys, files, sizes, strict=True):
            out.writelines(_head(key, size))
            begin = out.tell()
            with open(path, "rb") as f:
                shutil.copyfileobj(f, out, 1 << 20)
            if out.tell() - begin != size:
                raise OSError(None, f"{path} has {out.tell() - begin} bytes, not {size}")
