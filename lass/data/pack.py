"""A data directory whose audio lies in few archives, so that a file system holds thousands of files, not millions."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from lass.data.derive import Part, base_of, count_clips, write_sets
from lass.data.validate import validate
from lass.errors import LassError
from lass.io import ark
from lass.io.audio import source_file
from lass.io.files import atomic_folder, refuse_existing
from lass.io.table import iterate_sorted, write_table


def pack(source: Path, folder: Path, store: Path, clips: int) -> str:
    """Copy the audio of ``source`` to archives ``store/<n>.ark`` of ``clips`` each, then write ``folder``.

    Archives that are whole and not older than their files are kept.

    Returns:
        a line for people.

    Raises:
        LassError: ``folder`` is there already, audio that is missing or packed already, or see ``validate``.
    """
    refuse_existing(folder)
    base, count = base_of(source / "wav.scp", source), count_clips(source)
    bar = tqdm(iterate_sorted(source / "wav.scp"), total=count, desc=f"pack {source}", unit="clip", mininterval=2)
    with atomic_folder(folder) as temporary:
        write_sets({temporary: [Part(source)]})
        write_table(temporary / "wav.scp", _packed(iter(bar), base, store, clips))
        if problems := validate(temporary):
            raise LassError(f"{problems[0].replace(str(temporary), str(folder))}; {folder} is not written")
    return f"{folder}: {count} clips in {-(-count // clips)} archives below {store}"


def _packed(entries: Iterator[tuple[str, str]], base: str, store: Path, clips: int) -> Iterator[tuple[str, str]]:
    """(id, ``<ark>:<offset>``) of each clip; its archive is written before."""
    batches = iter(lambda: list(itertools.islice(entries, clips)), [])
    for number, batch in enumerate(batches):
        archive = store / f"{number:06d}.ark"
        utts, paths = zip(*batch)
        offsets = _write(archive, utts, [Path(base, path) for path in paths])
        yield from ((utt, f"{archive}:{offset}") for utt, offset in zip(utts, offsets))


def _write(archive: Path, utts: Sequence[str], files: Sequence[Path]) -> list[int]:
    """Write an archive unless it is there, and newer than its files; returns the offsets of the entries."""
    try:
        states = [os.stat(path) for path in files]
        offsets, size = ark.layout(utts, [state.st_size for state in states])
        newest = max(state.st_mtime_ns for state in states)
        found = archive.stat() if archive.exists() else None
        if found and not ark.begins_with(archive, utts[0]):
            raise LassError(f"{archive}: holds other clips: give another --store, or remove it")
        if found is None or found.st_size != size or found.st_mtime_ns < newest:
            ark.write_archive(archive, utts, files, [state.st_size for state in states])
    except OSError as error:
        packed = ": is packed already" if any(source_file(path) != path for path in files) else ""
        raise LassError(f"{error.filename or archive}: cannot pack ({error.strerror}){packed}") from None
    return offsets
