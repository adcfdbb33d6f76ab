"""Vectors and matrices in Kaldi archives."""

import os
import struct
from pathlib import Path

import kaldiio
import numpy as np

from lass.errors import LassError

_HEADER_BYTES = {1: 10, 2: 15}  # "\0B", "FV " or "FM ", and "\4", int32 for each dimension


def read_array(path: str | os.PathLike, offset: int, way_out: str) -> np.ndarray:
    """The vector ``[D]`` or matrix ``[N, D]`` at byte ``offset`` of an archive, float32 and writable.

    The archive is opened here and read as an array alone: kaldiio runs some names as shell commands and unpickles some
    entries.

    Raises:
        LassError: it is not there or damaged; ``way_out`` ends the message.
    """
    path = Path(path)
    try:
        with open(path, "rb") as ark:
            ark.seek(offset)
            array, size = kaldiio.matio.read_matrix_or_vector(ark, return_size=True)
    except (OSError, ValueError, AssertionError, struct.error) as e:
        raise LassError(f"{path}: no vector or matrix at byte {offset} ({e!r}): {way_out}") from None
    if array.nbytes != size - _HEADER_BYTES.get(array.ndim, 0):
        raise LassError(f"{path}: ends within the array at byte {offset}: {way_out}")
    return array.copy()  # writable, as torch.from_numpy wants it
