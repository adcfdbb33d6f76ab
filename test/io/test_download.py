import hashlib
import io
import threading
import zipfile
from pathlib import Path

import pytest

from lass.errors import LassError
from lass.io import download, files
from lass.io.download import Remote, fetch, fetch_all

CONTENT = bytes(range(256)) * 40
MD5, SHA256 = hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def url(web) -> str:
    web.files["/file"] = CONTENT
    return web.url("/file")


def packed(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "a")
    return content.getvalue()


@pytest.mark.parametrize("checksum", ["", MD5, SHA256, SHA256.upper()])
def test_whole_file(checksum, web, url, tmp_path):
    path = tmp_path / "new" / "file"
    fetch(url, path, checksum)
    assert path.read_bytes() == CONTENT and [x.name for x in path.parent.iterdir()] == ["file"]
    fetch(url, path)
    assert len(web.asked) == 1  # it is there


def interrupted(web, url: str, path: Path, fault) -> None:
    web.faults["/file"] = [fault(cut=5000), fault(404)]
    with pytest.raises(LassError, match="HTTP Error 404.*; run again to go on, or download it to .* by other means"):
        fetch(url, path)
    assert not path.exists()


def test_goes_on_where_it_stopped(web, url, tmp_path, fault):
    interrupted(web, url, tmp_path / "file", fault)
    fetch(url, tmp_path / "file")
    assert web.asked[-1][1]["Range"] == "bytes=5000-"
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_dropped_connections(web, url, tmp_path, fault):
    """More often than it is tried again without a new byte."""
    web.faults["/file"] = [fault(cut=1000) for _ in range(8)]
    fetch(url, tmp_path / "file")
    assert [headers.get("Range") for _, headers in web.asked] == [None, *(f"bytes={k}000-" for k in range(1, 9))]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_always_drops_is_given_up(web, url, tmp_path, fault):
    web.ranges = False
    web.faults["/file"] = [fault(cut=5000) for _ in range(9)]
    with pytest.raises(LassError, match="the connection ended after 5000 of 10240 bytes; run again to go on"):
        fetch(url, tmp_path / "file")
    assert len(web.asked) == 1 + len(download.DELAYS)


def test_ranges_ignored(web, url, tmp_path, fault):
    web.ranges = False
    web.faults["/file"] = [fault(cut=5000)]
    fetch(url, tmp_path / "file")
    assert "Range" in web.asked[-1][1] and (tmp_path / "file").read_bytes() == CONTENT


