"""Check a data directory: every fault is reported as ``file:line: what (value): way out``.

Tables are read line by line, first each for itself, then two side by side: as both are sorted, ids are compared
without holding any, so a set of millions of clips takes no memory. A table that is not sorted is not compared.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from lass.data.datadir import CAPTION_ID, LABEL_ID, TABLES, UTT_ID
from lass.data.quick_look import looks_good
from lass.errors import LassError
from lass.io import audio
from lass.io.table import split_line

MAX_SHOWN = 20  # problems of one file

_ID_FORM = "begin with a letter, then A-Z a-z 0-9 . _ + = -"
_ID = {
    "captions": (CAPTION_ID, "write <utt>#0, <utt>#1, .."),
    "labels": (LABEL_ID, "no blanks, no '-' in front"),
}  # the other tables: UTT_ID


def id_form(name: str) -> tuple[re.Pattern, str]:
    """What the keys of table ``name`` match, and the same in words."""
    return _ID.get(name, (UTT_ID, _ID_FORM))


def validate(folder: Path | str, read_audio: bool = False, rate: int | None = None) -> list[str]:
    """Problems of the data directory ``folder``; an empty list means that it is good.

    Args:
        read_audio: decode every file (finds truncated files and samples that are NaN), not only look that it is there
        rate: required sample rate in Hz; opens every file's header

    Returns:
        lines for people, at most ``MAX_SHOWN`` a file and then one that counts the rest
    """
    folder = Path(folder)
    if not (folder / "wav.scp").is_file():
        return [f"{folder / 'wav.scp'}:0: no such file (a set is a folder with wav.scp): run the stage that writes it"]
    if not read_audio and rate is None and looks_good(folder):
        return []
    problems = _Problems(folder)
    tables = [name for name in TABLES if (folder / name).exists()]
    labels = {key for _, key, _ in _quietly(folder, "labels")}
    in_order = {name for name in tables if _check_form(folder, name, problems, labels)}
    _check_audio(folder, problems, in_order, read_audio, rate)
    if "wav.scp" in in_order:
        for name in tables:
            if name in in_order and name not in ("wav.scp", "labels"):
                _check_ids(folder, name, problems)
    return problems.lines()


class _Problems:
    """Faults found so far, a bounded number a table."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shown: dict[str, list[str]] = {}
        self._count: Counter[str] = Counter()

    def add(self, table: str, number: int, what: str) -> None:
        self.add_line(table, f"{self._folder / table}:{number}: {what}")

    def add_line(self, table: str, line: str) -> None:
        self._count[table] += 1
        if self._count[table] <= MAX_SHOWN:
            self._shown.setdefault(table, []).append(line)

    def lines(self) -> list[str]:
        lines = []
        for table in self._shown:
            lines += self._shown[table]
            if self._count[table] > MAX_SHOWN:
                lines.append(f"{self._folder / table}: and {self._count[table] - MAX_SHOWN} more")
        return lines


class _Table:
    """One pass over a table: yields (line number, key, value) of the lines that are well formed, reports the others.

    ``sorted`` is False from the first line on that is out of order.
    """

    def __init__(self, folder: Path, name: str, problems: _Problems) -> None:
        self._path, self._name, self._problems = folder / name, name, problems
        self._id, self._form = id_form(name)
        self.sorted = True

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        previous = ""
        with open(self._path, "rb") as f:
            for number, line in enumerate(f, 1):
                entry = self._entry(number, line.removesuffix(b"\n"))
                if entry is None:
                    continue
                key, value = entry
                if key == previous:
                    self._problems.add(self._name, number, f"duplicate id ({key}): keep one of the lines")
                elif key.encode() < previous.encode():
                    self.sorted = False
                    self._problems.add(self._name, number, f"not sorted ({key} follows {previous}): LC_ALL=C sort it")
                previous = key
                yield number, key, value

    def _entry(self, number: int, line: bytes) -> tuple[str, str] | None:
        if self._name == "captions" and len(line.split(None, 1)) == 1:
            self._problems.add("captions", number, f"empty caption ({line.decode(errors='replace')}): drop the line")
            return None
        try:
            key, value = split_line(line, f"{self._path}:{number}")
        except LassError as e:
            self._problems.add_line(self._name, str(e))
            return None
        if not self._id.fullmatch(key):
            self._problems.add(self._name, number, f"malformed id ({key!r}): {self._form}")
            return None
        return key, value


