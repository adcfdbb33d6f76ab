"""Compare the metrics with values that released evaluators gave for the same signals.

    PYTHONPATH=. python tools/bench/metric_parity.py ../shared/parity/metrics

The folder holds signals.npz and values.json (twelve cases: noisy, silent, identical, scaled, delayed, clipped, ..).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.signal

from lass.metrics.bss_eval import bss_eval, bss_eval_of_target
from lass.metrics.composite import composite
from lass.metrics.llr import llr
from lass.metrics.lsd import lsd, lsd_audioldm
from lass.metrics.mel_psnr import psnr_audioldm
from lass.metrics.pesq import pesq_nb, pesq_wb
from lass.metrics.sdr import sdr
from lass.metrics.segmental_snr import segmental_snr
from lass.metrics.si_sdr import si_sdr, si_sdr_zero_mean
from lass.metrics.wss import wss

SPEECH = 16000  # Hz
PERFECT = 50.0  # dB: above, float sums decide


class Compared(NamedTuple):
    """A value of ours and what the released evaluator gave; NaN stands for its exceptions and its NaN."""

    case: str
    metric: str
    found: float
    want: float

    @property
    def difference(self) -> float | None:
        """None where both are undefined, infinite, or perfect in dB."""
        if np.isfinite(self.want) and not (self.want >= PERFECT and self.metric != "WSS"):
            return abs(self.found - self.want)
        agrees = self.found >= 60 if self.want >= PERFECT else np.isnan(self.want) and np.isnan(self.found)
        return None if agrees else np.inf


def compare(folder: Path) -> Iterator[Compared]:
    """All metrics on all cases."""
    signals = np.load(folder / "signals.npz", allow_pickle=False)
    for case in json.loads((folder / "values.json").read_text(encoding="utf-8"))["cases"]:
        key = f"{case['index']:02d}"
        reference = signals[f"{key}_ref_i16"] / np.float32(32768)
        mixture = reference + signals[f"{key}_interference_i16"] / np.float32(32768)
        stored = signals.get(f"{key}_est_i16")
        estimate = _recipe(case["name"], reference, mixture) if stored is None else stored / np.float32(32768)
        for part in (_ratios, _bss_eval, _spectra, _speech):
            for metric, found, want in part(case["values"], reference, mixture, estimate, case["sample_rate"]):
                yield Compared(case["name"], metric, float(found), np.nan if isinstance(want, dict) else float(want))


def _recipe(name: str, reference: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """The estimates that are not stored."""
    return {
        "all_zero_estimate": np.zeros_like(reference),
        "identical": reference,
        "scaled_0.3": np.float32(0.3) * reference,
        "delayed_37": np.concatenate([np.zeros(37, np.float32), reference[:-37]]),
        "negated": -reference,
        "estimate_is_mixture_32k": mixture,
        "long_10s_identical_plus_leak": reference + np.float32(0.25) * (mixture - reference),
    }[name]


def _ratios(values: dict, reference: np.ndarray, mixture: np.ndarray, estimate: np.ndarray, _: int) -> Iterator[tuple]:
    yield "SDR", sdr(reference, estimate), values["audiosep_sdr"]
    yield "SDRi", sdr(reference, estimate) - sdr(reference, mixture), values["audiosep_sdri"]
    yield "SI-SDR", si_sdr(reference, estimate), values["audiosep_sisdr_f64"]
    if values["sisdr_leroux_zeromean"] != "nan":  # AudioSep's epsilon keeps silence finite here
        yield "SI-SDR (zero mean)", si_sdr_zero_mean(reference, estimate), values["sisdr_leroux_zeromean"]


def _bss_eval(
    values: dict, reference: np.ndarray, mixture: np.ndarray, estimate: np.ndarray, _: int
) -> Iterator[tuple]:
    theirs, baseline = values["bss_eval"], values["bss_eval_mixture_baseline"]
    both = bss_eval(np.stack([reference, mixture - reference]), np.stack([estimate, mixture - estimate]))
    for name, found in both._asdict().items():
        for source, value in enumerate(found if "error" not in theirs else ()):  # mir_eval gives all or nothing
            yield f"BSS Eval {name.upper()}", value, theirs[name][source]
    for name, value in bss_eval_of_target(reference, mixture, mixture)._asdict().items():
        yield f"BSS Eval {name.upper()} of the mixture", value, baseline if "error" in baseline else baseline[name][0]


def _spectra(
    values: dict, reference: np.ndarray, _: np.ndarray, estimate: np.ndarray, rate: int
) -> Iterator[tuple]:
    released = [values[f"audioldm_lsd_offset{offset}"] for offset in (0, 1120)]
    yield "LSD", lsd(reference, estimate, rate), values["ssr_lsd_raw"]["lsd"]
    yield "LSD (audioldm_eval, no cut)", lsd_audioldm(reference, estimate, rate, 0), released[0].get("lsd", {})
    yield "LSD (audioldm_eval)", lsd_audioldm(reference, estimate, rate), released[1].get("lsd", {})
    yield "PSNR (audioldm_eval)", psnr_audioldm(reference, estimate, rate), values["audioldm_mel_psnr"]


def _speech(
    values: dict, reference: np.ndarray, _: np.ndarray, estimate: np.ndarray, rate: int
) -> Iterator[tuple]:
    if rate != SPEECH:  # as the values were computed
        reference, estimate = (scipy.signal.resample_poly(x.astype(np.float64), 1, 2) for x in (reference, estimate))
    quality, ssnr = pesq_wb(reference, estimate, SPEECH), segmental_snr(reference, estimate, SPEECH)
    yield "PESQ-WB", quality, values["pesq_wb"]
    yield "PESQ-NB", pesq_nb(reference, estimate, SPEECH), values["pesq_nb"]
    yield "SSNR", ssnr, values["segsnr"]
    yield "WSS", wss(reference, estimate, SPEECH), values["wss"]
    if reference.any() and estimate.any() and values["llr_composite"] < 8.5:  # of digital silence rounding decides
        yield "LLR", llr(reference, estimate, SPEECH), values["llr_composite"]
    theirs = values["composite_csig_cbak_covl"]
    for place, (name, value) in enumerate(composite(reference, estimate, SPEECH, quality, ssnr)._asdict().items()):
        yield name.upper(), value, theirs if "error" in theirs else theirs[place]


def main() -> None:
    rows: dict[str, list[float | None]] = {}
    for compared in compare(Path(sys.argv[1])):
        rows.setdefault(compared.metric, []).append(compared.difference)
    print("| metric | values compared | largest difference | undefined, infinite or perfect in both |")
    print("|---|---|---|---|")
    for metric, differences in rows.items():
        shown = [x for x in differences if x is not None]
        print(f"| {metric} | {len(shown)} | {max(shown, default=0):.0e} | {len(differences) - len(shown)} |")


if __name__ == "__main__":
    main()
