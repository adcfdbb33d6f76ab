"""The audio files of a corpus whose users have it in several forms: as it was downloaded here, or by the publisher."""

from collections.abc import Sequence
from pathlib import Path

from lass.io.listing import Listing

SUFFIXES = (".flac", ".wav")


class ClipFiles:
    """Finds files below a folder.

    Args:
        root: the folder.
        places: templates of paths below it without ending, as "audio/Y{id}"; the first is that of downloads.
        suffixes: endings; the first is that of downloads.
    """

    def __init__(self, root: Path, places: Sequence[str], suffixes: Sequence[str] = SUFFIXES) -> None:
        base = str(root).replace("{", "{{").replace("}", "}}")
        self._forms = [f"{base}/{place}{suffix}" for suffix in suffixes for place in places]
        self._listing = Listing()

    def find(self, **names: str) -> str | None:
        """The file with these names put into a template; None where there is none."""
        for form in self._forms:
            path = form.format_map(names)
            if path in self._listing:
                return path
        return None

    def path(self, **names: str) -> str:
        """As ``find``; where there is none, the place of the download."""
        return self.find(**names) or self._forms[0].format_map(names)
