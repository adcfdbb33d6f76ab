"""Data directories made of others: some clips of one, or those of several, under their ids or new ones.

All tables of the contract and the caches ``*_emb.scp`` follow their clips; ``labels`` stays whole, so that classes keep
their numbers. Tables are sorted, so they are read side by side, and only a bit a clip is held in memory.
"""

import contextlib
import heapq
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lass.data.datadir import TABLES
from lass.data.validate import validate
from lass.errors import LassError
from lass.io.audio import source_file
from lass.io.files import atomic_folder, refuse_existing
from lass.io.table import iterate_sorted, iterate_table, write_table

PATHS = ("wav.scp", "video.scp")  # and the caches: their values begin with a path


@dataclass
class Part:
    """Clips of a data directory that go into a new one.

    Attributes:
        folder: the data directory
        kept: bool ``[clips]``, in the order of wav.scp; None for all
        prefix, suffix: put before and behind each id; the prefix not where the id begins with it
        base: the folder from which relative paths are seen, "" for here; None: see ``base_of``
    """

    folder: Path
    kept: np.ndarray | None = None
    prefix: str = ""
    suffix: str = ""
    base: str | None = None


def write_sets(sets: dict[Path, Sequence[Part]], dry_run: bool = False) -> list[str]:
    """Write each folder from its parts and validate it; they appear when all are good, else none does.

    Args:
        dry_run: do it in a temporary folder that is removed, so that all faults are found and nothing is left

    Returns:
        a line for people about each folder.

    Raises:
        LassError: a folder is there already, no clips, one id or one label for two things, or the set is not valid
    """
    lines = []
    with contextlib.ExitStack() as stack:
        for folder, parts in sets.items():
            if dry_run:
                refuse_existing(folder)
                temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            else:
                temporary = stack.enter_context(atomic_folder(folder))
            counts = _write_tables(parts, folder, temporary)
            if problems := validate(temporary):
                fault = problems[0].replace(str(temporary), str(folder))
                raise LassError(f"{fault}; {folder} is not written, utils/fix_data.py drops such lines")
            counted = ", ".join(f"{count} in {name}" for name, count in counts.items())
            lines.append(f"{folder}: {'would be written' if dry_run else 'written'}, lines: {counted}")
    return lines


def placed(folder: Path, entries: Iterable[tuple[str, str]]) -> Iterator[tuple[int | None, str, str]]:
    """(line of the clip in wav.scp, 0-based, or None without such a clip, key, value) of entries that are sorted."""
    clips = enumerate(iterate_sorted(folder / "wav.scp"))
    i, utt = -1, ""
    for key, value in entries:
        wanted = key.partition("#")[0]
        while utt is not None and utt < wanted:
            i, (utt, _) = next(clips, (i, (None, "")))
        yield (i if utt == wanted else None), key, value


def count_clips(folder: Path) -> int:
    """Lines of wav.scp."""
    return sum(1 for _ in iterate_sorted(folder / "wav.scp"))


def tables_of(folder: Path) -> list[str]:
    """Tables that a data directory has; wav.scp, which makes it one, is the last."""
    caches = sorted(path.name for path in folder.glob("*_emb.scp") if not path.name.startswith("."))
    return [name for name in (*TABLES[1:], *caches, TABLES[0]) if (folder / name).exists()]


def base_of(wav_scp: Path, folder: Path) -> str:
    """The folder from which relative paths of ``wav_scp`` are seen: "" for here, or the next one above ``folder``.

    Recipes write paths that are seen from the recipe's folder; a set of another recipe is used from elsewhere.
    """
    for _, value in itertools.islice(iterate_table(wav_scp), 1000):
        for base in ("", *folder.resolve().parents):
            if os.path.exists(os.path.join(base, source_file(value))):
                return str(base)
    return ""


def shared_id(folders: Sequence[Path]) -> str | None:
    """An id that two of the sets have, or None."""
    utts = heapq.merge(*((utt for utt, _ in iterate_sorted(folder / "wav.scp")) for folder in folders))
    return next((one for one, other in itertools.pairwise(utts) if one == other), None)


def _write_tables(parts: Sequence[Part], folder: Path, temporary: Path) -> dict[str, int]:
    """Lines of each table that was written to ``temporary``; messages speak of ``folder``."""
    held = {name for part in parts for name in tables_of(part.folder)}
    _refuse_mixed(parts, held)
    for part in parts:
        part.base = base_of(part.folder / "wav.scp", part.folder) if part.base is None else part.base
    counts = {}
    for name in sorted(held - {"wav.scp"}) + ["wav.scp"]:
        entries = _labels(parts) if name == "labels" else itertools.chain(*(_entries(part, name) for part in parts))
        with _renamed(temporary, folder):
            counts[name] = write_table(temporary / name, entries)
        if not counts[name]:
            (temporary / name).unlink()
    if not counts["wav.scp"]:
        raise LassError(f"{folder}: no clips would be left: ask for more, or others")
    return {name: count for name, count in counts.items() if count}


@contextlib.contextmanager
def _renamed(temporary: Path, folder: Path) -> Iterator[None]:
    try:
        yield
    except LassError as error:
        raise LassError(str(error).replace(str(temporary), str(folder))) from None


def _entries(part: Part, name: str) -> Iterator[tuple[str, str]]:
    path = part.folder / name
    has_paths = name in PATHS or name.endswith("_emb.scp")
    for i, key, value in placed(part.folder, iterate_sorted(path)) if path.exists() else ():
        if i is None or (part.kept is not None and not part.kept[i]):
            continue
        utt, mark, k = key.partition("#")
        prefix = "" if utt.startswith(part.prefix) else part.prefix
        if has_paths:
            value = os.path.join(part.base, value)  # an absolute path stays as it is
        new = f"{prefix}{utt}{part.suffix}"
        if name == "segments":  # the recording bears the name of the clip
            value = f"{new} {value.partition(' ')[2]}"
        yield f"{new}{mark}{k}", value


def _labels(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Labels of all parts, each once; LassError when two of them name it differently."""
    seen: dict[str, tuple[str, str]] = {}
    for path in (part.folder / "labels" for part in parts):
        for number, (label, name) in enumerate(iterate_sorted(path) if path.exists() else (), 1):
            first, where = seen.setdefault(label, (name, f"{path}:{number}"))
            if name != first:
                raise LassError(f"{path}:{number}: {label} is named {name!r}, but {first!r} at {where}: name it alike")
    yield from ((label, name) for label, (name, _) in seen.items())


def _refuse_mixed(parts: Sequence[Part], held: set[str]) -> None:
    """LassError when only some parts are formatted, or their embeddings come from different encoders."""
    for part in parts:
        if "utt2num_samples" in held and not (part.folder / "utt2num_samples").exists():
            raise LassError(f"{part.folder}: no utt2num_samples, which other parts have: format all parts first")
    for name in (name for name in held if name.endswith("_emb.scp")):
        tables = [part.folder / name for part in parts if (part.folder / name).exists()]
        caches = {Path(next(iterate_table(path), ("", ""))[1]).parent.name: path for path in tables}
        if len(caches) > 1:
            raise LassError(f"{', '.join(map(str, caches.values()))}: embeddings of different encoders "
                            f"({', '.join(caches)}): embed all parts with one")  # fmt: skip
