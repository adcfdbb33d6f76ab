"""Layers of yaml and their binding."""

from pathlib import Path

import pytest

from lass import config
from lass.data.asking import QueryRule
from lass.errors import LassError
from lass.separators.separator import Separator

ROOT = Path(__file__).resolve().parent.parent
BASE = ROOT / "conf" / "train.yaml"
SMALL = ROOT / "conf" / "model" / "resunet30_small.yaml"


def refusal(action, *arguments, **keywords) -> str:
    """The message of the LassError that a call ends with; it is one line."""
    with pytest.raises(LassError) as error:
        action(*arguments, **keywords)
    assert "\n" not in str(error.value)
    return str(error.value)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_merge_order(tmp_path):
    first = write(tmp_path / "1.yaml", "seed: 1\ntrain: {max_steps: 10, batch_size: 2}\n")
    second = write(tmp_path / "2.yaml", "seed: 2\ntrain: {max_steps: 20}\ndata: {level: {low: -5, high: 5}}\n")
    found = config.load([first, second], ["train.max_steps=30", "data.level.low=0", "train.max_steps=40"])
    assert found == {
        "seed": 2,
        "train": {"max_steps": 40, "batch_size": 2},
        "data": {"level": {"low": 0, "high": 5}},
    }


def test_merge_leaves_its_arguments_alone():
    base, over = {"a": {"b": [1]}}, {"a": {"c": [2]}}
    merged = config.merge(base, over)
    merged["a"]["b"].append(3)
    merged["a"]["c"].append(4)
    assert (base, over) == ({"a": {"b": [1]}}, {"a": {"c": [2]}})


def test_another_class_replaces_its_arguments():
    base = {"optimiser": {"class": "lass.a.A", "lr": 1.0, "betas": [0, 0]}}
    assert config.merge(base, {"optimiser": {"lr": 2.0}}) == {
        "optimiser": {"class": "lass.a.A", "lr": 2.0, "betas": [0, 0]}
    }
    same = {"optimiser": {"class": "lass.a.A", "lr": 2.0}}
    assert config.merge(base, same)["optimiser"]["betas"] == [0, 0]
    other = {"optimiser": {"class": "lass.a.B", "momentum": 0.9}}
    assert config.merge(base, other) == other


def test_lists_and_plain_values_replace():
    assert config.merge({"a": [1, 2], "b": {"c": 1}, "d": 1}, {"a": [3], "b": 5, "d": {"e": 1}}) == {
        "a": [3],
        "b": 5,
        "d": {"e": 1},
    }


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("seed=3", {"seed": 3}),
        ("train.max_steps=100", {"train": {"max_steps": 100}}),
        ("separator.widths=[1, 2]", {"separator": {"widths": [1, 2]}}),
        ("query.template=a = {}", {"query": {"template": "a = {}"}}),
        ("optimiser.lr=1.0e-3", {"optimiser": {"lr": 0.001}}),
        ("query.source=", {"query": {"source": None}}),
    ],
)
def test_overrides(text, parsed):
    assert config.parse_override(text) == parsed


@pytest.mark.parametrize("text", ["seed", "=1", ".seed=1", "train..max_steps=1", "train.=1"])
def test_an_override_without_key_or_value(text):
    assert refusal(config.parse_override, text) == (
        f"--set {text!r}: expected key=value, for example train.max_steps=1000"
    )


def test_an_override_that_is_no_yaml():
    assert "the value is not valid yaml" in refusal(config.parse_override, "data.sets=[{dir: train}")
    assert "not valid yaml" in refusal(config.parse_override, "seed=!!python/object/apply:os.getcwd []")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2", "not valid yaml: while parsing"),
        ("- 1\n", "holds a list, not 'key: value' lines"),
        ("!!python/object/apply:os.getcwd []", "not valid yaml: could not determine a constructor"),
    ],
)
def test_files_that_hold_no_mapping(tmp_path, text, message):
    path = write(tmp_path / "x.yaml", text)
    assert refusal(config.read_yaml, path).startswith(f"{path}: {message}")


def test_files_that_cannot_be_read(tmp_path):
    assert refusal(config.read_yaml, tmp_path / "none.yaml") == (
        f"{tmp_path}/none.yaml: cannot read the configuration (No such file or directory)"
    )
    assert "Is a directory" in refusal(config.read_yaml, tmp_path)
    (tmp_path / "latin").write_bytes(b"a: \xe9\n")
    assert "latin: not valid yaml" in refusal(config.read_yaml, tmp_path / "latin")
    assert config.read_yaml(write(tmp_path / "empty.yaml", "# nothing\n")) == {}


def test_unknown_top_level_key():
    message = refusal(config.load, [BASE], ["trian.max_steps=1"])
    assert message.startswith("configuration: unknown key 'trian'; known are data, encoder,")


def test_a_section_is_a_mapping():
    assert refusal(config.load, [BASE], ["train=5"]) == "train: expected 'key: value' lines, found 5"


