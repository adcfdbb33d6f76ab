"""The parts of a system, built from its configuration. Does not load Lightning, which is slow to import."""

from pathlib import Path

from lass import config as configuration
from lass.data.asking import TrainingRule
from lass.data.mixtures import TrainingMixtures
from lass.errors import LassError
from lass.queries.encoder import QueryEncoder
from lass.queries.manipulate import Manipulation
from lass.separators.build import build_separator
from lass.separators.separator import Separator
from lass.train.settings import TrainSettings


def check(config: dict) -> None:
    """Bind every part of a training configuration to its signature; nothing is computed."""
    for section in (*configuration.SECTIONS, "seed"):
        if section not in config:
            raise LassError(f"configuration: missing section {section!r}")
    for part in configuration.PARTS:
        if part in config or part not in configuration.OPTIONAL:
            configuration.check_part(config, part)
    TrainingRule.of(config["query"], "query")
    configuration.bind(TrainSettings, config["train"], "train")
    steps, interval = config["train"]["max_steps"], config["train"]["val_every"]
    if interval > steps:
        raise LassError(f"train: val_every {interval} is above max_steps {steps}: no checkpoint would be the best")
    data = {key: value for key, value in config["data"].items() if key != "valid"}
    if "valid" not in config["data"]:
        raise LassError("data: missing key 'valid', the rendered set that the best checkpoint is chosen on")
    given = ("query", "sample_rate", "seed", "root", "ask_all", "scratch", "batch_size")
    configuration.bind(TrainingMixtures, data, "data", given=given)
    _check_modalities(config)


def _check_modalities(config: dict) -> None:
    """The encoder must be able to ask by what the query rules of the sets want."""
    encoder, asked = configuration.resolve(config["encoder"]["class"]), rules(config)
    if "labels" in encoder.modalities and any((r.source, r.templates) != ("labels", ["{}"]) for r in asked):
        raise LassError(f"query: {encoder.__name__} knows labels as they are called and nothing else: "
                        "--set query.source=labels \"query.template='{}'\", or choose another encoder")
    for modality in sorted({m for rule in asked for m in rule.modalities} - {"text"}):
        where = f"query: text_ratio below 1 with otherwise: {modality}"
        if modality not in encoder.modalities:
            raise LassError(f"{where}: {encoder.__name__} encodes {' and '.join(encoder.modalities)}, not {modality}: "
                            "choose another encoder, or text_ratio 1.0")
        if not encoder.frozen:
            raise LassError(f"{where}: {encoder.__name__} trains along, and only a frozen encoder is asked so: "
                            "choose another encoder, or text_ratio 1.0")


def rules(config: dict) -> list[TrainingRule]:
    """The query rule of each training set."""
    return [TrainingRule.of_set(entry, config["query"]) for entry in config["data"]["sets"]]


def build_model(config: dict) -> tuple[QueryEncoder, Separator]:
    """The query encoder and the separator that fits its embeddings."""
    encoder = configuration.build(config, "encoder", QueryEncoder)
    separator = build_separator(config, encoder)
    separator.loss = configuration.build_function(config, "loss")
    return encoder, separator


def build_manipulation(config: dict) -> Manipulation:
    """What a training does with its queries; nothing where the configuration tells nothing."""
    return configuration.build(config, "manipulation", Manipulation) if "manipulation" in config else Manipulation()


def training_set(
    config: dict, data_root: Path, separator: Separator, scratch: Path | None = None
) -> TrainingMixtures:
    """The training mixtures of a configuration; ``data.sets`` start from ``data_root``."""
    data = {key: value for key, value in config["data"].items() if key != "valid"}
    if "removal" not in separator.tasks and any(rule.removal_ratio for rule in rules(config)):
        raise LassError(f"query: removal_ratio: {type(separator).__name__} is not told the task, and gives the rest of "
                        "the mixture where a removal is asked: choose another model, or leave out removal_ratio")
    train = config["train"]
    return TrainingMixtures(
        **data, query=config["query"], sample_rate=separator.sample_rate, seed=config["seed"], root=data_root,
        ask_all=separator.asks_all, scratch=scratch, step_size=train["batch_size"] * train["accumulate"],
    )  # fmt: skip
