"""Networks of others, as transformers saves them: found in a local folder or the hub's cache, and loaded from there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import HFValidationError

from lass.errors import LassError

_SMALL_FILES = ["*.json", "*.txt", "*.model", "*.jinja"]  # configuration and tokenizer
_WEIGHTS = [["model.safetensors", "model-*.safetensors"], ["pytorch_model.bin", "pytorch_model-*.bin"]]


def find_folder(model: str, patterns: Sequence[str]) -> Path:
    """Folder of ``model``: itself, or its snapshot in the hub's cache with the files that ``patterns`` name.

    Fetches what the cache lacks, unless HF_HUB_OFFLINE=1. Raises LassError when there is no such model.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(model, allow_patterns=list(patterns)))
    except (OSError, HFValidationError) as e:  # not cached and offline, no such id, gated, or a path that is no id
        reason = _first_line(e)
        raise LassError(f"{model}: no such folder, and not in the hub's cache {constants.HF_HUB_CACHE} ({reason}): "
                        f"{way_out(model)}") from None


def find_weights(model: str) -> list[Path]:
    """Weight files of ``model`` beside its configuration and tokenizer: safetensors, else a weights-only ``.bin``."""
    for patterns in _WEIGHTS:
        folder = find_folder(model, [*_SMALL_FILES, *patterns])
        if files := sorted(path for pattern in patterns for path in folder.glob(pattern)):
            return files
    raise LassError(f"{folder}: no model.safetensors or pytorch_model.bin in it: {way_out(model)}")


def load(cls: type, folder: Path, **arguments: Any) -> Any:
    """``cls.from_pretrained`` on a folder that is here, without network. Raises LassError."""
    try:
        return cls.from_pretrained(folder, local_files_only=True, **arguments)
    except Exception as e:  # foreign files: each parser has errors of its own
        reason = _first_line(e)
        raise LassError(f"{folder}: cannot load {cls.__name__} ({type(e).__name__}: {reason}): "
                        "fetch the model anew, or give another folder") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def way_out(model: str) -> str:
    """What a message tells to do about a model that is not there."""
    return f"give a local folder, or a hub id and fetch it: hf download {model} (older: huggingface-cli download)"