def test_sections_of_a_set_yaml(tmp_path):
    path = write(tmp_path / "mix.yaml", "test: {seed: 1}\nvalid:\n")
    assert config.read_section(path, "test") == {"seed": 1}
    assert refusal(config.read_section, path, "valid") == f"{path}: no section 'valid'; it has test, valid"
    assert refusal(config.read_section, write(path, ""), "x") == f"{path}: no section 'x'; it has none"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.max_step=1", "train: unknown key 'max_step'; TrainSettings takes max_steps, batch_size,"),
        ("data.segments=1", "data: unknown key 'segments'; TrainingMixtures takes sets, segment, level, interferers"),
        ("data.seed=1", "data: unknown key 'seed'"),
        ("separator.depth=1", "separator: unknown key 'depth'; ResUNet30 takes "),
        ("separator.condition=1", "separator: unknown key 'condition'"),
        ("loss.estimate=1", "loss: unknown key 'estimate'"),
        ("optimiser.lr=1e-3", "optimiser: lr is '1e-3', which is no float; yaml takes 1e-3 for text: write 1.0e-3"),
        ("train.max_steps=1.0e+6", "train: max_steps is 1000000.0, which is no int"),
        ("train.max_steps.x=1", "train: max_steps is {'x': 1}, which is no int"),
        ("schedule.class=lass.train.optimisers.adamw", "schedule: missing key 'parameters', which adamw needs"),
        ("loss.class=lass.nowhere.l1", "class 'lass.nowhere.l1': No module named 'lass.nowhere'"),
        ("loss.class=lass.losses.l1.l2", "class 'lass.losses.l1.l2': module 'lass.losses.l1' has no attribute 'l2'"),
        ("loss.class=os.system", "class 'os.system': not a dotted path under 'lass.'"),
        ("loss.class=lass.losses.l1.l1.__globals__", "class 'lass.losses.l1.l1.__globals__': not a dotted path"),
        ("loss.class=lass.io.files.os", "class 'lass.io.files.os': lass.io.files defines no class or function 'os'"),
        ("encoder.class=lass.io.audio.Path", "class 'lass.io.audio.Path': lass.io.audio defines no class or function"),
        ("loss.class=3", "class 3: not a dotted path"),
        ("loss.class=", "class None: not a dotted path"),
    ],
)
def test_wrong_keys_and_classes_are_one_line(change, message):
    from lass.train.system import check

    assert message in refusal(check, config.load([BASE, SMALL], [change]))


@pytest.mark.parametrize(
    ("part", "key", "message"),
    [
        ("train", "grad_clip", "train: missing key 'grad_clip', which TrainSettings needs"),
        ("data", "segment", "data: missing key 'segment', which TrainingMixtures needs"),
        ("data", "valid", "data: missing key 'valid'"),
        ("optimiser", "lr", "optimiser: missing key 'lr', which adamw needs"),
        ("loss", "class", "loss: expected 'class: lass...' and its arguments, found {}"),
    ],
)
def test_missing_keys_are_one_line(part, key, message):
    from lass.train.system import check

    found = config.load([BASE, SMALL])
    del found[part][key]
    assert message in refusal(check, found)


@pytest.mark.parametrize("section", ["seed", "query", "data", "train", "encoder", "schedule"])
def test_missing_sections_are_one_line(section):
    from lass.train.system import check

    found = config.load([BASE, SMALL])
    del found[section]
    assert section in refusal(check, found)


def test_build_of_a_function_and_dump():
    found = {"schedule": {"class": "lass.train.schedules.linear_warm_up", "warm_up_steps": 4}}
    assert config.build_function(found, "schedule")(1, 100) == 0.25
    assert config.dump(found) == "schedule:\n  class: lass.train.schedules.linear_warm_up\n  warm_up_steps: 4\n"


def test_build_of_a_class():
    import torch

    found = {"separator": {"class": "lass.separators.resunet30.ResUNet30", "widths": [2, 4], "stem": 4}}
    separator = config.build(found, "separator", Separator, condition=3)
    assert isinstance(separator, torch.nn.Module)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"source": "text"}, "source 'text' is not one of caption, labels"),
        ({}, "q: missing key 'source', which QueryRule needs"),
        ({"source": "labels", "templates": "{}"}, "q: unknown key 'templates'; QueryRule takes source, template,"),
        ({"source": "labels", "template": "a sound"}, "template 'a sound' must hold '{}' once"),
        ({"source": "labels", "template": ["{}", "{} and {}"]}, "must hold '{}' once"),
        ({"source": "labels", "template": []}, r"template \[\] must hold"),
        ({"source": "labels", "pick": "two"}, "pick 'two' is neither 'one' nor 'all'"),
        ("labels", "q: expected 'key: value' lines, found 'labels'"),
        (None, "found None"),
    ],
)
def test_wrong_query_rules(spec, message):
    with pytest.raises(LassError, match=message):
        QueryRule.of(spec, "q")


@pytest.mark.parametrize("path, key", [("lass.data.datadir.DataDir", "folder"), ("lass.io.files.sha256", "path")])
def test_build_calls_nothing_but_subclasses_of_the_base(path: str, key: str) -> None:
    """The config.yaml of somebody else's model names classes: none but separators may be built."""
    with pytest.raises(LassError, match=f"^separator: {path} is no Separator$"):
        config.build({"separator": {"class": path, key: "x"}}, "separator", Separator)


def test_build_function_takes_functions_only() -> None:
    found = {"loss": {"class": "lass.separators.resunet30.ResUNet30"}}
    with pytest.raises(LassError, match="^loss: "):
        config.build_function(found, "loss")
