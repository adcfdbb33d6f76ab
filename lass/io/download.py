"""Files from the web: resumable, whole or not there; archives unpacked inside their folder alone."""

import hashlib
import shutil
import stat
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from lass.errors import LassError
from lass.io.files import write_text

TIMEOUT = 60  # s without a byte
BLOCK = 1 << 20  # bytes


def fetch(url: str, path: Path, md5: str | None = None) -> None:
    """Download ``url`` to ``path`` unless it is there; an interrupted download goes on where it stopped.

    The part that is there lies in ``<path>.part``. It is continued only where the server's ETag says that the file is
    still the same one.

    Raises:
        LassError: no connection, no space, an incomplete file, another checksum.
    """
    if path.exists():
        return
    if not url.startswith(("https://", "http://")):
        raise LassError(f"{url}: not an address that begins with https:// or http://")
    path.parent.mkdir(parents=True, exist_ok=True)
    part, etag = path.with_name(path.name + ".part"), path.with_name(path.name + ".etag")
    try:
        _receive(url, part, etag)
    except (OSError, HTTPException) as error:  # URLError is an OSError
        raise LassError(f"{url}: {error}; run again to go on, or download it to {path} by other means") from None
    if md5 and (found := _md5(part)) != md5:
        part.unlink()
        raise LassError(f"{url}: MD5 {found}, published {md5}: it changed, or the download was damaged; run again")
    part.replace(path)
    etag.unlink(missing_ok=True)


def _receive(url: str, part: Path, etag: Path) -> None:
    begun = part.stat().st_size if part.exists() and etag.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "lass"})
    if begun:
        request.add_header("Range", f"bytes={begun}-")
        request.add_header("If-Range", etag.read_text(encoding="utf-8"))
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing is left to send
            raise
        return
    with response:
        if response.status != 206:  # the server sends the whole file
            begun = 0
        length = response.headers.get("Content-Length")
        _check_space(part.parent, int(length or 0), url)
        if response.headers.get("ETag", "W/").startswith("W/"):  # a weak one does not promise equal bytes
            etag.unlink(missing_ok=True)
        else:
            write_text(etag, response.headers["ETag"])
        _write(response, part, begun, None if length is None else begun + int(length))


def _write(response: HTTPResponse, part: Path, begun: int, total: int | None) -> None:
    name = part.name.removesuffix(".part")
    with (
        open(part, "ab" if begun else "wb") as f,
        tqdm(total=total, initial=begun, unit="B", unit_scale=True, desc=name, disable=None) as bar,
    ):
        while block := response.read(BLOCK):
            f.write(block)
            bar.update(len(block))
    if total is not None and part.stat().st_size != total:
        raise OSError(f"the connection ended after {part.stat().st_size} of {total} bytes")


def _md5(path: Path) -> str:
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "md5").hexdigest()


def _check_space(folder: Path, needed: int, what: str) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise LassError(f"{what}: needs {needed / 1e9:.1f} GB, {folder} has {free / 1e9:.1f} GB left: make room")


def unpack_zip(archive: Path, folder: Path) -> None:
    """Unpack ``archive`` as ``folder``, which is there whole or not at all.

    Raises:
        LassError: it is damaged, larger than the disk, or a member would leave the folder (absolute, ``..``, link).
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as packed, tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            members = packed.infolist()
            for member in members:
                path = PurePosixPath(member.filename)
                leaves = path.is_absolute() or ".." in path.parts or "\\" in member.filename
                if leaves or stat.S_ISLNK(member.external_attr >> 16):
                    raise LassError(f"{archive}: member {member.filename!r} would leave the folder: not unpacked")
            _check_space(folder.parent, sum(member.file_size for member in members), str(archive))
            for member in tqdm(members, desc=f"unpack {archive.name}", unit="file", disable=None):
                packed.extract(member, temporary)
            Path(temporary).chmod(0o755)
            Path(temporary).rename(folder)
            Path(temporary).mkdir()  # for TemporaryDirectory to remove
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # the last: encrypted, or unknown method
        raise LassError(f"{archive}: damaged ({error}): delete it and run again") from None
