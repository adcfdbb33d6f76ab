"""What is known of a metric beside its function."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SIGNALS = ("reference", "estimate", "mixture")  # float32 [T] at the metric's rate
SPEECH_RATE = 16000  # Hz
LISTENERS = {  # networks of semantic metrics
    "clap": "LAION-CLAP as transformers' ClapModel",
    "ms_clap": "MS-CLAP as lass import writes it",
    "tagger": "checkpoint of PANNs' CNN14",
    "vggish": "checkpoint of VGGish",
    "audioflamingo3": "Audio Flamingo 3",
    "qwen2_audio": "Qwen2-Audio",
}


@dataclass(frozen=True)
class Metric:
    """A metric of one estimate.

    Attributes:
        title: as tables print it.
        definition: one line: what is computed, from which source, and what becomes of inputs without a value.
        function: ``<module of lass.metrics>.<function>``, imported when it is first called.
        takes: what it is given, in its order: of ``SIGNALS``, ``sample_rate`` (Hz), other metrics, or
            ``<reference | estimate | text>:<kind of network>:<feature>``.
        unit: "" for a plain number.
        field: attribute of what the function returns, where that is several metrics at once.
        rate: Hz that signals are resampled to; None: the rate of the set.
        higher_is_better: False for distances.
        improves: name of the metric whose gain over the unprocessed mixture this one is.
        over_set: one figure for all mixtures, from the inputs of each.
        aligned: it compares sample by sample, and means little where estimates are not aligned with the mixture.
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
    over_set: bool = False
    aligned: bool = False

    @property
    def listeners(self) -> set[str]:
        """Kinds of networks, of ``LISTENERS``, that it needs."""
        return {name.split(":")[1] for name in self.takes if ":" in name}

    @property
    def reads(self) -> bool:
        """True when it needs the text that describes the target."""
        return any(name.startswith("text:") for name in self.takes)

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
