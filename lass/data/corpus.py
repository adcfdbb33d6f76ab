"""A corpus as it is published: its files and the numbers of its clips, as conf/corpus.yaml of a recipe tells::

    files:
      train: {url: "https://host/train.csv", md5: 0cc1..}
      audio_z01: {url: "https://host/audio.z01?download=1", file: audio.z01, md5: 92eb..}
      audio: {url: "https://host/audio.zip", md5: 4a8a.., unpack: audio, members: [audio/a.wav]}
    clips: {train: 100, test: 20}        # free in form: local/data.py hands it out

``file`` is the name below the root, by default the last part of the address. ``unpack`` names the folder that holds
what the archive holds, or what its folder ``inner`` holds; of a zip in parts it stands with the last part, NAME.zip,
which the others name as ``part_of``: an archive that is unpacked may be deleted with its parts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from lass.config import bind, read_yaml
from lass.errors import LassError
from lass.io.archives import unpack
from lass.io.download import Remote, fetch_all


@dataclass(frozen=True)
class PublishedFile:
    """One published file; ``note`` tells how to get one that has no address of its own."""

    url: str = ""
    file: str = ""
    md5: str = ""
    members: tuple[str, ...] = ()
    unpack: str = ""
    inner: str = ""
    part_of: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """Its path below the root."""
        return self.file or unquote(PurePosixPath(urlsplit(self.url).path).name)


@dataclass(frozen=True)
class Corpus:
    """``files`` by a name of the recipe's own, ``clips``: numbers of clips as published; ``where``: the yaml file."""

    where: str
    files: dict[str, PublishedFile]
    clips: dict

    @classmethod
    def read(cls, path: Path) -> "Corpus":
        """Read conf/corpus.yaml.

        Raises:
            LassError: a key that is none, a file without name, or with a name that leaves the root.
        """
        found = read_yaml(path)
        bind(lambda files, clips: None, found, str(path))
        files = {}
        for key, spec in found["files"].items():
            bind(PublishedFile, spec, f"{path}: files.{key}")
            files[key] = PublishedFile(**{**spec, "members": tuple(spec.get("members", ()))})
            if (whole := files[key].part_of) and whole not in found["files"]:
                raise LassError(f"{path}: files.{key}: part_of {whole!r} is none of the files")
            for name in (files[key].name, files[key].unpack or files[key].name):
                if not name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                    raise LassError(f"{path}: files.{key}: {name!r} is no name below the root: give 'file'")
        return cls(str(path), files, found["clips"])

    def fetch(self, root: Path, names: Collection[str] | None = None, jobs: int = 4) -> None:
        """Download the files (of ``names`` only) to ``root`` and unpack the archives; what is there is kept.

        Raises:
            LassError: a file that has no address and is not there, or see ``fetch_all`` and ``unpack``.
        """
        chosen = [file for key, file in self.files.items() if names is None or key in names]
        wanted = [file for file in chosen if not self._ready(root, file)]
        for file in wanted:
            if not file.url:
                raise LassError(f"{root / file.name}: not there; {file.note}")
        fetch_all([Remote(file.url, root / file.name, file.md5, file.members) for file in wanted], jobs)
        for file in chosen:
            if file.unpack:
                unpack(root / file.name, root / file.unpack, file.members, file.inner)

    def _ready(self, root: Path, file: PublishedFile) -> bool:
        unpacked = self.files[file.part_of].unpack if file.part_of else file.unpack
        return (root / (unpacked or file.name)).exists()

    def path(self, root: Path, name: str) -> Path:
        """A file, or the folder that its archive was unpacked to.

        Raises:
            LassError: it is not there.
        """
        file = self.files[name]
        path = root / (file.unpack or file.name)
        if not path.exists():
            way = f"get it from {file.url}" if file.url else file.note
            raise LassError(f"{path}: not there; run stage 1 without --root, or {way}")
        return path
