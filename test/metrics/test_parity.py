"""All signal and speech metrics against the values of released evaluators (tools/bench/metric_parity.py)."""

import runpy

import pytest

TOLERANCES = {"BSS Eval": 0.01, "PESQ": 1e-4}  # begin of the name -> dB or MOS; 1e-3 for others


@pytest.fixture(scope="module")
def compared(repo, shared) -> list:
    script = runpy.run_path(str(repo / "tools" / "bench" / "metric_parity.py"))
    return list(script["compare"](shared / "parity" / "metrics"))


def test_every_value_agrees(compared):
    assert len({row.case for row in compared}) == 12
    for row in compared:
        tolerance = next((value for name, value in TOLERANCES.items() if row.metric.startswith(name)), 1e-3)
        assert row.difference is None or row.difference <= tolerance, row


@pytest.mark.parametrize("metric", ["SDR", "SI-SDR", "BSS Eval SIR", "LSD", "LSD (audioldm_eval)", "PESQ-WB", "CSIG"])
def test_enough_values_are_finite(compared, metric):
    shown = [row for row in compared if row.metric == metric and row.difference is not None]
    assert len({round(row.want, 3) for row in shown}) >= 5
