"""Files from the web: resumable, a few at once, tried again after a fault, checked, whole or not there."""

import contextlib
import errno
import hashlib
import re
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from tqdm import tqdm

from lass.errors import LassError
from lass.io.archives import check_archive
from lass.io.files import check_space, write_text
from lass.io.parallel import in_parallel

TIMEOUT = 60  # s without a byte
BLOCK = 1 << 20  # bytes
DELAYS = (1, 4, 16, 64)  # s before each new try; they begin anew once bytes have come
LONGEST_DELAY = 600  # s that a server's Retry-After may ask for
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)  # HTTP states that a later try can end
ALGORITHMS = {0: "", 32: "md5", 64: "sha256"}  # by the number of hexadecimal digits
HTML = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.I | re.S)


@dataclass(frozen=True)
class Remote:
    """A published file: its address, its path here, and the MD5 or SHA-256 (hex) or archive members to check."""

    url: str
    path: Path
    checksum: str = ""
    members: tuple[str, ...] = ()


def fetch(url: str, path: Path, checksum: str = "", members: tuple[str, ...] = ()) -> None:
    """Download ``url`` to ``path`` unless it is there; an interrupted download goes on where it stopped.

    What has come lies in ``<path>.part``. It is continued only where the server's ETag says that the file is still
    the same one, or where a checksum will tell. Dropped connections, short files and the HTTP states 429 and 5xx are
    tried again after a growing time.

    Args:
        checksum: the published MD5 or SHA-256, in hexadecimal.
        members: paths that the file, an archive, must have: the check where no checksum is published.

    Raises:
        LassError: no connection, no space, an incomplete file, another checksum, a page in place of the file.
    """
    _fetch(Remote(url, path, checksum, members), threading.Event())


def fetch_all(files: Sequence[Remote], jobs: int = 4) -> None:
    """``fetch`` files, at most ``jobs`` at once, after a check that the disk holds them all.

    Raises:
        LassError: no space (nothing is fetched then), or what failed, once all the others are there.
    """
    files = [file for file in files if not file.path.exists()]
    needed: dict[Path, int] = {}
    with contextlib.closing(in_parallel(_bytes_left, files, jobs)) as sizes:
        for file, size in sizes:
            folder = _existing(file.path)
            needed[folder] = needed.get(folder, 0) + (0 if isinstance(size, LassError) else size)
    for folder, size in needed.items():
        check_space(folder, size, f"{len(files)} files to download")
    with contextlib.closing(in_parallel(_fetch, files, jobs)) as ended:
        errors = [result for _, result in ended if isinstance(result, LassError)]
    if errors:
        raise LassError(f"{len(errors)} of {len(files)} downloads failed; the first: {errors[0]}")


def _existing(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.exists())


def _bytes_left(file: Remote, stop: threading.Event) -> int:
    """What is still to come, as far as the server tells."""
    with contextlib.suppress(OSError, HTTPException, ValueError):
        with urllib.request.urlopen(_request(file.url, method="HEAD"), timeout=TIMEOUT) as response:
            part = _part(file.path)
            return int(response.headers.get("Content-Length", 0)) - (part.stat().st_size if part.exists() else 0)
    return 0  # the download itself will tell what is wrong


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _request(url: str, **options: str) -> urllib.request.Request:
    if not url.startswith(("https://", "http://")):
        raise LassError(f"{url}: not an address that begins with https:// or http://")
    return urllib.request.Request(url, headers={"User-Agent": "lass"}, **options)


def _fetch(file: Remote, stop: threading.Event) -> None:
    if file.path.exists():
        return
    file.path.parent.mkdir(parents=True, exist_ok=True)
    part = _part(file.path)
    try:
        _receive_with_retries(file, part, stop)
    except (OSError, HTTPException) as error:  # URLError is an OSError
        way = f"run again to go on, or download it to {file.path} by other means"
        raise LassError(f"{file.url}: {error}; {way}") from None
    _etag(part).unlink(missing_ok=True)
    try:
        _check(file, part)
    except LassError:
        part.unlink()
        raise
    part.replace(file.path)


def _etag(part: Path) -> Path:
    return part.with_suffix(".etag")