def _quietly(folder: Path, name: str) -> Iterator[tuple[int, str, str]]:
    """Lines of a table whose faults are reported elsewhere; none where there is no such table."""
    return iter(_Table(folder, name, _Problems(folder))) if (folder / name).exists() else iter(())


class _Follower:
    """Values of a sorted table, asked for in rising order of ids; remembers one entry."""

    def __init__(self, folder: Path, name: str) -> None:
        self._entries = _quietly(folder, name)
        self._current = next(self._entries, None)

    def get(self, utt: str) -> str | None:
        while self._current and self._current[1] < utt:
            self._current = next(self._entries, None)
        return self._current[2] if self._current and self._current[1] == utt else None


def _check_form(folder: Path, name: str, problems: _Problems, labels: set[str]) -> bool:
    """Check each line of a table for itself; True when the lines are in order."""
    table = _Table(folder, name, problems)
    lines = 0
    for number, key, value in table:
        lines += 1
        fault = fault_of(name, value, labels)
        if fault:
            problems.add(name, number, f"{key}: {fault}")
    if name == "wav.scp" and not lines:
        problems.add(name, 0, "empty set (no good line): run the stage that writes it")
    return table.sorted


def _check_audio(folder: Path, problems: _Problems, in_order: set[str], read_audio: bool, rate: int | None) -> None:
    compare_lengths = {"wav.scp", "utt2num_samples"} <= in_order
    lengths = _Follower(folder, "utt2num_samples")
    clips = _quietly(folder, "wav.scp")
    for number, utt, path in tqdm(clips, desc=f"validate {folder}", unit="file", disable=not read_audio, mininterval=2):
        length = lengths.get(utt) if compare_lengths else None
        if compare_lengths and length is None:
            problems.add("wav.scp", number, f"no length ({utt} is not in utt2num_samples): run lass format again")
        try:
            found = look_at(path, read_audio, rate is not None)
        except audio.AudioError as e:
            problems.add("wav.scp", number, f"{utt}: {e}")
            continue
        if found and rate and found.sample_rate != rate:
            problems.add("wav.scp", number, f"wrong rate ({found.sample_rate} Hz, not {rate}: {path}): run lass format")
        if found and length and length.isdecimal() and int(length) != found.frames:
            what = f"{found.frames} samples, not {length} as in utt2num_samples: {path}"
            problems.add("wav.scp", number, f"wrong length ({what}): run lass format again")


def look_at(path: str, read_audio: bool, read_header: bool) -> audio.AudioInfo | None:
    """Rate and length as far as they are asked for; AudioError for a path or a file that cannot be used."""
    audio.refuse_command(path)
    if read_audio:
        wave, sample_rate = audio.read_whole(path)
        return audio.AudioInfo(sample_rate, *wave.shape)
    if read_header:
        return audio.info(path)
    try:
        size = audio.source_file(path).stat().st_size
    except OSError as e:
        raise audio.AudioError(f"{path}: missing audio ({e.strerror}): correct the path or get the file") from None
    if size == 0:
        raise audio.AudioError(f"{path}: empty file (0 bytes): get it again")
    return None


def _check_ids(folder: Path, name: str, problems: _Problems) -> None:
    """Each id of table ``name`` must be in wav.scp."""
    wav = _Follower(folder, "wav.scp")
    for number, key, _ in _quietly(folder, name):
        utt = key.partition("#")[0]
        if wav.get(utt) is None:
            problems.add(name, number, f"unknown id ({utt} is not in wav.scp): drop the line or add the clip")


def fault_of(name: str, value: str, labels: set[str]) -> str | None:
    """What is wrong with a value of table ``name``, given the ids of ``labels``; None for a good one."""
    if name == "utt2labels":
        unknown = [label for label in value.split() if label not in labels]
        if unknown:
            return f"unknown label id ({' '.join(unknown)}): add '<id> <name>' to the file labels"
    if name == "utt2num_samples" and not (value.isdecimal() and int(value) > 0):
        return f"not a number of samples ({value}): run lass format again"
    if name == "utt2origin" and not all(value.partition(":")):
        return f"malformed origin ({value}): write <source>:<id>, as youtube:dQw4w9WgXcQ:30:10"
    if name == "segments" and not _is_segment(value):
        return f"malformed segment ({value}): write '<utt> <utt> <start> <end>', in seconds, the end behind the start"
    return None


def _is_segment(value: str) -> bool:
    match = re.fullmatch(r"\S+ ([0-9.]+) ([0-9.]+)", value)
    try:
        return bool(match) and float(match[1]) < float(match[2])
    except ValueError:
        return False
