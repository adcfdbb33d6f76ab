"""Level rules: parity with the released mixers, and their definitions.

``mixing_parity.npz`` holds four short signals and what the released code of AudioSep (waveform_mixers.py) and
LASS-Net (create_mixtures.py) made of them; ``../shared/parity/mixing`` holds all cases, those of the DCASE 2024 Task 9
evaluator and of USS too.
"""

import json
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from lass.data import levels
from lass.errors import LassError
from lass.metrics.sdr import sdr
from lass.metrics.si_sdr import si_sdr

TOLERANCE = 1e-6  # relative; the released code computes in float32
RATE = 32000  # Hz
HELD = np.load(Path(__file__).with_name("mixing_parity.npz"), allow_pickle=False)


def as_float(pcm: np.ndarray) -> np.ndarray:
    return pcm.astype(np.float64) / 32768


WAVES = as_float(HELD["wave_i16"])  # [4, 4000]
NAMED = {f"w{i}": wave for i, wave in enumerate(WAVES)} | {"zero": 0 * WAVES[0], "tiny(w0*1e-4)": 1e-4 * WAVES[0]}


def mix(rule: str, params: dict, sources: list[np.ndarray], rate: int = RATE) -> tuple[np.ndarray, list[np.ndarray]]:
    """Mixture and scaled sources."""
    gains, clip = levels.gains(rule, params, sources, rate)
    scaled = [clip * g * source for g, source in zip(gains, sources, strict=True)]
    return sum(scaled), scaled


def peak(wave: np.ndarray) -> float:
    return float(np.abs(wave).max())


