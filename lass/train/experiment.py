"""The experiment directory (contract 5): what was asked is written down before the first step."""

import difflib
import shlex
from collections.abc import Sequence
from pathlib import Path

from lass import config as configuration
from lass.data.asking import TrainingRule
from lass.data.datadir import FRAMES
from lass.data.leak_policy import report_of
from lass.errors import LassError
from lass.io import stamp
from lass.io.files import write_text


def manifests(config: dict, data_root: Path, tables: Sequence[str], valid: str) -> list[Path]:
    """What stamps of a training hash.

    ``tables`` of each training set, its frame embeddings where it is asked by them, its paraphrase list, and the table
    ``valid`` of the validation set.
    """
    data = config.get("data", {})
    if missing := {"sets", "valid"} - set(data):
        raise LassError(f"data: missing key {min(missing)!r}: give all --config files, conf/train.yaml first")
    found = []
    for entry in data["sets"]:
        rule = TrainingRule.of_set(entry, config.get("query"))
        frames = [FRAMES] if "image" in rule.modalities else []
        found += [Path(rule.paraphrases)] if rule.paraphrases else []
        found += [data_root / str(entry.get("dir")) / table for table in (*tables, *frames)]
    return [*found, data_root / str(data["valid"]) / valid]


def leak_policies(config: dict, data_root: Path) -> dict[str, str]:
    """Which clips of the registered test sets each training set holds, for the model folder."""
    folders = [str(entry["dir"]) for entry in config["data"]["sets"]]
    return {folder: report_of(data_root / folder) for folder in folders}


def open_experiment(
    folder: Path, config: dict, inputs: Sequence[Path], command: Sequence[str], commit: str
) -> None:
    """Write ``config.yaml``, ``run.sh`` and ``git.txt``; refuse other options or data than those it began with.

    Args:
        inputs: manifests of the data.
    """
    text = configuration.dump(config)
    path, begun = folder / "config.yaml", folder / ".begun"
    if path.exists():
        old = path.read_text(encoding="utf-8")
        if old != text:
            lines = difflib.unified_diff(old.splitlines(), text.splitlines(), n=0, lineterm="")
            changes = " | ".join(" ".join(x.split()) for x in lines if not x.startswith(("---", "+++", "@@")))
            raise LassError(
                f"{path}: the training options changed: {changes}. Give the new run a --tag of its own, "
                f"or remove {folder}"
            )
        if not stamp.is_complete(begun, {}, inputs):
            raise LassError(f"{folder}: the training data changed: give the new run a --tag of its own, or remove this")
        return
    stamp.write(begun, {}, inputs)
    write_text(folder / "git.txt", commit + "\n")
    write_text(folder / "run.sh", f"#!/bin/sh\n# Replays this training.\nexec {shlex.join(command)}\n")
    write_text(path, text)
