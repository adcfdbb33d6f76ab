"""Weights in the checkpoints of others. A checkpoint is a program: nothing in it is ever run."""

import contextlib
import re
import shlex
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from lass.errors import LassError

NOT_CHECKPOINTS = {  # how a file begins -> what it is, and the way out
    r"\s*<(!doctype|html|\?xml)": "a web page: download the file itself",
    r"version https://git-lfs": "a Git LFS pointer: fetch the file itself (git lfs pull)",
    r"[\x09-\x7e]+\Z": "a text file: download the checkpoint again",
    r"\Z": "an empty file: download the checkpoint again",
}
CONVERT = (
    "import sys, torch; c = torch.load(sys.argv[1], map_location=\"cpu\", weights_only=False); "
    "torch.save(c.get(\"state_dict\", c), sys.argv[2])"
)


class _Nothing:
    """Stands for the NumPy values (losses, scores) and options that released checkpoints hold beside the weights."""

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...


NUMPY = ("dtype", "ndarray", "core.multiarray.scalar", "core.multiarray._reconstruct", "_core.multiarray.scalar",
         "_core.multiarray._reconstruct")
STAND_INS = [*((_Nothing, f"numpy.{name}") for name in NUMPY), (_Nothing, "argparse.Namespace")]


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights of a file of torch.save (also of Lightning) or of safetensors, without the prefix ``module.``.

    Raises:
        LassError: it is another kind of file, cut short, holds more than weights, or none.
    """
    found = _read(path)
    for name in ("state_dict", "model"):
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    weights = {str(k): v for k, v in found.items() if isinstance(v, Tensor)} if isinstance(found, Mapping) else {}
    if not weights:
        raise LassError(f"{path}: holds a {type(found).__name__} without weights: give a checkpoint with a state_dict")
    for key in weights:
        if not key.isprintable() or len(key) > 300:  # names go into messages
            raise LassError(f"{path}: a weight named {key[:80]!r}: give a checkpoint as its publisher wrote it")
    if all(key.startswith("module.") for key in weights):  # of data-parallel training
        weights = {key.removeprefix("module."): value for key, value in weights.items()}
    return weights


def mismatches(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """One line for each entry that is missing, unexpected or of another shape."""
    faults = [f"missing {key}" for key in expected if key not in found]
    faults += [f"unexpected {key}" for key in found if key not in expected]
    return faults + [
        f"{key} is {list(found[key].shape)}, expected {list(expected[key].shape)}"
        for key in expected
        if key in found and found[key].shape != expected[key].shape
    ]


def _read(path: Path) -> Any:
    try:
        with open(path, "rb") as f:
            head = f.read(64)
    except OSError as error:
        raise LassError(f"{path}: cannot be read ({error.strerror}): give the checkpoint file itself") from None
    for begin, what in NOT_CHECKPOINTS.items():
        if re.match(begin, head.decode("latin-1"), re.IGNORECASE):
            raise LassError(f"{path}: no checkpoint but {what}")
    if head[8:9] == b"{":
        with _one_line(path):
            return safetensors.torch.load_file(path)
    if head.startswith(b"PK"):
        with _one_line(path), zipfile.ZipFile(path) as archive:
            if not any(name.endswith("/data.pkl") for name in archive.namelist()):
                raise LassError(f"{path}: an archive, but no checkpoint of torch.save: give the checkpoint in it")
        _refuse(path, _unsafe_names(path))
    elif not head.startswith(b"\x80"):
        raise LassError(f"{path}: neither of torch.save nor safetensors (it begins with {head[:8]!r}): give another")
    with _one_line(path), safe_globals(STAND_INS):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # before torch 1.6 there was no archive to look into
            _refuse(path, re.findall(r"GLOBAL ([\w.]+)", str(error)))
            raise


def _unsafe_names(path: Path) -> list[str]:
    """Classes and functions that the pickle in an archive of torch.save names, beside those of weights."""
    try:
        return get_unsafe_globals_in_checkpoint(path)
    except Exception as error:  # for example another pickle protocol than torch's
        return [f"a pickle that torch cannot look through ({error})"]


def _refuse(path: Path, names: list[str]) -> None:
    """Raise if the pickle of a checkpoint names classes or functions that are no part of weights."""
    names = sorted(set(names) - {name for _, name in STAND_INS})
    if names:
        new = path.with_name(f"{path.stem}.weights.pt")
        raise LassError(
            f"{path}: holds more than weights, which only running it would read: {_printable(', '.join(names))}. "
            "If you trust its publisher, convert it at your own risk where it can do no harm (a container without "
            "network, with what it needs installed): "
            f"python -c {shlex.quote(CONVERT)} {shlex.quote(str(path))} {shlex.quote(str(new))}"
        )


@contextlib.contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Any error of a foreign parser becomes one line."""
    try:
        yield
    except LassError:
        raise
    except Exception as error:
        state = f"{path.stat().st_size} bytes: {_printable(str(error) or type(error).__name__)}"
        raise LassError(f"{path}: cut short or damaged ({state}): download it again") from None


def _printable(text: str) -> str:
    """Foreign text on one line, and not too much of it."""
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:200].strip()
