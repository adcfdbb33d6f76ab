"""The lists of AudioSet (J. F. Gemmeke et al., ICASSP 2017), which other corpora are parts of."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lass.data.published import read_form
from lass.errors import LassError

FORM = read_form("audioset")
COUNT = re.compile(r"# num_ytids=\d+, num_segs=(\d+)")


class Segment(NamedTuple):
    """A labelled part of a video: ``start`` and ``end`` in s, ``labels`` as ids of the ontology."""

    video: str
    start: float
    end: float
    labels: list[str]

    @property
    def origin(self) -> str:
        return f"youtube:{self.video}:{self.start:g}:{self.end - self.start:g}"


def read_segments(path: Path) -> Iterator[Segment]:
    """The lines of a list ``*_segments.csv``, one after the other.

    Raises:
        LassError: not such a list, or not as many lines as its second one tells.
    """
    expected, found = _expected(path), 0
    for found, line in enumerate(FORM.lines(path), 1):
        fields = line.fields
        try:
            start, end = float(fields["start_seconds"]), float(fields["end_seconds"])
            if not 0 <= start < end:
                raise ValueError
        except ValueError:
            raise LassError(f"{line.where}: from {fields['start_seconds'][:20]!r} to {fields['end_seconds'][:20]!r} s "
                            "is no part of a video: get the list again") from None
        yield Segment(fields["YTID"], start, end, fields["positive_labels"].split(","))
    if expected not in (None, found):
        raise LassError(f"{path}: {found} segments, but its second line tells of {expected}: get the list again")


def _expected(path: Path) -> int | None:
    """What the second of the three comment lines tells. Copies without them would lose three segments."""
    try:
        with open(path, encoding="utf-8") as lines:
            head = [next(lines, "") for _ in range(3)]
    except (OSError, UnicodeDecodeError) as error:
        raise LassError(f"{path}: cannot be read ({error}): get the list") from None
    if not all(line.startswith("#") for line in head):
        raise LassError(f"{path}:1: the list does not begin with three comment lines: get that of AudioSet itself")
    match = COUNT.match(head[1])
    return int(match[1]) if match else None


def display_names(path: Path) -> dict[str, str]:
    """Label id -> name of ontology.json, names with commas and blanks as they are."""
    try:
        return {entry["id"]: entry["name"] for entry in json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LassError(f"{path}: not AudioSet's ontology ({error!r}): get it again") from None


def labels_of(segment: Segment, names: dict[str, str], path: Path) -> dict[str, str]:
    """Label id -> name.

    Raises:
        LassError: the ontology has no such label.
    """
    try:
        return {label: names[label] for label in segment.labels}
    except KeyError as error:
        raise LassError(f"{path}: {segment.video}: no label {error} in AudioSet's ontology: get both again") from None


def find_segments(paths: Iterable[Path], videos: Collection[str]) -> Iterator[tuple[Path, Segment]]:
    """The segments of these videos, with the list that each stands in; all else streams past."""
    for path in paths:
        yield from ((path, segment) for segment in read_segments(path) if segment.video in videos)
