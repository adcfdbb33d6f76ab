"""The card of a part's folder: what it is, what it was trained on, how it is used."""

import json

from torch import nn

from lass.parts.folder import own_state

TEXT = """\
# {name}

A part of a larger system, trained alone. `lass.parts.folder.load_part(FOLDER)` reads it; the configuration of another
part names it as `{{model: FOLDER}}`. The licence of its training data holds for it, and for what is built on it.

* class and arguments: `{spec}`
* parameters of its own: {count:,}
* sample rate: {part.sample_rate} Hz; longest wave: {part.seconds} s
* trained on: {sets}; the best weights were chosen on: {valid}
* steps: {steps}, batch: {batch}, seed: {seed}, commit: {commit}
"""


def card(part: nn.Module, config: dict, commit: str) -> str:
    """Markdown text for ``README.md``; ``config`` as ``lass train_part`` has it, with the ``sets``."""
    spec = config["part"]
    return TEXT.format(
        name=type(part).__name__, part=part, spec=json.dumps(spec), commit=commit, seed=config["seed"],
        count=sum(value.numel() for value in own_state(part, spec).values()),
        sets=", ".join(config["sets"]["train"]), valid=", ".join(config["sets"]["valid"]),
        steps=config["train"]["max_steps"], batch=config["train"]["batch_size"],
    )  # fmt: skip
