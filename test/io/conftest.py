import functools
import http.server
import threading
from dataclasses import dataclass, field

import pytest

from lass.io import download


@dataclass
class Fault:
    """What becomes of one GET: this state in place of the file, or the connection ends after ``cut`` bytes."""

    status: int = 0
    cut: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer(Fault(cut=0))

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        faults = self.server.faults.get(self.path)
        self._answer(faults.pop(0) if faults else Fault())

    def _answer(self, fault: Fault) -> None:
        content = self.server.files.get(self.path)
        status, begin = fault.status or (200 if content is not None else 404), 0
        headers = dict(fault.headers)
        if status == 200:
            begin = self._begin()
            length = len(content) - begin
            if begin:
                status = 206 if length > 0 else 416
                sent = f"{begin}-{len(content) - 1}" if length > 0 else "*"
                headers["Content-Range"] = f"bytes {sent}/{len(content)}"
            if self.server.etag:
                headers["ETag"] = self.server.etag
            if self.server.length:
                headers["Content-Length"] = str(max(0, length))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if status in (200, 206):
            self.wfile.write(content[begin:][: fault.cut])

    def _begin(self) -> int:
        """The first byte to send: ranges are honoured where the file is still the one that If-Range names."""
        asked = self.headers.get("Range")
        if not asked or not self.server.ranges or self.headers.get("If-Range", self.server.etag) != self.server.etag:
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *_) -> None:
        pass


class Web(http.server.ThreadingHTTPServer):
    """A web server on loopback: ``files`` by path, ``faults`` by path in the order of the requests they meet."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []  # path and headers of each GET
        self.etag, self.ranges, self.length = '"one"', True, True

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


@pytest.fixture
def fault() -> type[Fault]:
    return Fault


@pytest.fixture
def web(monkeypatch):
    """A ``Web``; between two tries of a download no time passes."""
    monkeypatch.setattr(download, "DELAYS", (0, 0))
    found = Web()
    thread = threading.Thread(target=functools.partial(found.serve_forever, poll_interval=0.01), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
