"""Fine-tuning: a training that starts from the weights of a model folder."""

from pathlib import Path

from torch import nn

from lass import config as configuration
from lass.errors import LassError
from lass.infer.model import Model
from lass.queries.encoder import QueryEncoder
from lass.separators.separator import Separator


def starting_tokenizer(config: dict) -> Path | None:
    """The model folder whose tokenizer goes on being used: embeddings of word pieces mean nothing with another one."""
    if "init" not in config:
        return None
    folder = Path(config["init"]["model"])
    same = configuration.read_yaml(folder / "config.yaml")["encoder"]["class"] == config["encoder"]["class"]
    return folder if same else None


def initialise(encoder: QueryEncoder, separator: Separator, folder: Path, partial: bool) -> list[str]:
    """Load the weights of the model in ``folder`` that have the name and shape of those here.

    Returns:
        one line a weight that only one side has, or that has another shape; without ``partial`` there may be none.

    Raises:
        LassError: weights do not fit, without ``partial``.
    """
    model = Model.load(folder, "cpu")
    left = [
        line
        for part, own, other in (("encoder", encoder, model.encoder), ("separator", separator, model.separator))
        for line in _load(part, own, other)
    ]
    if left and not partial:
        raise LassError(
            f"--init {folder}: {len(left)} weights do not fit this configuration: {'; '.join(left[:3])}. Choose the "
            "configuration that the model was trained with, or give --init_partial to start without them"
        )
    return left


def _load(part: str, own: nn.Module, other: nn.Module) -> list[str]:
    ours, theirs = own.state_dict(), other.state_dict()
    own.load_state_dict(ours | {k: v for k, v in theirs.items() if k in ours and v.shape == ours[k].shape})
    left = [f"{part}.{key}: not in the model" for key in ours if key not in theirs]
    left += [f"{part}.{key}: not in this configuration" for key in theirs if key not in ours]
    left += [
        f"{part}.{key}: {list(theirs[key].shape)} in the model, {list(ours[key].shape)} here"
        for key in ours
        if key in theirs and theirs[key].shape != ours[key].shape
    ]
    return left
