"""Archives as corpora are published (zip, also in parts; tar, also compressed; 7z), unpacked in their folder alone."""

import contextlib
import functools
import glob
import hashlib
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from lass.errors import LassError
from lass.io.files import check_space
from lass.io.split_zip import open_zip

MAGIC_7Z = b"7z\xbc\xaf\x27\x1c"
BLOCK = 1 << 20  # bytes
KINDS = (0, stat.S_IFREG, stat.S_IFDIR)  # 0: a zip made where files have no mode
# RuntimeError: zipfile on an encrypted or an unknown method; lzma.LZMAError and zlib.error: also py7zr
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True)
class _Member:
    """One entry of an archive: its path there, its size (bytes), what it is, and how it is put into a folder."""

    name: str
    size: int
    is_folder: bool
    is_file: bool
    extract: Callable[[Path], object] | None = None


@dataclass(frozen=True)
class _Archive:
    members: list[_Member]
    extract: Callable[[Path], None]


def check_archive(archive: Path, members: Sequence[str] = ()) -> None:
    """Check that ``archive`` opens, that nothing in it would leave its folder, and that it has all ``members``.

    Raises:
        LassError: it does not.
    """
    with _opened(archive) as packed:
        _check_members(archive, packed.members, members)


def unpack(archive: Path, folder: Path, members: Sequence[str] = (), inner: str = "") -> None:
    """Unpack ``archive`` as ``folder``, which is there whole or not at all; one that is there is left as it is.

    Until it is whole it lies beside, as ``.<name>.<digest>.part``. An interrupted zip or tar goes on with the members
    that are not there yet; a 7z, which is one compressed stream, begins anew. Of a zip in parts, ``archive`` is the
    last part, ``NAME.zip``. Archives with links are refused: no corpus needs them, and they can leave the folder.
    With ``inner``, that folder of the archive becomes ``folder``, and what lies beside it is dropped.

    Raises:
        LassError: it is damaged or encrypted, lacks one of ``members``, is larger than the disk, or holds a link, a
            device or a member that would leave the folder (absolute, ``..``).
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _opened(archive) as packed:
        _check_members(archive, packed.members, members)
        part = _part_folder(archive, folder)
        there = sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
        check_space(part, sum(member.size for member in packed.members) - there, str(archive))
        packed.extract(part)
    if not (part / inner).is_dir():
        raise LassError(f"{archive}: has no folder {inner}: not the archive it should be; delete it and run again")
    (part / inner).rename(folder)
    if inner:
        shutil.rmtree(part)


def _part_folder(archive: Path, folder: Path) -> Path:
    """Where ``archive`` is unpacked; what another archive, or an older state of this one, left there is removed."""
    state = archive.stat()
    digest = hashlib.sha256(f"{archive.name} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:12]
    part = folder.with_name(f".{folder.name}.{digest}.part")
    for stale in folder.parent.glob(f".{glob.escape(folder.name)}.{'[0-9a-f]' * 12}.part"):
        if stale != part:
            shutil.rmtree(stale)
    part.mkdir(exist_ok=True)
    return part


def _check_members(archive: Path, found: list[_Member], wanted: Sequence[str]) -> None:
    for member in found:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise LassError(f"{archive}: member {member.name!r} would leave the folder: not unpacked")
        if not (member.is_file or member.is_folder):
            raise LassError(f"{archive}: member {member.name!r} is a link or a device, not a file: not unpacked")
    names = {str(PurePosixPath(member.name)) for member in found}
    if missing := [name for name in wanted if name not in names]:
        raise LassError(f"{archive}: has no {missing[0]}: not the archive it should be; delete it and run again")


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[_Archive]:
    """Open by content, not by name. Faults of the format become LassErrors."""
    import py7zr.exceptions  # not at the top: it loads many codecs

    try:
        with open(archive, "rb") as f:
            is_7z = f.read(len(MAGIC_7Z)) == MAGIC_7Z
        opener = _open_7z if is_7z else _open_tar if tarfile.is_tarfile(archive) else _open_zip
        with opener(archive) as packed:
            yield packed
    except py7zr.exceptions.PasswordRequired:
        raise LassError(f"{archive}: needs a password: unpack it by other means") from None
    except (*DAMAGED, py7zr.exceptions.ArchiveError, py7zr.exceptions.AbsolutePathError) as error:
        raise LassError(f"{archive}: damaged ({error}): delete it and run again") from None
    except OSError as error:
        if error.errno is None:  # gzip and bz2 on damaged data
            raise LassError(f"{archive}: damaged ({error}): delete it and run again") from None
        raise LassError(f"{archive}: cannot be unpacked ({error})") from None


@contextlib.contextmanager
def _open_zip(archive: Path) -> Iterator[_Archive]:
    with open_zip(archive) as packed:
        members = [
            _Member(
                name=info.filename,
                size=info.file_size,
                is_folder=info.is_dir(),
                is_file=stat.S_IFMT(info.external_attr >> 16) in KINDS,
                extract=functools.partial(packed.extract, info),
            )
            for info in packed.infolist()
        ]
        yield _Archive(members, functools.partial(_extract_each, archive, members))


@contextlib.contextmanager
def _open_tar(archive: Path) -> Iterator[_Archive]:
    with tarfile.open(archive) as packed:
        members = [
            _Member(
                name=info.name,
                size=info.size,
                is_folder=info.isdir(),
                is_file=info.isreg(),
                extract=functools.partial(packed.extract, info, filter="data"),
            )
            for info in packed
        ]
        while packed.fileobj.read(BLOCK):  # to the end of a compressed one, where its checksum is
            pass
        yield _Archive(members, functools.partial(_extract_each, archive, members))


def _extract_each(archive: Path, members: list[_Member], part: Path) -> None:
    for member in tqdm(members, desc=f"unpack {archive.name}", unit="file", disable=None):
        path = part / member.name
        if not (path.is_file() and path.stat().st_size == member.size):  # else it was unpacked before an interrupt
            member.extract(part)


@contextlib.contextmanager
def _open_7z(archive: Path) -> Iterator[_Archive]:
    import py7zr

    with py7zr.SevenZipFile(archive) as packed:
        members = [
            _Member(name=info.filename, size=info.uncompressed, is_folder=info.is_directory, is_file=info.is_file)
            for info in packed.list()
        ]

        def extract(part: Path) -> None:
            shutil.rmtree(part)
            print(f"unpack {archive.name}: {len(members)} members", flush=True)
            packed.extractall(part)
            for path in part.rglob("*"):  # the archive's own modes may keep the user from reading or deleting
                path.chmod(0o755 if path.is_dir() else 0o644)

        yield _Archive(members, extract)
