"""Anchor segments: the part of a weakly labelled clip in which a class is heard most (USS, arXiv:2305.07447)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lass.data.anchor_list import SECONDS
from lass.layers.cnn14 import Cnn14

HOP = 0.25  # s between the segments that are compared; USS compares the frames of a detector instead


@torch.no_grad()
def find_anchors(tagger: Cnn14, wave: Tensor, classes: Sequence[int]) -> list[tuple[float, float]]:
    """Start (s) and posterior of the segment of ``wave`` ``[T]`` in which the tagger hears each of ``classes`` most.

    A wave at the tagger's rate; one that is shorter than an anchor is one segment.
    """
    length, hop = round(SECONDS * tagger.sample_rate), round(HOP * tagger.sample_rate)
    segments = wave.unfold(0, length, hop) if len(wave) > length else wave[None]
    heard = tagger(segments).posteriors[:, list(classes)].max(dim=0)
    return [(i * HOP, posterior) for i, posterior in zip(heard.indices.tolist(), heard.values.tolist())]
