"""The list of anchor segments that egs/audioset/local/anchors.py finds, and mixtures of them."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lass.errors import LassError

SECONDS = 2.0  # of an anchor (USS, arXiv:2305.07447)


class Anchor(NamedTuple):
    """The part of a clip, ``start`` in s, in which ``label`` is heard most."""

    video: str
    label: str
    start: float


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors of lines ``<video> <label> <start> <posterior>``; a last line that a kill cut is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        columns = [line.split() for line in lines if line.endswith("\n")]
        return [Anchor(video, label, float(start)) for video, label, start, _ in columns]
    except (OSError, ValueError) as error:
        raise LassError(f"{path}: no list of anchors ({error}): let local/anchors.py write one") from None


def pair_anchors(anchors: Sequence[Anchor], labels: Mapping[str, Collection[str]]) -> list[tuple[Anchor, Anchor]]:
    """Each anchor with another, drawn by its name; neither clip has the class of the other's anchor.

    Args:
        labels: of each clip, by its video.

    Raises:
        LassError: there is none for an anchor.
    """
    return [(anchor, _other(anchor, anchors, labels)) for anchor in anchors]


def _other(anchor: Anchor, anchors: Sequence[Anchor], labels: Mapping[str, Collection[str]]) -> Anchor:
    rng = np.random.default_rng(zlib.crc32(f"{anchor.video} {anchor.label}".encode()))
    for i in rng.permutation(len(anchors)):
        other = anchors[i]
        if anchor.label not in labels[other.video] and other.label not in labels[anchor.video]:
            return other
    raise LassError(f"no anchor to mix with that of {anchor.label} in {anchor.video}: find anchors of more classes")
