"""Waves longer than memory allows: windows with a cross-fade."""

from collections.abc import Callable

import numpy as np


def overlap_add(
    wave: np.ndarray, separate: Callable[[np.ndarray], np.ndarray], window: int, overlap: int
) -> np.ndarray:
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
    start = end = 0
    while end < samples:
        begin = min(start, samples - window)  # the last window is moved back, so that every window is full
        part = separate(wave[:, begin : begin + window])[:, start - begin :]
        shared = end - start  # what this window and the one before it both hold: ``overlap``, 0 for the first
        result[:, start:end] += (part[:, :shared] - result[:, start:end]) * fade[:shared]
        end = begin + window
        result[:, start + shared : end] = part[:, shared:]
        start = end - overlap
    return result
