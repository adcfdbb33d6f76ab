"""The audio files of a corpus whose users have it in several forms: as it was downloaded here, or by the publisher."""

import os
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = (".flac", ".wav")


class ClipFiles:
    """Finds files below a folder; of several places, the one that fitted last is looked at first.

    Args:
        root: the folder.
        places: templates of paths below it without ending, as "audio/Y{id}"; the first is that of downloads.
    """

    def __init__(self, root: Path, places: Sequence[str], suffixes: Sequence[str] = SUFFIXES) -> None:
        self._forms = [f"{str(root).replace('{', '{{').replace('}', '}}')}/{place}{suffix}"
                       for suffix in suffixes for place in places]  # fmt: skip
        self._first = self._forms[0]

    def find(self, **names: str) -> str | None:
        """The file with these names put into a template; None where there is none."""
        for form in self._forms:
            path = form.format_map(names)
            if os.path.exists(path):
                if form is not self._forms[0]:
                    self._forms.remove(form)
                    self._forms.insert(0, form)
                return path
        return None

    def path(self, **names: str) -> str:
        """As ``find``; where there is none, the place of the download."""
        return self.find(**names) or self._first.format_map(names)
