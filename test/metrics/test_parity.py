"""SDR and SI-SDR against the values of AudioSep's released code."""

import json

import numpy as np

from lass.metrics.sdr import sdr
from lass.metrics.si_sdr import si_sdr


def estimate_of(case: dict, signals: dict, reference: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    interference = mixture - reference
    recipes = {
        "all_zero_estimate": np.zeros_like(reference),
        "identical": reference,
        "scaled_0.3": np.float32(0.3) * reference,
        "delayed_37": np.concatenate([np.zeros(37, np.float32), reference[:-37]]),
        "negated": -reference,
        "estimate_is_mixture_32k": mixture,
        "long_10s_identical_plus_leak": reference + np.float32(0.25) * interference,
    }
    stored = f"{case['index']:02d}_est_i16"
    return signals[stored] / np.float32(32768) if stored in signals else recipes[case["name"]]


def test_all_cases_of_the_reference_data(shared):
    folder = shared / "parity" / "metrics"
    values = json.loads((folder / "values.json").read_text(encoding="utf-8"))
    signals = np.load(folder / "signals.npz", allow_pickle=False)
    assert len(values["cases"]) == 12
    for case in values["cases"]:
        key, expected = f"{case['index']:02d}", case["values"]
        reference = signals[f"{key}_ref_i16"] / np.float32(32768)
        mixture = reference + signals[f"{key}_interference_i16"] / np.float32(32768)
        estimate = estimate_of(case, signals, reference, mixture)
        found = {
            "audiosep_sdr": sdr(reference, estimate),
            "audiosep_sdri": sdr(reference, estimate) - sdr(reference, mixture),
            "audiosep_sisdr_f64": si_sdr(reference, estimate),
        }
        for name, value in found.items():
            want = expected[name]
            agrees = abs(value - want) < 1e-3 if want < 50 else value >= 60  # above 50 dB float sums decide
            assert agrees, (case["name"], name, value, want)

