"""A disk of the machine itself (scratch), for clusters whose shared one is slow: copy in, use, copy out.

``<scratch>/lass-<uid>/<key>/`` holds the audio of one table and the table that says so; the key stands for path, size
and time of the original. The lock ``<key>.lock`` is exclusive for who makes the copy and shared for who uses it. Copies
are kept for later processes; where room is needed, those that nobody uses are removed, the least recently used first.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from lass.errors import LassError
from lass.io.audio import source_file
from lass.io.files import atomic_path
from lass.io.parallel import in_parallel
from lass.io.table import iterate_table, write_table

_AT_ONCE = 8  # files: a slow file system waits more than it works
_A_FOLDER = 1000  # files


def scratch_folder(text: str) -> Path:
    """The folder that an option ``--scratch`` names; variables, as $TMPDIR, are those of this machine."""
    folder = Path(os.path.expandvars(text)).absolute()
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise LassError(f"--scratch {text}: no folder of this machine that can be written to ({folder})")
    return folder


def copy_in(table: Path, scratch: Path | None) -> Path:
    """A table of audio (``<key> <path>``) with the same audio in scratch; ``table`` itself without scratch.

    The copy is there whole or not at all. It is made once a machine: processes that come meanwhile wait. It stays at
    least until this process has ended.

    Raises:
        LassError: not enough room, or an audio file that cannot be read.
    """
    if scratch is None or not table.exists():  # who reads it tells which stage is to be run
        return table
    home, status = _home(scratch), table.stat()
    identity = f"{table.resolve()} {status.st_size} {status.st_mtime_ns}"
    copy = home / hashlib.sha256(identity.encode()).hexdigest()[:16]
    lock = os.open(copy.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)  # held until this process ends
    try:
        while True:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if copy.exists():
                os.utime(lock)
                return copy / table.name
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not copy.exists():
                _copy(table, copy)
    except BaseException:
        os.close(lock)
        raise


@contextlib.contextmanager
def copy_out(path: Path, scratch: Path | None) -> Iterator[Path]:
    """Yield where to write ``path``: in scratch, from where it is copied when the block ends; or ``path`` itself."""
    if scratch is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="out-", dir=_home(scratch)) as folder:
        yield Path(folder, path.name)
        with atomic_path(path) as temporary:
            shutil.copyfile(Path(folder, path.name), temporary)


def _home(scratch: Path) -> Path:
    """The folder of this user, which others can neither read nor have made."""
    home = scratch / f"lass-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        home.mkdir(mode=0o700)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise LassError(f"{home}: belongs to somebody else: give another --scratch")
    return home


class _File(NamedTuple):
    """An entry of a table: the file that it lies in, where this goes below the copy, the rest of the value."""

    key: str
    source: Path
    place: str
    offset: str
    is_new: bool  # the first entry of this file


def _files(table: Path) -> Iterator[_File]:
    archives: dict[Path, str] = {}
    for number, (key, value) in enumerate(iterate_table(table)):
        source = source_file(value)
        if str(source) == value:
            yield _File(key, source, f"{number // _A_FOLDER}/{number}{source.suffix}", "", True)
        else:
            is_new = source not in archives
            place = archives.setdefault(source, f"{len(archives)}.ark")
            yield _File(key, source, place, value.removeprefix(str(source)), is_new)


def _copy(table: Path, copy: Path) -> None:
    """Make the copy; its lock is ours."""
    temporary = copy.with_suffix(".part")
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed
    try:
        needed = [file.source.stat().st_size for file in _files(table) if file.is_new]
    except OSError as error:
        raise LassError(f"{table}: {error.filename}: cannot be read ({error.strerror})") from None
    _make_room(copy.parent, sum(needed), table)

    def fetch(file: _File, stop: threading.Event) -> None:
        target = temporary / file.place
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(file.source, target)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise LassError(_too_small(copy.parent, sum(needed), table) if full else
                            f"{table}: cannot copy {file.source} to {target} ({error.strerror})") from None

    try:
        new = (file for file in _files(table) if file.is_new)
        # Closed, so that after an error no thread writes any more when the folder is removed.
        with contextlib.closing(in_parallel(fetch, new, _AT_ONCE)) as copied:
            for _, error in tqdm(copied, f"copy {table} to {copy.parent}", len(needed), unit="file", mininterval=2):
                if error:
                    raise error
        write_table(temporary / table.name, ((f.key, f"{copy / f.place}{f.offset}") for f in _files(table)))
        temporary.rename(copy)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _make_room(home: Path, needed: int, table: Path) -> None:
    """Remove copies that nobody uses, the least recently used first, until there is room."""
    locks = sorted(home.glob("*.lock"), key=lambda path: path.stat().st_mtime_ns)
    while shutil.disk_usage(home).free < needed:
        if not locks:
            raise LassError(_too_small(home, needed, table))
        path = locks.pop(0)
        with open(path, "rb") as lock, contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for unused in (path.with_suffix(""), path.with_suffix(".part")):
                shutil.rmtree(unused, ignore_errors=True)


def _too_small(home: Path, needed: int, table: Path) -> str:
    free = shutil.disk_usage(home).free
    return (f"{home}: {free / 1e9:.1f} GB are left there, the audio of {table} has {needed / 1e9:.1f} GB: make room, "
            "give another --scratch, or leave the option out")
