"""What a training says and refuses in its first steps."""

import pytest
import torch

from lass.errors import LassError
from lass.train.first import describe, verdict
from lass.train.module import SeparationModule


def batch(**changes) -> dict:
    wave = torch.linspace(-1, 1, 16000).repeat(2, 1, 1)
    return {"mixture": 0.3 * wave, "target": 0.2 * wave, "utt": ["a + b", "c + d"], "query": ["a dog", ""],
            "asked": ["text", "audio"]} | changes  # fmt: skip


def test_the_first_batch_in_a_line():
    line = describe(batch(), 8000)  # a ramp up to 0.3 has an RMS of 0.3 / sqrt(3)
    assert line == "2 of 2.00 s, mixture -15.2 dBFS, target +6.0 dB above the rest, first asked 'a dog' (text)"


@pytest.mark.parametrize("what, message", [
    ("mixture", "the mixture is not finite in c \\+ d"), ("target", "the target is silent in c \\+ d"),
    ("both", "the target is all of the mixture in c \\+ d"),
])  # fmt: skip
def test_a_useless_first_batch(what, message):
    given = batch()
    if what == "mixture":
        given["mixture"][1, 0, 5] = torch.nan
    elif what == "target":
        given["target"][1] = 0
    else:
        given["target"][1] = given["mixture"][1]
    with pytest.raises(LassError, match=message):
        describe(given, 8000)


def test_what_is_said_of_the_loader():
    assert verdict(3.1, 4.0).startswith("the loader is the bottleneck: 3.1 of 4 s a batch; raise train.num_workers")
    assert verdict(0.1, 4.0) == "4 s a batch, 0.1 s of it waiting for data"


def test_a_training_says_so(corpus, experiment, capsys, monkeypatch):
    original = SeparationModule.__init__

    def with_a_weight_that_nothing_reaches(self, *words):
        original(self, *words)
        self.register_parameter("lonely", torch.nn.Parameter(torch.zeros(3)))

    monkeypatch.setattr(SeparationModule, "__init__", with_a_weight_that_nothing_reaches)
    corpus.train(experiment, "train.val_every=24")
    said = capsys.readouterr().out
    assert said.count("first batch of this run: 2 of 0.10 s, mixture -") == 1
    assert said.count("no gradient reaches 1 weights, such as lonely\n") == 1
    assert said.count(" s a batch") == 1
