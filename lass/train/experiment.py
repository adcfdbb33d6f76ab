"""The experiment directory (contract 5): what was asked is written down before the first step."""

import difflib
import shlex
from collections.abc import Sequence
from pathlib import Path

from lass import config as configuration
from lass.errors import LassError
from lass.io.files import write_text


def open_experiment(folder: Path, config: dict, command: Sequence[str], commit: str) -> None:
    """Write ``config.yaml``, ``run.sh`` and ``git.txt``; refuse other options than those that the folder began with."""
    text = configuration.dump(config)
    path = folder / "config.yaml"
    if path.exists():
        old = path.read_text(encoding="utf-8")
        if old != text:
            lines = difflib.unified_diff(old.splitlines(), text.splitlines(), n=0, lineterm="")
            changes = " | ".join(" ".join(x.split()) for x in lines if not x.startswith(("---", "+++", "@@")))
            raise LassError(
                f"{path}: the training options changed: {changes}. Give the new run a --tag of its own, or remove {folder}"
            )
        return
    write_text(folder / "git.txt", commit + "\n")
    write_text(folder / "run.sh", f"#!/bin/sh\n# Replays this training.\nexec {shlex.join(command)}\n")
    write_text(path, text)
