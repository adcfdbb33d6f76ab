"""Which files are separated and where their outputs go."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lass.errors import LassError
from lass.io.blocks import PIPE, SUBTYPES, known_suffix


class Job(NamedTuple):
    """One file to separate.

    Attributes:
        source: its path, or "-".
        outputs: paths for each query: the estimate, or the estimate and the residual.
    """

    source: str
    outputs: list[list[str]]


def plan(inputs: Sequence[str], texts: Sequence[str], output: str, residual: bool) -> list[Job]:
    """Name the outputs of all inputs before anything is separated.

    ``output`` is a file for one input, else a folder, in which each output has the place and name that its input has
    in the folder that was given. Kinds other than wav and flac become wav there. With two or more queries the name of
    the query is added, behind that comes ``_residual``: ``mix.wav`` -> ``mix_a-dog-barks_residual.wav``.

    Raises:
        LassError: nothing to separate, two outputs of one name, an output that is an input
    """
    found = [item for name in inputs for item in _sources(name)]
    tags = [f"_{slug}" for slug in _slugs(texts)] if len(texts) > 1 else [""]
    kinds = ["", "_residual"] if residual else [""]
    one = len(inputs) == 1 and not os.path.isdir(inputs[0])
    jobs = []
    for source, place in found:
        base, suffix = _base(source, place, output, one)
        if base == PIPE and len(tags) * len(kinds) > 1:
            raise LassError("-o -: standard output holds one wav: give one --text and no --residual, or a folder")
        jobs.append(Job(source, [[f"{base}{tag}{kind}{suffix}" for kind in kinds] for tag in tags]))
    _refuse_clashes(jobs)
    return jobs


def _sources(name: str) -> list[tuple[str, str]]:
    """Path and place (a path without suffix, relative to a folder of outputs) of the files that ``name`` stands for."""
    if name == PIPE:
        return [(PIPE, "stdin")]
    path = Path(name)
    if not path.is_dir():
        return [(name, path.stem)]
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUBTYPES and not p.name.startswith("."))
    if not files:
        raise LassError(f"{name}: no file that ends in {', '.join(SUBTYPES)} in this folder")
    return [(str(p), str(p.relative_to(path).with_suffix(""))) for p in files]


def _base(source: str, place: str, output: str, one: bool) -> tuple[str, str]:
    """The name of an output up to what is added to it, and its suffix."""
    if output == PIPE:
        if not one:
            raise LassError("-o -: standard output holds one wav: give one input, or a folder with -o")
        return PIPE, ""
    path = Path(output)
    if path.suffix and one and not output.endswith(os.sep) and not path.is_dir():
        known_suffix(path)
        return str(path.with_suffix("")), path.suffix
    if path.suffix.lower() in SUBTYPES and not path.is_dir():
        raise LassError(f"{output}: one file for several inputs: give a folder")
    suffix = Path(source).suffix
    return os.path.join(output, place), suffix if suffix.lower() in (".wav", ".flac") else ".wav"


def _slugs(texts: Sequence[str]) -> list[str]:
    """A short file name for each query: its words joined by dashes, numbered where two are alike."""
    slugs: list[str] = []
    for text in texts:
        slug = re.sub(r"[\W_]+", "-", text.lower())[:40].strip("-") or "query"
        slugs.append(slug if slug not in slugs else f"{slug}-{len(slugs) + 1}")
    return slugs


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    taken = {os.path.realpath(job.source): "an input" for job in jobs}
    for job in jobs:
        for path in (path for paths in job.outputs for path in paths):
            real = os.path.realpath(path)
            if path != PIPE and real in taken:
                raise LassError(f"{path}, an output of {job.source}, is {taken[real]} too: give another -o, or "
                                "separate one at a time")
            taken[real] = f"an output of {job.source}"
