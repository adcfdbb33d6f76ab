"""Recipes by name, and their corpora as the publishers lay them out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lass.bin.data import recipe_function
from lass.data.corpus import Corpus


@pytest.fixture
def call_recipe(repo) -> Callable:
    """``call_recipe(name, function, root, option=value, ..)``: a function of local/data.py."""

    def call(name: str, function: str, root: Path, **options: str):
        given = [f"{key}={value}" for key, value in options.items()]
        return recipe_function(repo / "egs" / name / "local" / "data.py", function, given)(root)

    return call


@pytest.fixture
def lay_out(repo, tmp_path) -> Callable[..., Path]:
    """``lay_out(name, files)``: a folder with files of conf/corpus.yaml, each by its name there."""

    def write(name: str, files: dict[str, bytes]) -> Path:
        corpus = Corpus.read(repo / "egs" / name / "conf" / "corpus.yaml")
        for key, content in files.items():
            path = tmp_path / "corpus" / corpus.files[key].name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / "corpus"

    return write
