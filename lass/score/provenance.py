"""Where a result comes from: commit and versions."""

import importlib.metadata
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("lass", "numpy", "torch", "torchaudio", "lightning", "transformers", "soundfile", "soxr")


def commit(repository: Path = Path(__file__).parents[2]) -> str:
    """Commit of the checkout that the package runs from: ``"<hash>"``, ``"<hash> (dirty)"`` or ``"unknown"``."""
    if not (repository / ".git").exists():  # an installed package may lie inside somebody else's checkout
        return "unknown"
    try:
        head = _git(repository, "rev-parse", "HEAD")
        return f"{head} (dirty)" if _git(repository, "status", "--porcelain", "--untracked-files=no") else head
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def measured_by(command: str, argv: Sequence[str] | None) -> str:
    """The last line of a page: the command of ``lass`` with its arguments (None: those of the process), the commit."""
    words = shlex.join(["lass", command, *(sys.argv[1:] if argv is None else argv)])
    return f"\n```\n{words}\n```\n\nCommit {commit()}.\n"


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def versions() -> dict[str, str]:
    """Python and the packages whose version can change a score, without importing them."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
