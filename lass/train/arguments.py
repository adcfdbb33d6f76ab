"""What the stages embed and train are asked: the layers of yaml, and the model to start from."""

import argparse
from pathlib import Path

from lass import config as configuration
from lass.errors import LassError
from lass.io.files import sha256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that both stages take."""
    parser.add_argument("--exp", type=Path, required=True, help="experiment folder")
    parser.add_argument("--data_root", type=Path, required=True, help="folder of the sets that data.sets names")
    parser.add_argument("--config", action="append", required=True, help="yaml; later ones win")
    parser.add_argument("--row", nargs=2, metavar=("FILE", "NAME"), help="section of a yaml; wins over --config")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="wins over all yaml")
    parser.add_argument("--init", type=Path, metavar="MODEL_DIR", help="start from the weights of this model")
    parser.add_argument("--init_partial", action="store_true", help="although some weights do not fit; they are listed")


def read_config(args: argparse.Namespace) -> dict:
    """The resolved configuration; a model to start from is entry ``init``: its folder, the hash of its weights."""
    config = configuration.load(args.config, args.set, args.row)
    if args.init:
        weights = args.init / "model.safetensors"
        if not weights.is_file():
            raise LassError(f"--init {args.init}: not a model folder (no model.safetensors); train or unpack one first")
        config["init"] = {"model": str(args.init), "sha256": sha256(weights), "partial": args.init_partial}
    elif args.init_partial:
        raise LassError("--init_partial: needs --init MODEL_DIR, the model to start from")
    return config