def _receive_with_retries(file: Remote, part: Path, stop: threading.Event) -> None:
    tries, longest = 0, -1
    while True:
        try:
            _receive(file, part, stop)
            return
        except (OSError, HTTPException) as error:
            size = part.stat().st_size if part.exists() else 0
            tries = 0 if size > longest else tries + 1  # a server that always drops at the same byte is given up
            longest = max(longest, size)
            if not _is_transient(error) or tries >= len(DELAYS):
                raise
            delay = max(DELAYS[tries], _retry_after(error))
            tqdm.write(f"{file.url}: {error}; trying again in {delay:.0f} s", file=sys.stderr)
            if stop.wait(delay):
                raise


def _is_transient(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code in TRANSIENT
    return not isinstance(error, OSError) or error.errno != errno.ENOSPC


def _retry_after(error: Exception) -> float:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: a number), 0 where it does not say."""
    value = error.headers.get("Retry-After", "") if isinstance(error, urllib.error.HTTPError) else ""
    return min(float(value), LONGEST_DELAY) if value.isdecimal() else 0.0


def _receive(file: Remote, part: Path, stop: threading.Event) -> None:
    etag = _etag(part)
    request = _request(file.url)
    begun = part.stat().st_size if part.exists() and (etag.exists() or file.checksum) else 0
    if begun:
        request.add_header("Range", f"bytes={begun}-")
        if etag.exists():
            request.add_header("If-Range", etag.read_text(encoding="utf-8"))
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        if (total := _total(error.headers.get("Content-Range"))) not in (None, begun):
            part.unlink()
            raise OSError(f"{begun} bytes of {total} were there already") from None
        return  # nothing is left to send
    with response:
        if response.status != 206:  # the server sends the whole file
            begun = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {begun}-"):
            part.unlink()
            raise OSError(f"the server sent {response.headers.get('Content-Range')} instead of bytes {begun}-")
        length = response.headers.get("Content-Length")
        check_space(part.parent, int(length or 0), file.url)
        if response.headers.get("ETag", "W/").startswith("W/"):  # a weak one does not promise equal bytes
            etag.unlink(missing_ok=True)
        else:
            write_text(etag, response.headers["ETag"])
        _write(response, part, begun, None if length is None else begun + int(length), stop)


def _total(content_range: str | None) -> int | None:
    """The size of the file in the ``bytes */SIZE`` of a state 416."""
    match = re.fullmatch(r"bytes \*/([0-9]+)", content_range or "")
    return int(match[1]) if match else None


def _write(response: HTTPResponse, part: Path, begun: int, total: int | None, stop: threading.Event) -> None:
    name = part.name.removesuffix(".part")
    with (
        open(part, "ab" if begun else "wb") as f,
        tqdm(total=total, initial=begun, unit="B", unit_scale=True, desc=name, disable=None) as bar,
    ):
        while block := response.read1(BLOCK):  # what has come: read() would lose it when the connection drops
            f.write(block)
            bar.update(len(block))
            if stop.is_set():
                raise OSError("interrupted")
    if total is not None and part.stat().st_size != total:
        raise OSError(f"the connection ended after {part.stat().st_size} of {total} bytes")


def _check(file: Remote, part: Path) -> None:
    with open(part, "rb") as f:
        head = f.read(4096)
        if HTML.match(head) and file.path.suffix not in (".html", ".htm"):
            way = f"open it in a browser, and save the file as {file.path}"
            raise LassError(f"{file.url}: an HTML page{_title(head)} came in place of {file.path.name}: {way}")
        f.seek(0)
        algorithm = ALGORITHMS[len(file.checksum)]
        if algorithm and (found := hashlib.file_digest(f, algorithm).hexdigest()) != file.checksum.lower():
            way = "it changed, or the download was damaged; run again"
            raise LassError(f"{file.url}: {algorithm.upper()} {found}, published {file.checksum}: {way}")
    if file.members:
        check_archive(part, file.members)


def _title(head: bytes) -> str:
    match = re.search(rb"<title[^>]*>(.*?)</title>", head, re.IGNORECASE | re.DOTALL)
    words = match[1].decode("utf-8", "replace").split() if match else []
    return f" ({' '.join(words)[:80]!a})" if words else ""
