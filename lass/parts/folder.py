"""A part and its folder: ``config.yaml``, ``model.safetensors``, and the folders of the parts that it builds on.

A part is an ``nn.Module`` with ``sample_rate`` (Hz), ``seconds`` (its longest wave) and ``training_loss(batch)``, which
gives ``{"loss": ...}`` and maybe more to be logged. ``conf/part/<name>.yaml`` tells its class and arguments::

    part:
      class: lass.layers.audiomae.AudioMae
      width: 768
      audio: {model: DIR}       # an argument that is another part, read from its folder
      text: {pretrained: NAME}  # a model of transformers, which takes its folder or hub id
"""

import inspect
import shutil
from collections.abc import Sequence
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from lass import config as configuration
from lass.errors import LassError
from lass.io.checkpoint import mismatches
from lass.io.files import atomic_path, write_text
from lass.parts.spec import parts_of, pretrained_of

CONFIG, WEIGHTS = "config.yaml", "model.safetensors"
PRETRAINED = ("*.json", "*.txt", "*.model", "*.safetensors")  # what is brought along of a model of transformers


def build_part(spec: dict, folder: Path = Path(".")) -> nn.Module:
    """Build a part with new weights; the parts that it builds on are loaded, and frozen.

    Args:
        spec: class and arguments.
        folder: where relative folders of other parts start.

    Raises:
        LassError: arguments do not fit the class, or another part cannot be loaded.
    """
    target = check_part(spec)
    arguments = {key: value for key, value in spec.items() if key != "class"}
    others = {name: load_part(folder / place) for name, place in parts_of(spec).items()}
    names = {name: _located(model, folder) for name, model in pretrained_of(spec).items()}
    return target(**arguments | others | names)


def check_part(spec: dict) -> type[nn.Module]:
    """The class of a part, whose signature its arguments fit; nothing is computed."""
    if not isinstance(spec, dict) or "class" not in spec:
        raise LassError(f"part: expected 'class: lass...' and its arguments, found {spec!r}")
    target = configuration.resolve(spec["class"])
    if not (inspect.isclass(target) and issubclass(target, nn.Module) and hasattr(target, "training_loss")):
        raise LassError(f"part: {spec['class']} is no part: it needs training_loss(batch)")
    configuration.bind(target, {key: value for key, value in spec.items() if key != "class"}, "part")
    return target


def _located(model: str, folder: Path) -> str:
    """A model of transformers in the folder of a part, else as it is named."""
    return str(folder / model) if (folder / model).is_dir() else model


def load_part(folder: str | Path) -> nn.Module:
    """The part in a folder, in eval mode and without gradients.

    Raises:
        LassError: there is none, or its weights are damaged, missing, unexpected or of another shape.
    """
    folder = Path(folder)
    if not (folder / CONFIG).is_file():
        raise LassError(f"{folder}: not the folder of a part (no {CONFIG}): lass train_part writes one to EXP/model, "
                        "lass import audiomae another")
    config = configuration.read_yaml(folder / CONFIG)
    part = build_part(config.get("part"), folder)
    try:
        found = safetensors.torch.load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise LassError(f"{folder / WEIGHTS}: cannot be read ({error}): copy the folder again") from None
    own = own_state(part, config["part"])
    if faults := mismatches(own, found):
        raise LassError(f"{folder / WEIGHTS}: does not fit {CONFIG}: {'; '.join(faults[:5])}; {len(faults)} faults in "
                        "all")
    part.load_state_dict(found, strict=False)  # compared above; the other parts have theirs
    return part.eval().requires_grad_(False)


def training_of(folder: Path) -> str:
    """What the part in a folder was trained on, in words."""
    config = configuration.read_yaml(folder / CONFIG)
    if "train" not in config:
        return f"published weights, {config.get('origin', {}).get('file', 'origin not known')}"
    settings, sets = config["train"], config["sets"]["train"]
    return f"{settings['max_steps']} steps of {settings['batch_size']} clips of {', '.join(sets)}"


def own_state(part: nn.Module, spec: dict) -> dict[str, Tensor]:
    """The weights of a part without those of the parts that it builds on."""
    others = tuple(f"{name}." for name in parts_of(spec))
    return {key: value for key, value in part.state_dict().items() if not key.startswith(others)}


def save_part(part: nn.Module, config: dict, folder: Path, card: str) -> None:
    """Write the folder, which needs no other: the parts that this one builds on are copied into it.

    Args:
        config: what is kept in ``config.yaml``; ``part`` is what building needs.
        card: text of README.md.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec = dict(config["part"])
    for name, place in parts_of(spec).items():
        copy_part(Path(place), folder / name)
        spec[name] = {"model": name}
    for name, model in pretrained_of(spec).items():
        if Path(model).is_dir():
            _copy(Path(model), PRETRAINED, folder / name)
            spec[name] = {"pretrained": name}
    with atomic_path(folder / WEIGHTS) as temporary:
        safetensors.torch.save_file({k: v.contiguous() for k, v in own_state(part, spec).items()}, temporary)
    write_text(folder / "README.md", card)
    write_text(folder / CONFIG, configuration.dump(config | {"part": spec}))


def copy_part(source: Path, target: Path) -> None:
    """Copy what loading reads of a part's folder, and its card."""
    if source.resolve() == target.resolve():
        return
    spec = configuration.read_yaml(source / CONFIG)["part"]
    for name in parts_of(spec).values():
        copy_part(source / name, target / name)
    for name in pretrained_of(spec).values():
        if (source / name).is_dir():
            _copy(source / name, PRETRAINED, target / name)
    _copy(source, (WEIGHTS, "README.md", CONFIG), target)


def _copy(source: Path, patterns: Sequence[str], target: Path) -> None:
    for path in (path for pattern in patterns for path in sorted(source.glob(pattern))):
        with atomic_path(target / path.name) as temporary:
            shutil.copyfile(path, temporary)
