"""The configuration of a part: ``conf/part/<name>.yaml``."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from lass import config as configuration
from lass.errors import LassError

SECTIONS = ("seed", "part", "optimiser", "schedule", "train")


def load_spec(paths: Iterable[str | Path], overrides: Iterable[str] = (), of: Iterable[str] = ()) -> dict:
    """The resolved configuration.

    Args:
        of: ``NAME=DIR``: the folder of another part, which argument NAME of this one is.
    """
    overrides = list(overrides)
    for text in of:
        name, equals, place = text.partition("=")
        if not (name.isidentifier() and equals and place):
            raise LassError(f"--of {text!r}: expected NAME=DIR, such as audio=exp/audiomae/model")
        overrides.append(f"part.{name}.model={place}")
    return configuration.load(paths, overrides, known=SECTIONS)


def parts_of(spec: Mapping) -> dict[str, str]:
    """Arguments of a part that are other parts, ``{model: DIR}``, with their folders."""
    return _arguments_of(spec, "model")


def pretrained_of(spec: Mapping) -> dict[str, str]:
    """Arguments of a part that are models of transformers, ``{pretrained: NAME}``, with their folders or hub ids."""
    return _arguments_of(spec, "pretrained")


def _arguments_of(spec: Mapping, kind: str) -> dict[str, str]:
    return {name: str(v[kind]) for name, v in spec.items() if isinstance(v, Mapping) and set(v) == {kind}}
