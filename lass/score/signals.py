"""What the metrics of one estimate look at, prepared once for all of them."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from lass.io import audio
from lass.metrics.registry import METRICS, SIGNALS, Metric


class Listener(Protocol):
    """A network that semantic metrics listen with."""

    sample_rate: int  # Hz
    identity: str  # name, hash of the weights, what else a row has to say of it

    def hear(self, wave: np.ndarray) -> Mapping[str, np.ndarray]:
        """Features of a wave ``[T]`` by name: ``[D]``, or ``[N, D]`` of N parts of it."""

    def read(self, text: str) -> Mapping[str, np.ndarray]:
        """Features ``[D]`` of a text."""


class Signals:
    """One channel of an estimate and what it is compared with.

    Signals are resampled, networks listen, and functions that give several metrics are run, when a metric first needs
    it. A metric whose input holds no sample, or one that is not finite, is undefined (NaN).

    Args:
        reference, estimate, mixture: float32 ``[T]``, of one length.
        sample_rate: Hz.
        unprocessed: the signals whose estimate is the mixture, for improvements; None when these are they.
        text: describes the target.
        listeners: networks by their kind.
    """

    def __init__(
        self,
        reference: np.ndarray,
        estimate: np.ndarray,
        mixture: np.ndarray,
        sample_rate: int,
        unprocessed: "Signals | None" = None,
        text: str = "",
        listeners: Mapping[str, Listener] | None = None,
    ):
        self._waves = {"reference": reference, "estimate": estimate, "mixture": mixture}
        self._rate = sample_rate
        self._unprocessed = unprocessed
        self._text = text
        self._listeners = listeners or {}
        self._kept: dict[tuple, Any] = {}

    def value(self, name: str) -> float:
        """A metric by its name; NaN where it is undefined."""
        metric = METRICS[name]
        if metric.improves:
            base = self if self._unprocessed is None else self._unprocessed
            return self.value(metric.improves) - base.value(metric.improves)
        result = self._once((metric.function, metric.takes, metric.rate), lambda: self._call(metric))
        if result is None:
            return np.nan
        return float(getattr(result, metric.field) if metric.field else result)

    def inputs(self, metric: Metric) -> list[Any] | None:
        """What its function is given, None where one of them has no value."""
        given = [self._input(name, metric.rate or self._rate) for name in metric.takes]
        return None if any(value is None for value in given) else given

    def _call(self, metric: Metric) -> Any:
        given = self.inputs(metric)
        return None if given is None else metric.load()(*given)

    def _input(self, name: str, rate: int) -> Any:
        if name in SIGNALS:
            return self._wave(name, rate)
        if name == "sample_rate":
            return rate
        if name in METRICS:
            return self.value(name)
        source, kind, feature = name.split(":")
        features = self._features(source, kind)
        return None if features is None else features[feature]

    def _wave(self, name: str, rate: int) -> np.ndarray | None:
        if name != "estimate" and self._unprocessed:  # what all estimates of a mixture share
            return self._unprocessed._wave(name, rate)
        return self._once((name, rate), lambda: self._resampled(name, rate))

    def _resampled(self, name: str, rate: int) -> np.ndarray | None:
        wave = self._waves[name]
        if not (wave.size and np.isfinite(wave).all()):
            return None
        return audio.resample(wave, self._rate, rate)

    def _features(self, source: str, kind: str) -> Mapping[str, np.ndarray] | None:
        if source == "reference" and self._unprocessed:
            return self._unprocessed._features(source, kind)
        return self._once((source, kind), lambda: self._heard(source, self._listeners[kind]))

    def _heard(self, source: str, listener: Listener) -> Mapping[str, np.ndarray] | None:
        if source == "text":
            return listener.read(self._text)
        wave = self._wave(source, listener.sample_rate)
        return None if wave is None else listener.hear(wave)

    def _once(self, key: tuple, make: Any) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]
