"""Parity with AudioSep's released SegmentMixer, on the reference values that test_levels.py describes."""

import json
from pathlib import Path

import numpy as np
import pytest

from lass.data.segment_mixer import mix_segments

TOLERANCE = 1e-6  # relative; the released code computes in float32
HELD = np.load(Path(__file__).with_name("mixing_parity.npz"), allow_pickle=False)
WAVES = HELD["wave_i16"].astype(np.float64) / 32768  # [4, 4000]


def peaks(waves: np.ndarray) -> np.ndarray:
    return np.abs(waves).max(axis=1)


def rms(waves: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(waves).mean(axis=1))


@pytest.mark.parametrize("setting", range(5))
def test_held_values(setting):
    deltas_db = [drawn[drawn < 99].tolist() for drawn in HELD["mixer_deltas_db"][setting]]  # 99: no draw
    mixtures, targets = mix_segments(HELD["mixer_input_scale"][setting] * WAVES, deltas_db)
    assert mixtures.shape == targets.shape == WAVES.shape
    wanted = HELD["mixer_peak"][setting]
    assert peaks(mixtures) == pytest.approx(wanted, rel=TOLERANCE)
    assert (peaks(mixtures[:, ::100] - HELD["mixer_mixture"][setting]) <= TOLERANCE * wanted).all()


@pytest.mark.parametrize("setting", range(5))
def test_all_of_them(shared, setting):
    folder = shared / "parity" / "mixing"
    case = json.loads((folder / "info.json").read_text(encoding="utf-8"))["segment_mixer"][setting]
    arrays = np.load(folder / "data.npz", allow_pickle=False)
    segments = case["input_scale"] * WAVES
    mixtures, targets = mix_segments(segments, [draws["deltas_db"] for draws in case["draws_in_order"]])
    wanted = arrays[f"sm{setting}_mixture"][:, 0]
    assert (peaks(mixtures[:, ::4] - wanted) <= TOLERANCE * peaks(wanted)).all()
    assert peaks(targets) == pytest.approx(arrays[f"sm{setting}_segment_peak"][:, 0], rel=TOLERANCE)
    assert peaks(mixtures) == pytest.approx(case["mixture_peak"], rel=TOLERANCE)
    assert rms(mixtures) == pytest.approx(case["mixture_rms"], rel=TOLERANCE)
    assert rms(targets) == pytest.approx(case["segment_rms"], rel=TOLERANCE)
    assert (peaks(targets) < 0.999 * peaks(segments)).tolist() == case["declipped"]


def test_a_batch_of_one_is_mixed_with_itself():
    mixtures, targets = mix_segments(0.1 * WAVES[:1], [[0, -6]])
    assert targets == pytest.approx(0.1 * WAVES[:1])
    assert mixtures == pytest.approx((1 + 10 ** (-6 / 20)) * targets)
