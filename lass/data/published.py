"""Published lists of clips or of mixtures: csv files, read by a form that is data (conf/lists, conf/sets).

A form holds templates over the columns of a line; regular expressions add named parts of a column to them::

    header: [target, noise]      # names of the columns, where the first line does not have them
    parts: {target: '(?P<id>.{11})\\.wav'}
    target: {clip: "{target}", origin: "youtube:{id}"}
    interferers: [{clip: "{noise}"}]
"""

import csv
import functools
import hashlib
import re
import shutil
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from lass import config
from lass.errors import LassError

LISTS = Path(__file__).parents[2] / "conf" / "lists"


class Line(NamedTuple):
    """A line of a list: where it stands ("file:number"), its columns and their parts, and its number as {line}."""

    where: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Clip:
    """A clip and where it comes from; of a form: templates of both. ``origin`` is "" where nothing tells it."""

    clip: str
    origin: str = ""


@dataclass(frozen=True)
class Form:
    """How a list is written.

    Attributes:
        target, interferers: the clips of a line.
        header: names of the columns; those of the first line where none are given.
        skip: lines at the top that hold no data, with ``header``.
        parts: column -> regular expression with named groups; it must match the whole column.
        after_comma: whether a blank may follow a comma, as in AudioSet's lists.
        encoding: of the file.
    """

    target: Clip
    interferers: tuple[Clip, ...] = ()
    header: Sequence[str] = ()
    skip: int = 0
    parts: Mapping[str, str] = field(default_factory=dict)
    after_comma: bool = False
    encoding: str = "utf-8"

    @classmethod
    def of(cls, spec: dict, where: str) -> "Form":
        """The form of a yaml section; ``where`` opens the message about what is wrong with it."""
        config.bind(cls, spec, where)
        clips = [spec["target"], *spec.get("interferers", ())]
        for clip in clips:
            config.bind(Clip, clip, where)
        target, *interferers = (Clip(**clip) for clip in clips)
        return cls(**{**spec, "target": target, "interferers": tuple(interferers)})

    def clips(self, line: Line) -> list[Clip]:
        """The clips of a line, target first; one with an origin without an id ("freesound:") has none."""
        filled = [(fill(c.clip, line), fill(c.origin, line)) for c in (self.target, *self.interferers)]
        return [Clip(name, "" if origin.endswith(":") else origin) for name, origin in filled]

    def lines(self, path: Path) -> Iterator[Line]:
        """The lines of a list, one after the other; CRLF or LF, names and values as they are.

        Raises:
            LassError: (file:line) a line that has not the columns of the form, or whose parts do not match.
        """
        try:
            with open(path, encoding=self.encoding, newline="") as f:
                yield from self._lines(csv.reader(f, skipinitialspace=self.after_comma), path)
        except OSError as error:
            raise LassError(f"{path}: cannot open ({error.strerror}): get the list") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise LassError(f"{path}: cannot be read ({error}): get the list again") from None

    def _lines(self, rows: Iterator[list[str]], path: Path) -> Iterator[Line]:
        for _ in range(self.skip):
            next(rows, None)
        names = list(self.header) or [name.strip() for name in next(rows, [])]
        if missing := self.parts.keys() - set(names):
            raise LassError(f"{path}:1: no column {min(missing)}: another list, or a damaged one")
        file = str(path)
        for number, row in enumerate(rows, 1):
            where = f"{file}:{rows.line_num}"
            if len(row) != len(names):
                raise LassError(f"{where}: {len(row)} columns, expected {len(names)} ({', '.join(names)}): "
                                "another list, or a damaged one")
            fields = dict(zip(names, row))
            fields["line"] = str(number)
            for name, pattern in self.parts.items():
                match = re.fullmatch(pattern, fields[name])
                if match is None:
                    raise LassError(f"{where}: {name} {fields[name][:80]!r} is not of the form {pattern!r}")
                fields |= {part: value or "" for part, value in match.groupdict().items()}
            yield Line(where, fields)


def fill(template: str, line: Line) -> str:
    """Put columns and parts of a line into a template: "esc50-{idx:0>4}"."""
    for name in _names(template):
        if name not in line.fields:
            raise LassError(f"{line.where}: no column {name!r}, which {template!r} asks for; "
                            f"there are {', '.join(line.fields)}")
    return template.format_map(line.fields)


@functools.cache  # a list can have millions of lines
def _names(template: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def read_form(name: str) -> Form:
    """The form ``conf/lists/<name>.yaml``."""
    path = LISTS / f"{name}.yaml"
    known = sorted(found.stem for found in LISTS.glob("*.yaml"))
    if name not in known:
        raise LassError(f"{name!r}: no form of a list in {LISTS}; there are {', '.join(known) or 'none'}")
    return Form.of(config.read_yaml(path), str(path))


@dataclass(frozen=True)
class ListFile:
    """A published list: a file of the folder ``metadata`` of the benchmark root, or the published audio files.

    Attributes:
        form: name of a form of conf/lists, or a form.
        file: its name.
        url: its address, "" where it has none of its own; then ``note`` tells how to get it, if it is published.
        md5: of the file, as published or found.
        member: the path of the list in the archive that has the address, and the MD5.
        glob: in place of a file, which files below ``data`` are the list; {stem} is the name of each.
    """

    form: str | dict
    file: str = ""
    url: str = ""
    md5: str = ""
    member: str = ""
    note: str = ""
    glob: str = ""

    @classmethod
    def of(cls, spec: dict, where: str) -> "ListFile":
        """The list of a yaml section; ``where`` opens the message about what is wrong with it."""
        config.bind(cls, spec, where)
        found = cls(**spec)
        if bool(found.file) == bool(found.glob):
            raise LassError(f"{where}: give file or glob")
        form = read_form(found.form) if isinstance(found.form, str) else Form.of(found.form, where)
        return replace(found, form=form)

    def path(self, root: Path) -> Path:
        """Where it lies below the benchmark root."""
        return root / ("data" if self.glob else "metadata") / (self.glob or self.file)

    @property
    def published(self) -> bool:
        return bool(self.url or self.note or self.glob)

    def missing(self, root: Path) -> str:
        """What is to be done where it is not there, else ""."""
        if self.glob or self.path(root).is_file():
            return ""
        way = "run lass test_sets --download" if self.url else self.note or "it is not published"
        return f"{self.path(root)}: no such list; {way}"

    def fetch(self, root: Path) -> None:
        """Download it, if it is not there; see ``lass.io.download.fetch`` and ``lass.io.archives.unpack``."""
        from lass.io.archives import unpack  # not at the top: it loads many codecs
        from lass.io.download import fetch

        path = self.path(root)
        if not self.member:
            fetch(self.url, path, self.md5)
        elif not path.exists():
            archive, folder = path.with_name(f"{path.name}.zip"), path.with_name(f".{path.name}")
            fetch(self.url, archive, self.md5)
            unpack(archive, folder, [self.member])
            (folder / self.member).replace(path)
            shutil.rmtree(folder)
            archive.unlink()

    def lines(self, root: Path) -> Iterator[Line]:
        """Its lines.

        Raises:
            LassError: it is not there, or its checksum is not the published one; see ``Form.lines``.
        """
        path = self.path(root)
        if self.glob:
            for found in sorted((root / "data").glob(self.glob)):
                yield Line(str(found), {"stem": found.stem})
            return
        if missing := self.missing(root):
            raise LassError(missing)
        checked = self.md5 and not self.member
        if checked and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != self.md5:
            raise LassError(f"{path}: its MD5 is not {self.md5}: not the list that was published; get that")
        yield from self.form.lines(path)
