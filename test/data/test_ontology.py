import json

from lass.data.ontology import Ontology


def test_kinds_of_labels(tmp_path):
    """A label below two others, and a graph that runs in a circle, which a damaged file may hold."""
    children = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": [], "x": ["y"], "y": ["x"]}
    path = tmp_path / "ontology.json"
    path.write_text(json.dumps([{"id": key, "name": key, "child_ids": value} for key, value in children.items()]))
    ontology = Ontology(path)
    assert ontology.below("a") == {"b", "c", "d"} and ontology.below("none") == set()
    assert ontology.most_specific(["a", "b", "c", "d", "none"]) == ["d", "none"]
    assert ontology.most_specific(["c", "b", "a"]) == ["c", "b"] and ontology.most_specific(["x"]) == ["x"]
