"""Composite measures of enhanced speech: CSIG, CBAK, COVL."""

from typing import NamedTuple

import numpy as np

from lass.metrics.llr import llr
from lass.metrics.wss import wss


class Composite(NamedTuple):
    """Predicted ratings, 1 .. 5: signal distortion, intrusiveness of the background, overall quality."""

    csig: float
    cbak: float
    covl: float


def composite(
    reference: np.ndarray, estimate: np.ndarray, sample_rate: int, pesq_wb: float, ssnr: float
) -> Composite:
    """CSIG, CBAK and COVL from PESQ, LLR, WSS and segmental SNR (dB).

    Args:
        reference, estimate: ``[T]``.
        sample_rate: Hz.

    Returns:
        ratings limited to 1 .. 5; NaN where PESQ is undefined.

    Source: Hu and Loizou, "Evaluation of objective quality measures for speech enhancement", IEEE TASLP 16 (1), 2008,
    Table VI; with wide-band PESQ, as is usual at 16 kHz.
    """
    ratio, slope = llr(reference, estimate, sample_rate), wss(reference, estimate, sample_rate)
    ratings = (
        3.093 - 1.029 * ratio + 0.603 * pesq_wb - 0.009 * slope,
        1.634 + 0.478 * pesq_wb - 0.007 * slope + 0.063 * ssnr,
        1.594 + 0.805 * pesq_wb - 0.512 * ratio - 0.007 * slope,
    )
    return Composite(*(float(np.clip(rating, 1, 5)) for rating in ratings))
