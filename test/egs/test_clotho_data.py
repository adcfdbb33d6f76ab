"""The recipe of Clotho on the miniature of test/corpora."""

from pathlib import Path

import pytest

from corpora import clotho
from fixtures.scripts import load_script
from lass.data.testsets import find_set
from lass.errors import LassError
from lass.io.archives import unpack

data = load_script("egs/clotho/local/data.py")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """As it lies when it is unpacked."""
    for name, content in clotho.publish(tmp_path, None).items():
        file = data.CORPUS.files[name]
        (tmp_path / file.name).write_bytes(content)
        if file.unpack:
            unpack(tmp_path / file.name, tmp_path / file.unpack, inner=file.inner)
    return tmp_path


def by_name(rows) -> dict:
    return {Path(row.audio).name: row for row in rows}


def test_names_are_found_as_the_archive_has_them(corpus):
    sets = data.prepare(corpus, "published")
    there = {name: {file for file, row in by_name(rows).items() if Path(row.audio).exists()}
             for name, rows in sets.items()}  # fmt: skip
    unpacked = {split: {clotho.UNPACKED.get(name, name) for name in names} for split, names in clotho.NAMES.items()}
    assert there["train"] == unpacked["development"] - {"heard in validation.wav"}
    assert there["valid"] == set(clotho.NAMES["validation"])
    assert there["test"] == unpacked["evaluation"] - {"gone.wav"}
    found = by_name(sets["train"])
    assert found["Fountain .wav"].origin == "freesound:3" and found["Fountain.wav"].origin == "freesound:4"
    assert found["carpenter's workshop.wav"].origin == "freesound:5" and found["Metallic  Gate.wav"].origin == ""
    assert found["Café.wav"].captions == [f"Café., caption {k}" for k in range(1, 6)]


def test_ids_tell_names_of_two_splits_apart(corpus):
    sets = data.prepare(corpus, "published")
    ids = [row.utt for rows in sets.values() for row in rows]
    assert len(set(ids)) == len(ids) == 20 and "clotho-development-0001" in ids and "clotho-validation-0002" in ids


def test_a_part_is_held_out_by_origin(corpus, monkeypatch):
    monkeypatch.setattr(data, "HELD_OUT", 0.5)
    sets = data.prepare(corpus, "part")
    origins = {name: {row.origin for row in rows} - {""} for name, rows in sets.items()}
    assert len(sets["train"]) + len(sets["valid"]) == 15 and sets["valid"] and sets["train"]
    assert not (origins["train"] & origins["valid"] or origins["train"] & origins["test"])
    assert {row.utt for row in data.prepare(corpus, "part")["valid"]} == {row.utt for row in sets["valid"]}


def test_what_validates_is_not_trained_on(corpus):
    sets = data.prepare(corpus, "published")
    assert "heard in validation.wav" not in by_name(sets["train"]) and "rain.wav" in by_name(sets["valid"])


def test_numbers_as_published(corpus):
    assert data.expected(corpus, "published") == {"train": 3839, "valid": 1045, "test": 1045}
    assert data.expected(corpus, "part") == {"test": 1045}


def test_wrong_option_and_missing_files(corpus):
    with pytest.raises(LassError, match="--valid none: expected part .* or published"):
        data.prepare(corpus, "none")
    (corpus / "clotho_metadata_validation.csv").unlink()
    with pytest.raises(LassError, match="clotho_metadata_validation.csv: not there; run stage 1 without --root, or"):
        data.prepare(corpus, "part")


def test_a_name_that_leads_elsewhere(corpus):
    path = corpus / "clotho_captions_evaluation.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("late.wav", "../late.wav"), encoding="utf-8")
    with pytest.raises(LassError, match="evaluation.csv:7: '../late.wav' is no name of a file"):
        data.prepare(corpus, "part")


def test_the_published_list_of_its_test_set(shared):
    """AudioSep's list names all clips of the evaluation part; no two names read alike."""
    found = find_set("audiosep_clotho").list
    lines = list(found.form.lines(shared / "data" / "metadata" / "audiosep_eval" / "clotho_eval.csv"))
    names = [found.form.clips(line)[0].clip for line in lines]
    assert len(lines) == 5225 and len(set(names)) == data.CORPUS.clips["evaluation"]
    plain = {data._plain(name) for name in names}
    assert len(plain) == 1045 and "05769 carpenter's workshop ambience.wav" in plain
