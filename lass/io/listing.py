"""Which files are there, asked for millions: folders are listed, as that takes less time than to ask for each file."""

import os

MAX_NAMES = 1 << 20  # held at once: some 100 MB


class Listing:
    """``path in listing``: whether it was a file when its folder was listed, which is when it is first asked for."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}  # by folder, with its slash
        self._held = 0

    def __contains__(self, path: str) -> bool:
        file = path[path.rfind("/") + 1 :]
        folder = path[: len(path) - len(file)]
        names = self._names.get(folder)
        return file in (self._list(folder) if names is None else names)

    def _list(self, folder: str) -> frozenset[str]:
        if self._held > MAX_NAMES:
            self._names.clear()
            self._held = 0
        names = frozenset()
        if os.path.isdir(folder or "."):
            with os.scandir(folder or ".") as entries:
                names = frozenset(entry.name for entry in entries if entry.is_file())
        self._names[folder] = names
        self._held += len(names)
        return names
