"""Paraphrase lists: other words for labels, which a training asks with as well.

    <label> TAB <text> [TAB <text> ..]

One line a label, which is an id or a display name of the set's table ``labels``; UTF-8, lines end with LF. A label
without a line is asked with its display name alone.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path

from lass.errors import LassError


class Paraphrases:
    """A paraphrase list. Raises LassError with file and line where it is malformed."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._texts: dict[str, list[str]] = {}
        self._lines: dict[str, int] = {}
        try:
            lines = self.path.read_bytes().removesuffix(b"\n").split(b"\n")
        except OSError as error:
            raise LassError(f"{path}: cannot be read ({error.strerror}): query.paraphrases is a file, seen from the "
                            "folder of the recipe") from None
        for number, line in enumerate(lines, 1):
            self._add(number, line)

    def _add(self, number: int, line: bytes) -> None:
        where = f"{self.path}:{number}"
        try:
            label, *texts = line.decode("utf-8").split("\t")
        except UnicodeDecodeError:
            raise LassError(f"{where}: not UTF-8: convert it (iconv)") from None
        if not texts or not all(part.strip() and part.isprintable() for part in (label, *texts)):
            raise LassError(f"{where}: not '<label> TAB <text> [TAB <text> ..]' ({line[:80]!r}): mend or remove it")
        if label in self._lines:
            raise LassError(f"{where}: {label!r} stands in line {self._lines[label]} already: write all in one line")
        self._texts[label], self._lines[label] = texts, number

    def of(self, label: str, name: str) -> list[str]:
        """The paraphrases of the label with id ``label`` and display name ``name``."""
        return [text for key in dict.fromkeys((label, name)) for text in self._texts.get(key, ())]

    def check(self, labels: Iterable[tuple[str, str]]) -> None:
        """Raise a LassError for the first label that is none of ``labels``: pairs of id and display name."""
        known = {key for pair in labels for key in pair}
        for label, number in self._lines.items():
            if label not in known:
                near = difflib.get_close_matches(label, known) or sorted(known)[:3]
                raise LassError(f"{self.path}:{number}: no training set has a label {label!r}: remove the line, or "
                                f"write it as in the table labels: {', '.join(map(repr, near)) or 'there is none'}")