def assert_equal_waves(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.shape == wanted.shape
    assert peak(found - wanted) <= TOLERANCE * peak(wanted)


def test_energy_ratio_of_all_pairs():
    for i, one in enumerate(NAMED.values()):
        for j, other in enumerate(NAMED.values()):
            assert levels.energy_ratio(one, other) == pytest.approx(HELD["ratio"][i, j], rel=TOLERANCE)


def test_one_loudness_step_of_the_released_mixer():
    for delta_db, probe, *wanted in HELD["loudnorm"]:
        # with one interferer the second matching brings it to the energy of the target, changed by the second draw
        gains = levels.released_rule([WAVES[0], WAVES[1]], [4, delta_db])
        assert gains[0] == 1.0
        found = gains[1] * WAVES[1][int(probe) : int(probe) + len(wanted)]
        assert found == pytest.approx(wanted, rel=TOLERANCE)


def test_peak_rule_of_lass_net():
    for (snr, scale), wanted in zip(HELD["lass_snr_scale"], HELD["lass_peaks"], strict=True):
        mixture, scaled = mix("peak", {"snr": snr, "scale": scale}, [WAVES[0], WAVES[2]])
        assert [peak(mixture), *map(peak, scaled)] == pytest.approx(wanted, rel=TOLERANCE)


@pytest.fixture
def parity(shared) -> tuple[dict, dict]:
    folder = shared / "parity" / "mixing"
    info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    arrays = dict(np.load(folder / "data.npz", allow_pickle=False))
    assert np.array_equal(as_float(arrays["wave_i16"]), WAVES)
    return info, arrays


def test_all_energy_ratios(parity):
    table = parity[0]["rescale_table"]
    assert len(table) == 36
    for row in table:
        one, other = NAMED[row["segment1"]], NAMED[row["segment2"]]
        ratio, probe = levels.energy_ratio(one, other), row["probe_index"]
        assert ratio == pytest.approx(row["ratio"], rel=TOLERANCE)
        assert ratio == pytest.approx(row["uss_ratio"], rel=TOLERANCE)
        assert levels.energy(one / ratio) == pytest.approx(row["out_energy"], rel=TOLERANCE)
        assert levels.energy(ratio * other) == pytest.approx(row["uss_out_energy_of_rescaled_segment2"], rel=TOLERANCE)
        assert one[probe] / ratio == pytest.approx(row["out_at_probe"], rel=TOLERANCE)


def test_all_loudness_steps(parity):
    rows = parity[0]["dynamic_loudnorm_fixed"]
    assert [row["delta_db"] for row in rows] == [-10, -3, 0, 7, 10]
    for row in rows:
        wave, probe, wanted = NAMED[row["audio"]], row["probe_index"], row["out_from_probe"]
        out = levels.released_rule([NAMED[row["reference"]], wave], [0, row["delta_db"]])[1] * wave
        assert levels.energy(out) == pytest.approx(row["out_energy"], rel=TOLERANCE)
        assert out[probe : probe + len(wanted)] == pytest.approx(wanted, rel=TOLERANCE)


def test_all_of_lass_net(parity):
    info, arrays = parity
    assert len(info["lass"]) == 3
    for case in info["lass"]:
        params = {"snr": case["snr"], "scale": case["scale"]}
        mixture, (front, noise) = mix("peak", params, [WAVES[0], WAVES[2]])
        assert_equal_waves(mixture[::2], arrays[f"lass{case['index']}_mixed"])
        peaks = [case["front_peak"], case["noise_peak"], case["mixed_peak"]]
        assert [peak(front), peak(noise), peak(mixture)] == pytest.approx(peaks, rel=TOLERANCE)
        ratio_db = 10 * np.log10(levels.energy(front) / levels.energy(noise))
        assert ratio_db == pytest.approx(case["rms_ratio_db"], rel=TOLERANCE)


def test_all_of_the_dcase_evaluator(parity):
    """Its mixtures, and its metrics of the estimate 0.5 * mixture: SI-SDR, SDRi, SDR."""
    info, arrays = parity
    clips = as_float(arrays["dcase_src_i16"])
    rows = []
    for k, (source, noise, snr, _) in enumerate(info["dcase"]["rows"]):
        sources = [clips[int(name.removeprefix("c"))] for name in (source, noise)]
        mixture, (reference, _) = mix("snr", {"snr": snr}, sources, 16000)
        assert_equal_waves(mixture[::4], arrays["dcase_mixtures"][k])
        assert peak(mixture) == pytest.approx(info["dcase"]["mixture_peak"][k], rel=TOLERANCE)
        estimate = 0.5 * mixture
        score = sdr(reference, estimate)
        rows.append([si_sdr(reference, estimate), score - sdr(reference, mixture), score])
    assert len(rows) == 4
    assert np.abs(np.array(rows) - info["dcase"]["returned_per_row"]).max() < 1e-4  # dB, of float32 sums
    assert np.abs(np.mean(rows, axis=0) - info["dcase"]["returned_mean"]).max() < 1e-4


def test_all_of_uss(parity):
    """It does not de-clip."""
    arrays = parity[1]
    for n in range(4):
        target, other = WAVES[n], WAVES[(n + 1) % 4]
        gains = levels.energy_rule([target, other])
        assert_equal_waves((gains[0] * target + gains[1] * other)[::2], arrays["uss_mix_match1"][n])
        assert_equal_waves((target + other)[::2], arrays["uss_mix_match0"][n])


def test_snr_of_one_and_of_three_interferers():
    for snr, sources in ((-5.0, WAVES[:2]), (3.5, WAVES)):
        _, (target, *others) = mix("snr", {"snr": snr}, list(sources))
        assert 10 * np.log10(levels.energy(target) / levels.energy(sum(others))) == pytest.approx(snr, abs=1e-9)
        assert levels.energy(others[-1]) == pytest.approx(levels.energy(others[0]), rel=1e-9)


def test_energy_rule_is_clamped():
    loud, faint = WAVES[0], 1e-3 * WAVES[0]
    assert levels.energy_rule([loud, faint, 0 * loud, loud]).tolist() == pytest.approx([1, 50, 50, 1])
    assert levels.energy_rule([faint, loud]).tolist() == pytest.approx([1, 0.02])


def test_energy_floor_of_the_reference():
    faint = np.full(100, 2e-6)
    assert levels.energy_ratio(np.full(100, 1e-4), faint) == pytest.approx(1e-4 / 1e-5)


def test_lufs_against_the_meter():
    rng = np.random.default_rng(0)
    sources = [0.1 * rng.standard_normal(RATE), 0.01 * np.sin(2 * np.pi * 997 * np.arange(RATE) / RATE)]
    gains, clip = levels.gains("lufs", {"lufs": [-25.0, -33.5]}, sources, RATE)
    assert clip == 1.0
    measured = [pyloudnorm.Meter(RATE).integrated_loudness(g * source) for g, source in zip(gains, sources)]
    assert measured == pytest.approx([-25.0, -33.5], abs=1e-6)


def test_lufs_mixture_that_would_clip_gets_a_peak_of_09():
    sources = [np.random.default_rng(k).standard_normal(RATE) for k in range(2)]
    mixture, (one, other) = mix("lufs", {"lufs": [-6.0, -8.0]}, sources)
    assert peak(mixture) == pytest.approx(0.9)
    meter = pyloudnorm.Meter(RATE)
    difference = meter.integrated_loudness(one) - meter.integrated_loudness(other)
    assert difference == pytest.approx(2.0, abs=1e-6)


def test_lufs_needs_sound_of_a_block():
    tone = np.sin(np.arange(RATE) / 10)
    with pytest.raises(LassError, match="12799 samples are shorter than BS.1770's 0.4 s block"):
        levels.gains("lufs", {"lufs": [-20, -20]}, [tone, tone[:12799]], RATE)
    with pytest.raises(LassError, match="a source is silent"):
        levels.gains("lufs", {"lufs": [-20, -20]}, [tone, 0 * tone], RATE)
    with pytest.raises(ValueError, match="shorter|longer"):
        levels.gains("lufs", {"lufs": [-20]}, [tone, tone], RATE)


def test_declip():
    assert levels.declip(np.array([0.2, -1.0])) == 1.0
    assert levels.declip(np.array([0.2, -1.5])) == pytest.approx(0.6)
    assert levels.declip(np.array([])) == 1.0


@pytest.mark.parametrize(
    ("level", "params"),
    [
        ({"rule": "as_is"}, {}),
        ({"rule": "energy"}, {}),
        ({"rule": "snr", "low": 3, "high": 3}, {"snr": 3.0}),
        ({"rule": "lufs", "low": -30, "high": -30}, {"lufs": [-30.0, -30.0, -30.0]}),
        ({"rule": "released", "low": 2, "high": 2}, {"deltas_db": [2, 2, 2]}),
        ({"rule": "peak", "low": -1, "high": -1, "scale_low": 0.5, "scale_high": 0.5}, {"snr": -1.0, "scale": 0.5}),
    ],
)
def test_drawn_parameters_fit_the_rule(level, params):
    assert levels.draw(level, 2, np.random.default_rng(0)) == params
    sources = [0.1 * np.random.default_rng(k).standard_normal(RATE) for k in range(3)]
    gains, clip = levels.gains(level["rule"], params, sources, RATE)
    assert gains.shape == (3,) and np.isfinite(gains).all() and clip > 0


def test_a_recorded_mixture_stays_as_it_is():
    gains, clip = levels.gains("as_is", {}, [np.full(4, 0.5), np.full(4, 0.01)], RATE)
    assert gains.tolist() == [1.0, 1.0] and clip == 1.0


def test_draws_stay_within_their_limits():
    rng = np.random.default_rng(0)
    drawn = [levels.draw({"rule": "snr", "low": -5, "high": 5}, 1, rng)["snr"] for _ in range(200)]
    assert -5 <= min(drawn) < -4 and 4 < max(drawn) <= 5
    drawn = [levels.draw({"rule": "released", "low": -2, "high": 2}, 1, rng)["deltas_db"] for _ in range(200)]
    assert {delta for deltas in drawn for delta in deltas} == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ({"rule": "loud"}, r"expected rule: as_is \| energy \| snr \| lufs \| released \| peak"),
        ({"low": -5, "high": 5}, "expected rule"),
        ({"rule": ["snr"]}, "expected rule"),
        ("snr", "expected rule"),
        ({"rule": "snr", "low": -5}, "with low, high limits"),
        ({"rule": "energy", "low": -5}, "with no limits"),
        ({"rule": "snr", "low": -5, "high": 5, "step": 1}, "with low, high limits"),
        ({"rule": "snr", "low": 5, "high": -5}, "low is above high"),
        ({"rule": "peak", "low": 0, "high": 0, "scale_low": 1.0, "scale_high": 0.5}, "low is above high"),
        ({"rule": "snr", "low": "a", "high": 5}, "low, high must be numbers"),
        ({"rule": "released", "low": -1.5, "high": 2.5}, "must be numbers, whole ones"),
    ],
)
def test_wrong_level_rules(level, message):
    with pytest.raises(LassError, match=message):
        levels.draw(level, 1, np.random.default_rng(0))


def test_a_mixture_has_an_interferer():
    with pytest.raises(LassError, match="interferers 0: a mixture needs at least one"):
        levels.draw({"rule": "energy"}, 0, np.random.default_rng(0))
