"""Stamps of finished stages: a stage whose options and manifests did not change has nothing to do.

A stamp hashes the resolved options and the *content of the manifests* (not audio bytes, not code).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from lass.io.files import sha256, write_text


def _content(options: Mapping, inputs: Iterable[Path]) -> dict:
    return {
        "options": json.loads(json.dumps(dict(options), default=str, sort_keys=True)),
        "inputs": {str(path): sha256(path) for path in sorted(map(Path, inputs)) if path.exists()},
    }


def is_complete(stamp: Path, options: Mapping, inputs: Iterable[Path], outputs: Iterable[Path] = ()) -> bool:
    """True when ``stamp`` was written for the same options and inputs, and all ``outputs`` still exist."""
    try:
        found = json.loads(Path(stamp).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # no stamp, or a damaged one
        return False
    return found == _content(options, inputs) and all(Path(path).exists() for path in outputs)


def write(stamp: Path, options: Mapping, inputs: Iterable[Path]) -> None:
    """Mark a stage as finished; call it after its last output is in place."""
    write_text(stamp, json.dumps(_content(options, inputs), indent=1, sort_keys=True) + "\n")


def digest(options: Mapping, inputs: Iterable[Path]) -> str:
    """16 hex digits that change when options or inputs change."""
    content = json.dumps(_content(options, inputs), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