class Clock(threading.Event):
    """Notes for how long it was waited, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return self.is_set()


def test_transient_states(web, url, tmp_path, fault):
    clock = Clock()
    web.faults["/file"] = [fault(429, headers={"Retry-After": "17"}), fault(500)]
    download._fetch(Remote(url, tmp_path / "file"), clock)
    assert clock.waited == [17, 0] and (tmp_path / "file").read_bytes() == CONTENT
    web.faults["/file"] = [fault(503)] * 9
    with pytest.raises(LassError, match="HTTP Error 503"):
        download._fetch(Remote(url, tmp_path / "other"), clock)
    assert len(web.asked) == 6


def test_an_interrupt_ends_a_download_and_what_waits_for_a_new_try(web, url, tmp_path, fault):
    clock = Clock()
    clock.set()
    for faults in ([], [fault(500)] * 3):
        web.faults["/file"] = faults
        with pytest.raises(LassError, match="interrupted|HTTP Error 500"):
            download._fetch(Remote(url, tmp_path / "file"), clock)
    assert len(web.asked) == 2 and [path.name for path in tmp_path.iterdir() if path.suffix != ".etag"] == ["file.part"]


def test_a_file_that_changed_meanwhile_begins_anew(web, url, tmp_path, fault):
    interrupted(web, url, tmp_path / "file", fault)
    web.etag, web.files["/file"] = '"two"', CONTENT[::-1]
    fetch(url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_etag_only_a_checksum_lets_it_go_on(etag, web, url, tmp_path, fault):
    web.etag = etag
    interrupted(web, url, tmp_path / "file", fault)
    fetch(url, tmp_path / "file")
    assert "Range" not in web.asked[-1][1]
    interrupted(web, url, tmp_path / "other", fault)
    fetch(url, tmp_path / "other", MD5)
    assert web.asked[-1][1]["Range"] == "bytes=5000-" and "If-Range" not in web.asked[-1][1]
    assert (tmp_path / "file").read_bytes() == (tmp_path / "other").read_bytes() == CONTENT


@pytest.mark.parametrize("there", [CONTENT, CONTENT + b"more"])
def test_a_part_that_is_complete_or_too_long(there, web, url, tmp_path):
    (tmp_path / "file.part").write_bytes(there)
    (tmp_path / "file.etag").write_text(web.etag)
    fetch(url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_length_that_the_server_does_not_tell(web, url, tmp_path):
    web.length = False
    fetch(url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(("algorithm", "published"), [("MD5", "0" * 32), ("SHA256", "0" * 64)])
def test_wrong_checksum(algorithm, published, url, tmp_path):
    with pytest.raises(LassError, match=f"{url}: {algorithm} {MD5 if algorithm == 'MD5' else SHA256}, published 0"):
        fetch(url, tmp_path / "file", published)
    assert not list(tmp_path.iterdir())


PAGES = ["<!DOCTYPE html>\n<html>", '\ufeff\n<?xml version="1.0"?>\n<!-- x --><HTML lang="en">']


@pytest.mark.parametrize("page", PAGES)
def test_page_in_place_of_an_archive(page, web, tmp_path):
    web.files["/a.zip"] = f"{page}<head><title>Sign\n in\x1b[2J</title>".encode()
    with pytest.raises(LassError, match=r"an HTML page \('Sign in.x1b\[2J'\) came in place of a.zip: open it in"):
        fetch(web.url("/a.zip"), tmp_path / "a.zip", MD5)
    assert not list(tmp_path.iterdir())
    fetch(web.url("/a.zip"), tmp_path / "a.html")  # a page that was asked for


def test_archive_without_a_published_checksum(web, tmp_path):
    web.files = {"/a.zip": packed("top/a"), "/b.zip": packed("top/b"), "/c.zip": packed("top/a")[:-30]}
    fetch(web.url("/a.zip"), tmp_path / "a.zip", members=("top/a",))
    for name, match in (("b.zip", "has no top/a: not the archive"), ("c.zip", "c.zip.part: damaged")):
        with pytest.raises(LassError, match=match):
            fetch(web.url(f"/{name}"), tmp_path / name, members=("top/a",))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_faults(web, url, tmp_path, monkeypatch):
    path = tmp_path / "file"
    for other in ("file:///etc/passwd", "ftp://host/file"):
        with pytest.raises(LassError, match="not an address that begins with https"):
            fetch(other, path)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(LassError, match=r"needs 0.0 GB, .* has 0.0 GB left: make room"):
        fetch(url, path)
    web.shutdown()
    web.server_close()
    with pytest.raises(LassError, match="refused.*; run again"):
        fetch(url, path)
    assert not path.exists()


def test_several(web, tmp_path, fault):
    """One that fails does not keep the others from coming."""
    web.files = {f"/{k}": CONTENT[k:] for k in range(6)}
    web.faults = {"/2": [fault(404)], "/4": [fault(cut=100), fault(500)]}
    remotes = [Remote(web.url(f"/{k}"), tmp_path / "new" / str(k)) for k in range(6)]
    with pytest.raises(LassError, match="1 of 6 downloads failed; the first: .*/2: HTTP Error 404"):
        fetch_all(remotes, jobs=2)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["0", "1", "3", "4", "5"]
    fetch_all(remotes)
    assert all((tmp_path / "new" / str(k)).read_bytes() == CONTENT[k:] for k in range(6))
    assert len(web.asked) == 6 + 2 + 1


def test_several_that_the_disk_does_not_hold_together(web, tmp_path, monkeypatch):
    web.files = {"/a": CONTENT, "/b": CONTENT}
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: type("Usage", (), {"free": len(CONTENT) + 100}))
    with pytest.raises(LassError, match="2 files to download: needs .*: make room"):
        fetch_all([Remote(web.url(f"/{name}"), tmp_path / name) for name in "ab"])
    assert not web.asked
