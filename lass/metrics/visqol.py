"""ViSQOL, by visqol-python."""

import functools

import numpy as np

RATE = 48000  # Hz, of ViSQOL's mode for any sound


def visqol(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Predicted mean opinion score, 1 to 4.73, of ``[T]`` at 48 kHz.

    Returns:
        NaN where one of them is silent, and where ViSQOL finds nothing to compare, as in very short ones.

    Source: Chinen et al., "ViSQOL v3", QoMEX 2020, audio mode.
    """
    if not (reference.any() and estimate.any()):
        return np.nan  # it would find a silent reference equal to anything
    try:
        return float(_judge().measure_from_arrays(reference.astype(float), estimate.astype(float), RATE).moslqo)
    except (ValueError, RuntimeError):
        return np.nan


@functools.cache
def _judge():
    from visqol import VisqolApi

    judge = VisqolApi()
    judge.create(mode="audio")
    return judge
