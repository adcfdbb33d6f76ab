"""Unified tags by rules, on an ontology in small."""

import json

import pytest

from lass.data.ontology import Ontology
from lass.data.unify import NO_SOURCES, Unifier
from lass.errors import LassError

CHILDREN = {
    "Animal": ["Pets", "Insect"],
    "Pets": ["Dog", "Cat"],
    "Dog": ["Bark", "Growling"],
    "Cat": ["Growling"],  # below two
    "Insect": ["Fly, housefly"],
    "Natural sounds": ["Water"],
    "Water": ["Rain"],
    "Rain": ["Raindrop", "Rain on surface"],
    "Human voice": ["Speech (any)"],
    "Speech (any)": ["Male speech, man speaking"],
    "Human sounds": ["Human voice"],
    NO_SOURCES: ["Inside, small room"],
}
WORDS = {"Speech (any)": ["talk", "woman"], "Dog": ["puppy"]}


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    """Ids are the names with a mark."""
    names = [*CHILDREN, *(name for children in CHILDREN.values() for name in children)]
    entries = [
        {"id": f"/m/{name}", "name": name, "child_ids": [f"/m/{child}" for child in CHILDREN.get(name, ())]}
        for name in dict.fromkeys(names)
    ]
    path = tmp_path_factory.mktemp("ontology") / "ontology.json"
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture(scope="session")
def unify(path):
    return Unifier(Ontology(path), WORDS, ["fly", "loud", "small"])


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("Raindrop", ["Rain"]),
        ("rain", ["Rain"]),
        ("Raindrops fall", ["Rain"]),
        ("Male speech, man speaking", ["Speech (any)"]),
        ("male_speech", ["Speech (any)"]),
        ("A woman's voice", ["Speech (any)"]),
        ("people talking while two dogs bark", ["Dog", "Speech (any)"]),
        ("Growling", ["Cat", "Dog"]),
        ("pets", ["Cat", "Dog", "Pets"]),
        ("Animal", ["Animal", "Cat", "Dog", "Fly, housefly"]),
        ("a plane flies by", ["plane"]),  # no label of its own; "flies" is ignored, "by" is short
        ("a loud zipper inside", ["insid", "zipper"]),  # rooms are no source
        ("Inside, small room", ["insid", "room"]),
        ("a", []),
    ],
)
def test_tags(text, tags, unify):
    assert unify(text) == tags


def test_depths(path):
    depths = Ontology(path).depths
    assert (depths["/m/Animal"], depths["/m/Pets"], depths["/m/Dog"], depths["/m/Growling"]) == (0, 1, 2, 3)


def test_words_from_a_file(path, tmp_path):
    (tmp_path / "words.yaml").write_text("words: {Dog: [hound]}\nignored: []\n")
    assert Unifier.read(path, tmp_path / "words.yaml")("hounds") == ["Dog"]
    (tmp_path / "words.yaml").write_text("words: {Hound: [dog]}\nignored: []\n")
    with pytest.raises(LassError, match="the ontology has no 'Hound'"):
        Unifier.read(path, tmp_path / "words.yaml")
    (tmp_path / "words.yaml").write_text("words: {}\nignore: []\n")
    with pytest.raises(LassError, match="words.yaml"):
        Unifier.read(path, tmp_path / "words.yaml")


def test_an_ontology_without_a_root(tmp_path):
    (tmp_path / "ontology.json").write_text('[{"id": "a", "name": "A", "child_ids": ["a"]}]')
    with pytest.raises(LassError, match="no labels below a root"):
        Unifier(Ontology(tmp_path / "ontology.json"), {}, [])
