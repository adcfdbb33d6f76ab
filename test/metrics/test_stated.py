"""What each registered metric gives for the inputs that break evaluators: a stated result, never an exception."""

import warnings

import numpy as np
import pytest

from lass.metrics.registry import LISTENERS, METRICS
from lass.score.signals import Signals

NAN, INF = np.nan, np.inf
HIGH = ("at least", 60.0)  # dB: what float sums leave of a perfect score
LOW = ("at most", -60.0)
CASES = ("silent reference", "silent estimate", "identical", "scaled", "delayed", "one sample")
RESULTS = {
    # silent reference, silent estimate, identical, scaled by 0.3, delayed by 37, one sample (None: any finite value)
    "sdr": (LOW, 0, HIGH, 3.098, None, None),
    "sdri": (0, 0.587, HIGH, 3.685, None, None),
    "si_sdr": (LOW, 0, HIGH, HIGH, None, HIGH),
    "si_sdri": (0, 0.594, HIGH, HIGH, None, None),
    "si_sdr_zero_mean": (LOW, 0, HIGH, HIGH, None, 0),
    "bss_sdr": (NAN, NAN, HIGH, HIGH, ("at least", 40.0), NAN),
    "bss_sir": (NAN, NAN, HIGH, HIGH, ("at least", 40.0), NAN),
    "bss_sar": (NAN, NAN, HIGH, HIGH, ("at least", 40.0), NAN),
    "segsnr": (-10, 0, 35, 3.098, None, NAN),
    "ssnr": (-10, 0, 35, 3.098, None, NAN),
    "lsd": (12, ("at least", 12.0), 0, 1.046, ("at most", 0.5), None),
    "lsd_audioldm": (NAN, NAN, ("at least", 1.0), ("at least", 1.0), ("at least", 1.0), NAN),
    "psnr": (NAN, None, INF, None, None, None),
    "psnr_audioldm": (None, None, INF, None, ("at least", 30.0), INF),
    "pesq_wb": (NAN, NAN, 4.644, 4.644, None, NAN),
    "pesq_nb": (NAN, NAN, 4.549, 4.549, None, NAN),
    "csig": (NAN, NAN, 5, 5, 5, NAN),
    "cbak": (NAN, NAN, 5, 4.049, None, NAN),
    "covl": (NAN, NAN, 5, 5, None, NAN),
    "stoi": (0, 0, 1, 1, ("at least", 0.99), NAN),
    "clap_score": (None, NAN, None, None, None, None),
    "clap_score_ms": (None, NAN, None, None, None, None),
    "clap_audio_ms": (NAN, NAN, 1, 1, ("at least", 0.9), None),
    "clap_audio": (NAN, NAN, 1, 1, ("at least", 0.9), None),
    "kl": (None, None, 0, None, None, None),
    "kl_sigmoid": (None, None, 0, None, None, None),
    "afsim_af3": (NAN, NAN, 1, 1, ("at least", 0.9), None),
    "afsim_qwen2_audio": (NAN, NAN, 1, 1, ("at least", 0.9), None),
}
OF_SET = {"fad_vggish", "fad_clap", "fad_cnn14"}  # have no value of one mixture: test_frechet


class Bands:
    """Stands for a network: features are band magnitudes, zero for silence, and sigmoids of them."""

    sample_rate, identity = 16000, "bands"

    def hear(self, wave):
        bands = np.array([np.sqrt(np.mean(part**2)) for part in np.array_split(np.abs(np.fft.rfft(wave, 1024)), 8)])
        return {"embedding": bands, "posteriors": 1 / (1 + np.exp(3 - bands))}

    def read(self, text):
        return {"embedding": np.full(8, float(len(text)))}


HEARD = {"text": "a voice", "listeners": dict.fromkeys(LISTENERS, Bands())}


@pytest.fixture(scope="module")
def values(speech, noise):
    """Case -> signals that all metrics are asked for, once."""
    silence, late = np.zeros_like(speech), np.r_[np.zeros(37, np.float32), speech[:-37]]
    bad = np.where(np.arange(len(speech)) == 5, np.float32(np.nan), speech)
    waves = {
        "silent reference": (silence, noise, noise),
        "silent estimate": (speech, silence, speech + noise),
        "identical": (speech, speech, speech + noise),
        "scaled": (speech, np.float32(0.3) * speech, speech + noise),
        "delayed": (speech, late, speech + noise),
        "one sample": (speech[:1], noise[:1], (speech + noise)[:1]),
        "no sample": (speech[:0], speech[:0], speech[:0]),
        "NaN estimate": (speech, bad, speech + noise),
        "NaN reference": (bad, speech, speech + noise),
    }
    made = {}
    for case, (reference, estimate, mixture) in waves.items():
        plain = Signals(reference, mixture, mixture, 16000, **HEARD)
        made[case] = Signals(reference, estimate, mixture, 16000, plain, **HEARD)
    return made


def test_every_metric_is_in_the_table():
    assert set(RESULTS) | OF_SET == set(METRICS)
    assert {name for name in METRICS if METRICS[name].over_set} == OF_SET


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", RESULTS)
def test_stated_result(values, name, case):
    wanted = RESULTS[name][CASES.index(case)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = values[case].value(name)
    if wanted is None:
        assert np.isfinite(found)
    elif isinstance(wanted, tuple):
        kind, limit = wanted
        assert np.isfinite(found) and (found >= limit if kind == "at least" else found <= limit)
    else:
        assert found == pytest.approx(wanted, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("case", ["no sample", "NaN estimate", "NaN reference"])
@pytest.mark.parametrize("name", RESULTS)
def test_undefined(values, name, case):
    if METRICS[name].reads and case == "NaN reference":
        return  # it is not looked at
    assert np.isnan(values[case].value(name))


# SAR counts no interference, lsd_audioldm cuts 1120 samples from the estimate alone, a CLAP score needs a real CLAP,
# posteriors that do not sum to 1 may give less than 0.
@pytest.mark.parametrize("name", sorted(RESULTS.keys() - {"bss_sar", "lsd_audioldm", "clap_score", "clap_score_ms",
                                                   "kl_sigmoid"}))
def test_a_perfect_estimate_is_better_than_the_mixture(speech, noise, name):
    mixture = speech + noise
    unprocessed = Signals(speech, mixture, mixture, 16000, **HEARD)
    best, plain = Signals(speech, speech, mixture, 16000, unprocessed, **HEARD).value(name), unprocessed.value(name)
    assert best > plain + 0.01 if METRICS[name].higher_is_better else best < plain - 0.01


def test_definitions_are_one_line_and_differ():
    for of in ("title", "definition"):
        texts = [getattr(metric, of) for metric in METRICS.values()]
        assert len(set(texts)) == len(texts) and not any("\n" in text or not text for text in texts)
