"""What the metrics of one estimate look at, prepared once for all of them."""

from typing import Any

import numpy as np

from lass.io import audio
from lass.metrics.registry import METRICS, SIGNALS, Metric


class Signals:
    """One channel of an estimate and what it is compared with.

    Signals are resampled, and functions that give several metrics are run, when a metric first needs it. A metric whose
    input holds no sample, or one that is not finite, is undefined (NaN).

    Args:
        reference, estimate, mixture: float32 ``[T]``, of one length.
        sample_rate: Hz.
        unprocessed: the signals whose estimate is the mixture, for improvements; None when these are they.
    """

    def __init__(
        self,
        reference: np.ndarray,
        estimate: np.ndarray,
        mixture: np.ndarray,
        sample_rate: int,
        unprocessed: "Signals | None" = None,
    ):
        self._waves = {"reference": reference, "estimate": estimate, "mixture": mixture}
        self._rate = sample_rate
        self._unprocessed = unprocessed
        self._at_rate: dict[tuple[str, int], np.ndarray] = {}
        self._defined: dict[tuple[str, int], bool] = {}  # of these: there are samples, and they are finite
        self._results: dict[tuple[str, int | None], Any] = {}

    def value(self, name: str) -> float:
        """A metric by its name; NaN where it is undefined."""
        metric = METRICS[name]
        if metric.improves:
            base = self if self._unprocessed is None else self._unprocessed
            return self.value(metric.improves) - base.value(metric.improves)
        result = self._result(metric)
        if result is None:
            return np.nan
        return float(getattr(result, metric.field) if metric.field else result)

    def _result(self, metric: Metric) -> Any:
        """What the function of a metric returns, None where its input has no value."""
        key = metric.function, metric.rate
        if key not in self._results:
            self._results[key] = self._call(metric)
        return self._results[key]

    def _call(self, metric: Metric) -> Any:
        rate = metric.rate or self._rate
        given = {name: self._wave(name, rate) for name in SIGNALS if name in metric.takes}
        if not all(self._defined[name, rate] for name in given):
            return None
        if "sample_rate" in metric.takes:
            given["sample_rate"] = rate
        given |= {name: self.value(name) for name in metric.takes if name in METRICS}
        return metric.load()(**given)

    def _wave(self, name: str, rate: int) -> np.ndarray:
        key = name, rate
        if key not in self._at_rate:
            wave = self._at_rate[key] = audio.resample(self._waves[name], self._rate, rate)
            self._defined[key] = wave.size > 0 and bool(np.isfinite(wave).all())
        return self._at_rate[key]
