"""Pieces of files, to be read as one file."""

import bisect
import io
import itertools
from collections.abc import Sequence
from typing import BinaryIO


class Joined(io.RawIOBase):
    """Reads one piece after the other; who opened their files closes them.

    Args:
        pieces: (file, where the piece begins, its size), in bytes.
    """

    def __init__(self, pieces: Sequence[tuple[BinaryIO, int, int]]) -> None:
        self._pieces, self._position = pieces, 0
        self._ends = list(itertools.accumulate(size for _, _, size in pieces))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ends[-1]}[whence]
        if origin + offset < 0:
            raise OSError(f"seek to {origin + offset}")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        number = bisect.bisect_right(self._ends, self._position)
        if number == len(self._ends):
            return 0
        file, begin, size = self._pieces[number]
        left = self._ends[number] - self._position
        file.seek(begin + size - left)
        count = file.readinto(memoryview(buffer)[:left])
        self._position += count
        return count
