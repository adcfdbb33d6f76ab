import inspect
import subprocess
import sys

import pytest

from lass.bin.metrics import main
from lass.errors import LassError
from lass.metrics.registry import LISTENERS, METRICS, SIGNALS, known, leading, models, parse


@pytest.mark.parametrize("name", METRICS)
def test_functions_take_what_the_registry_says(name):
    metric = METRICS[name]
    if metric.improves:
        assert metric.improves in METRICS and not metric.function
        return
    parameters = inspect.signature(metric.load()).parameters.values()
    names = [p.name for p in parameters if p.default is p.empty]
    assert len(names) == len(metric.takes)
    for name, given in zip(names, metric.takes):
        source, *heard = given.split(":")
        if heard:
            assert source in ("reference", "estimate", "text") and heard[0] in LISTENERS
        else:
            assert name == given and given in (*SIGNALS, "sample_rate", *METRICS)


def test_names_of_a_list():
    assert parse("sdr, pesq_wb") == ("sdr", "pesq_wb")
    with pytest.raises(LassError, match="no metric 'pesq': there are sdr, "):
        parse("sdr,pesq")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["clip=a"], "'clip=a': expected KIND=MODEL, KIND of clap, ms_clap, tagger"),
        (["clap"], "'clap': expected KIND=MODEL"),
        (["tagger=a"], "metric clap_score: which LAION-CLAP .* give --metric_models clap=MODEL"),
    ],
)
def test_networks_that_are_not_named(given, message):
    with pytest.raises(LassError, match=message):
        models(["sdr", "clap_score"], given)


def test_networks_of_metrics():
    given = ["clap=org/name", "tagger=Cnn14_mAP=0.431.pth"]
    assert models(["sdr", "kl"], given) == {"tagger": "Cnn14_mAP=0.431.pth"}


def test_leading_metric():
    assert leading(["sdr", "sdri"]) == "sdri" and leading(["lsd", "sdr"]) == "lsd"


def test_metric_of_another_version():
    assert (known("old").title, known("old").axis) == ("old", "old")


def test_listing(capsys):
    main([])
    printed = capsys.readouterr().out
    assert all(f"{name}: " in printed for name in METRICS)
    main(["lsd"])
    assert capsys.readouterr().out.startswith("lsd: LSD (lower)\n    log-spectral distance")


def test_the_registry_imports_no_metric(repo):
    program = "import sys, lass.metrics.registry; assert not {'scipy', 'pesq', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=repo, check=True)
