"""The recipe of FSD50K on the miniature of test/corpora."""

import json
from pathlib import Path

import numpy as np
import pytest

from corpora import fsd50k
from fixtures.scripts import load_script
from lass.data.asking import QueryRule
from lass.data.datadir import DataDir, write_data_dir
from lass.data.mixlist import draw_mixlist
from lass.errors import LassError
from lass.io.archives import unpack

data = load_script("egs/fsd50k/local/data.py")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """As it lies when it is unpacked, without the archives."""
    root, published = tmp_path / "root", fsd50k.publish(tmp_path / "made", None)
    root.mkdir()
    files = [data.CORPUS.files[name] for name in published]
    for file, content in zip(files, published.values()):
        (root / file.name).write_bytes(content)
    for file in files:
        if file.unpack:
            unpack(root / file.name, root / file.unpack, inner=file.inner)
    for path in root.glob("*.z*"):
        path.unlink()
    return root


def test_splits_and_origins(corpus):
    sets = {name: list(rows) for name, rows in data.prepare(corpus).items()}
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 8, "valid": 4, "test": 6}
    assert [row.utt for row in sets["valid"]] == [f"fsd50k-{n}" for n in range(108, 112)]
    assert sets["train"][3].origin == "freesound:103" and sets["train"][3].audio.endswith("FSD50K.dev_audio/103.wav")
    assert Path(sets["train"][3].audio).stat().st_size < 30000


def test_asked_by_own_labels_mixed_by_all(corpus):
    rows = {row.utt: row for row in data.prepare(corpus)["train"]}
    bark, dog, guitar, bell = (rows[f"fsd50k-{100 + k}"] for k in range(4))
    assert bark.captions == ["Bark"] and set(bark.labels.values()) == {"Bark", "Dog", "Animal"}
    assert dog.captions == ["Dog"] and guitar.captions == ["Electric guitar"] and bell.captions == ["Doorbell"]
    assert bell.labels["/t/dd00071"] == "Domestic sounds and home sounds"


def test_no_mixture_of_a_kind_and_what_stands_above(corpus, tmp_path):
    """A bark and a dog have no name in common that they are asked for by, but are never mixed."""
    write_data_dir(tmp_path / "set", data.prepare(corpus)["train"])
    clips = DataDir(tmp_path / "set")
    level = {"rule": "snr", "low": 0, "high": 0}
    mixtures = draw_mixlist(clips, level, {"source": "caption"}, mixtures_per_target=3)
    assert len(mixtures) == 24
    for mixture in mixtures:
        asked = {clips.captions_of(utt)[0] for utt in (mixture.target.utt, mixture.interferers[0].utt)}
        assert len(asked) == 2 and asked != {"Bark", "Dog"}
    rule = QueryRule("caption")
    assert {rule.draw(clips, "fsd50k-100", np.random.default_rng(k)) for k in range(9)} == {"Bark"}


def test_several_own_labels(corpus):
    path = corpus / "FSD50K.ground_truth" / "eval.csv"
    names, ids = "Bark,Dog,Animal,Doorbell", ",".join(fsd50k.IDS[x] for x in ("Bark", "Dog", "Animal", "Doorbell"))
    path.write_text(f'fname,labels,mids\n7,"{names}","{ids}"\n8,Unheard_of,/m/unknown\n', encoding="utf-8")
    both, unknown = data.prepare(corpus)["test"]
    assert both.captions == ["Bark", "Doorbell"] and unknown.captions == ["Unheard of"]


def test_unpacked_archives_may_be_deleted(corpus, web):
    """Nothing is asked for again, although the parts are gone."""
    data.CORPUS.fetch(corpus)
    assert web.asked == []


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("dev.csv", ",val", ",test", "dev.csv:10: split 'test' is neither train nor val"),
        ("eval.csv", "/m/05tny_,", "", "eval.csv:2: 3 labels, 2 ids"),
        ("dev.csv", "fname", "name", "no column 'fname'"),
    ],
)
def test_damaged_lists(corpus, name, old, new, message):
    path = corpus / "FSD50K.ground_truth" / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(LassError, match=message):
        [list(rows) for rows in data.prepare(corpus).values()]


def test_damaged_ontology(corpus):
    for text in ("<html>", json.dumps([{"id": "x"}]), "{}x"):
        (corpus / "ontology.json").write_text(text)
        with pytest.raises(LassError, match="ontology.json: not AudioSet's ontology .*: get it again"):
            data.prepare(corpus)


def test_numbers_as_published():
    assert data.expected(Path()) == {"train": 36796, "valid": 4170, "test": 10231}
    assert sum(data.expected(Path()).values()) == 51197
