"""What of a corpus is there: clips without audio are listed with the reason, and left out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lass.data.datadir import Row
from lass.errors import LassError
from lass.io.audio import source_file
from lass.io.files import atomic_path
from lass.io.listing import Listing

MISSING = "missing.tsv"  # of a set: <utt> <path> <reason>; of the downloads: see lass.io.youtube


class Present:
    """Passes the clips of one set whose audio is there.

    Args:
        folder: the data directory of the set; ``missing.tsv`` is written there.
        reasons: by the name of the file, without ending, why a download failed.

    Attributes:
        found, listed: numbers of clips, once all are through.
    """

    def __init__(self, folder: Path, reasons: dict[str, str]) -> None:
        self.folder, self.reasons = folder, reasons
        self.found = self.listed = 0

    def filter(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Those that are there.

        Raises:
            LassError: none is there.
        """
        first, there = "", Listing()
        with atomic_path(self.folder / MISSING) as temporary, open(temporary, "w", encoding="utf-8") as lines:
            for row in rows:
                self.listed += 1
                if row.audio in there or source_file(row.audio).exists():  # the second is slow
                    self.found += 1
                    yield row
                else:
                    first = first or row.audio
                    reason = self.reasons.get(source_file(row.audio).stem, "no such file")
                    lines.write(f"{row.utt}\t{row.audio}\t{reason}\n")
        if first and not self.found:
            raise LassError(f"{self.folder}: none of {self.listed} clips is there, such as {first}: run stage 1, or "
                            "give the folder of the corpus as published (--root)")

    def counts(self, expected: int | None) -> str:
        """One line for people: how many were found of those listed and of those published."""
        published = "" if expected is None else f", {expected} published"
        hint = f"; see {self.folder / MISSING}" if self.found < self.listed else ""
        return f"{self.folder}: {self.found} of {self.listed} clips found{published}{hint}"


def reasons_of(downloads: Path) -> dict[str, str]:
    """Why clips could not be downloaded, by their names: the third column of ``missing.tsv`` of the downloads."""
    path = downloads / MISSING
    if not path.exists():
        return {}
    columns = (line.split("\t") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {name: reason for name, _, reason, *_ in (c for c in columns if len(c) > 2)}
