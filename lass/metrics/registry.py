"""The metrics that can be asked for by name: title, unit, definition, and what the function is given.

A new metric is one function in a file of its own and one entry here; tables, reports and tests follow.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lass.errors import LassError

SIGNALS = ("reference", "estimate", "mixture")  # float32 [T] at the metric's rate
SPEECH_RATE = 16000  # Hz


@dataclass(frozen=True)
class Metric:
    """A metric of one estimate.

    Attributes:
        title: as tables print it.
        definition: one line: what is computed, from which source, and what becomes of inputs without a value.
        function: ``<module of lass.metrics>.<function>``, imported when it is first called.
        takes: names of its arguments: of ``SIGNALS``, ``sample_rate`` (Hz), other metrics.
        unit: "" for a plain number.
        field: attribute of what the function returns, where that is several metrics at once.
        rate: Hz that signals are resampled to; None: the rate of the set.
        higher_is_better: False for distances.
        improves: name of the metric whose gain over the unprocessed mixture this one is.
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
    aligned: bool = False

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
    return Metric(f"{of.title}i", definition, unit=of.unit, improves=name, aligned=of.aligned)


def _bss_eval(field: str, what: str) -> Metric:
    return Metric(
        f"BSS Eval {field.upper()}",
        f"BSS Eval v3 (Vincent et al. 2006), 512 taps, sources target and mixture - target: {what}; undefined where "
        "the target, the rest or the estimate is silent, and up to 512 samples",
        "bss_eval.bss_eval_of_target",
        takes=SIGNALS,
        field=field,
        aligned=True,
    )


def _composite(field: str, what: str) -> Metric:
    return Metric(
        field.upper(),
        f"predicted rating of {what}, 1 .. 5 (Hu and Loizou 2008), at 16 kHz, from wide-band PESQ, LLR, WSS"
        f"{' and segmental SNR' if field == 'cbak' else ''}; undefined where PESQ is",
        "composite.composite",
        takes=("reference", "estimate", "sample_rate", "pesq_wb", "ssnr"),
        unit="",
        field=field,
        rate=SPEECH_RATE,
    )


def _at_rate(*pair: str) -> tuple[str, ...]:
    return (*(pair or ("reference", "estimate")), "sample_rate")


_SDR = Metric(
    "SDR",
    "power of the reference over power of (estimate - reference), no scaling (AudioSep's benchmark); both powers are "
    "at least 1e-10: silent estimate 0 dB, perfect one 10 log10(P / 1e-10)",
    "sdr.sdr",
    aligned=True,
)
_SI_SDR = Metric(
    "SI-SDR",
    "Le Roux et al. 2019, Eq. 3-5, no mean removed, with AudioSep's epsilon: silent estimate 0 dB, silent reference a "
    "finite very low value",
    "si_sdr.si_sdr",
    aligned=True,
)
_SEGMENTAL = (
    "segmental SNR of 30 ms frames, each limited to -10 .. 35 dB (Hansen and Pellom 1998); silent reference -10 dB, "
    "silent estimate 0 dB; undefined below 38 ms"
)

METRICS: dict[str, Metric] = {
    "sdr": _SDR,
    "sdri": _gain("sdr", _SDR),
    "si_sdr": _SI_SDR,
    "si_sdri": _gain("si_sdr", _SI_SDR),
    "si_sdr_zero_mean": Metric(
        "SI-SDR (zero mean)", "SI-SDR after the mean of both signals is removed", "si_sdr.si_sdr_zero_mean",
        aligned=True,
    ),
    "bss_sdr": _bss_eval("sdr", "all distortion"),
    "bss_sir": _bss_eval("sir", "interference alone"),
    "bss_sar": _bss_eval("sar", "artefacts alone"),
    "segsnr": Metric("SegSNR", _SEGMENTAL, "segmental_snr.segmental_snr", _at_rate(), aligned=True),
    "lsd": Metric(
        "LSD", "log-spectral distance, log10 of powers, of the signals as they are; 12 or more for silence",
        "lsd.lsd", _at_rate(), unit="", higher_is_better=False,
    ),
    "lsd_audioldm": Metric(
        "LSD (audioldm_eval)",
        "as released: signals without mean and scaled to peak 1, 1120 samples cut from the head of the estimate alone "
        "(equal signals score about 2.5); undefined for silence and up to 1120 samples",
        "lsd.lsd_audioldm", _at_rate(), unit="", higher_is_better=False,
    ),
    "psnr": Metric(
        "PSNR", "squared peak of the reference over the mean squared error of the wave; infinite for a perfect "
        "estimate, undefined for a silent reference", "psnr.psnr", aligned=True,
    ),
    "psnr_audioldm": Metric(
        "PSNR (audioldm_eval)", "of log-mel images between -80 and 20 dB, as released; infinite for equal images",
        "mel_psnr.psnr_audioldm", _at_rate(),
    ),
    "pesq_wb": Metric(
        "PESQ-WB", "ITU-T P.862.2 at 16 kHz; undefined without an utterance, for a silent estimate and below 0.25 s",
        "pesq.pesq_wb", _at_rate(), unit="", rate=SPEECH_RATE,
    ),
    "pesq_nb": Metric(
        "PESQ-NB", "ITU-T P.862 with P.862.1 at 16 kHz; undefined as PESQ-WB is", "pesq.pesq_nb", _at_rate(), unit="",
        rate=SPEECH_RATE,
    ),
    "csig": _composite("csig", "signal distortion"),
    "cbak": _composite("cbak", "background intrusiveness"),
    "covl": _composite("covl", "overall quality"),
    "ssnr": Metric(
        "SSNR", f"{_SEGMENTAL}, at 16 kHz", "segmental_snr.segmental_snr", _at_rate(), rate=SPEECH_RATE, aligned=True,
    ),
    "stoi": Metric(
        "STOI", "short-time objective intelligibility (Taal et al. 2011), 0 .. 1; 0 for silence, undefined below 0.4 s",
        "stoi.stoi", _at_rate(), unit="", rate=SPEECH_RATE,
    ),
}  # fmt: skip
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
