"""A training as a command: what was asked is written down, and who is told to end leaves with a code of its own."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lass.score.provenance import commit
from lass.train.experiment import open_experiment
from lass.train.interruption import SAVED, Interrupted
from lass.train.ranks import is_first


class Training(Protocol):
    """Trains to its end, from where it stopped."""

    def run(self) -> None: ...


def carry_out(
    training: Training, folder: Path, config: dict, inputs: Sequence[Path], stage: str, argv: Sequence[str] | None
) -> bool:
    """Train in the experiment ``folder``, as ``lass <stage> <argv>`` (None: of this process) asked for.

    Args:
        inputs: manifests of the data.

    Returns:
        whether this process is the one that writes the model.
    """
    if is_first():
        replay = [sys.executable, "-m", f"lass.bin.{stage}", *(sys.argv[1:] if argv is None else argv)]
        open_experiment(folder, config, inputs, replay, commit())
    try:
        training.run()
    except Interrupted as told:
        if is_first():
            print(f"{folder}: {told}", file=sys.stderr)
        sys.exit(SAVED)
    return is_first()
