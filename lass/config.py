"""Layers of yaml, merged in one order and bound to signatures before anything is computed.

``conf/train.yaml`` < ``conf/model/<m>.yaml`` < ``egs/<c>/conf/<x>.yaml`` < ``--row`` < ``--set key=value``.
A part of a system is ``{class: lass.<module>.<name>, **keyword arguments}``; functions are bound as well.
"""

import copy
import functools
import importlib
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from lass.errors import LassError

# Parts of a system, each ``{class: ..., **arguments}``, and the parameters that the code fills in, not the yaml.
PARTS = {
    "encoder": (),
    "separator": ("condition", "encoder"),
    "loss": ("estimate", "target", "weight"),
    "optimiser": ("parameters",),
    "schedule": ("step", "total_steps"),
    "manipulation": (),
}
OPTIONAL = ("manipulation",)
SECTIONS = ("data", "query", "train")
NUMBERS = {int: int, float: (int, float)}  # annotation -> what the yaml may give


def read_yaml(path: str | Path) -> dict:
    """Read one yaml file that holds a mapping."""
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise LassError(f"{path}: cannot read the configuration ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LassError(f"{path}: not valid yaml: {' '.join(str(error).split())}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise LassError(f"{path}: holds a {type(found).__name__}, not 'key: value' lines")
    return found


def read_section(path: str | Path, name: str) -> dict:
    """Section ``name`` of a yaml file that holds one section a set."""
    sections = read_yaml(path)
    if not isinstance(sections.get(name), dict):
        raise LassError(f"{path}: no section {name!r}; it has {', '.join(map(str, sections)) or 'none'}")
    return sections[name]


def merge(base: dict, over: dict) -> dict:
    """Merge two mappings; mappings in mappings are merged, unless ``over`` names another ``class``."""
    merged = copy.deepcopy(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        same_class = both and value.get("class") in (None, old.get("class"))
        merged[key] = merge(old, value) if same_class else copy.deepcopy(value)
    return merged


def parse_override(text: str) -> dict:
    """``"train.max_steps=100"`` -> ``{"train": {"max_steps": 100}}``; the value is yaml."""
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        raise LassError(f"--set {text!r}: expected key=value, for example train.max_steps=1000")
    try:
        parsed: Any = yaml.safe_load(value)
    except yaml.YAMLError:
        raise LassError(f"--set {text!r}: the value is not valid yaml") from None
    for part in reversed(key.split(".")):
        parsed = {part: parsed}
    return parsed


def load(
    paths: Iterable[str | Path], overrides: Iterable[str] = (), row: tuple[str | Path, str] | None = None,
    known: Iterable[str] = ("seed", *PARTS, *SECTIONS),
) -> dict:  # fmt: skip
    """Merge yaml files, a row and ``key=value`` overrides in the order given, and check the top-level keys.

    Args:
        row: a yaml file that holds one section a row of a paper's tables, and the name of one.
        known: the top-level keys that there may be.
    """
    config: dict = {}
    for path in paths:
        config = merge(config, read_yaml(path))
    if row:
        config = merge(config, read_section(*row))
    for text in overrides:
        config = merge(config, parse_override(text))
    for key in config:
        if key not in known:
            raise LassError(f"configuration: unknown key {key!r}; known are {', '.join(sorted(known))}")
        if key != "seed" and not isinstance(config[key], dict):
            raise LassError(f"{key}: expected 'key: value' lines, found {config[key]!r}")
    return config


def resolve(path: str) -> Callable:
    """The class or function at a dotted path under ``lass.``."""
    if not isinstance(path, str) or not path.startswith("lass.") or "__" in path:
        raise LassError(f"class {path!r}: not a dotted path under 'lass.' like lass.separators.resunet30.ResUNet30")
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise LassError(f"class {path!r}: {error}") from None
    if getattr(found, "__module__", None) != module:  # what the module only imports is no part of a system
        raise LassError(f"class {path!r}: {module} defines no class or function {name!r}")
    return found


def bind(target: Callable, arguments: dict, where: str, given: Iterable[str] = ()) -> None:
    """Raise one clear line if ``arguments`` do not fit the signature of ``target``: its names, its numbers.

    Args:
        given: names of parameters that the code fills in, not the yaml.
    """
    if not isinstance(arguments, dict):
        raise LassError(f"{where}: expected 'key: value' lines, found {arguments!r}")
    parameters = inspect.signature(target).parameters
    given = set(given)
    open_names = [name for name in parameters if name not in given]
    for name in arguments:
        if name not in open_names:
            raise LassError(f"{where}: unknown key {name!r}; {target.__name__} takes {', '.join(open_names)}")
        kind = parameters[name].annotation
        if kind in NUMBERS and not isinstance(arguments[name], NUMBERS[kind]):
            hint = "; yaml takes 1e-3 for text: write 1.0e-3" if isinstance(arguments[name], str) else ""
            raise LassError(f"{where}: {name} is {arguments[name]!r}, which is no {kind.__name__}{hint}")
    for name in open_names:
        if parameters[name].default is inspect.Parameter.empty and name not in arguments:
            raise LassError(f"{where}: missing key {name!r}, which {target.__name__} needs")


def check_part(config: dict, part: str) -> Callable:
    """Bind a part to its signature; return its class or function."""
    spec = config.get(part)
    if not isinstance(spec, dict) or "class" not in spec:
        raise LassError(f"{part}: expected 'class: lass...' and its arguments, found {spec!r}")
    target = resolve(spec["class"])
    bind(target, _arguments(spec), part, PARTS[part])
    return target


def build(config: dict, part: str, base: type, **given: Any) -> Any:
    """Build a part that is a class: an instance of it. Nothing but subclasses of ``base`` is ever called."""
    target = check_part(config, part)
    if not (inspect.isclass(target) and issubclass(target, base)):
        raise LassError(f"{part}: {config[part]['class']} is no {base.__name__}")
    return target(**_arguments(config[part]), **given)


def build_function(config: dict, part: str) -> Callable:
    """Build a part that is a function: it with its yaml arguments filled in."""
    target = check_part(config, part)
    if not inspect.isfunction(target):
        raise LassError(f"{part}: {config[part]['class']} is no function")
    return functools.partial(target, **_arguments(config[part]))


def _arguments(spec: dict) -> dict:
    return {key: value for key, value in spec.items() if key != "class"}


def dump(config: dict) -> str:
    """The resolved configuration as yaml text."""
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
