"""Trainings with both tasks: the separator is told which, and one that cannot be told is refused."""

import pytest

from lass.errors import LassError
from lass.separators.resunet30 import ResUNet30

CHANGES = ("query.removal_ratio=0.5", "train.max_steps=6", "train.val_every=6")


def test_the_separator_is_told_the_task(corpus, tmp_path, monkeypatch):
    batches = []
    training_loss = ResUNet30.training_loss
    monkeypatch.setattr(ResUNet30, "tasks", ("extraction", "removal"))
    monkeypatch.setattr(ResUNet30, "training_loss", lambda s, batch: batches.append(batch) or training_loss(s, batch))
    corpus.embed(tmp_path / "exp", *CHANGES)
    corpus.train(tmp_path / "exp", *CHANGES)
    assert len(batches) == 6 and all(batch["query"].task == batch["task"] for batch in batches)
    assert {task for batch in batches for task in batch["query"].task} == {"extraction", "removal"}


def test_a_separator_of_one_task(corpus, tmp_path):
    with pytest.raises(LassError, match="ResUNet30 is not told the task"):
        corpus.embed(tmp_path / "exp", *CHANGES)
