"""Whether a data directory is good, told of millions of clips in seconds; what is wrong tells ``lass.data.validate``.

A regular expression looks at many lines at once, and ids are compared as sets of those of some batches.
"""

import itertools
import operator
import os
import re
from collections.abc import Iterator
from pathlib import Path

from lass.data.datadir import CAPTION_ID, LABEL_ID, TABLES, UTT_ID
from lass.io.audio import source_file
from lass.io.table import count_lines

BATCH = 1 << 14  # lines
# Keys and values of the tables, as strict as the slow look or stricter.
KEYS = {"captions": CAPTION_ID.pattern, "labels": LABEL_ID.pattern}
VALUES = {
    "wav.scp": r"[^-|\s][^|\r\n]*+",
    "captions": r"\S[^\r\n]*+",
    "utt2num_samples": r"[1-9][0-9]*+",
    "utt2origin": r"[^:\s]++:[^\r\n]++",
    "segments": r"\S++ [0-9]++(?:\.[0-9]++)? [0-9]++(?:\.[0-9]++)?",
}
ANY = r"[^\r\n]++"
VALUE = re.compile(r"[ \t]([^\n]*+)")
CAPTION_NUMBER = re.compile(r"#[0-9]+")


class _Bad(Exception):
    """Something that may be wrong."""


def looks_good(folder: Path) -> bool:
    """True only for a set in which ``validate`` finds nothing, audio unread; False where it must look itself."""
    ids, labels = [], set()
    try:
        for name in sorted(TABLES, key=("wav.scp", "labels").__contains__, reverse=True):  # these two first
            asked = _Ids(ids)
            for keys, text in _batches(folder / name) if (folder / name).exists() else ():
                _check_values(name, text, labels)
                if name == "wav.scp":
                    ids.append(keys)
                elif name == "labels":
                    labels.update(keys.split("\n"))
                else:
                    asked.check(CAPTION_NUMBER.sub("", keys) if name == "captions" else keys)
        return bool(ids) and _all_have_lengths(folder)
    except (_Bad, OSError, UnicodeDecodeError):
        return False


def _batches(path: Path) -> Iterator[tuple[str, str]]:
    """The keys of some lines at a time, each in a line, and these lines; _Bad for another form, or another order."""
    key, value = KEYS.get(path.name, UTT_ID.pattern), VALUES.get(path.name, ANY)
    form = re.compile(rf"(?:{key}[ \t]{value}\n)*+")
    last = ""
    with open(path, encoding="utf-8", newline="\n") as lines:
        while batch := list(itertools.islice(lines, BATCH)):
            if not form.fullmatch(text := "".join(batch)):
                raise _Bad
            keys = VALUE.sub("", text)[:-1]
            rising = keys.split("\n")
            if not (last < rising[0] and all(map(operator.lt, rising, rising[1:]))):
                raise _Bad
            last = rising[-1]
            yield keys, text


def _check_values(name: str, text: str, labels: set[str]) -> None:
    if name == "wav.scp":
        good = all(map(_has_content, VALUE.findall(text)))
    elif name == "utt2labels":
        good = labels.issuperset(" ".join(VALUE.findall(text)).split())
    elif name == "segments":
        good = all(float(start) < float(end) for _, start, end in map(str.split, VALUE.findall(text)))
    else:
        good = True
    if not good:
        raise _Bad


def _has_content(path: str) -> bool:
    try:
        return os.stat(path).st_size > 0
    except FileNotFoundError:
        return os.stat(source_file(path)).st_size > 0


class _Ids:
    """Looks for ids that come in rising order.

    Args:
        batches: the ids of wav.scp, in lines.
    """

    def __init__(self, batches: list[str]) -> None:
        self._batches, self._next = batches, 0
        self._held: set[str] = set()  # of the batches so far, those that can still be asked for
        self._last = ""

    def check(self, lines: str) -> None:
        """_Bad for one that is not there; ``lines`` holds one a line."""
        utts = lines.split("\n")
        if self._next < len(self._batches) and self._batches[self._next] == lines:
            self._next, self._last, self._held = self._next + 1, utts[-1], set(utts[-1:])
            return
        while self._last < utts[-1] and self._next < len(self._batches):
            self._held.update(self._batches[self._next].split("\n"))
            self._last = self._batches[self._next].rpartition("\n")[2]
            self._next += 1
        if not self._held.issuperset(utts):
            raise _Bad
        self._held = {utt for utt in self._held if utt >= utts[-1]}


def _all_have_lengths(folder: Path) -> bool:
    lengths = folder / "utt2num_samples"
    return not lengths.exists() or count_lines(lengths) == count_lines(folder / "wav.scp")
