"""A language model behind an HTTP endpoint that speaks OpenAI's chat completions, on this machine or elsewhere."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from lass.errors import LassError
from lass.io.download import TRANSIENT

KEY = "LASS_API_KEY"  # environment variable
TIMEOUT = 30.0  # s without a byte
DELAYS = (1.0, 4.0)  # s before each new try
LONGEST = 1 << 16  # bytes of an answer
_HERE = ("localhost", "127.0.0.1", "::1")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected request would carry the key to another host."""

    def redirect_request(self, *_) -> None:
        return None


class Endpoint:
    """Asks a model by ``POST <url>/chat/completions``.

    Args:
        url: for example ``http://localhost:8000/v1``.
        model: its name there.
        timeout: s without a byte until a try is given up.

    The key, if one is needed, stands in the environment variable ``LASS_API_KEY``.
    """

    def __init__(self, url: str, model: str, timeout: float = TIMEOUT):
        place = urlsplit(url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise LassError(f"{url}: not an address that begins with https:// or http://")
        self.url, self.model, self.timeout = url.rstrip("/") + "/chat/completions", model, timeout
        self._headers = {"Content-Type": "application/json", "User-Agent": "lass"}
        if key := os.environ.get(KEY):
            if place.scheme == "http" and place.hostname not in _HERE:
                raise LassError(f"{url}: {KEY} would be sent unencrypted: give an https address, or unset it")
            if not (key.isascii() and key.isprintable()):
                raise LassError(f"{KEY}: holds a character that no key has: set it again")
            self._headers["Authorization"] = f"Bearer {key}"
        self._opener = urllib.request.build_opener(_NoRedirect)

    def answer(self, messages: list[dict[str, str]]) -> str:
        """The model's next message. Raises LassError when there is none, after new tries where those may help."""
        body = json.dumps({"model": self.model, "messages": messages, "temperature": 0}).encode()
        request = urllib.request.Request(self.url, body, self._headers)
        for delay in (*DELAYS, None):
            try:
                content = json.loads(self._received(request))
                return str(content["choices"][0]["message"]["content"])
            except (OSError, HTTPException) as error:
                permanent = isinstance(error, urllib.error.HTTPError) and error.code not in TRANSIENT
                if permanent or delay is None:
                    raise LassError(f"{self.url}: {error}") from None
                print(f"{self.url}: {error}; trying again in {delay:.0f} s", file=sys.stderr)
                time.sleep(delay)
            except (ValueError, RecursionError, LookupError, TypeError):
                raise LassError(f"{self.url}: the answer is no chat completion") from None
        raise AssertionError("the last try returns or raises")

    def _received(self, request: urllib.request.Request) -> bytes:
        with self._opener.open(request, timeout=self.timeout) as response:
            return response.read(LONGEST)
