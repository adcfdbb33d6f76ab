"""Every recipe, found by itself: a call of the staged driver, what it knows of its corpus, what it needs different."""

import ast
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from lass import config
from lass.bin.data import recipe_function
from lass.data import levels
from lass.data.asking import QueryRule
from lass.data.mixlist import draw_mixlist, pair_mixlist
from lass.data.testsets import registered
from lass.errors import LassError
from lass.report.paper import read_paper
from lass.train.system import check

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(path for path in (ROOT / "egs").iterdir() if path.is_dir())
MODELS = sorted((ROOT / "conf" / "model").rglob("*.yaml"))
DRIVER = '. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"'
OF_NO_PUBLISHER = {"TEMPLATE", "mini"}
TOLD = {  # in the README of a corpus
    "hours": r"[0-9] h\b", "disk": r"[0-9] [MGT]B\b", "licence": r"^\*\*Licence\.", "traps": r"^\*\*Traps\.",
    "published rows": r"^\*\*(.*[Pp]ublished rows|Rows reproduced|AudioSep's list)",
}  # fmt: skip
OTHER_YAML = {"mix.yaml", "paper.yaml", "corpus.yaml"}  # of conf/; what else lies there configures a training

pytestmark = pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
assert RECIPES and MODELS


def declared(recipe: Path, name: str) -> list[str]:
    """The words of a variable that run.sh sets; the names of sets go without the clips that they are made of."""
    values = re.findall(rf"^{name}=(.*)$", (recipe / "run.sh").read_text(encoding="utf-8"), re.MULTILINE)
    words = "".join(shlex.split(values[0], comments=True)[:1]).split() if values else []
    return [word.partition(":")[0] for word in words]


def trainings(recipe: Path) -> list[Path]:
    return sorted(path for path in recipe.glob("conf/*.yaml") if path.name not in OTHER_YAML)


def test_it_is_documented(recipe):
    for name in ("README.md", "RESULTS.md"):
        assert (recipe / name).read_text(encoding="utf-8").startswith("# ")
    if recipe.name not in OF_NO_PUBLISHER:
        text = (recipe / "README.md").read_text(encoding="utf-8")
        assert [what for what, form in TOLD.items() if not re.search(form, text, re.MULTILINE)] == []


def test_run_sh_is_a_call(recipe):
    lines = (recipe / "run.sh").read_text(encoding="utf-8").splitlines()
    assert os.access(recipe / "run.sh", os.X_OK)
    assert lines[0] == "#!/usr/bin/env bash" and len(lines) <= 25 and lines[-1] == DRIVER


def test_what_run_sh_names_is_there(recipe):
    assert declared(recipe, "train_sets") and declared(recipe, "valid_sets")
    assert declared(recipe, "test_sets") or declared(recipe, "published_sets")
    assert set(declared(recipe, "published_sets")) <= registered().keys()
    assert {ROOT / "conf" / "model" / f"{name}.yaml" for name in declared(recipe, "model")} <= set(MODELS)
    assert {recipe / path for path in declared(recipe, "config")} <= set(trainings(recipe))
    assert declared(recipe, "model") and declared(recipe, "config")


def test_local_data_takes_the_options_of_run_sh(recipe):
    module = ast.parse((recipe / "local" / "data.py").read_text(encoding="utf-8"))
    documented = {f.name for f in module.body if isinstance(f, ast.FunctionDef) and ast.get_docstring(f)}
    assert {"download", "prepare"} <= documented
    for name in ("download", "prepare"):
        assert recipe_function(recipe / "local" / "data.py", name, options(recipe))


def options(recipe: Path) -> list[str]:
    return [f"{name}=x" for name in declared(recipe, "recipe_options")]


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_training_fits_every_model(recipe, model):
    assert trainings(recipe)
    for path in trainings(recipe):
        found = config.load([ROOT / "conf" / "train.yaml", model, path])
        asked = [found["query"], *(entry["query"] for entry in found["data"]["sets"] if "query" in entry)]
        if model.stem == "unet_tag" and any("template" in q or q["source"] != "labels" for q in asked):
            with pytest.raises(LassError, match="^query: Tags knows labels as they are called and nothing else: "):
                check(found)
            continue
        check(found)
        levels.draw(found["data"]["level"], found["data"]["interferers"], np.random.default_rng(0))
        assert {entry["dir"] for entry in found["data"]["sets"]} <= set(declared(recipe, "train_sets"))
        assert found["data"]["valid"] in [f"mix/{name}" for name in declared(recipe, "valid_sets")]


def test_recipes_that_models_name_leave_their_queries_as_they_are(recipe):
    """A model's yaml tells the recipe of its paper, whose own yaml comes later."""
    for model in MODELS:
        head = model.read_text(encoding="utf-8")
        if re.search(rf"^# .*egs/{recipe.name}/run\.sh .*--model {model.stem}\b", head, re.MULTILINE):
            for path in trainings(recipe):
                own = config.read_yaml(model).get("query", {})
                asked = config.load([ROOT / "conf" / "train.yaml", model, path])["query"]
                assert {key: asked[key] for key in own} == own, (model.stem, path)


def test_every_test_set_can_be_made(recipe):
    """Drawn, or where the recipe has published pairs, by their list."""
    path = recipe / "conf" / "mix.yaml"
    has_pairs = recipe_function(recipe / "local" / "data.py", "pairs", options(recipe), optional=True) is not None
    sections = config.read_yaml(path)
    assert {*declared(recipe, "valid_sets"), *declared(recipe, "test_sets")} <= sections.keys()
    for name in sections:
        section, where = config.read_section(path, name), f"{path}: {name}"
        if has_pairs and "mixtures_per_target" not in section:
            config.bind(pair_mixlist, section, where, given=("data", "pairs"))
        else:
            config.bind(draw_mixlist, section, where, given=("data",))
            assert section["mixtures_per_target"] >= 1
        QueryRule.of(section["query"], f"{where}.query")
        levels.draw(section["level"], section.get("interferers", 1), np.random.default_rng(0))


def test_paper_rows_belong_to_test_sets(recipe):
    path = recipe / "conf" / "paper.yaml"
    rows = read_paper(path) if path.exists() else {}
    assert rows.keys() <= config.read_yaml(recipe / "conf" / "mix.yaml").keys() and all(rows.values())
