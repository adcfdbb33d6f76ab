"""``lass seeds``: rows of several seeds."""

import pytest
import yaml

from lass.bin.seeds import main as seeds
from lass.errors import LassError


@pytest.fixture
def runs(tones):
    """Two seeds of a row: at 9.67 and 3.65 dB SDRi, as the second keeps twice the interference."""
    for seed, factor in ((1, 1), (2, 2)):
        folder = tones.score(tones.folder / f"exp{seed}", {"mixture": None, "model": factor})
        (folder / "config.yaml").write_text(yaml.safe_dump({"seed": seed, "train": {"max_steps": 4}}))
    return tones.folder


def call(folder, row="text=exp1,exp2") -> str:
    name, _, given = row.partition("=")
    paths = ",".join(str(folder / each) for each in given.split(","))
    seeds([f"{name}={paths}", "--set", "test", "--title", "Two | seeds", "--out", str(folder / "SEEDS.md")])
    return (folder / "SEEDS.md").read_text()


def test_mean_and_deviation(runs):
    text = call(runs)
    assert "# Two \\| seeds\n" in text
    # between 9.67 and 3.65 dB: sqrt(2) * 3.01 dB
    assert "| text | model | 2 | 5/5 | 6.66 ± 4.26 | 6.66 ± 4.26 |" in text
    assert text.count("|  | mixture (unprocessed) | 2 | 5/5 | 0.00 ± 0.00 |") == 1
    assert "| text | model | 1 | 4 | 9.67 |" in text and "| text | model | 2 | 4 | 3.65 |" in text
    assert "lass score" in text


def test_one_seed_has_no_deviation(runs):
    assert "| text | model | 1 | 5/5 | 9.67 | 9.67 |" in call(runs, "text=exp1")


@pytest.mark.parametrize(("config", "message"), [
    ({"seed": 2, "train": {"max_steps": 5}}, "exp2/config.yaml: differs in more than the seed .*: train"),
    ({"seed": 1, "train": {"max_steps": 4}}, "exp2/config.yaml: seed 1 is that of another run"),
])  # fmt: skip
def test_runs_that_do_not_belong_together(runs, config, message):
    (runs / "exp2/config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(LassError, match=message):
        call(runs)


def test_faulty_arguments(runs):
    with pytest.raises(LassError, match="expected ROW=EXP,EXP"):
        seeds(["text", "--set", "test", "--out", str(runs / "x.md")])
    with pytest.raises(LassError, match="no scores of other; it has test"):
        seeds([f"text={runs / 'exp1'}", "--set", "other", "--out", str(runs / "x.md")])
