import functools
import hashlib
import http.server
import threading
import zipfile
from pathlib import Path

import pytest

from lass.errors import LassError
from lass.io import download
from lass.io.download import fetch, unpack_zip

CONTENT = bytes(range(256)) * 40


class Handler(http.server.BaseHTTPRequestHandler):
    """One file; ranges are honoured where If-Range names its ETag."""

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(dict(self.headers))
        if self.path == "/missing":
            self.send_error(404)
            return
        begin = 0
        if self.headers.get("Range") and self.headers.get("If-Range") == server.etag:
            begin = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if begin >= len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        if server.etag:
            self.send_header("ETag", server.etag)
        if server.length:
            self.send_header("Content-Length", str(len(server.content) - begin))
        self.end_headers()
        self.wfile.write(server.content[begin : server.cut])

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def server():
    """A web server on loopback; ``cut`` ends the connection after so many bytes of the file."""
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.content, found.etag, found.length, found.cut, found.asked = CONTENT, '"one"', True, None, []
    found.url = f"http://127.0.0.1:{found.server_port}/file"
    thread = threading.Thread(target=functools.partial(found.serve_forever, poll_interval=0.01), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


def test_whole_file(server, tmp_path):
    path = tmp_path / "new" / "file"
    fetch(server.url, path, hashlib.md5(CONTENT).hexdigest())
    assert path.read_bytes() == CONTENT and [x.name for x in path.parent.iterdir()] == ["file"]
    fetch(server.url, path)
    assert len(server.asked) == 1  # it is there


def interrupted(server, path: Path) -> None:
    server.cut = 5000
    with pytest.raises(LassError, match="the connection ended after 5000 of 10240 bytes; run again to go on, or down"):
        fetch(server.url, path)
    assert not path.exists()
    server.cut = None


def test_goes_on_where_it_stopped(server, tmp_path):
    interrupted(server, tmp_path / "file")
    fetch(server.url, tmp_path / "file")
    assert server.asked[-1]["Range"] == "bytes=5000-"
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_begins_anew(server, tmp_path):
    interrupted(server, tmp_path / "file")
    server.etag, server.content = '"two"', CONTENT[::-1]
    fetch(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_etag_it_begins_anew(etag, server, tmp_path):
    server.etag = etag
    interrupted(server, tmp_path / "file")
    fetch(server.url, tmp_path / "file")
    assert "Range" not in server.asked[-1]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_that_is_complete(server, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT)
    (tmp_path / "file.etag").write_text(server.etag)
    fetch(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_length_that_the_server_does_not_tell(server, tmp_path):
    server.length = False
    fetch(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_faults(server, tmp_path, monkeypatch):
    path = tmp_path / "file"
    with pytest.raises(LassError, match=f"{server.url}: MD5 {hashlib.md5(CONTENT).hexdigest()}, published 0"):
        fetch(server.url, path, "0" * 32)
    with pytest.raises(LassError, match="missing: HTTP Error 404.*; run again to go on, or download it to .*file by"):
        fetch(server.url.replace("file", "missing"), path)
    for url in ("file:///etc/passwd", "ftp://host/file"):
        with pytest.raises(LassError, match="not an address that begins with https"):
            fetch(url, path)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(LassError, match=r"needs 0.0 GB, .* has 0.0 GB left: make room"):
        fetch(server.url, path)
    server.shutdown()
    server.server_close()
    with pytest.raises(LassError, match="refused.*; run again"):
        fetch(server.url, path)
    assert not path.exists()


def make_zip(path: Path, name: str = "top/a.txt", mode: int = 0o644) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("top/b/c.txt", "c")
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, "a")
    return path


def test_unpack(tmp_path):
    unpack_zip(make_zip(tmp_path / "a.zip"), tmp_path / "out" / "folder")
    found = tmp_path / "out" / "folder" / "top"
    assert (found / "a.txt").read_text() == "a" and (found / "b" / "c.txt").read_text() == "c"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["folder"]
    (tmp_path / "a.zip").write_bytes(b"damaged")
    unpack_zip(tmp_path / "a.zip", tmp_path / "out" / "folder")  # it is there


@pytest.mark.parametrize(
    ("name", "mode"),
    [("/etc/x", 0o644), ("../x", 0o644), ("top/../../x", 0o644), ("top\\..\\x", 0o644), ("top/link", 0o120777)],
)
def test_members_that_would_leave_the_folder(name, mode, tmp_path):
    with pytest.raises(LassError, match="would leave the folder: not unpacked"):
        unpack_zip(make_zip(tmp_path / "a.zip", name, mode), tmp_path / "out" / "folder")
    assert not list((tmp_path / "out").iterdir())


def test_damaged_archive(tmp_path):
    path = make_zip(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"c.txt") + 5] ^= 1  # the data of the first member
    for damaged in (bytes(content), b"no archive", path.read_bytes()[:-30]):
        path.write_bytes(damaged)
        with pytest.raises(LassError, match="a.zip: damaged .*: delete it and run again"):
            unpack_zip(path, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_archive_larger_than_the_disk(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip")
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1}))
    with pytest.raises(LassError, match="make room"):
        unpack_zip(path, tmp_path / "out")
