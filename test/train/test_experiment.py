"""What a stamp of a training hashes."""

import pytest

from lass import config as configuration
from lass.errors import LassError
from lass.train.experiment import manifests, open_experiment


def test_another_paraphrase_list_is_other_data(corpus, tmp_path):
    words = tmp_path / "words.tsv"
    words.write_text("bell\tding\n")
    changes = ["query.source=labels", f"query.paraphrases={words}"]
    config = configuration.load([corpus.config], changes)
    inputs = manifests(config, corpus.data, ("captions",), "queries")
    assert words in inputs
    for _ in range(2):
        open_experiment(tmp_path / "exp", config, inputs, ["lass", "train"], "unknown")
    words.write_text("bell\tdong\n")
    with pytest.raises(LassError, match="the training data changed"):
        open_experiment(tmp_path / "exp", config, inputs, ["lass", "train"], "unknown")
