"""Waves longer than memory allows: windows with a cross-fade."""

from collections.abc import Callable

import numpy as np


def overlap_add(wave: np.ndarray, separate: Callable[[np.ndarray], np.ndarray], window: int, overlap: int) -> np.ndarray:
    """Separate ``[C, T]`` in windows and join them by linear cross-fades of equal sum.

    Args:
        separate: ``[C, window or fewer]`` -> the same shape.
        window: samples a window; a wave of at most this length is separated in one piece.
        overlap: samples that neighbours share, at most half a window.
    """
    samples = wave.shape[-1]
    if samples <= window:
        return separate(wave)
    fade = (np.arange(overlap, dtype=np.float32) + 0.5) / overlap
    result = np.zeros_like(wave)
    start = 0
    while True:
        # the last window is moved back, so that every window is full
        begin = min(start, samples - window)
        part = separate(wave[:, begin : begin + window])
        if begin > 0:
            skip = start - begin
            part = part[:, skip:]
            head = min(overlap, part.shape[-1])
            part[:, :head] *= fade[:head]
            result[:, start : start + head] *= 1.0 - fade[:head]
        result[:, start : begin + window] += part
        if begin + window >= samples:
            return result
        # what follows the overlap is final; the next window starts where this one's fade-out begins
        start = begin + window - overlap
