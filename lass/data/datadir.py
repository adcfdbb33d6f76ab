"""The data directory: a set of single clips in plain sorted tables (Kaldi's conventions, one entry a line).

    wav.scp           <utt> <path>
    captions          <utt>#<k> <caption>            k = 0, 1, ..
    text              <utt> <caption 0>              derived, for Kaldi and ESPnet tools
    utt2labels        <utt> <label-id> [<label-id> ...]
    labels            <label-id> <display name>
    utt2num_samples   <utt> <n>                      after the format stage
    utt2origin        <utt> <source>:<id>[:<start>:<duration>]
    video.scp         <utt> <path>[:<start>:<duration>]    seconds; the whole video without them
    segments          <utt> <utt> <start> <end>      seconds; the clip is this part of its file, before stage format
    image_emb.scp     <utt> <ark>:<offset>           one embedding a frame; written by stage embed

Clips without caption, label or origin have no line in that table; a table without lines is not written.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from lass.errors import LassError
from lass.io.table import MappedTable, count_lines, read_table, table_line, write_lines

UTT_ID = re.compile(r"[A-Za-z][A-Za-z0-9._+=-]*")
CAPTION_ID = re.compile(rf"({UTT_ID.pattern})#(0|[1-9][0-9]*)")
LABEL_ID = re.compile(r"[^\s\x00-\x20-][^\s\x00-\x20]*+")
TABLES = ("wav.scp", "captions", "text", "utt2labels", "labels", "utt2num_samples", "utt2origin", "video.scp",
          "segments")
FRAMES = "image_emb.scp"


@dataclass(slots=True)
class Row:
    """What a recipe knows of one clip: id, audio path, captions, {label id: display name}, origin, video.

    ``segment``: start and end in seconds, where the clip is a part of its audio file.
    """

    utt: str
    audio: str
    captions: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    video: str = ""
    segment: tuple[float, float] | None = None


def write_data_dir(folder: Path | str, rows: Iterable[Row]) -> None:
    """Write ``rows``, in any order, as a data directory; tables of an older set in ``folder`` are replaced.

    Rows are spooled to temporary files and sorted one table at a time, so a large set need not fit in memory as
    objects. ``wav.scp`` is written last: without it the folder is no set.

    Raises:
        LassError: no rows, a malformed or duplicate id, a caption of more than one line, one label id with two names
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        spools = {
            table: _Spool(folder / table, stack.enter_context(tempfile.TemporaryFile(dir=folder))) for table in TABLES
        }
        for row in rows:
            _spool_row(folder, row, spools, names)
        for label, name in names.items():
            spools["labels"].add(label, name)
        if not spools["wav.scp"].lines.tell():
            raise LassError(f"{folder}: no clips: check the root folder and the options of local/data.py")
        for table in TABLES:
            (folder / table).unlink(missing_ok=True)
        for table in reversed(TABLES):
            if spools[table].lines.tell():
                spools[table].lines.seek(0)
                write_lines(folder / table, spools[table].lines)


class _Spool(NamedTuple):
    """The lines of table ``path`` that are not sorted yet."""

    path: Path
    lines: BinaryIO

    def add(self, key: str, value: str) -> None:
        if not value.strip() or "\n" in value or "\r" in value:
            raise LassError(
                f"{self.path}: {key}: not one line of text ({value[:80]!r}): mend or drop it in local/data.py"
            )
        try:
            self.lines.write(f"{key} {value}\n".encode())
        except UnicodeEncodeError:
            table_line(self.path, key, value)  # raises, and says why


def _spool_row(folder: Path, row: Row, spools: dict[str, _Spool], names: dict[str, str]) -> None:
    if not UTT_ID.fullmatch(row.utt):
        raise LassError(f"{folder}: malformed id ({row.utt!r}): begin with a letter, then A-Z a-z 0-9 . _ + = -")
    spools["wav.scp"].add(row.utt, row.audio)
    for k, caption in enumerate(row.captions):
        spools["captions"].add(f"{row.utt}#{k}", caption)
    if row.captions:
        spools["text"].add(row.utt, row.captions[0])
    if row.labels:
        spools["utt2labels"].add(row.utt, " ".join(row.labels))
    if row.origin:
        spools["utt2origin"].add(row.utt, row.origin)
    if row.video:
        spools["video.scp"].add(row.utt, row.video)
    if row.segment:
        spools["segments"].add(row.utt, "{} {:.3f} {:.3f}".format(row.utt, *row.segment))
    for label, name in row.labels.items():
        if names.get(label) == name:
            continue
        if not LABEL_ID.fullmatch(label):
            raise LassError(f"{folder}: {row.utt}: malformed label id ({label!r}): no blanks, no '-' in front")
        if names.setdefault(label, name) != name:
            raise LassError(f"{folder}: {row.utt}: label {label} is named {name!r} here and {names[label]!r} before")


class DataDir:
    """A data directory, opened for reading. Nothing but ``labels`` is held in memory.

    Attributes:
        folder: where it is
        wav: ``MappedTable`` utt -> path
        captions, utt2labels, num_samples, video, segments: ``MappedTable``, or None where the set has no such table
        frames: the same, of the embeddings of the video's frames
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.wav = MappedTable(self.folder / "wav.scp")
        self.captions = self._optional("captions")
        self.utt2labels = self._optional("utt2labels")
        self.num_samples = self._optional("utt2num_samples")
        self.video = self._optional("video.scp")
        self.segments = self._optional("segments")
        self.frames = self._optional(FRAMES)

    def _optional(self, table: str) -> MappedTable | None:
        path = self.folder / table
        return MappedTable(path) if path.exists() else None

    def __len__(self) -> int:
        return len(self.wav)

    def utts(self, i: int) -> str:
        """Id of clip ``i`` (0-based, in the order of wav.scp)."""
        return self.wav.key(i)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Label id -> display name; empty for a set without labels."""
        path = self.folder / "labels"
        return dict(read_table(path)) if path.exists() else {}

    def captions_of(self, utt: str) -> list[str]:
        """Captions of a clip in the order of their numbers; empty for a clip without one."""
        if self.captions is None:
            return []
        lines = self.captions.prefixed(f"{utt}#")
        return [self.captions.value(i) for i in sorted(lines, key=lambda i: int(self.captions.key(i).split("#")[1]))]

    def labels_of(self, utt: str) -> list[str]:
        """Label ids of a clip; empty for a clip without one."""
        i = self.utt2labels.find(utt) if self.utt2labels is not None else None
        return [] if i is None else self.utt2labels.value(i).split()

    def segment_of(self, utt: str) -> tuple[float, float] | None:
        """Start and end, in seconds, of a clip that is a part of its file; None for a clip that is all of it."""
        i = self.segments.find(utt) if self.segments is not None else None
        if i is None:
            return None
        _, start, end = self.segments.value(i).split()
        return float(start), float(end)

    def frames_of(self, utt: str) -> str | None:
        """Where the embeddings of a clip's frames are, ``<ark>:<offset>``; None for a clip without."""
        i = self.frames.find(utt) if self.frames is not None else None
        return None if i is None else self.frames.value(i)


def summary(folder: Path) -> str:
    """One line for people: what there is how often."""
    clips, captions, labels = (count_lines(folder / table) for table in ("wav.scp", "captions", "labels"))
    return f"{folder}: {clips} clips, {captions} captions, {labels} labels"
