"""The audio files of a corpus whose users have it in several forms: as it was downloaded here, or by the publisher."""

import os
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = (".flac", ".wav")


class ClipFiles:
    """Finds files below a folder; a folder is listed once, which takes less time than asking for each file.

    Args:
        root: the folder.
        places: templates of paths below it without ending, as "audio/Y{id}"; the first is that of downloads.
        suffixes: endings; the first is that of downloads.
    """

    def __init__(self, root: Path, places: Sequence[str], suffixes: Sequence[str] = SUFFIXES) -> None:
        base = str(root).replace("{", "{{").replace("}", "}}")
        self._forms = [f"{base}/{place}{suffix}" for suffix in suffixes for place in places]
        self._listed: dict[str, frozenset[str]] = {}

    def find(self, **names: str) -> str | None:
        """The file with these names put into a template; None where there is none."""
        for form in self._forms:
            path = form.format_map(names)
            folder, _, file = path.rpartition("/")
            if file in (self._listed.get(folder) or self._list(folder)):
                return path
        return None

    def path(self, **names: str) -> str:
        """As ``find``; where there is none, the place of the download."""
        return self.find(**names) or self._forms[0].format_map(names)

    def _list(self, folder: str) -> frozenset[str]:
        if folder not in self._listed:
            self._listed[folder] = frozenset(os.listdir(folder) if os.path.isdir(folder) else ())
        return self._listed[folder]
