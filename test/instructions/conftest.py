"""A language model behind an endpoint on loopback."""

import json

import pytest

from lass.instructions import endpoint

PATH = "/v1/chat/completions"


@pytest.fixture
def completion():
    """What such an endpoint answers: ``completion(content)``, JSON unless it is a text."""

    def make(content: object) -> bytes:
        content = content if isinstance(content, str) else json.dumps(content)
        return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()

    return make


@pytest.fixture
def model(web, monkeypatch):
    """The options that ask it. No time passes between two tries, and there is no key."""
    monkeypatch.setattr(endpoint, "DELAYS", (0, 0))
    monkeypatch.delenv(endpoint.KEY, raising=False)
    return ("--parser", "http", "--parser_url", web.url("/v1"), "--parser_model", "small")
