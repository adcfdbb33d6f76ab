"""Train one part of a larger system: lass train_part --config PART.yaml --data SET_DIR.. --valid SET_DIR --exp DIR."""

import argparse
from pathlib import Path

from lass.io import stamp
from lass.parts.spec import load_spec, parts_of

EPILOG = """\
EXP/model becomes the folder of the part, which holds all that it needs. What a yaml writes as `NAME: {model: DIR}`
under `part:` is another part, such as the frozen encoder that this one builds on; --of NAME=DIR says where it is."""
TABLES = ("wav.scp", "captions", "utt2labels")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass train_part", description=__doc__, epilog=EPILOG)
    parser.add_argument("--config", action="append", required=True, help="yaml, such as conf/part/audiomae_small.yaml; "
                        "later ones win")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="wins over all yaml")
    parser.add_argument("--of", action="append", default=[], metavar="NAME=DIR", help="folder of a part it builds on")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="SET_DIR", help="clips to train on")
    parser.add_argument("--valid", type=Path, nargs="+", required=True, metavar="SET_DIR", help="the best is chosen on")
    parser.add_argument("--exp", type=Path, required=True, help="experiment folder")
    parser.add_argument("--ngpu", type=int, default=0, metavar="G", help="GPUs on each node; 0: one process")
    parser.add_argument("--num_nodes", type=int, default=1, metavar="N", help="nodes, started by srun")
    args = parser.parse_args(argv)

    config = load_spec(args.config, args.set, args.of)
    inputs = [folder / table for folder in (*args.data, *args.valid) for table in TABLES]
    inputs += [Path(place) / "model.safetensors" for place in parts_of(config.get("part", {})).values()]
    told = config | {"sets": {"train": list(map(str, args.data)), "valid": list(map(str, args.valid))}}
    done = args.exp / "model" / ".done"
    if stamp.is_complete(done, told, inputs, [args.exp / "model" / "model.safetensors"]):
        print(f"{args.exp}: trained, nothing to do")
        return

    from lass.parts.card import card
    from lass.parts.folder import save_part
    from lass.score.provenance import commit
    from lass.train.part import PartTraining
    from lass.train.run import carry_out

    training = PartTraining(config, args.exp, args.data, args.valid, args.ngpu, args.num_nodes)
    if carry_out(training, args.exp, told, inputs, "train_part", argv):
        save_part(training.part, told, args.exp / "model", card(training.part, told, commit()))
        stamp.write(done, told, inputs)


if __name__ == "__main__":
    main()
