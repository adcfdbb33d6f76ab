"""The table of unified tags: which clips may be mixed, written once and kept.

    <text> TAB [<tag> [TAB <tag> ..]]

One line a text, which is the name of a label or a caption; sorted, UTF-8, lines end with LF.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from lass.errors import LassError
from lass.io.files import write_text
from lass.io.table import iterate_table

STEPS = 500  # texts between two savings


class TagTable:
    """A table that is there, or an empty one. Raises LassError with file and line where it is malformed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tags: dict[str, tuple[str, ...]] = {}
        try:
            lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n") if path.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise LassError(f"{path}: cannot be read ({error}): mend or remove it") from None
        for number, line in enumerate(lines, 1):
            text, *tags = line.split("\t")
            if not text or not tags or not all(tag or tags == [""] for tag in tags):
                raise LassError(f"{path}:{number}: not '<text> TAB <tag> ..' ({line[:80]!r}): mend or remove it")
            self._tags[text] = tuple(filter(None, tags))

    def __len__(self) -> int:
        return len(self._tags)

    def of(self, text: str) -> tuple[str, ...]:
        """The tags of a text that has been added, in lower case: those of rules and of a language model are alike."""
        return tuple(dict.fromkeys(tag.lower() for tag in self._tags[_key(text)]))

    def add(self, texts: Iterable[str], unify: Callable[[str], Sequence[str] | None]) -> tuple[int, int]:
        """Ask ``unify`` for the tags of the texts that are not there yet, and save them every so often.

        Args:
            unify: gives None for a text whose tags it cannot tell; that is left out.

        Returns:
            how many texts were added, and left out.
        """
        missing = sorted({_key(text) for text in texts} - self._tags.keys())
        failed = 0
        for number, text in enumerate(tqdm(missing, desc=str(self.path), delay=2, disable=None), 1):
            if (tags := unify(text)) is None:
                failed += 1
            else:
                self._tags[text] = tuple(" ".join(tag.split()) for tag in tags)
            if number % STEPS == 0:
                self._save()
        if missing:
            self._save()
        return len(missing) - failed, failed

    def _save(self) -> None:
        lines = ("\t".join([text, *(tags or [""])]) + "\n" for text, tags in sorted(self._tags.items()))
        write_text(self.path, "".join(lines))


def texts_of(folder: Path) -> Iterator[str]:
    """The captions of a set, and the names of its labels. Raises LassError where there are none."""
    tables = [table for table in (folder / "captions", folder / "labels") if table.exists()]
    if not tables:
        raise LassError(f"{folder}: neither captions nor labels: give a data directory")
    return (text for table in tables for _, text in iterate_table(table))


def _key(text: str) -> str:
    """One line without tabs."""
    return " ".join(text.split())
