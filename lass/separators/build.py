"""A separator from its configuration, with what it needs of the query encoder and of other parts."""

import inspect
from pathlib import Path

from torch import nn

from lass import config as configuration
from lass.parts.folder import load_part
from lass.parts.spec import parts_of
from lass.separators.separator import Separator


def build_separator(config: dict, encoder: nn.Module, folder: Path = Path(".")) -> Separator:
    """The separator of a configuration, with new weights.

    Most take the size of the query's embedding, ``condition``; one that hears and reads by the query encoder takes
    this itself, ``encoder``. Arguments ``{model: DIR}`` are parts, which are loaded and frozen.

    Args:
        folder: where relative folders of parts start.

    Raises:
        LassError: the arguments do not fit, or a part cannot be loaded.
    """
    taken = inspect.signature(configuration.check_part(config, "separator")).parameters
    given = {"encoder": encoder} if "encoder" in taken else {"condition": encoder.dim}
    spec = config["separator"]
    parts = {name: load_part(folder / place) for name, place in parts_of(spec).items()}
    return configuration.build(config | {"separator": spec | parts}, "separator", Separator, **given)
