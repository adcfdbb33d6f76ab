"""Sources, gains and clip factor of one mixture."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from lass.data import render
from lass.data.datadir import DataDir
from lass.data.mixlist import Mixture, Segment
from lass.errors import LassError

RATE = 8000  # Hz, of the clips of conftest.py
ONE = Mixture("a-m0", Segment("a"), (Segment("b"),), "sum", "target", "zero", "energy", {}, "extraction", ("q",), ())
RAMP = np.arange(1, 1601) / 4096  # exact in PCM_16 and float32


@pytest.fixture
def ramps(clip_set) -> DataDir:
    """Clips a (1600 samples), b (600) and c (400) of different constant signs and slopes."""
    return clip_set({"a": ("x", RAMP), "b": ("y", -RAMP[:600]), "c": ("z", RAMP[:400] / 2)})


def test_short_interferers_are_padded_or_looped(ramps):
    for pad, tail in (("zero", np.zeros(1000)), ("loop", np.tile(-RAMP[:600], 2)[:1000])):
        (target, other), rate = render.sources(ramps, replace(ONE, pad=pad))
        assert rate == RATE and np.array_equal(target, RAMP)
        assert np.array_equal(other, np.concatenate([-RAMP[:600], tail]))


def test_length_in_seconds(ramps):
    (target, other), _ = render.sources(ramps, replace(ONE, length="0.05"))
    assert np.array_equal(target, RAMP[:400]) and np.array_equal(other, -RAMP[:400])
    (target, other), _ = render.sources(ramps, replace(ONE, length="0.25"))
    assert np.array_equal(target, np.pad(RAMP, (0, 400))) and len(other) == 2000


def test_joined_interferers(ramps):
    two = replace(ONE, interferers=(Segment("b"), Segment("c")))
    waves, _ = render.sources(ramps, two)
    assert len(waves) == 3
    (_, joined), _ = render.sources(ramps, replace(two, join="concat"))
    assert np.array_equal(joined, np.concatenate([-RAMP[:600], RAMP[:400] / 2, np.zeros(600)]))
    (_, joined), _ = render.sources(ramps, replace(two, join="concat", target=Segment("c")))
    assert np.array_equal(joined, -RAMP[:400])


def test_parts_of_clips(ramps):
    part = replace(ONE, target=Segment("a", 0.05, 0.1), interferers=(Segment("b", 0.0625, 1.0),))
    (target, other), _ = render.sources(ramps, part)
    assert np.array_equal(target, RAMP[400:1200])
    assert np.array_equal(other, np.pad(-RAMP[500:600], (0, 700)))
    with pytest.raises(LassError, match="b.wav: read from sample 8000 of 600"):
        render.sources(ramps, replace(ONE, interferers=(Segment("b", 1.0, 0.1),)))


def rendered(waves: list[np.ndarray], level: str, params: dict) -> tuple[dict[str, np.ndarray], float]:
    line = render.gain_line(replace(ONE, level=level, params=params), waves, RATE)
    return render.mix(waves, line), float(line.split("\t")[2])


def test_clip_factor():
    wave = 0.8 * RAMP / RAMP.max()
    peaks = lambda found: {kind: round(float(np.abs(wave).max()), 6) for kind, wave in found.items()}  # noqa: E731
    found, clip = rendered([wave / 2, wave / 2], "energy", {})
    assert clip == 1.0 and peaks(found) == {"mix": 0.8, "ref": 0.4, "interf": 0.4}
    found, clip = rendered([wave, wave], "energy", {})
    assert clip == pytest.approx(0.9 / 1.6) and peaks(found) == {"mix": 0.9, "ref": 0.45, "interf": 0.45}
    # the interference is louder than the mixture that it partly cancels in
    found, clip = rendered([wave, -wave], "snr", {"snr": -20 * np.log10(2)})
    assert clip == pytest.approx(0.9 / 1.6) and peaks(found) == {"mix": 0.45, "ref": 0.45, "interf": 0.9}
    # two interferers that fit one by one, but not together
    found, clip = rendered([wave, -wave, -wave], "energy", {})
    assert clip == pytest.approx(0.9 / 1.6) and peaks(found) == {"mix": 0.45, "ref": 0.45, "interf": 0.9}


def test_the_peak_rule_also_makes_louder():
    wave = 0.1 * RAMP / RAMP.max()
    found, clip = rendered([wave, wave / 4], "peak", {"snr": 0.0, "scale": 0.8})
    assert clip == pytest.approx(4.0)
    assert np.abs(found["mix"]).max() == pytest.approx(0.8) and np.abs(found["ref"]).max() == pytest.approx(0.4)


def test_gains_have_nine_digits():
    line = render.gain_line(replace(ONE, level="snr", params={"snr": 1.0}), [RAMP, RAMP[::-1]], RATE)
    assert line == "a-m0\t1 0.891250938\t1"


def test_errors_name_the_mixture(six, clip_set, tmp_path):
    with pytest.raises(LassError, match=r"a-m0: snr_rule\(\) missing 1 required"):
        render.gain_line(replace(ONE, level="snr"), [RAMP, RAMP], RATE)
    with pytest.raises(LassError, match="a-m0: level rule 'lufs': a source is silent"):
        long = np.zeros(RATE)
        render.gain_line(replace(ONE, level="lufs", params={"lufs": [-20, -20]}), [long, long], RATE)
    with pytest.raises(LassError, match="clips/wav.scp: no clip a, which the mixture list asks for"):
        render.render(six, ONE, tmp_path, None)
    fast = clip_set({"a": ("x", RAMP)}, "fast", rate=16000)
    soundfile.write(tmp_path / "b.wav", RAMP, RATE)
    (fast.folder / "wav.scp").write_text(f"a {fast.wav['a']}\nb {tmp_path / 'b.wav'}\n")
    with pytest.raises(LassError, match="a-m0: b has 8000 Hz, its target 16000 Hz; format the set"):
        render.sources(DataDir(fast.folder), ONE)
