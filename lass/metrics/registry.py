"""The metrics that can be asked for by name: title, unit, definition, and what the function is given.

A new metric is one function in a file of its own and one entry here; tables, reports and tests follow.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lass.errors import LassError

SIGNALS = ("reference", "estimate", "mixture")  # float32 [T] at the metric's rate


@dataclass(frozen=True)
class Metric:
    """A metric of one estimate.

    Attributes:
        title: as tables print it.
        definition: one line: what is computed, from which source, and what becomes of inputs without a value.
        function: ``<module of lass.metrics>.<function>``, imported when it is first called.
        takes: names of its arguments: of ``SIGNALS``, ``sample_rate`` (Hz).
        unit: "" for a plain number.
        field: attribute of what the function returns, where that is several metrics at once.
        rate: Hz that signals are resampled to; None: the rate of the set.
        higher_is_better: False for distances.
        improves: name of the metric whose gain over the unprocessed mixture this one is.
    """

    title: str
    definition: str
    function: str = ""
    takes: tuple[str, ...] = ("reference", "estimate")
    unit: str = "dB"
    field: str | None = None
    rate: int | None = None
    higher_is_better: bool = True
    improves: str | None = None

    @property
    def axis(self) -> str:
        """Title with unit, for the axis of a figure."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def headline(self) -> str:
        """Title, unit, and which way is better."""
        return f"{self.title} ({', '.join(filter(None, (self.unit, 'higher' if self.higher_is_better else 'lower')))})"

    def load(self) -> Callable[..., Any]:
        """The function."""
        module, _, name = self.function.rpartition(".")
        return getattr(importlib.import_module(f"lass.metrics.{module}"), name)


def _gain(name: str, of: Metric) -> Metric:
    definition = f"{of.title} of the estimate minus {of.title} of the unprocessed mixture"
    return Metric(f"{of.title}i", definition, unit=of.unit, improves=name)


_SDR = Metric(
    "SDR",
    "power of the reference over power of (estimate - reference), no scaling (AudioSep's benchmark); both powers are "
    "at least 1e-10: silent estimate 0 dB, perfect one 10 log10(P / 1e-10)",
    "sdr.sdr",
)
_SI_SDR = Metric(
    "SI-SDR",
    "Le Roux et al. 2019, Eq. 3-5, no mean removed, with AudioSep's epsilon: silent estimate 0 dB, silent reference a "
    "finite very low value",
    "si_sdr.si_sdr",
)

METRICS: dict[str, Metric] = {
    "sdr": _SDR,
    "sdri": _gain("sdr", _SDR),
    "si_sdr": _SI_SDR,
    "si_sdri": _gain("si_sdr", _SI_SDR),
}
DEFAULT = ("sdr", "sdri", "si_sdr", "si_sdri")


def parse(text: str) -> tuple[str, ...]:
    """Names with commas between, as options and yaml give them.

    Raises:
        LassError: an unknown name, or one given twice.
    """
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in METRICS]:
        raise LassError(f"no metric {unknown[0]!r}: there are {', '.join(METRICS)}")
    if len(set(names)) < len(names):
        raise LassError(f"metrics {text!r}: one of them is named twice")
    return names


def known(name: str) -> Metric:
    """The metric, or one of that title and without unit for a name that another version wrote."""
    return METRICS.get(name) or Metric(title=name, definition="not a metric of this version", unit="")


def leading(names: Sequence[str]) -> str:
    """The metric that ranks mixtures and stands in figures: SDRi where it was computed, else the first one."""
    return "sdri" if "sdri" in names else names[0]
