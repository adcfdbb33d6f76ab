"""The clips of a data directory, read back one by one."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from lass.data.datadir import Row
from lass.data.derive import base_of
from lass.io.table import iterate_sorted, read_table


FOLLOWED = ("captions", "utt2labels", "utt2origin", "video.scp", "segments")


def read_rows(folder: Path) -> Iterator[Row]:
    """All that the tables tell of each clip, in the order of wav.scp; relative paths become those seen from here.

    Tables are read side by side, so a set of any size takes no memory.

    Raises:
        LassError: a table that is malformed or not sorted.
    """
    names = dict(read_table(folder / "labels")) if (folder / "labels").exists() else {}
    base = base_of(folder / "wav.scp", folder)
    follow = {name: _follow(folder / name) for name in FOLLOWED}
    for utt, path in iterate_sorted(folder / "wav.scp"):
        found = {name: entries(utt) for name, entries in follow.items()}
        captions = sorted(found["captions"], key=lambda entry: int(entry[0].rpartition("#")[2]))
        labels, origin, video, segment = ("".join(value for _, value in found[name]) for name in FOLLOWED[1:])
        yield Row(
            utt=utt,
            audio=os.path.join(base, path),
            captions=[text for _, text in captions],
            labels={label: names[label] for label in labels.split()},
            origin=origin,
            video=os.path.join(base, video) if video else "",
            segment=tuple(map(float, segment.split()[1:])) if segment else None,
        )


def _follow(path: Path) -> Callable[[str], list[tuple[str, str]]]:
    """Gives the entries of a clip in a sorted table; clips must be asked for in their order."""
    entries = iterate_sorted(path) if path.exists() else iter(())
    groups = itertools.groupby(entries, key=lambda entry: entry[0].partition("#")[0])
    current = next(groups, None)

    def entries_of(utt: str) -> list[tuple[str, str]]:
        nonlocal current
        while current and current[0] < utt:
            current = next(groups, None)
        return list(current[1]) if current and current[0] == utt else []

    return entries_of
