"""Leaks between sets: a sound that is heard in training must not be asked for, nor be mixed in, in a test.

The origins of the test sets are held in memory; training sets of any size stream past them once.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from lass.data.origin import Origin, recording
from lass.data.published import Form
from lass.errors import LassError
from lass.io import audio
from lass.io.table import iterate_table


class Heard(NamedTuple):
    """A clip of a set. Role: "target", "interferer", or "clip" where nothing is mixed yet; origin: "" if not known."""

    set_name: str
    role: str
    clip: str
    origin: str


class Leak(NamedTuple):
    """A clip of a training set, and one of a test set that holds the same sound."""

    train: Heard
    test: Heard

    def __str__(self) -> str:
        (train, _, clip, origin), (test, role, name, other) = self
        return "\t".join((train, clip, origin, test, role, name, other))


class TestSounds:
    """The clips of test sets, found by their origins.

    Attributes:
        clips: (set, role) -> names of its clips.
        unknown: the same of those without a known origin, which are compared with nothing.
    """

    __test__ = False  # this is no class of tests

    def __init__(self, heard: Iterable[Heard]) -> None:
        self.clips: dict[tuple[str, str], set[str]] = {}
        self.unknown: dict[tuple[str, str], set[str]] = {}
        self._found: dict[str, dict[Heard, Origin]] = {}
        for clip in heard:
            of = clip.set_name, clip.role
            self.clips.setdefault(of, set()).add(clip.clip)
            if clip.origin:
                self._found.setdefault(recording(clip.origin), {})[clip] = Origin.parse(clip.origin)
            else:
                self.unknown.setdefault(of, set()).add(clip.clip)

    def has(self, origin: str) -> bool:
        """Whether a test clip is of the same recording."""
        return recording(origin) in self._found

    def leaks(self, clip: Heard) -> list[Leak]:
        """The test clips that hold the sound of a training clip."""
        near = self._found.get(recording(clip.origin))
        if not near:
            return []
        origin = Origin.parse(clip.origin)
        return [Leak(clip, test) for test, other in near.items() if origin.overlaps(other)]


def without_origin(folder: Path) -> int:
    """How many clips of a data directory have no known origin."""
    wav, known = (sum(1 for _ in iterate_table(path)) if path.exists() else 0
                  for path in (folder / "wav.scp", folder / "utt2origin"))  # fmt: skip
    return wav - known


def of_data_dir(folder: Path, by_audio: bool = False, unknown: bool = False) -> Iterator[Heard]:
    """The clips of a data directory, as far as their origins are known.

    Args:
        by_audio: also give each clip the origin ``md5:<hash of its samples>``.
        unknown: without that, give the other clips, too; the names of all of them are held in memory.
    """
    name = str(folder)
    if not (folder / "wav.scp").is_file():
        raise LassError(f"{folder}: no data directory (no wav.scp): give one, FORM:LIST, or the name of a test set")
    if (folder / "utt2origin").exists():
        for utt, origin in iterate_table(folder / "utt2origin"):
            yield Heard(name, "clip", utt, origin)
        if unknown and not by_audio:
            known = {utt for utt, _ in iterate_table(folder / "utt2origin")}
            utts = (utt for utt, _ in iterate_table(folder / "wav.scp"))
            yield from (Heard(name, "clip", utt, "") for utt in utts if utt not in known)
    elif not by_audio:
        raise LassError(f"{folder}: no utt2origin, so no origins to compare: --audio compares the samples")
    if by_audio:
        for utt, path in tqdm(iterate_table(folder / "wav.scp"), desc=f"hash {name}", unit="file", mininterval=2):
            yield Heard(name, "clip", utt, f"md5:{audio.md5(path)}")


def of_list(form: Form, path: Path, name: str) -> Iterator[Heard]:
    """The clips of a published list; targets and interferers where it tells them apart."""
    for line in form.lines(path):
        target, *others = form.clips(line)
        yield Heard(name, "target" if others else "clip", target.clip, target.origin)
        for other in others:
            yield Heard(name, "interferer", other.clip, other.origin)


def shared_origins(folders: Sequence[Path], *may_share: Collection[Path]) -> list[str]:
    """One line for each pair of sets that share an origin (``<source>:<id>``, whatever the part of it).

    Pairs within one of ``may_share`` are not compared: what is heard in one training set may be heard in another.
    """
    tables = {folder: folder / "utt2origin" for folder in folders if (folder / "utt2origin").exists()}
    hashes = {}
    for folder, table in tables.items():  # of millions of recordings the names would not fit in memory
        hashes[folder] = np.unique(np.fromiter(map(hash, _recordings(table)), np.int64))
    found = []
    for one, other in combinations(tables, 2):
        if any({one, other} <= {*group} for group in may_share):
            continue
        alike = set(np.intersect1d(hashes[one], hashes[other], assume_unique=True).tolist())
        if alike:  # nearly always of the same words
            words = [{each for each in _recordings(tables[folder]) if hash(each) in alike} for folder in (one, other)]
            if shared := sorted(set.intersection(*words)):
                found.append(f"{one} and {other} share {len(shared)} origins, for example {shared[0]}")
    return found


def _recordings(table: Path) -> Iterator[str]:
    with open(table, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield recording(line.removesuffix("\n").split(None, 1)[1])
