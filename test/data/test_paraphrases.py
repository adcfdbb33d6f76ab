"""Paraphrase lists: their format, and what a training asks with them."""

from collections import Counter

import numpy as np
import pytest

from lass.data.asking import TrainingRule
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.mixtures import TrainingMixtures
from lass.data.paraphrases import Paraphrases
from lass.errors import LassError

LIST = "Bell\ta bell rings\tding {}\ndog\tbarking\n"  # a display name, and an id


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """Tells the rule of a list, which lies in the working directory."""
    monkeypatch.chdir(tmp_path)

    def rule(text: str = LIST, **arguments) -> TrainingRule:
        (tmp_path / "words.tsv").write_text(text, encoding="utf-8")
        return TrainingRule("labels", paraphrases="words.tsv", **arguments)

    return rule


def test_texts_are_all_names_in_all_templates(six, listed):
    rule = listed(template=["{}", "hear {}"])
    texts = {utt: rule.texts(six, utt) for utt, _ in six.wav}
    assert texts["c0"] == ["Bell", "hear Bell", "a bell rings", "hear a bell rings", "ding {}", "hear ding {}"]
    assert texts["c2"] == ["Dog", "hear Dog", "barking", "hear barking"]
    assert texts["c4"] == ["Rain", "hear Rain"]  # a label without paraphrases keeps its name


def test_each_label_of_a_clip_is_as_likely(tmp_path, listed):
    write_data_dir(tmp_path / "two", [Row("a", "a.wav", labels={"bell": "Bell", "rain": "Rain"})])
    data, rule = DataDir(tmp_path / "two"), listed("bell\ta\tb\tc\n")
    drawn = Counter(rule.draw(data, "a", np.random.default_rng(i)) for i in range(1000))
    assert drawn.keys() == {"Bell", "a", "b", "c", "Rain"}
    assert 440 < drawn["Rain"] < 560 and min(drawn.values()) > 80


def test_training_mixtures_ask_with_them(six, listed, tmp_path):
    listed()
    settings = {"segment": 0.1, "level": {"rule": "energy"}, "interferers": 1, "sample_rate": 8000}
    query = {"source": "labels", "paraphrases": "words.tsv"}
    found = TrainingMixtures([{"dir": six.folder}], query, **settings, seed=0)
    asked = [found[n]["query"] for n in range(60)]
    assert set(asked) == set(found.texts()) == {"Bell", "a bell rings", "ding {}", "Dog", "barking", "Rain"}
    again = TrainingMixtures([{"dir": six.folder}], query, **settings, seed=0)
    assert [again[n]["query"] for n in reversed(range(60))] == asked[::-1]
    other = TrainingMixtures([{"dir": six.folder}], query, **settings, seed=1)
    assert [other[n]["query"] for n in range(60)] != asked


def test_a_label_that_no_set_has(six, clip_set, listed):
    listed("Bell\tding\nwnid\tblowing\n")
    settings = {"segment": 0.1, "level": {"rule": "energy"}, "interferers": 1, "sample_rate": 8000, "seed": 0}
    query = {"source": "labels", "paraphrases": "words.tsv"}
    other = clip_set({"d0": ("wind", np.ones(2000))}, "other")
    sets = [{"dir": six.folder}, {"dir": other.folder}]
    with pytest.raises(LassError, match=r"^words.tsv:2: no training set has a label 'wnid': .*: 'wind'"):
        TrainingMixtures(sets, query, **settings)
    listed("Bell\tding\nwind\tblowing\n")  # of either set
    assert set(TrainingMixtures(sets, query, **settings).texts()) == {"Bell", "ding", "Dog", "Rain", "Wind", "blowing"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"dog\n", r":1: not '<label> TAB <text> \[TAB <text> ..\]' \(b'dog'\)"),
        (b"bell\tding\ndog\t\tx\n", r":2: not '<label> TAB"),
        (b"bell\tding\n\ndog\tx\n", r":2: not '<label> TAB"),
        (b"dog\tbarks\r\n", r":1: not '<label> TAB.*\\r"),
        (b"dog\tbarks\ncat\tpurrs\ndog\thowls\n", r":3: 'dog' stands in line 1 already"),
        (b"dog\t\xff\n", r":1: not UTF-8"),
        (b"", r":1: not '<label> TAB"),
    ],
)
def test_malformed(content, said, tmp_path):
    path = tmp_path / "words.tsv"
    path.write_bytes(content)
    with pytest.raises(LassError, match=f"^{path}{said}"):
        Paraphrases(path)


def test_no_such_list(six, tmp_path):
    with pytest.raises(LassError, match="^nowhere.tsv: cannot be read .No such file.*from the folder of the recipe"):
        TrainingRule("labels", paraphrases="nowhere.tsv").texts(six, "c0")
    for arguments in ({"source": "caption"}, {"source": "labels", "pick": "all"}):
        with pytest.raises(LassError, match="query: paraphrases say one label .* source: labels and pick: one"):
            TrainingRule(**arguments, paraphrases="words.tsv")
    with pytest.raises(LassError, match="query: paraphrases 7 is not the name of a file"):
        TrainingRule("labels", paraphrases=7)
